"""The commands that set runs side by side: sweep, compare."""

from __future__ import annotations

import argparse

from isacsys.cli.options import add_json, add_scenario, load_scenario, parse_axes, print_json
from isacsys.cli.simulation_commands import add_campaign, campaign_options, simulation_changes

_SWEEP_EXAMPLE = """examples:
  isacsys sweep scenarios/paper.toml --over allocation.users_per_bs=1:20 -o users --drops 50
  isacsys sweep scenarios/paper.toml --over allocation.users_per_bs=2,5 --over scheduling.policy=random,nearest --csv"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    parser = commands.add_parser("sweep", help="simulate a grid of scenarios on common seeds", epilog=_SWEEP_EXAMPLE,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    add_scenario(parser)
    parser.add_argument("--over", "--sweep", dest="over", action="extend", nargs="+", required=True,
                        metavar="section.key=VALUES",
                        help="an axis: first:last[:step], both ends included, or a,b,c; several make a grid")
    parser.add_argument("-o", "--output", metavar="DIR", help="gets a log for every point, and sweep.csv")
    parser.add_argument("--csv", action="store_true", help="print the whole table as CSV")
    add_campaign(parser)
    parser.set_defaults(handler=sweep)
    parser = commands.add_parser("compare", help="compare two logs drop by drop",
                                 epilog="example:\n  isacsys compare random.h5 nearest.h5",
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="A.h5", help="a log")
    parser.add_argument("b", metavar="B.h5", help="another one of the same seed and deployment")
    add_json(parser)
    parser.set_defaults(handler=compare)


def sweep(options: argparse.Namespace) -> int:
    """Simulate a grid; print a row a point."""
    import isacsys

    scenario = load_scenario(options, simulation_changes(options))
    axes = parse_axes(options.over, "--over")
    found = isacsys.sweep(scenario, axes, output=options.output, **campaign_options(options))
    if options.json:
        print_json(found.to_dict())
    elif options.csv:
        print(found.to_csv(), end="")
    else:
        print(found)
    return 0


def compare(options: argparse.Namespace) -> int:
    """Print the differences between two logs."""
    import isacsys

    found = isacsys.compare(options.a, options.b)
    if options.json:
        print_json(found.to_dict())
        return 0
    print(found)
    return 0
