"""The commands that draw, and that write pages: plot, map, report, play."""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path
from typing import Any

from isacsys.cli.options import Subparsers, add_command, add_scenario, load_scenario
from isacsys.cli.rooms import antenna_patterns, campaign, curves, network_map, player, run_summary, style
from isacsys.cli.rooms import report as page
from isacsys.core.errors import ConfigError

_PLAY_EXAMPLE = """example:
  isacsys run scenarios/drones.toml --drops 1 --set recording.level=full -o drones.h5
  isacsys play drones.h5 -o drones.html"""


def register(commands: Subparsers) -> None:
    """Add the commands."""
    plot_ = add_command(
        commands, "plot", plot,
        "example:\n  isacsys run scenarios/paper.toml --set recording.level=links -o run.h5\n"
        "  isacsys plot run.h5 -o run.png\n  isacsys plot --pattern tr38901 -o pattern.png",
        description="Draw what a log says: of level users the distribution of throughput over users; of links SIR and "
        "rate with confidence bands, what interferes, and rate over distance. With --pattern: the cuts of an antenna "
        "pattern and its gain in all directions.")
    what = plot_.add_mutually_exclusive_group(required=True)
    what.add_argument("log", metavar="RUN.h5", nargs="?", help="made with recording.level users, links or full")
    what.add_argument("--pattern", metavar="FILE", help="an antenna pattern: a file that ends in .msi or .csv, a name "
                      "as antennas.pattern takes it, or module:Class")
    map_ = add_command(
        commands, "map", draw_map,
        "example:\n  isacsys map scenarios/paper.toml --set allocation.communication_cluster=2 "
        "--set allocation.users_per_bs=4 -o map.png")
    add_scenario(map_)
    map_.add_argument("--drop", type=int, default=0, metavar="N", help="which drop (default: %(default)s)")
    for parser in (plot_, map_):
        parser.add_argument("-o", "--output", required=True, metavar="FILE", help="ends with .png, .svg or .pdf")
    parser = add_command(
        commands, "report", report,
        "example:\n  isacsys run scenarios/paper.toml --set recording.level=links -o run.h5\n"
        "  isacsys report run.h5 -o report.html",
        description="Write one HTML page that needs nothing else: what was simulated, estimates, the analysis beside "
        "them, distributions, interference, a map, convergence, and the commands that make it again. Several runs are "
        "compared with the first, paired by drop.")
    parser.add_argument("logs", metavar="RUN.h5", nargs="+", help="finished or not; with links or full it says more")
    parser.add_argument("-o", "--output", required=True, metavar="REPORT.html", help="the page to write")
    parser = add_command(
        commands, "play", play, _PLAY_EXAMPLE,
        description="Write one HTML page that needs nothing else and plays a drop back: stations, users and targets "
        "over time, tracks beside them, who is served, looked at, and nulled for.")
    parser.add_argument("log", metavar="RUN.h5", help="made with recording.level full")
    parser.add_argument("--drop", type=int, metavar="D", help="number of the drop (default: the first)")
    parser.add_argument("-o", "--output", required=True, metavar="PAGE.html", help="the page to write")


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
    return curves.draw_pattern(pattern, Path(name).name)


def draw_map(options: argparse.Namespace) -> int:
    """Draw a drop of a scenario."""
    style.check_output(options.output)
    if options.drop < 0:
        raise ConfigError("--drop", options.drop, "the number of a drop, from 0 on")
    style.save(network_map.draw_map(load_scenario(options), options.drop), options.output)
    return 0


def report(options: argparse.Namespace) -> int:
    """Write a report."""
    path = page.write_report(options.logs, options.output)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    return 0


def play(options: argparse.Namespace) -> int:
    """Write the page."""
    path = player.write_player(options.log, options.output, options.drop)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    return 0
