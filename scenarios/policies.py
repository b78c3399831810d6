"""All built-in schedulers on the same drops, each compared with round robin, with 95 % intervals of the difference.

    python scenarios/policies.py [--drops N] [--frames F] [--workers W]

Users wait for files; targets are chosen by the deadline of their next visit. Positions, arrivals and everything else
that does not depend on the policy is the same for all (common random numbers), so small differences show.
"""

import argparse

import isacsys
from isacsys.scheduling import available

METRICS = ("communication_ase", "cell_edge_rate", "fairness", "file_delay", "file_delay_95")
ABOUT_TARGETS = ("deadline", "most_uncertain", "information_gain")  # choose no user
SCENARIO = isacsys.Scenario().replace({
    "network.area": 25, "network.users_per_cell": 20, "network.targets_per_cell": 10, "antennas.transmit": 8,
    "allocation.users_per_bs": 3, "traffic.model": "poisson", "traffic.arrival_rate": 2.0,
    "scheduling.target_policy": "deadline", "targets.revisit_period": 0.2})


def main():
    """Print one row a policy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=40)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args()
    runs = {policy: isacsys.run(SCENARIO.replace({"scheduling.policy": policy}), drops=options.drops,
                                frames=options.frames, workers=options.workers, executor=options.executor)
            for policy in available() if policy not in ABOUT_TARGETS}
    base = runs.pop("round_robin")
    print("".ljust(20) + "".join(name.rjust(20) for name in METRICS))
    print("round_robin".ljust(20) + "".join(f"{base[name].mean:.4g}".rjust(20) for name in METRICS))
    for policy, run in runs.items():
        found = isacsys.compare(base, run)
        cells = (f"{found[name].difference:+.3g} ± {found[name].half_width:.2g}" for name in METRICS)
        print(policy.ljust(20) + "".join(cell.rjust(20) for cell in cells))


if __name__ == "__main__":
    main()
