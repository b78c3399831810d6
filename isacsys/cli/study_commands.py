"""The commands that set runs side by side: sweep, compare, search; and roc, about targets."""

from __future__ import annotations

import argparse
import sys

import isacsys
from isacsys.cli.options import (
    Subparsers,
    add_command,
    add_json,
    add_scenario,
    load_scenario,
    parse_axes,
    print_found,
    print_json,
)
from isacsys.cli.rooms import curves, roc_points, style
from isacsys.cli.simulation_commands import (
    add_campaign,
    add_execution,
    campaign_options,
    shows_progress,
    simulation_changes,
)
from isacsys.core.display import text_table

_SWEEP_EXAMPLE = """examples:
  isacsys sweep scenarios/paper.toml --over allocation.users_per_bs=1:20 -o users --drops 50
  isacsys sweep scenarios/paper.toml --over allocation.users_per_bs=2,5 --over scheduling.policy=random,nearest --csv"""
_COMPARE_EXAMPLE = """examples:
  isacsys compare random.h5 nearest.h5
  isacsys compare random.h5 nearest.h5 max_rate.h5 --metric communication_ase

Of several runs each is compared with the first. All intervals hold at once with 95 % confidence (Bonferroni): those of
every run, of every metric that is named; where none is named, those of every metric by itself."""
ANSWERED, INFEASIBLE, UNFINISHED = 0, 1, 3
_SEARCH_EXAMPLE = """examples:
  isacsys search scenarios/quickstart.toml --over allocation.users_per_bs=1:19 allocation.communication_cluster=1,2 \\
          --maximize communication_ase -o best
  isacsys search scenarios/quickstart.toml --over allocation.users_per_bs=1:10 allocation.sensing_cluster=1:4 \\
          --maximize communication_ase --subject-to "sensing_ase >= 8" -o best

All settings see the same drops; those that cannot be the best any more are dropped on the way. Settings that break
K L + J (Q - 1) + 1 <= M_t, and those that the scenario refuses, are left out. Exit code 1: no setting is feasible;
3: the drops ended before the question was answered."""
_ROC_EXAMPLE = """examples:
  isacsys roc scenarios/surveillance.toml --drops 4 --frames 50
  isacsys roc scenarios/surveillance.toml --false-alarm 1e-6,1e-3 --json -o roc.png"""


def register(commands: Subparsers) -> None:
    """Add the commands."""
    parser = add_command(commands, "sweep", sweep, _SWEEP_EXAMPLE)
    add_scenario(parser)
    parser.add_argument("--over", "--sweep", dest="over", action="extend", nargs="+", required=True,
                        metavar="section.key=VALUES",
                        help="an axis: first:last[:step], both ends included, or a,b,c; several make a grid")
    parser.add_argument("-o", "--output", metavar="DIR", help="gets a log for every point, and sweep.csv")
    parser.add_argument("--where", metavar="CONDITION", help="leave out other points: \"K * L + J * (Q - 1) < M_t\"")
    parser.add_argument("--weight", type=float, metavar="RHO",
                        help="add the objective RHO communication_ase + (1 - RHO) sensing_ase")
    parser.add_argument("--csv", action="store_true", help="print the whole table as CSV")
    add_campaign(parser)
    parser = add_command(commands, "compare", compare, _COMPARE_EXAMPLE)
    parser.add_argument("a", metavar="A.h5", help="a log")
    parser.add_argument("b", metavar="B.h5", help="another one of the same seed and deployment")
    parser.add_argument("others", metavar="C.h5", nargs="*", help="more of them, each compared with the first")
    parser.add_argument("--metric", dest="metrics", action="append", default=[], metavar="M",
                        help="compare this metric alone; may be given several times")
    add_json(parser)
    parser = add_command(commands, "search", search, _SEARCH_EXAMPLE)
    add_scenario(parser)
    parser.add_argument("--over", action="extend", nargs="+", required=True, metavar="section.key=VALUES",
                        help="an axis: first:last[:step], both ends included, or a,b,c; several make a grid")
    _add_question(parser)
    parser.add_argument("-o", "--output", metavar="DIR", required=True,
                        help="gets a log for every setting, search.json and search.csv; new or empty")
    add_execution(parser, resume="continue what is there, also with another question")
    parser.add_argument("--csv", action="store_true", help="print the table as CSV")
    parser = add_command(commands, "roc", roc, _ROC_EXAMPLE)
    add_scenario(parser)
    parser.add_argument("--false-alarm", type=_numbers, metavar="P,P,…",
                        help="probabilities of false alarm (default: 1e-8 … 1e-1)")
    parser.add_argument("-o", "--output", metavar="FILE", help="a picture: ends with .png, .svg or .pdf")
    add_campaign(parser)


