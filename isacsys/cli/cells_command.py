"""The command that makes a network of a public list of cells."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

from isacsys.cli.options import add_json
from isacsys.cli.rooms import geography
from isacsys.core.errors import ConfigError


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    cells_ = commands.add_parser(
        "cells",
        description="Write the cells near a place as the file that network.cells takes, from a file of OpenCelliD "
        "(CSV, with or without header, also .gz) or of GeoJSON points.",
        epilog="example:\n  isacsys cells 262.csv.gz --near 11.575,48.137 --within 5 --radio LTE --operator 262-1 "
        "-o cells.csv",
        formatter_class=argparse.RawDescriptionHelpFormatter)
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
    cells_.set_defaults(handler=cells)


def cells(options: argparse.Namespace) -> int:
    """Write the file of cells."""
    if not 0 < options.within <= 1000:
        raise ConfigError("--within", options.within, "a distance above 0 and at most 1000 km")
    output = Path(options.output)
    if output.suffix.lower() != ".csv":
        raise ConfigError("--output", options.output, "a name that ends with .csv")
    found = geography.survey(options.file, _place(options.near), options.within, radio=options.radio,
                             operator=options.operator, azimuths=options.azimuths)
    try:
        output.write_text(found.to_csv(), encoding="utf-8")
    except OSError as error:
        raise ConfigError("--output", options.output, f"a file that can be written ({error.strerror})") from None
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
