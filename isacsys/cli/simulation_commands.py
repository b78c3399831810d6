"""The commands that simulate and show what was simulated: run, show, schedulers."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

import isacsys
from isacsys.cli.options import Subparsers, add_command, add_json, add_scenario, load_scenario, print_json, with_files
from isacsys.cli.rooms import batch_rules, campaign, log_files, progress, scheduling, simulation

if TYPE_CHECKING:
    from isacsys.campaign import Run

INCOMPLETE = 3

_RUN_EXAMPLE = """examples:
  isacsys run scenarios/paper.toml --drops 200
  isacsys run scenarios/paper.toml --set allocation.users_per_bs=5 -o run.h5
  isacsys run scenarios/paper.toml -o run.h5 --resume --drops 1000"""


def register(commands: Subparsers) -> None:
    """Add the commands."""
    _add_run(commands)
    parser = add_command(commands, "show", show, "examples:\n  isacsys show run.h5\n  isacsys show run.h5 --watch")
    parser.add_argument("log", metavar="RUN.h5", help="as it was, or will be, named by run -o")
    parser.add_argument("--watch", nargs="?", type=_seconds, const=2.0, metavar="SECONDS",
                        help="say how far it has come, every so many seconds (default: %(const)s), until it ends")
    parser.add_argument("--verify", action="store_true", help="read everything and compare it with its checksums")
    parser.add_argument("--metric", dest="metrics", action="append", default=[], metavar="M",
                        help="print this metric alone; may be given several times")
    add_json(parser)
    parser = add_command(commands, "schedulers", schedulers, "example:\n  isacsys schedulers")
    add_json(parser)
    parser = add_command(commands, "plugins", plugins, "example:\n  isacsys plugins")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Simulate; print the estimates."""
    scenario = load_scenario(options, simulation_changes(options))
    if options.resume and options.output and not log_files.is_log(options.output):
        print(f"isacsys: {options.output}: nothing of it is there yet; it begins with the first drop", file=sys.stderr)
    result = isacsys.run(scenario, output=options.output, only_drop=options.only_drop, **campaign_options(options))
    print_run(result, options.json)
    line = batch_rules.remark(scenario)
    if line:
        print(f"isacsys: {line}", file=sys.stderr)
    return 0


def show(options: argparse.Namespace) -> int:
    """Print the estimates of a log."""
    if options.verify:
        print(f"isacsys: {log_files.verify(options.log)}", file=sys.stderr)
    complete = _watch(options) if options.watch is not None else True
    log = campaign.open_run(options.log)
    if options.metrics:
        _print_metrics(log, options.metrics, options.json)
    else:
        print_run(log, options.json)
    return 0 if complete else INCOMPLETE


def _print_metrics(log: Run, names: list[str], as_json: bool) -> None:
    found = {name: log[name] for name in names}
    if as_json:
        print_json({name: estimate.to_dict() for name, estimate in found.items()})
    else:
        print("\n".join(f"{name}: {estimate}" for name, estimate in found.items()))


def _watch(options: argparse.Namespace) -> bool:
    """Print the progress of a run on stderr until it ends; return whether it is complete."""
    for seen in progress.watch(options.log, options.watch):
        print(seen, file=sys.stderr, flush=True)
    return bool(seen.complete)


def _seconds(text: str) -> float:
    if not 0 < float(text) < 86400:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return float(text)


def schedulers(options: argparse.Namespace) -> int:
    """List the scheduling policies."""
    found = scheduling.available()
    if options.json:
        print_json(found)
    else:
        width = max(map(len, found))
        print("\n".join(f"{name.ljust(width)}  {line}" for name, line in found.items()))
    return 0


def plugins(options: argparse.Namespace) -> int:
    """List every kind of plug-in, and what there is of it."""
    found = {word: kind.available() for word, kind in sorted(simulation.KINDS.items())}
    if options.json:
        print_json(found)
    else:
        rows = [(name, word, line) for word, lines in found.items() for name, line in lines.items()]
        widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
        print("\n".join(f"{name.ljust(widths[0])}  {word.ljust(widths[1])}  {line}" for name, word, line in rows))
    return 0


def add_campaign(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` and `sweep` have in common."""
    parser.add_argument("--drops", type=int, metavar="N", help="independent realisations of the positions")
    add_execution(parser)
    parser.add_argument("--precision", type=float, metavar="P",
                        help="stop when half-width / mean is at most P; --drops is the upper bound")
    parser.add_argument("--metric", dest="metrics", action="append", default=[], metavar="M",
                        help="what --precision is about; may be given several times (default: the ASEs that are not 0)")


def add_execution(parser: argparse.ArgumentParser, resume: str = "continue what is there") -> None:
    """Declare how anything is simulated, and what becomes of what is there."""
    parser.add_argument("--frames", type=int, metavar="F", help="frames in a drop")
    parser.add_argument("--seed", type=int, metavar="S", help="of every random stream")
    parser.add_argument("--workers", type=int, metavar="W", help="processes (default: one for every processor)")
    parser.add_argument("--executor", choices=("process", "serial", "dask"),
                        help="who simulates (default: this process what takes a moment, then worker processes)")
    parser.add_argument("--dask-address", metavar="A", help="of a dask scheduler (default: a cluster on this machine)")
    parser.add_argument("--resume", action="store_true", help=resume)
    parser.add_argument("--force", action="store_true", help="replace what is there")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    add_json(parser)


def simulation_changes(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that have a flag of their own."""
    return {f"simulation.{key}": getattr(options, key) for key in ("drops", "frames", "seed")}


def campaign_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `isacsys.run` that `add_campaign` declares."""
    names = ("workers", "executor", "dask_address", "precision", "metrics", "resume", "force")
    return {**{name: getattr(options, name) for name in names}, "progress": shows_progress(options)}


def shows_progress(options: argparse.Namespace) -> bool:
    """Return whether to show a bar."""
    return not options.quiet and sys.stderr.isatty()


def print_run(result: Run, as_json: bool) -> None:
    """Print estimates, as JSON or as a table."""
    if as_json:
        print_json(result.to_dict())
        return
    print(result)
    for remark in result.remarks:
        print(f"isacsys: {remark}", file=sys.stderr)


def _add_run(commands: Subparsers) -> None:
    parser = add_command(commands, "run", run, with_files(_RUN_EXAMPLE))
    add_scenario(parser)
    parser.add_argument("-o", "--output", metavar="RUN.h5", help="the log to write")
    add_campaign(parser)
    parser.add_argument("--only-drop", type=int, metavar="N", help="simulate drop N alone, in this process")
