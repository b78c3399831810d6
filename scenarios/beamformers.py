"""All transmit designs on the same drops, over the number of users, each compared with zero forcing.

    python scenarios/beamformers.py [--drops N] [--workers W]

Rates of the typical user, bit/s/Hz. Positions and who is served are the same for all designs (common random numbers),
so differences are paired by drop, with 95 % intervals.
"""

import argparse

import numpy as np

import isacsys

USERS = (2, 4, 6, 8, 10, 12, 14, 16)
METRIC = "communication_rate"
BASE = isacsys.Scenario().replace({
    "network.area": 49, "network.users_per_cell": 30, "antennas.transmit": 16, "allocation.targets_per_bs": 0})
DESIGNS = {
    "regularized": {"precoding.policy": "regularized"},
    "xi = 1": {"precoding.policy": "regularized", "precoding.regularization": 1.0},
    "slnr": {"precoding.policy": "slnr"},
    "maximum_ratio": {"precoding.policy": "maximum_ratio"},
    "your own": {},
}


class CommonRegularization(isacsys.Precoder):
    """What you would write yourself: one xi for all users of a cell, the sum of 1 / SIR; the worst of them rules it."""

    def design(self, known):
        """Columns of ``A^H (A A^H + xi I)^-1``."""
        columns = known.own.swapaxes(1, 2)
        xi = np.sum(1 / np.where(known.used, known.sir, np.inf), axis=1)[:, None, None]
        gram = known.own.conj() @ columns + (xi + 1e-12) * np.eye(known.padded)
        return known.beams(columns @ np.linalg.inv(gram))


def compare(users, options):
    """Return the rate of zero forcing at ``users`` a cell, and the differences of all designs from it."""
    def run(changes, **handed):
        return isacsys.run(BASE.replace({"allocation.users_per_bs": users, **changes}), drops=options.drops,
                           workers=options.workers, executor=options.executor, **handed)

    base = run({})
    others = {name: run(changes, **({"precoder": CommonRegularization()} if name == "your own" else {}))
              for name, changes in DESIGNS.items()}
    return base[METRIC], {name: isacsys.compare(base, other)[METRIC] for name, other in others.items()}


def main(arguments=None):
    """Print one row a number of users."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=60)
    parser.add_argument("--users", type=int, nargs="+", default=USERS)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args(arguments)
    print(" K  zero_forcing " + "".join(name.rjust(18) for name in DESIGNS))
    table = {}
    for users in options.users:
        rate, found = table[users] = compare(users, options)
        cells = (f"{f.difference:+.3f} ± {f.half_width:.3f}" for f in found.values())
        print(f"{users:2d}  {rate.mean:12.3f} " + "".join(cell.rjust(18) for cell in cells), flush=True)
    return table


if __name__ == "__main__":
    main()
