"""Who is looked at when there are more targets than looks: policies on the same drops, compared with stalest_first.

    python scenarios/track_policies.py [--drops N] [--frames F] [--workers W]

Every policy has the same looks (J targets per station and frame). Error and availability stand side by side: a policy
that gives up the hard targets has small errors. Intervals are 95 %, of the paired difference.
"""

import argparse
from pathlib import Path

import isacsys

POLICIES = ("random", "deadline", "most_uncertain", "information_gain")
METRICS = ("track_availability", "track_position_error", "track_position_error_95", "track_lost_fraction",
           "category_1_followed")
SURVEILLANCE = isacsys.Scenario.load(Path(__file__).parent / "surveillance.toml").replace({
    "network.area": 9.0, "network.targets_per_cell": 24.0, "targets.lifetime": 0.0, "targets.revisit_period": 0.12,
    "targets.revisit_spread": 0.5, "simulation.frame_duration": 0.03})
SCENARIOS = {
    "drones, 20 m/s": {},
    "fast, 60 m/s": {"mobility.target_speed": 60.0, "tracking.acceleration": 360.0, "tracking.speed": 60.0},
    "weak echoes, a tenth": {"sensing.rcs": 5e-7},
}


def main():
    """Print a table a scenario, one row a policy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=20)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args()
    for name, changes in SCENARIOS.items():
        def simulate(policy, changes=changes):
            scenario = SURVEILLANCE.replace({**changes, "scheduling.target_policy": policy})
            return isacsys.run(scenario, drops=options.drops, frames=options.frames, workers=options.workers,
                               executor=options.executor)

        base = simulate("stalest_first")
        print(name.ljust(22) + "".join(metric.rjust(25) for metric in METRICS))
        print("  stalest_first".ljust(22) + "".join(f"{base[metric].mean:.4g}".rjust(25) for metric in METRICS))
        for policy in POLICIES:
            found = isacsys.compare(base, simulate(policy))
            cells = (f"{found[metric].difference:+.3g} ± {found[metric].half_width:.2g}" for metric in METRICS)
            print(f"  {policy}".ljust(22) + "".join(cell.rjust(25) for cell in cells), flush=True)


if __name__ == "__main__":
    main()
