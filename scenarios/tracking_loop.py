"""Does believing make it worse? Tracks lost over the revisit period, filters steered by beliefs and by true bearings.

    python scenarios/tracking_loop.py [--drops N] [--frames F] [--workers W]

The same drops for both; frames are made longer, so that a target is looked at less often. A belief that has gone bad
points the filter, the sensing beam and the null requests the wrong way, so the echo is weaker, so it is missed, so the
belief gets worse; with true bearings only the filter of the track itself can go wrong.
"""

import argparse
from pathlib import Path

import isacsys

METRICS = ("track_lost_fraction", "track_availability", "track_position_error", "miss_fraction")
SURVEILLANCE = isacsys.Scenario.load(Path(__file__).parent / "surveillance.toml").replace({
    "network.area": 9.0, "targets.lifetime": 0.0})


def main():
    """Print two rows a revisit period and array: with beliefs, and what changes with true bearings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=20)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    options = parser.parse_args()
    print("M_r  revisit  steering  " + "".join(metric.rjust(24) for metric in METRICS))
    for antennas in (16, 64):
        for seconds in (0.01, 0.03, 0.1, 0.3):
            believed, true = (isacsys.run(SURVEILLANCE.replace({
                "antennas.receive": antennas, "simulation.frame_duration": seconds, "tracking.steering": steering}),
                drops=options.drops, frames=options.frames, workers=options.workers, executor=options.executor)
                for steering in ("belief", "truth"))
            found = isacsys.compare(believed, true)
            start = f"{antennas:3d}  {believed['time_between_sensings'].mean:5.2f} s"
            print(f"{start}  belief    " + "".join(f"{believed[m].mean:.4g} ± {believed[m].half_width:.2g}".rjust(24)
                                                  for m in METRICS))
            print(f"{start}  truth     " + "".join(f"{found[m].difference:+.3g} ± {found[m].half_width:.2g}".rjust(24)
                                                  for m in METRICS), flush=True)


if __name__ == "__main__":
    main()
