"""What fluctuation costs: detection over false alarm with a steady, a Swerling-1 and a lognormal RCS.

    python scenarios/roc.py [--drops N] [--frames F] [--workers W] [--output FILE]

The same drops for all three; in the last column the Swerling-1 form of every look's mean SIR, averaged: a closed form
for what the second column draws.
"""

import argparse
from pathlib import Path

import isacsys
from isacsys.campaign.roc import Curve, roc
from isacsys.sensing import detection

FALSE_ALARMS = (1e-8, 1e-6, 1e-4, 1e-2)
SCENARIO = isacsys.Scenario.load(Path(__file__).parent / "surveillance.toml").replace({"tracking.enabled": False})


class SwerlingForm(Curve):
    """The closed form instead of the draw."""

    def sums(self, record):
        """Average over the law of the RCS of every look."""
        found = detection.swerling1(record.targets.sir, self._false_alarms[:, None]).sum(axis=1)
        return {"roc_looks": len(record.targets.sir), **dict(zip(self._names, map(float, found), strict=True))}


def main():
    """Print a row a probability of false alarm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=20)
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--executor", default="process")
    parser.add_argument("--output", help="a picture")
    options = parser.parse_args()
    how = {"drops": options.drops, "frames": options.frames, "workers": options.workers, "executor": options.executor}
    curves = {law: roc(SCENARIO.replace({"sensing.fluctuation": law}), FALSE_ALARMS, **how)
              for law in ("none", "swerling1", "lognormal")}
    form = isacsys.run(SCENARIO.replace({"sensing.fluctuation": "none"}), measure=[SwerlingForm(FALSE_ALARMS)], **how)
    print("false alarm" + "".join(law.rjust(20) for law in (*curves, "Swerling-1 form")))
    for row, value in enumerate(FALSE_ALARMS):
        cells = [(p[row].detection_probability, p[row].half_width) for p in curves.values()]
        cells.append((form[f"roc_{row}"].mean, form[f"roc_{row}"].half_width))
        print(f"{value:11.0e}" + "".join(f"{mean:.4f} ± {width:.2g}".rjust(20) for mean, width in cells))
    if options.output:
        from isacsys.plotting.curves import draw_roc
        from isacsys.plotting.style import save

        save(draw_roc(curves), options.output)


if __name__ == "__main__":
    main()
