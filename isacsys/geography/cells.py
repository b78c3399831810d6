"""Cells of a network from a CSV file, one row a cell, or from the points of a GeoJSON file (RFC 7946)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from isacsys.config.input_files import read_text
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError
from isacsys.core.lazy import spatial
from isacsys.geography.projection import Projection
from isacsys.geography.tables import PLACE, FileColumn, FileTable, PlaceTable

KEY = "network.cells"
SITE_SIZE = 1e-3  # km, within which the cells of a site lie
COLUMNS = {
    "site": FileColumn("a name", text=True), **PLACE,
    "height": FileColumn("m above ground, from 0.1 to 10000", 0.1, 1e4),
    "azimuth": FileColumn("degrees clockwise from north, from -180 to 360", -180, 360),
    "downtilt": FileColumn("electrical, degrees below the horizon, from -90 to 90", -90, 90),
    "mechanical_tilt": FileColumn("degrees below the horizon, from -90 to 90", -90, 90),
    "power_dbm": FileColumn("dBm, from -100 to 100", -100, 100), "pattern": FileColumn("a name or a file", text=True)}
NAMES = ("site", "name", "id", "ref")  # properties that may name a site


@dataclass(frozen=True)
class CellRows:
    """The cells of a file, in its order; NaN and empty text stand for what it does not say.

    Attributes
    ----------
    names : tuple of str
        Of the sites, in order of first appearance.
    site : [cell]
        Number of the site of each.
    places : Places
    height : [cell]
        m.
    azimuth : [cell]
        Degrees clockwise from north; NaN: the same in all directions.
    downtilt, mechanical_tilt : [cell]
        Degrees below the horizon.
    power : [cell]
        dBm.
    pattern : tuple of str
    line : [cell]
        Of the file.
    """

    names: tuple[str, ...]
    site: Index
    places: PlaceTable
    height: Array
    azimuth: Array
    downtilt: Array
    mechanical_tilt: Array
    power: Array
    pattern: tuple[str, ...]
    line: Index

    def __len__(self) -> int:
        return len(self.site)


def read_cells(path: str, key: str = KEY) -> CellRows:
    """Read cells from a CSV file with the columns of `COLUMNS`; ``site`` and a place are needed.

    Raises
    ------
    ConfigError
        Naming file and line: for an unknown column, a number out of range, cells of a site that are apart, sites at one
        place, a cell that is there twice.
    """
    table = FileTable(read_text(key, path), key, path, COLUMNS, ("site",))
    texts = table.texts("site")
    for line, text in zip(table.lines, texts, strict=True):
        if not text:
            raise table.wrong(line, "a name for site")
    names = tuple(dict.fromkeys(texts))
    number = {name: i for i, name in enumerate(names)}
    rows = CellRows(names, np.array([number[text] for text in texts]), table.places(), table.numbers("height"),
                    table.numbers("azimuth"), table.numbers("downtilt"), table.numbers("mechanical_tilt"),
                    table.numbers("power_dbm"), tuple(table.texts("pattern")), np.array(table.lines))
    _check_patterns(rows, table)
    _check_twice(rows, table)
    _check_places(rows, table)
    return rows


def _check_patterns(rows: CellRows, table: FileTable) -> None:
    for i in np.flatnonzero(np.isnan(rows.azimuth)):
        if rows.pattern[i] not in ("", "omni"):
            raise table.wrong(rows.line[i], f"an azimuth for the pattern {rows.pattern[i]}")


def _check_twice(rows: CellRows, table: FileTable) -> None:
    what = np.stack([rows.site, *(np.nan_to_num(column, nan=1e9) for column in (
        rows.azimuth % 360, rows.height, rows.downtilt, rows.mechanical_tilt))], axis=-1)
    first: dict[tuple[float, ...], int] = {}
    for row, line in zip(map(tuple, what.tolist()), rows.line.tolist(), strict=True):
        if row in first:
            raise table.wrong(line, f"every cell once: site {rows.names[int(row[0])]} has one of this azimuth, height "
                              f"and tilt in line {first[row]}")
        first[row] = line


def _check_places(rows: CellRows, table: FileTable) -> None:
    position = Projection.about(rows.places, KEY).to_km(rows.places)
    first = np.unique(rows.site, return_index=True)[1]
    apart = np.flatnonzero(np.hypot(*(position - position[first][rows.site]).T) > SITE_SIZE)
    if len(apart):
        i = apart[0]
        raise table.wrong(rows.line[i], f"a cell of site {rows.names[rows.site[i]]} within 1 m of its cell in line "
                          f"{rows.line[first[rows.site[i]]]}")
    pairs = spatial.cKDTree(position[first]).query_pairs(SITE_SIZE, output_type="ndarray")
    if len(pairs):
        one, other = sorted(first[pairs[0]].tolist())
        raise table.wrong(rows.line[other], f"sites at least 1 m apart: {rows.names[rows.site[other]]} is on top of "
                          f"{rows.names[rows.site[one]]} in line {rows.line[one]}; cells of one site have one name")


_OTHERS = tuple(name for name in COLUMNS if name not in PLACE and name != "site")


@dataclass(frozen=True)
class GeoPoint:
    """A point and what its properties say of a cell.

    Attributes
    ----------
    site : str
    longitude, latitude : float
        Degrees.
    values : dict
        From columns of a file of cells to text.
    """

    site: str
    longitude: float
    latitude: float
    values: dict[str, str]


def read_geo_json(text: str, key: str, path: str) -> list[GeoPoint]:
    """Read the points of a GeoJSON file; lines and areas are left out.

    Properties named as the columns of a file of cells are kept; the first of `NAMES` that is there names the site.

    Raises
    ------
    ConfigError
        Naming the feature.
    """
    try:
        found = json.loads(text)
        features = found["features"] if found["type"] == "FeatureCollection" else [found]
        points = [_point(feature, number, key, path) for number, feature in enumerate(features)
                  if (feature.get("geometry") or {}).get("type") in ("Point", "MultiPoint")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(key, path, "a GeoJSON file with a FeatureCollection of points") from None
    if not points:
        raise ConfigError(key, path, "a GeoJSON file with at least one point")
    return points


def _point(feature: dict[str, Any], number: int, key: str, path: str) -> GeoPoint:
    geometry, properties = feature["geometry"], feature.get("properties") or {}
    place = geometry["coordinates"] if geometry["type"] == "Point" else geometry["coordinates"][0]
    longitude, latitude = float(place[0]), float(place[1])
    if not (math.isfinite(longitude) and abs(longitude) <= 180 and abs(latitude) <= 90):
        raise ConfigError(key, f"{path}, feature {number}: {longitude:g}, {latitude:g}", "longitude from -180 to 180 "
                          "first, then latitude from -90 to 90 degrees; are they swapped?")
    named = [properties.get(name, feature.get(name)) for name in NAMES]
    site = next((str(name) for name in named if name not in (None, "")), f"point-{number}")
    values = {name: str(properties[name]) for name in _OTHERS if properties.get(name) is not None}
    return GeoPoint(" ".join(site.replace(",", " ").split()), longitude, latitude, values)
