"""``isacsys play``: one recorded drop as a page that plays it back."""

from __future__ import annotations

import argparse

from isacsys.cli.rooms import player

_EXAMPLE = """example:
  isacsys run scenarios/drones.toml --drops 1 --set recording.level=full -o drones.h5
  isacsys play drones.h5 -o drones.html"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "play", epilog=_EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Write one HTML page that needs nothing else and plays a drop back: stations, users and targets "
        "over time, tracks beside them, who is served, looked at, and nulled for.")
    parser.add_argument("log", metavar="RUN.h5", help="made with recording.level full")
    parser.add_argument("--drop", type=int, metavar="D", help="number of the drop (default: the first)")
    parser.add_argument("-o", "--output", required=True, metavar="PAGE.html", help="the page to write")
    parser.set_defaults(handler=play)


def play(options: argparse.Namespace) -> int:
    """Write the page."""
    path = player.write_player(options.log, options.output, options.drop)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    return 0
