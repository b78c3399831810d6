"""The paper's conclusions and the ranking of designs where channels have directions, beside isotropic ones.

    python scenarios/directional.py [communication|sensing] [--drops N] [--sites N]

Cells of UMa with three sectors. Both worlds have the same places, lines of sight, shadowing and gains of antennas
towards the rays (TR 38.901, release 19); in one, channels are the sums of these rays, in the other their entries are
independent. Every row has the best of several numbers of users (or targets); differences are paired by drop, with
95 % intervals. For communication, the 5 % user too: the 5th percentile of the rates of those served, mean over drops.
"""

import argparse

import numpy as np

import isacsys
from isacsys.channel.gaussian import complex_normal
from isacsys.metrics import RATE, count, real
from isacsys.network.clustered_fading import Clustered


class Slowest(isacsys.Metric):
    """The 5 % user of those who are served."""

    drop_columns = (count("served", "1 where somebody is served"),
                    real("served_rate_5", RATE, "5th percentile of the rates of users who are served"))
    estimates = (isacsys.Estimator("served_rate_5", {"served_rate_5": 1, "served": -1}, RATE, "its mean over drops"),)

    def __init__(self):
        self._rates = []

    def sums(self, record):
        """Keep the rates of a frame."""
        self._rates.append(record.users.rate)
        return {}

    def drop(self):
        """Return the percentile."""
        rates = np.concatenate(self._rates)
        return {"served": int(len(rates) > 0), "served_rate_5": float(np.percentile(rates, 5)) if len(rates) else 0.0}


class Isotropic(Clustered):
    """Independent entries behind the large scale of clusters and rays."""

    remembers = False

    def channels(self, links, rng):
        """Draw CN(0, 1) entries."""
        return complex_normal(rng, (len(links), links.subbands, links.antennas))

    def between(self, links, receive, rng):
        """Draw CN(0, 1) entries."""
        return complex_normal(rng, (len(links), links.subbands, receive, links.antennas))


MODELS = {"isotropic": "directional:Isotropic", "directional": "tr38901"}
USERS = {1: (5, 8, 10, 12), 2: (4, 5, 6, 8), 3: (3, 4, 5)}  # L: K
TARGETS = {1: (2, 4, 6), 2: (2, 4, 6), 3: (2, 4, 6)}  # Q: J
PRECODERS = ("zero_forcing", "regularized", "slnr", "maximum_ratio")
COMBINERS = ("mrc", "zero_forcing", "mvdr")


def world(sites):
    """Return the scenario that all rows change."""
    return isacsys.Scenario().replace({
        "network.layout": "hexagonal", "network.inter_site_distance": 500.0, "network.area": sites * 0.2165,
        "network.sectors": 3, "network.users_per_cell": 12.0, "network.targets_per_cell": 6.0,
        "network.minimum_distance": 35.0, "antennas.pattern": "tr38901", "antennas.vertical_elements": 8,
        "antennas.downtilt": 102.0, "antennas.transmit": 16, "antennas.receive": 10, "propagation.model": "uma",
        "radio.bandwidth": 20e6, "simulation.frames": 1, "fading.doppler_speed": 0.8})


def best(scenario, changes, key, numbers, metric, drops):
    """Return the number that serves ``metric`` best, and its run."""
    runs = {n: isacsys.run(scenario.replace({**changes, key: n}), drops=drops, executor="serial",
                            measure=[Slowest()]) for n in numbers}
    number = max(runs, key=lambda n: runs[n][metric].mean)
    return number, runs[number]


def table(scenario, designs, sizes, keys, metric, drops):
    """Print a row for every design and size of clusters."""
    cluster_key, number_key, design_key = keys
    print(f"{'design':14s} {'cluster':>7s} | " + " | ".join(f"{name:>11s}   best  against 1" for name in MODELS))
    for design in designs:
        alone = {}
        for size, numbers in sizes.items():
            if design == "maximum_ratio" and size > 1:
                continue  # it nulls nothing
            cells = []
            for name, model in MODELS.items():
                changes = {"fading.model": model, cluster_key: size, design_key: design}
                number, run = best(scenario, changes, number_key, numbers, metric, drops)
                alone.setdefault(name, run)
                found = isacsys.compare(alone[name], run)[metric] if size > 1 else None
                gain = "" if found is None else f"{100 * found.difference / alone[name][metric].mean:+6.1f} % " \
                    f"+-{100 * found.half_width / alone[name][metric].mean:.1f}"
                slow = f"{run['served_rate_5'].mean:7.4f}" if metric == "communication_ase" else ""
                cells.append(f"{run[metric].mean:8.2f} +-{run[metric].half_width:5.2f} {number:3d} {slow} {gain:>15s}")
            print(f"{design:14s} {size:7d} | " + " | ".join(cells), flush=True)


def main(arguments=None):
    """Print both tables, or one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", nargs="?", choices=("communication", "sensing"))
    parser.add_argument("--drops", type=int, default=12)
    parser.add_argument("--sites", type=int, default=12)
    options = parser.parse_args(arguments)
    scenario = world(options.sites)
    if options.kind != "sensing":
        print("communication ASE, bit/s/Hz/km^2")
        table(scenario.replace({"allocation.targets_per_bs": 0}), PRECODERS, USERS,
              ("allocation.communication_cluster", "allocation.users_per_bs", "precoding.policy"), "communication_ase",
              options.drops)
    if options.kind != "communication":
        print("\nsensing ASE, bit/s/Hz/km^2")
        table(scenario.replace({"allocation.users_per_bs": 2}), COMBINERS, TARGETS,
              ("allocation.sensing_cluster", "allocation.targets_per_bs", "combining.policy"), "sensing_ase",
              options.drops)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
