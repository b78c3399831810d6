"""The commands about files of scenarios: settings, new, cells."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import isacsys.propagation  # noqa: F401 - its models
from isacsys.cli.options import Subparsers, add_command, add_json, print_json, with_files
from isacsys.cli.rooms import atomic_files, geography, metrics
from isacsys.config.catalogue import Setting, models, new_scenario, schema, settings
from isacsys.core.errors import ConfigError, writing

_SETTINGS_EXAMPLE = """examples:
  isacsys settings
  isacsys settings allocation
  isacsys settings allocation.users_per_bs --json
  isacsys settings --schema > isacsys.schema.json"""
_NEW_EXAMPLE = """example:
  isacsys new mine.toml"""


def register(commands: Subparsers) -> None:
    """Add the commands."""
    parser = add_command(commands, "settings", show_settings, with_files(_SETTINGS_EXAMPLE))
    parser.add_argument("name", nargs="?", metavar="SECTION|KEY", help="a section, a section.key, or a key alone")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of scenario files, for editors")
    add_json(parser)
    parser = add_command(commands, "new", new, _NEW_EXAMPLE)
    parser.add_argument("path", metavar="FILE.toml", help="must not exist")
    parser.add_argument("--model", metavar="MODEL", help=f"propagation: {', '.join(models())} (default: {models()[0]})")
    cells_ = add_command(
        commands, "cells", cells,
        "example:\n  isacsys cells 262.csv.gz --near 11.575,48.137 --within 5 --radio LTE --operator 262-1 "
        "-o cells.csv",
        description="Write the cells near a place as the file that network.cells takes, from a file of OpenCelliD "
        "(CSV, with or without header, also .gz) or of GeoJSON points.")
    cells_.add_argument("file", metavar="FILE", help="of OpenCelliD or GeoJSON")
    cells_.add_argument("--near", metavar="LON,LAT", required=True, help="a place: longitude and latitude in degrees")
    cells_.add_argument("--within", metavar="KM", required=True, type=float, help="distance from it, km")
    cells_.add_argument("--radio", default="", metavar="NAME", help="of OpenCelliD, only cells of this technology: LTE")
    cells_.add_argument("--operator", default="", metavar="MCC-NET", help="of OpenCelliD, only cells of this operator")
    cells_.add_argument("--azimuths", choices=("spread", "omni"), default="spread", help="of OpenCelliD, which knows "
                        "no azimuths: cells of a site point evenly all round (spread), or a site is one cell without "
                        "directions (omni); default: %(default)s")
    cells_.add_argument("-o", "--output", required=True, metavar="FILE", help="ends with .csv")
    add_json(cells_)


def show_settings(options: argparse.Namespace) -> int:
    """Print settings as text, as JSON, or as a JSON Schema."""
    if options.schema:
        if options.name is not None:
            raise ConfigError("--schema", options.name, "the schema of a whole scenario: no section beside it")
        print_json(schema())
        return 0
    found = _named(options.name)
    if options.json:
        print_json({"settings": [setting.to_dict() for setting in found]})
    else:
        print("\n\n".join(setting.to_text() for setting in found))
    return 0


def _named(name: str | None) -> list[Setting]:
    """Return settings of a name; where there are none, say which figures have it."""
    try:
        return settings(name)
    except ConfigError as error:
        figures = [figure for figure in metrics.METRICS if name and name.lower() in figure]
        if not figures:
            raise
        raise ConfigError(error.key, name, f"a section or a key; figures of a run with that name are "
                          f"{', '.join(figures[:6])}") from None


def new(options: argparse.Namespace) -> int:
    """Write a scenario file."""
    path, text = Path(options.path), new_scenario(options.model)
    if path.exists() or path.suffix != ".toml":
        raise ConfigError("FILE.toml", options.path, "a file that does not exist, whose name ends with .toml")
    with writing("FILE.toml", options.path):
        atomic_files.write_whole(path, text.encode())
    print(f"{path}: every setting with its default; isacsys run {path}")
    return 0


def cells(options: argparse.Namespace) -> int:
    """Write the file of cells."""
    if not 0 < options.within <= 1000:
        raise ConfigError("--within", options.within, "a distance above 0 and at most 1000 km")
    output = Path(options.output)
    if output.suffix.lower() != ".csv":
        raise ConfigError("--output", options.output, "a name that ends with .csv")
    found = geography.survey(options.file, _place(options.near), options.within, radio=options.radio,
                             operator=options.operator, azimuths=options.azimuths)
    with writing("--output", options.output):
        output.write_text(found.to_csv(), encoding="utf-8")
    if options.json:
        print(json.dumps({"sites": found.sites, "cells": len(found.rows), "output": options.output,
                          "remarks": found.remarks}))
        return 0
    print(f"{options.output}: {len(found.rows)} cells of {found.sites} sites")
    for remark in found.remarks:
        print(f"isacsys: {remark}", file=sys.stderr)
    return 0


def _place(text: str) -> tuple[float, float]:
    try:
        longitude, latitude = (float(part) for part in text.split(","))
    except ValueError:
        longitude = latitude = math.nan
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        raise ConfigError("--near", text, "LON,LAT: longitude from -180 to 180 and latitude from -90 to 90 degrees")
    return longitude, latitude
