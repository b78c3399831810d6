"""The command that writes a page about runs: report."""

from __future__ import annotations

import argparse

from isacsys.cli.rooms import report as page


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "report",
        description="Write one HTML page that needs nothing else: what was simulated, estimates, the analysis beside "
        "them, distributions, interference, a map, convergence, and the commands that make it again. Several runs are "
        "compared with the first, paired by drop.",
        epilog="example:\n  isacsys run scenarios/paper.toml --set recording.level=links -o run.h5\n"
        "  isacsys report run.h5 -o report.html", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", metavar="RUN.h5", nargs="+", help="finished or not; with links or full it says more")
    parser.add_argument("-o", "--output", required=True, metavar="REPORT.html", help="the page to write")
    parser.set_defaults(handler=report)


def report(options: argparse.Namespace) -> int:
    """Write a report."""
    path = page.write_report(options.logs, options.output)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    return 0
