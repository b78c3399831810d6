"""What becomes of the paper's conclusions when the network is more real: best clusters, world by world.

    python scenarios/conclusions.py [users|targets] [--drops N] [--workers W]

The paper: nulling interference is not needed for the largest communication ASE, and is for the largest sensing ASE. For
every world, each size of the clusters has the number of users (or targets) that serves it best; differences from no
clusters are paired by drop, with 95 % intervals. Areas differ, so ASE (bit/s/Hz/km^2) compares within a row only.
"""

import argparse
from pathlib import Path

import isacsys

UMA = {"propagation.model": "uma", "network.bs_density": 4.6188, "network.area": 12.0, "radio.bandwidth": 20e6,
       "radio.transmit_power_dbm": 46.0}
PLAIN = isacsys.Scenario().replace({"network.area": 49.0, "allocation.targets_per_bs": 0})
BUILT = isacsys.Scenario.load(Path(__file__).parent / "uma.toml").replace({"antennas.transmit": 20,
                                                                           "simulation.frames": 1})
USERS = {
    "the paper": PLAIN,
    "noise, 12 dB at half a km": PLAIN.replace({"propagation.noise_power": 1.0}),
    "line of sight, 10 dB": PLAIN.replace({"propagation.rician_factor_db": 10.0}),
    "10 bits of feedback": PLAIN.replace({"csi.feedback_bits": 10}),
    "3 m/s, 2 ms late": PLAIN.replace({"mobility.user_speed": 3.0, "backhaul.latency": 0.002}),
    "regularised beams": PLAIN.replace({"precoding.policy": "regularized"}),
    "UMa, sites at random": PLAIN.replace(UMA),
    "UMa, 57 sectors": BUILT,
}
USER_DESIGNS = {1: (4, 6, 8, 10, 12, 14, 16, 18), 2: (3, 4, 5, 6, 7, 8, 9), 3: (2, 3, 4, 5, 6)}  # L: K

SENSING = isacsys.Scenario().replace({"network.area": 49.0, "allocation.users_per_bs": 1})
TARGETS = {
    "the paper": SENSING,
    "MVDR filters": SENSING.replace({"combining.policy": "mvdr"}),
    "sensing beams, half the power": SENSING.replace({"precoding.sensing_power": 0.5}),
    "both": SENSING.replace({"combining.policy": "mvdr", "precoding.sensing_power": 0.5}),
    "30 m/s, 5 ms late": SENSING.replace({"mobility.target_speed": 30.0, "backhaul.latency": 0.005}),
}
TARGET_DESIGNS = {1: (4, 7, 10), 2: (4, 7, 10), 3: (4, 7, 9)}  # Q: J
KINDS = {"users": (USERS, USER_DESIGNS, ("allocation.communication_cluster", "allocation.users_per_bs"),
                   "communication_ase", "L", "K"),
         "targets": (TARGETS, TARGET_DESIGNS, ("allocation.sensing_cluster", "allocation.targets_per_bs"),
                     "sensing_ase", "Q", "J")}


def best(world, designs, keys, metric, options):
    """Return, by size of the clusters, how many are best served and the run that serves them."""
    found = {}
    for cluster, numbers in designs.items():
        runs = {n: isacsys.run(world.replace(dict(zip(keys, (cluster, n), strict=True))), drops=options.drops,
                               workers=options.workers, executor=options.executor) for n in numbers}
        number = max(runs, key=lambda n: runs[n][metric].mean)
        found[cluster] = number, runs[number]
    return found


def main(arguments=None):
    """Print one row a world."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=KINDS, default="users")
    parser.add_argument("--drops", type=int, default=60)
    parser.add_argument("--worlds", type=int, help="the first few only")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args(arguments)
    worlds, designs, keys, metric, size, number = KINDS[options.what]
    print(f"{metric}: {size} = 1, and what larger clusters add to it")
    for name, world in list(worlds.items())[:options.worlds]:
        found = best(world, designs, keys, metric, options)
        count, alone = found.pop(1)
        cells = [f"{number} = {count}: {alone[metric].mean:.4g}"]
        for cluster, (count, run) in found.items():
            more = isacsys.compare(alone, run)[metric]
            cells.append(f"{size} = {cluster}, {number} = {count}: {more.difference:+.3g} ± {more.half_width:.2g} "
                         f"({more.difference / alone[metric].mean:+.1%})")
        print(name.ljust(30) + "  ".join(cell.ljust(40) for cell in cells).rstrip(), flush=True)


if __name__ == "__main__":
    main()
