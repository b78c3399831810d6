"""The commands that set runs side by side: sweep, compare."""

from __future__ import annotations

import argparse

import isacsys
from isacsys.cli.options import add_json, add_scenario, load_scenario, parse_axes, print_json
from isacsys.cli.simulation_commands import add_campaign, campaign_options, simulation_changes

_SWEEP_EXAMPLE = """examples:
  isacsys sweep scenarios/paper.toml --over allocation.users_per_bs=1:20 -o users --drops 50
  isacsys sweep scenarios/paper.toml --over allocation.users_per_bs=2,5 --over scheduling.policy=random,nearest --csv"""

_COMPARE_EXAMPLE = """examples:
  isacsys compare random.h5 nearest.h5
  isacsys compare random.h5 nearest.h5 max_rate.h5 --metric communication_ase

Of several runs each is compared with the first. All intervals hold at once with 95 % confidence (Bonferroni): those of
every run, of every metric that is named; where none is named, those of every metric by itself."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    parser = commands.add_parser("sweep", epilog=_SWEEP_EXAMPLE,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
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
    parser.set_defaults(handler=sweep)
    parser = commands.add_parser("compare", epilog=_COMPARE_EXAMPLE,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="A.h5", help="a log")
    parser.add_argument("b", metavar="B.h5", help="another one of the same seed and deployment")
    parser.add_argument("others", metavar="C.h5", nargs="*", help="more of them, each compared with the first")
    parser.add_argument("--metric", dest="metrics", action="append", default=[], metavar="M",
                        help="compare this metric alone; may be given several times")
    add_json(parser)
    parser.set_defaults(handler=compare)


def sweep(options: argparse.Namespace) -> int:
    """Simulate a grid; print a row a point."""
    scenario = load_scenario(options, simulation_changes(options))
    axes = parse_axes(options.over, "--over")
    found = isacsys.sweep(scenario, axes, output=options.output, where=options.where, weight=options.weight,
                          **campaign_options(options))
    if options.json:
        print_json(found.to_dict())
    elif options.csv:
        print(found.to_csv(), end="")
    else:
        print(found)
    return 0


def compare(options: argparse.Namespace) -> int:
    """Print the differences between logs."""
    found = isacsys.compare(options.a, options.b, *options.others, metrics=options.metrics)
    if options.json:
        print_json(found.to_dict())
        return 0
    print(found)
    return 0