def sweep(options: argparse.Namespace) -> int:
    """Simulate a grid; print a row a point."""
    scenario = load_scenario(options, simulation_changes(options))
    axes = parse_axes(options.over, "--over")
    found = isacsys.sweep(scenario, axes, output=options.output, where=options.where, weight=options.weight,
                          **campaign_options(options))
    print_found(found, options)
    return 0


def compare(options: argparse.Namespace) -> int:
    """Print the differences between logs."""
    print_found(isacsys.compare(options.a, options.b, *options.others, metrics=options.metrics), options)
    return 0


def _add_question(parser: argparse.ArgumentParser) -> None:
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--maximize", metavar="METRIC", help="what is to be large")
    goal.add_argument("--minimize", metavar="METRIC", help="what is to be small")
    goal.add_argument("--weight", type=float, metavar="RHO",
                      help="maximise RHO communication_ase + (1 - RHO) sensing_ase")
    parser.add_argument("--subject-to", action="append", default=[], metavar="BOUND",
                        help="\"METRIC >= X\" or \"METRIC <= X\"; may be given several times")
    parser.add_argument("--where", metavar="CONDITION", help="leave out other settings: \"K * L <= 12\"")
    parser.add_argument("--tolerance", type=float, metavar="E",
                        help="how far beyond a bound a setting may be (default: 1 %% of the bound)")
    parser.add_argument("--indifference", type=float, metavar="D",
                        help="difference that does not matter (default: 1 %% of the best)")
    parser.add_argument("--confidence", type=float, default=0.95, metavar="C",
                        help="that the answer is within D of the best (default: %(default)s)")
    parser.add_argument("--drops-at-most", type=int, metavar="N", help="over all settings together (default: no limit)")


def search(options: argparse.Namespace) -> int:
    """Search; print the best setting, and how all others stand to it."""
    scenario = load_scenario(options, {"simulation.frames": options.frames, "simulation.seed": options.seed})
    axes = parse_axes(options.over, "--over")
    names = ("maximize", "minimize", "weight", "subject_to", "where", "tolerance", "indifference", "confidence",
             "drops_at_most", "workers", "executor", "dask_address", "resume", "force", "output")
    found = isacsys.search(scenario, axes, progress=shows_progress(options),
                           **{name: getattr(options, name) for name in names})
    print_found(found, options)
    if options.json or options.csv:
        for remark in found.remarks:
            print(f"isacsys: {remark}", file=sys.stderr)
    if not found.complete:
        return UNFINISHED
    return ANSWERED if found.best else INFEASIBLE


def roc(options: argparse.Namespace) -> int:
    """Print P_d over P_fa."""
    if options.output:
        style.check_output(options.output)
    scenario = load_scenario(options, simulation_changes(options))
    points = roc_points.roc(scenario, options.false_alarm or roc_points.FALSE_ALARMS, **campaign_options(options))
    if options.json:
        print_json({"drops": scenario.simulation.drops, "frames": scenario.simulation.frames,
                    "roc": [point.to_dict() for point in points]})
    else:
        rows = [(f"{p.false_alarm:.3g}", _cell(p.detection_probability), f"± {_cell(p.half_width)}") for p in points]
        print(text_table(("false alarm", "detection", "95 %"), rows))
    if options.output:
        style.save(curves.draw_roc({"": points}), options.output)
    return 0


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: numbers with commas between") from None
