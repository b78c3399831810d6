"""What the commands share: reading a scenario with its overrides, and printing figures."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import isacsys
from isacsys.cli.rooms import catalogue, propagation
from isacsys.config.grid import MAXIMUM_GRID, check_grid
from isacsys.config.toml_text import parse_assignment, parse_value
from isacsys.core.errors import ConfigError

if TYPE_CHECKING:
    from isacsys.config.scenario import Scenario

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # where each command registers itself
_MODULE = re.compile(r"[=,]\s*[\"']?[A-Za-z_][\w.]*:[A-Za-z_]")


def add_command(commands: Subparsers, name: str, handler: Callable[[argparse.Namespace], int], epilog: str,
                **more: Any) -> argparse.ArgumentParser:
    """Return the parser of a new command, which ``handler`` performs; examples stand in ``epilog`` as they are."""
    parser = commands.add_parser(name, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter, **more)
    parser.set_defaults(handler=handler)
    return parser


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """Declare ``SCENARIO`` and ``--set``."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a TOML file")
    parser.add_argument("--set", dest="changes", metavar="section.key=value", action="append", default=[],
                        help="change one setting; may be given several times")


def with_files(examples: str) -> str:
    """Return the epilog of a command that reads a scenario: its examples, and the files that a scenario may name."""
    return f"{examples}\n\n{catalogue.files_text()}"


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def load_scenario(options: argparse.Namespace, extra: Mapping[str, Any] | None = None) -> Scenario:
    """Read the scenario, apply ``--set`` and ``extra`` (those not None), and pass on its warnings."""
    changes = dict(parse_assignment(text) for text in options.changes)
    changes.update({key: value for key, value in (extra or {}).items() if value is not None})
    scenario = _with_working_directory(isacsys.Scenario.load(options.scenario), options).replace(changes)
    for line in [*scenario.warnings(), *_out_of_range(scenario)]:
        warnings.warn(line, stacklevel=2)
    return scenario


def _out_of_range(scenario: Scenario) -> list[str]:
    """Warn where a propagation model is used outside its range, or on too small a torus."""
    found = propagation.range_warnings(scenario)
    if scenario.built:
        propagation.check_propagation(scenario)
        found += propagation.torus_warnings(scenario)
    return found


def _with_working_directory(scenario: Scenario, options: argparse.Namespace) -> Scenario:
    """Search modules named on the command line in the working directory as well."""
    typed = [*options.changes, *getattr(options, "over", ()), *(getattr(options, "sweep", None) or ())]
    if not any(_MODULE.search(text) for text in typed):
        return scenario
    return dataclasses.replace(scenario, beside=(*scenario.beside, os.getcwd()))


def parse_axes(texts: Sequence[str], option: str) -> dict[str, list[Any]]:
    """Read every axis given with ``option``, each setting once."""
    axes: dict[str, list[Any]] = {}
    for text in texts:
        key, values = parse_axis(text)
        if key in axes:
            raise ConfigError(option, text, "every setting once")
        axes[key] = values
    check_grid(axes)
    return axes


def parse_axis(text: str) -> tuple[str, list[Any]]:
    """Read ``section.key=1:20[:step]`` or ``section.key=a,b,c``; both ends of a range belong to it."""
    key, separator, values = text.partition("=")
    if not separator or not values:
        raise ConfigError("axis", text, "section.key=1:20[:step] or section.key=a,b,c")
    if ":" in values:
        return key.strip(), _range(text, values.split(":"))
    return key.strip(), [parse_value(value) for value in values.split(",")]


def _range(text: str, parts: Sequence[str]) -> list[Any]:
    numbers = [parse_value(p) for p in parts]
    step = numbers[2] if len(numbers) == 3 else 1
    real = all(isinstance(n, int | float) and not isinstance(n, bool) for n in (*numbers, step))
    if len(numbers) not in (2, 3) or not real or not 0 < step < float("inf"):
        raise ConfigError("axis", text, "first:last or first:last:step with a step greater than 0")
    first, last = numbers[:2]
    try:
        count = (last - first) / step
    except OverflowError:
        count = float("inf")
    if not 0 <= count < MAXIMUM_GRID:
        raise ConfigError("axis", text, f"a last value not below the first, and under {MAXIMUM_GRID} values")
    return [first + i * step for i in range(int(count + 1e-9) + 1)]


def print_found(found: Any, options: argparse.Namespace) -> None:
    """Print a result as it is asked for: JSON, CSV (where the command knows it), or text."""
    if options.json:
        print_json(found.to_dict())
    elif getattr(options, "csv", False):
        print(found.to_csv(), end="")
    else:
        print(found)


def print_json(figures: Any) -> None:
    """Print one JSON object."""
    print(json.dumps(figures, allow_nan=False))
