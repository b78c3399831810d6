"""A network of one's own: sites where they stand, users where they are counted, and a city that ends.

    python scenarios/city.py --drops 20
"""

import argparse

import numpy as np

import isacsys

SITES = np.array([[0.35, 0.40], [0.95, 0.25], [1.45, 0.60], [0.60, 1.00], [1.15, 1.05], [1.60, 1.30], [0.25, 1.45]])
SQUARE = np.array([0.80, 0.70])  # where most people are, km


def users(count, seed=1):
    """Two in three around the square, the rest anywhere; none closer than 35 m to a site."""
    rng = np.random.default_rng(seed)
    crowd, rest = rng.normal(SQUARE, 0.15, (4 * count, 2)), rng.uniform(0.1, 1.7, (4 * count, 2))
    found = np.where(rng.random((4 * count, 1)) < 2 / 3, crowd, rest)
    apart = np.linalg.norm(found[:, None] - SITES, axis=-1).min(axis=1) > 0.035
    return found[apart & np.all((found > 0) & (found < 1.8), axis=1)][:count]


def main(drops=10, count=400, executor="process"):
    """Compare one omnidirectional cell a site with three sectors."""
    scenario = isacsys.Scenario().replace({
        "network.layout": "file", "network.boundary": "open", "network.minimum_distance": 35,
        "network.indoor_share": 0.6, "network.fewest_storeys": 3, "network.most_storeys": 6,
        "propagation.model": "uma", "radio.bandwidth": 20e6, "antennas.transmit": 16,
        "allocation.users_per_bs": 4, "allocation.targets_per_bs": 0, "simulation.frames": 10})
    positions = isacsys.Positions(SITES, users(count))
    sectors = scenario.replace({"network.sectors": 3, "antennas.pattern": "tr38901", "antennas.vertical_elements": 10,
                                "antennas.downtilt": 100})
    found = {}
    for name, chosen in (("one cell a site", scenario), ("three sectors", sectors)):
        found[name] = isacsys.run(chosen, drops=drops, executor=executor, positions=positions)["communication_ase"]
        print(f"{name:16} {found[name]}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drops", type=int, default=10)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args()
    main(options.drops, executor=options.executor)
