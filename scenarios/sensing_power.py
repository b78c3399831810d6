"""The trade-off between users and targets: share of the power on sensing beams, nulling cluster, receive filter.

    python scenarios/sensing_power.py [--drops N] [--workers W] [--csv FILE]

Rates of the typical user and the typical target, bit/s/Hz, on the same drops. A row is on the front (marked *) if no
other row is better for both.
"""

import argparse
import csv
from itertools import product

import isacsys

POWER = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)
CLUSTERS = (1, 2, 3)
COMBINERS = ("mrc", "mvdr")
BASE = isacsys.Scenario().replace({
    "network.area": 49, "antennas.transmit": 16, "antennas.receive": 6, "allocation.users_per_bs": 4,
    "allocation.targets_per_bs": 1})
NAMES = ("sensing_power", "sensing_cluster", "combiner", "communication_rate", "sensing_rate")


def point(power, cluster, combiner, options):
    """Simulate one design and return its row."""
    run = isacsys.run(BASE.replace({"precoding.sensing_power": power, "allocation.sensing_cluster": cluster,
                                    "combining.policy": combiner}),
                      drops=options.drops, workers=options.workers, executor=options.executor)
    return power, cluster, combiner, run["communication_rate"].mean, run["sensing_rate"].mean


def on_the_front(row, rows):
    """Say whether no row is better in both rates."""
    return not any(other[3] > row[3] and other[4] > row[4] for other in rows)


def main(arguments=None):
    """Print, and perhaps write, the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=40)
    parser.add_argument("--power", type=float, nargs="+", default=POWER)
    parser.add_argument("--csv")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args(arguments)
    rows = [point(*choice, options) for choice in product(options.power, CLUSTERS, COMBINERS)]
    print("  eta   Q  combiner   R_c     R_s")
    for row in rows:
        mark = "*" if on_the_front(row, rows) else " "
        print(f"{mark} {row[0]:<5g} {row[1]}  {row[2]:9} {row[3]:6.3f}  {row[4]:6.3f}")
    if options.csv:
        with open(options.csv, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([NAMES, *rows])
    return rows


if __name__ == "__main__":
    main()
