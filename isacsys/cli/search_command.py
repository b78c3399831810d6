"""The command that finds the best setting by simulation: search."""

from __future__ import annotations

import argparse
import sys

import isacsys
from isacsys.cli.options import add_json, add_scenario, load_scenario, parse_axes, print_json
from isacsys.cli.simulation_commands import shows_progress

ANSWERED, INFEASIBLE, UNFINISHED = 0, 1, 3
_EXAMPLE = """examples:
  isacsys search scenarios/quickstart.toml --over allocation.users_per_bs=1:19 allocation.communication_cluster=1,2 \\
          --maximize communication_ase -o best
  isacsys search scenarios/quickstart.toml --over allocation.users_per_bs=1:10 allocation.sensing_cluster=1:4 \\
          --maximize communication_ase --subject-to "sensing_ase >= 8" -o best

All settings see the same drops; those that cannot be the best any more are dropped on the way. Settings that break
K L + J (Q - 1) + 1 <= M_t, and those that the scenario refuses, are left out. Exit code 1: no setting is feasible;
3: the drops ended before the question was answered."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("search",
                                 epilog=_EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_scenario(parser)
    parser.add_argument("--over", action="extend", nargs="+", required=True, metavar="section.key=VALUES",
                        help="an axis: first:last[:step], both ends included, or a,b,c; several make a grid")
    _add_question(parser)
    parser.add_argument("-o", "--output", metavar="DIR", required=True,
                        help="gets a log for every setting, search.json and search.csv; new or empty")
    _add_campaign(parser)
    parser.set_defaults(handler=search)


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


def _add_campaign(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=int, metavar="F", help="frames in a drop")
    parser.add_argument("--seed", type=int, metavar="S", help="of every random stream")
    parser.add_argument("--workers", type=int, metavar="W", help="processes (default: one for every processor)")
    parser.add_argument("--executor", choices=("process", "serial", "dask"),
                        help="who simulates (default: this process what takes a moment, then worker processes)")
    parser.add_argument("--dask-address", metavar="A", help="of a dask scheduler (default: a cluster on this machine)")
    parser.add_argument("--resume", action="store_true", help="continue what is there, also with another question")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--csv", action="store_true", help="print the table as CSV")
    add_json(parser)


def search(options: argparse.Namespace) -> int:
    """Search; print the best setting, and how all others stand to it."""
    scenario = load_scenario(options, {"simulation.frames": options.frames, "simulation.seed": options.seed})
    axes = parse_axes(options.over, "--over")
    names = ("maximize", "minimize", "weight", "subject_to", "where", "tolerance", "indifference", "confidence",
             "drops_at_most", "workers", "executor", "dask_address", "resume", "force", "output")
    found = isacsys.search(scenario, axes, progress=shows_progress(options),
                           **{name: getattr(options, name) for name in names})
    if options.json:
        print_json(found.to_dict())
    elif options.csv:
        print(found.to_csv(), end="")
    else:
        print(found)
    if options.json or options.csv:
        for remark in found.remarks:
            print(f"isacsys: {remark}", file=sys.stderr)
    if not found.complete:
        return UNFINISHED
    return ANSWERED if found.best else INFEASIBLE
