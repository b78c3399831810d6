"""A network around a place from a public list of cells: OpenCelliD or GeoJSON."""

from __future__ import annotations

import gzip
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

from isacsys.core.errors import ConfigError, IsacError
from isacsys.geography.cells import SITE_SIZE, GeoPoint, read_geo_json
from isacsys.geography.open_cell_id import CellEstimate, is_open_cell_id, read_open_cell_id

T = TypeVar("T", CellEstimate, GeoPoint)
KEY = "FILE"
LEAST_DEGREE = 110.5  # km, shortest degree of latitude
MOST_CELLS = 100_000
LARGEST_JSON = 2**28  # bytes
SPREAD, OMNI = "spread", "omni"
_NUMBERS = ("height", "azimuth", "downtilt", "mechanical_tilt", "power_dbm", "pattern")


@dataclass(frozen=True)
class Survey:
    """What a list says of a place.

    Attributes
    ----------
    rows : list of dict
        A cell each, from column to text, as a file of cells has them.
    sites : int
    remarks : list of str
        What a user should know of it.
    """

    rows: list[dict[str, str]]
    sites: int
    remarks: list[str]

    def to_csv(self) -> str:
        """Return the file of cells."""
        columns = ["site", "longitude", "latitude", *(name for name in _NUMBERS
                                                       if any(name in row for row in self.rows))]
        lines = [",".join(columns)] + [",".join(row.get(name, "") for name in columns) for row in self.rows]
        return "\n".join([*lines, ""])


def survey(path: str, near: tuple[float, float], within: float, *, radio: str = "", operator: str = "",
           azimuths: str = SPREAD) -> Survey:
    """Return the cells within ``within`` km of a place.

    Parameters
    ----------
    path : str
        A file of OpenCelliD (CSV, with or without header) or of GeoJSON points, also compressed by gzip.
    near : (float, float)
        Longitude and latitude, degrees.
    radio, operator : str
        Of OpenCelliD: only cells of this technology (``LTE``), of this operator (``262-1``).
    azimuths : str
        "spread": cells of a site with unknown azimuths point evenly all round, from north on; "omni": one cell a
        site, the same in all directions.

    Raises
    ------
    ConfigError
        For a file that is neither, and where nothing is there.
    """
    with _opened(path) as file:
        first = file.readline(1 << 20)
        if is_open_cell_id(first):
            found = _of_estimates(read_open_cell_id(itertools.chain([first], file), KEY, path), near, within,
                                  radio.upper(), operator, azimuths)
        else:
            found = _of_points(read_geo_json(first + _rest(file, path), KEY, path), near, within)
    if not found.rows:
        raise ConfigError(KEY, path, f"a file with cells within {within:g} km of {near[0]:g}, {near[1]:g}"
                          f"{f' of {radio}' if radio else ''}{f' of operator {operator}' if operator else ''}")
    return found


def _of_estimates(rows: Iterable[CellEstimate], near: tuple[float, float], within: float, radio: str, operator: str,
                  azimuths: str) -> Survey:
    sites: dict[str, dict[int, CellEstimate]] = defaultdict(dict)
    for row in _inside(rows, near, within):
        if (not radio or row.radio == radio) and (not operator or row.operator == operator):
            sites[row.site].setdefault(row.cell, row)
    chosen = [row for cells in sites.values() for row in cells.values()]
    places = {site: _middle(list(cells.values())) for site, cells in sites.items()}
    remarks = ["positions are estimates from measurements of phones, of a site their mean; heights, tilts and powers "
               "are unknown"]
    if azimuths == SPREAD:
        remarks.append("azimuths are unknown: the cells of a site point evenly all round, from north on")
    else:
        remarks.append("azimuths are unknown: a site is one cell, the same in all directions")
    for word, values in (("radio", {row.radio for row in chosen}), ("operator", {row.operator for row in chosen})):
        if len(values) > 1:
            remarks.append(f"cells of {len(values)} {word}s, {', '.join(sorted(values))}: --{word} takes one")
    made = []
    for site, cells in sites.items():
        count = len(cells) if azimuths == SPREAD else 1
        place = {"site": site, "longitude": f"{places[site][0]:.7f}", "latitude": f"{places[site][1]:.7f}"}
        made += [place | ({"azimuth": f"{360 * i / count:g}"} if azimuths == SPREAD and count > 1 else {})
                 for i in range(count)]
    return Survey(made, len(sites), remarks)


def _middle(cells: Sequence[CellEstimate]) -> tuple[float, float]:
    """Return the mean of the places of cells, weighted with their measurements."""
    weight = np.array([max(cell.samples, 1) for cell in cells], float)
    place = np.array([[cell.longitude, cell.latitude] for cell in cells])
    longitude, latitude = weight @ place / weight.sum()
    return float(longitude), float(latitude)


def _of_points(points: Sequence[GeoPoint], near: tuple[float, float], within: float) -> Survey:
    chosen, ellipsoid = list(_inside(points, near, within)), _ellipsoid()
    names: dict[str, tuple[float, float]] = {}
    rows = []
    for point in chosen:
        site, place, number = point.site, (point.longitude, point.latitude), 2
        while site in names and ellipsoid.inv(*names[site], *place)[2] > 1e3 * SITE_SIZE:
            site, number = f"{point.site} ({number})", number + 1
        place = names.setdefault(site, place)
        rows.append({"site": site, "longitude": f"{place[0]:.7f}", "latitude": f"{place[1]:.7f}", **point.values})
    known = {name for row in rows for name in row}
    missing = [name for name in ("azimuth", "height", "power_dbm") if name not in known]
    remarks = [f"the file says no {name} of a cell" for name in missing]
    return Survey(rows, len(names), remarks)


def _inside(rows: Iterable[T], near: tuple[float, float], within: float) -> Iterator[T]:
    """Yield what is within a distance of a place, a first look at the latitude sparing most of a long file."""
    ellipsoid, kept, degrees = _ellipsoid(), 0, within / LEAST_DEGREE
    for row in rows:
        if abs(row.latitude - near[1]) > degrees:
            continue
        if ellipsoid.inv(row.longitude, row.latitude, *near)[2] > 1e3 * within:
            continue
        kept += 1
        if kept > MOST_CELLS:
            raise ConfigError("--within", within, f"so small that there are at most {MOST_CELLS} cells")
        yield row


def _ellipsoid() -> Any:
    try:
        from pyproj import Geod
    except ImportError:
        raise IsacError("longitude and latitude need pyproj: pip install \"isacsys[geo]\"") from None
    return Geod(ellps="WGS84")


@contextmanager
def _opened(path: str) -> Iterator[IO[str]]:
    """Open a text file, compressed or not. Raises ConfigError for one that cannot be read."""
    try:
        with (gzip.open(path, "rt", encoding="utf-8-sig") if Path(path).suffix.lower() == ".gz"
              else open(path, encoding="utf-8-sig")) as file:
            yield file
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigError(KEY, path, f"a readable file ({getattr(error, 'strerror', None) or error})") from None


def _rest(file: IO[str], path: str) -> str:
    text = file.read(LARGEST_JSON)
    if len(text) == LARGEST_JSON:
        raise ConfigError(KEY, path, f"a GeoJSON file of less than {LARGEST_JSON} characters")
    return text
