"""The commands that draw: plot, map."""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path
from typing import Any

from isacsys.cli.options import add_scenario, load_scenario
from isacsys.cli.rooms import antenna_pattern, antenna_patterns, campaign, network_map, run_summary, style
from isacsys.core.errors import ConfigError


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    plot_ = commands.add_parser(
        "plot",
        description="Draw what a log says: of level users the distribution of throughput over users; of links SIR and "
        "rate with confidence bands, what interferes, and rate over distance. With --pattern: the cuts of an antenna "
        "pattern and its gain in all directions.",
        epilog="example:\n  isacsys run scenarios/paper.toml --set recording.level=links -o run.h5\n"
        "  isacsys plot run.h5 -o run.png\n  isacsys plot --pattern tr38901 -o pattern.png",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    what = plot_.add_mutually_exclusive_group(required=True)
    what.add_argument("log", metavar="RUN.h5", nargs="?", help="made with recording.level users, links or full")
    what.add_argument("--pattern", metavar="FILE", help="an antenna pattern: a file that ends in .msi or .csv, a name "
                      "as antennas.pattern takes it, or module:Class")
    plot_.set_defaults(handler=plot)
    map_ = commands.add_parser(
        "map",
        epilog="example:\n  isacsys map scenarios/paper.toml --set allocation.communication_cluster=2 "
        "--set allocation.users_per_bs=4 -o map.png", formatter_class=argparse.RawDescriptionHelpFormatter)
    add_scenario(map_)
    map_.add_argument("--drop", type=int, default=0, metavar="N", help="which drop (default: %(default)s)")
    map_.set_defaults(handler=draw_map)
    for parser in (plot_, map_):
        parser.add_argument("-o", "--output", required=True, metavar="FILE", help="ends with .png, .svg or .pdf")


def plot(options: argparse.Namespace) -> int:
    """Draw a log, or an antenna pattern."""
    style.check_output(options.output)
    if options.pattern is not None:
        style.save(_pattern(options.pattern), options.output)
    else:
        style.save(run_summary.draw_run(campaign.open_run(options.log)), options.output)
    return 0


def _pattern(name: str) -> Any:
    pattern = antenna_patterns.ANTENNA_PATTERN.find(name, beside=(os.getcwd(),), key="--pattern")
    for remark in pattern.remarks:
        warnings.warn(remark, stacklevel=2)
    return antenna_pattern.draw_pattern(pattern, Path(name).name)


def draw_map(options: argparse.Namespace) -> int:
    """Draw a drop of a scenario."""
    style.check_output(options.output)
    if options.drop < 0:
        raise ConfigError("--drop", options.drop, "the number of a drop, from 0 on")
    style.save(network_map.draw_map(load_scenario(options), options.drop), options.output)
    return 0
