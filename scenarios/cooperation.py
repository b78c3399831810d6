"""When does which cooperation pay? Nothing, nulls, joint transmission by powers and coherent, on the same drops.

    python scenarios/cooperation.py [--drops N] [--workers W]

Rate of the typical user at K = 4, bit/s/Hz, over the size of clusters, the latency of the backhaul and the speed of
users; differences from no clusters (L = 1) are paired by drop, with 95 % intervals. The antennas that streams or nulls
for others would take are then left to a station's own users.
"""

import argparse

import isacsys

MODES = ("nulling", "joint", "joint_coherent")
BASE = isacsys.Scenario().replace({
    "network.area": 49, "network.users_per_cell": 30, "allocation.users_per_bs": 4, "allocation.targets_per_bs": 0,
    "simulation.frame_duration": 0.001, "simulation.frames": 2})
LATENCY, SPEED, CLUSTER = "backhaul.latency", "mobility.user_speed", "allocation.communication_cluster"
ROWS = [{CLUSTER: size} for size in (2, 3, 4)] + [
    {CLUSTER: 3, LATENCY: latency, SPEED: speed} for speed in (1.0, 3.0, 10.0) for latency in (0.001, 0.002, 0.005)]


def compare(changes, options):
    """Return the rate without clusters, and the difference of every mode from it."""
    def run(more):
        return isacsys.run(BASE.replace({**changes, **more}), drops=options.drops, workers=options.workers,
                           executor=options.executor)

    alone = run({CLUSTER: 1})
    return alone["communication_rate"].mean, {
        mode: isacsys.compare(alone, run({"cooperation.communication": mode}))["communication_rate"] for mode in MODES}


def verdict(differences):
    """Say in words what is best."""
    best = max(differences, key=lambda mode: differences[mode].difference)
    found = differences[best]
    return f"{best} pays" if found.difference > found.half_width else "nothing pays"


def summary(paid):
    """Say where what is best, users at rest and moving."""
    words = []
    for name, moving in (("at rest", False), ("moving", True)):
        count = {what: sum((SPEED in row) == moving for row in rows) for what, rows in paid.items()}
        said = ", ".join(f"{what} in {number}" for what, number in count.items() if number)
        words += [f"users {name}: {said} of {sum(count.values())}"] if said else []
    return "; ".join(words)


def main(arguments=None):
    """Print a row a setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=40)
    parser.add_argument("--rows", type=int, help="the first few only")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args(arguments)
    print("L  speed  latency  nothing" + "".join(mode.rjust(18) for mode in MODES))
    paid = {}
    for changes in ROWS[:options.rows]:
        alone, found = compare(changes, options)
        paid.setdefault(verdict(found), []).append(changes)
        cells = "".join(f"{one.difference:+.3f} ± {one.half_width:.3f}".rjust(18) for one in found.values())
        print(f"{changes[CLUSTER]}  {changes.get(SPEED, 0):3g} m/s  {1e3 * changes.get(LATENCY, 0):3g} ms  {alone:7.3f}"
              f"{cells}  {verdict(found)}", flush=True)
    print(summary(paid))


if __name__ == "__main__":
    main()
