"""The commands that draw: plot, map."""

from __future__ import annotations

import argparse

from isacsys.cli.options import add_scenario, load_scenario
from isacsys.core.errors import ConfigError


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    plot_ = commands.add_parser(
        "plot", help="draw a run: distributions, interference, rate over distance",
        description="Draw what a log with links says: SIR and rate with confidence bands, what interferes, and rate "
        "over distance.", epilog="example:\n  isacsys run scenarios/paper.toml --set recording.level=links -o run.h5\n"
        "  isacsys plot run.h5 -o run.png", formatter_class=argparse.RawDescriptionHelpFormatter)
    plot_.add_argument("log", metavar="RUN.h5", help="made with recording.level links or full")
    plot_.set_defaults(handler=plot)
    map_ = commands.add_parser(
        "map", help="draw one drop: cells, who is served, who nulls for whom",
        epilog="example:\n  isacsys map scenarios/paper.toml --set allocation.communication_cluster=2 "
        "--set allocation.users_per_bs=4 -o map.png", formatter_class=argparse.RawDescriptionHelpFormatter)
    add_scenario(map_)
    map_.add_argument("--drop", type=int, default=0, metavar="N", help="which drop (default: %(default)s)")
    map_.set_defaults(handler=draw_map)
    for parser in (plot_, map_):
        parser.add_argument("-o", "--output", required=True, metavar="FILE", help="ends with .png, .svg or .pdf")


def plot(options: argparse.Namespace) -> int:
    """Draw a log."""
    from isacsys.campaign import open_run
    from isacsys.plotting.run_summary import draw_run
    from isacsys.plotting.style import check_output, save

    check_output(options.output)
    save(draw_run(open_run(options.log)), options.output)
    return 0


def draw_map(options: argparse.Namespace) -> int:
    """Draw a drop of a scenario."""
    from isacsys.plotting.network_map import draw_map
    from isacsys.plotting.style import check_output, save

    check_output(options.output)
    if options.drop < 0:
        raise ConfigError("--drop", options.drop, "the number of a drop, from 0 on")
    save(draw_map(load_scenario(options), options.drop), options.output)
    return 0
