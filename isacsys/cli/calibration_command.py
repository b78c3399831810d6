"""The command that compares the simulator with 3GPP's calibration: calibrate."""

from __future__ import annotations

import argparse

from isacsys.calibration import CASES, FULL_CASES, CaseComparison
from isacsys.calibration import calibrate as simulate
from isacsys.calibration.cases import text_of
from isacsys.calibration.judged import JUDGED, Submitted
from isacsys.cli.options import Subparsers, add_command, add_json, print_json
from isacsys.cli.rooms import curves, plotting
from isacsys.core.display import text_table

_EXAMPLE = """examples:
  isacsys calibrate uma-6ghz
  isacsys calibrate isac-uav-6ghz -o uav.png
  isacsys calibrate uma-6ghz-full
  isacsys calibrate umi-6ghz --json"""


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(commands, "calibrate", calibrate, _EXAMPLE)
    parser.add_argument("name", metavar="NAME", help=", ".join([*CASES, *FULL_CASES]))
    parser.add_argument("--drops", metavar="N", type=_positive, help="instead of those of the case")
    parser.add_argument("--seed", metavar="S", type=int, help="of every random stream")
    parser.add_argument("-o", "--output", metavar="FILE", help="draw our curves over the companies' band")
    parser.add_argument("--scenario", action="store_true", help="print the scenario of the case, and do nothing else")
    add_json(parser)


def calibrate(options: argparse.Namespace) -> int:
    """Simulate a case, print its percentiles, and say whether they are within the tolerance."""
    if options.scenario:
        print(text_of(options.name), end="")
        return 0
    found = simulate(options.name, options.drops, options.seed)
    if options.json:
        print_json(found.to_dict())
    else:
        _print(found)
    if options.output:
        plotting.save(curves.draw_calibration(found), options.output)
    return 1 if found.within is False else 0


def _print(found: CaseComparison) -> None:
    for metric, values in found.values.items():
        theirs, unit = found.submitted.get(metric), found.unit(metric)
        rows = [[p, f"{value:.2f}", *_columns(theirs, i, value)]
                for i, (p, value) in enumerate(zip(found.percentiles, values, strict=True))]
        header = ["percentile", f"{metric} ({unit})", *(("companies", "difference", "low", "high") if theirs else ())]
        print(text_table(header, rows))
        largest = found.largest_difference(metric)
        if theirs and largest is not None:
            print(f"{theirs.source}, {theirs.centre} of {theirs.companies} companies, band: {theirs.band}: largest "
                  f"difference from the {JUDGED[0]}th to the {JUDGED[1]}th percentile {largest:+.2f} {unit}, allowed: "
                  f"{found.allowed(metric)}{'' if found.metric_within(metric) else ': OUTSIDE'}\n")
    print({True: "within", False: "OUTSIDE", None: "no percentiles of companies are shipped"}[found.within])


def _columns(theirs: Submitted | None, i: int, value: float) -> tuple[str, ...]:
    """Return the companies' median, the difference from it, and their band at a percentile."""
    if theirs is None:
        return ()
    median, band = theirs.median[i], (theirs.low[i], theirs.high[i])
    if median is None:
        return ("-",) * 4
    return f"{median:.2f}", f"{value - median:+.2f}", *("-" if edge is None else f"{edge:.2f}" for edge in band)


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return int(text)
