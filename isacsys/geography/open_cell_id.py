"""Cells from a file of OpenCelliD: estimates of where the cells of many operators are."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from isacsys.core.errors import ConfigError

# opencellid.org: columns of the files to download; those of one country come without a header
COLUMNS = ("radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples", "changeable", "created",
           "updated", "averagesignal")
_NEEDED = ("radio", "mcc", "net", "area", "cell", "lon", "lat")
CELLS_OF_A_STATION = 256  # the last 8 bits of an LTE cell number, TS 36.413 section 9.2.1.38


@dataclass(frozen=True)
class CellEstimate:
    """The position of a cell by measurements.

    Attributes
    ----------
    radio : str
        ``LTE``, ``GSM`` ...
    operator : str
        Country code and network code.
    area, cell : int
    longitude, latitude : float
        Degrees.
    samples : int
        Number of measurements behind it.
    line : int
        Of the file.
    """

    radio: str
    operator: str
    area: int
    cell: int
    longitude: float
    latitude: float
    samples: int
    line: int

    @property
    def site(self) -> str:
        """What the cells of a site have in common: of LTE the number of the base station, of others the cell itself."""
        number = self.cell // CELLS_OF_A_STATION if self.radio == "LTE" else f"{self.area}-{self.cell}"
        return f"{self.radio}-{self.operator}-{number}"


def is_open_cell_id(line: str) -> bool:
    """Return whether the first line of a file is one of OpenCelliD, with or without header."""
    words = [word.strip().lower() for word in line.split(",")]
    return set(_NEEDED) <= set(words) or (len(words) >= 8 and words[0] in ("gsm", "umts", "cdma", "lte", "nr")
                                          and words[1].isdigit())


def read_open_cell_id(lines: Iterable[str], key: str, path: str) -> Iterator[CellEstimate]:
    """Read the rows of a file of OpenCelliD one by one.

    Raises
    ------
    ConfigError
        Naming file and line.
    """
    reader = csv.reader(lines, skipinitialspace=True)
    header: Mapping[str, int] | None = None
    try:
        for row in reader:
            if header is None:
                words = [word.strip().lower() for word in row]
                named = "radio" in words
                header = {name: i for i, name in enumerate(words if named else COLUMNS)}
                if missing := [name for name in _NEEDED if name not in header]:
                    raise ConfigError(key, path, f"an OpenCelliD file with a column {missing[0]}")
                if named:
                    continue
            if row:
                yield _estimate(row, header, reader.line_num, key, path)
    except csv.Error as error:
        raise ConfigError(key, path, f"a readable CSV file ({error})") from None


def _estimate(row: list[str], header: Mapping[str, int], line: int, key: str, path: str) -> CellEstimate:
    try:
        word = {name: row[i].strip() for name, i in header.items() if i < len(row)}
        found = CellEstimate(word["radio"].upper(), f"{int(word['mcc'])}-{int(word['net'])}", int(word["area"]),
                         int(word["cell"]), float(word["lon"]), float(word["lat"]), int(word.get("samples") or 1), line)
    except (KeyError, ValueError):
        raise ConfigError(key, f"{path}, line {line}", f"a row {','.join(_NEEDED)} ... with whole numbers and degrees"
                          ) from None
    if not (abs(found.longitude) <= 180 and abs(found.latitude) <= 90):
        raise ConfigError(key, f"{path}, line {line}", "lon from -180 to 180 and lat from -90 to 90 degrees; are they "
                          "swapped?")
    return found
