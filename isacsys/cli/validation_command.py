"""The command that compares a simulation with the analysis: validate."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

import isacsys
from isacsys.cli.options import Subparsers, add_command, add_json, load_scenario, parse_axis, print_json
from isacsys.cli.rooms import campaign, loading
from isacsys.cli.simulation_commands import shows_progress, simulation_changes
from isacsys.core.errors import ConfigError

if TYPE_CHECKING:
    from isacsys.campaign import Run
    from isacsys.config.scenario import Scenario

AGREES, CONTRADICTED = 0, 1
_EXAMPLE = """examples:
  isacsys validate scenarios/paper.toml
  isacsys validate scenarios/paper.toml --set allocation.communication_cluster=2 --drops 400 --tolerance 0.02
  isacsys validate run.h5 --json
  isacsys validate scenarios/paper.toml --formula mine:rate --metric communication_rate \\
      --over allocation.users_per_bs=1:19 --plot mine.png"""


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        commands, "validate", validate, _EXAMPLE,
        description="Simulate (or take a run that is there) and set it beside the paper's formulas, the exact ones, "
        "and the exact ones at what was measured, by which it is judged; or beside a formula of yours. Exit "
        "1 when something is contradicted.")
    parser.add_argument("scenario", metavar="SCENARIO_or_RUN", help="a TOML file, or a log as named by run -o")
    parser.add_argument("--set", dest="changes", metavar="section.key=value", action="append", default=[],
                        help="change one setting of a scenario; may be given several times")
    parser.add_argument("--tolerance", type=float, default=0.01, metavar="T",
                        help="what may differ beyond 4 standard errors, relative (default: %(default)s)")
    parser.add_argument("--formula", metavar="MODULE:FUNCTION",
                        help="judge by this f(scenario) -> mean, or f(scenario, thresholds) -> P(X > threshold)")
    parser.add_argument("--metric", metavar="M", help="what the formula is of; without one, the only quantity to show")
    parser.add_argument("--over", "--sweep", dest="sweep", metavar="section.key=VALUES", action="append", default=[],
                        help="first:last[:step] or a,b,c; several make a grid")
    parser.add_argument("--plot", metavar="FILE", help="draw it; ends with .png, .svg or .pdf")
    parser.add_argument("--drops", type=int, metavar="N", help="independent realisations of the positions")
    parser.add_argument("--frames", type=int, metavar="F", help="frames in a drop")
    parser.add_argument("--seed", type=int, metavar="S", help="of every random stream")
    parser.add_argument("--workers", type=int, metavar="W", help="processes (default: one for every processor)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    add_json(parser)


def validate(options: argparse.Namespace) -> int:
    """Print the ladder and the verdicts; say by the exit code whether anything is contradicted."""
    formula = loading.load("--formula", options.formula, (os.getcwd(),), "function") if options.formula else None
    found = isacsys.validate(_subject(options), formula=formula, metric=options.metric, sweep=_sweep(options),
                             tolerance=options.tolerance, workers=options.workers, progress=shows_progress(options))
    if options.plot:
        found.plot(options.plot)
    if options.json:
        print_json(found.to_dict())
    else:
        print(found.to_text())
        print("\n".join(map(found.line, found.findings)))
    return CONTRADICTED if found.agrees is False else AGREES


def _sweep(options: argparse.Namespace) -> dict[str, list[Any]] | None:
    return dict(map(parse_axis, options.sweep)) or None


def _subject(options: argparse.Namespace) -> Scenario | Run:
    if not campaign.is_log(options.scenario):
        return load_scenario(options, simulation_changes(options))
    changed = [*options.changes, *(f"--{name}" for name in ("drops", "frames", "seed")
                                   if getattr(options, name) is not None)]
    if changed:
        raise ConfigError("--set", ", ".join(changed), "only with a scenario: a run has been made as it is")
    return campaign.open_run(options.scenario)
