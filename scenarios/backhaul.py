"""At what latency does nulling stop paying? Communication ASE over backhaul latency and user speed.

    python scenarios/backhaul.py [--drops N] [--workers W]

Clusters of three base stations null for each other's users, over a backhaul whose latency ages what the nulls are
made of. Every figure is the gain in ASE over no cooperation at all (L = 1), on the same drops.
"""

import argparse
from itertools import pairwise

import isacsys

LATENCIES = (0.0, 0.001, 0.002, 0.005, 0.010, 0.020)  # s
SPEEDS = (0.0, 1.0, 3.0, 10.0, 30.0)  # m/s
BASE = isacsys.Scenario().replace({
    "network.area": 49, "allocation.users_per_bs": 4, "allocation.targets_per_bs": 0, "simulation.frames": 2,
    "simulation.frame_duration": 0.001, "propagation.carrier_frequency": 3.5e9})


def gain(speed, latency, options):
    """Return the difference in ASE, L = 3 less L = 1, with its interval."""
    moving = BASE.replace({"mobility.user_speed": speed, "backhaul.latency": latency})
    alone, together = (isacsys.run(moving.replace({"allocation.communication_cluster": size}), drops=options.drops,
                                   workers=options.workers, executor=options.executor) for size in (1, 3))
    return isacsys.compare(alone, together)["communication_ase"]


def crossing(gains):
    """Return the latency at which the gain, linear in between, reaches zero; None where it never does."""
    points = list(zip(LATENCIES, gains, strict=True))
    for (before, high), (after, low) in pairwise(points):
        if high > 0 >= low:
            return before + (after - before) * high / (high - low)
    return None


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=100)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args()
    print("gain in ASE, bit/s/Hz/km^2\nspeed   " + "".join(f"{1e3 * latency:>14g} ms" for latency in LATENCIES))
    for speed in SPEEDS:
        found = [gain(speed, latency, options) for latency in LATENCIES]
        cells = "".join(f"{f.difference:>+10.2f} ± {f.half_width:4.2f}" for f in found)
        end = crossing([f.difference for f in found])
        word = "pays throughout" if end is None else f"pays up to {1e3 * end:.1f} ms"
        print(f"{speed:4g} m/s{cells}   {word}", flush=True)


if __name__ == "__main__":
    main()
