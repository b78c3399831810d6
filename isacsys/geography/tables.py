"""Tables from CSV files: declared columns, each number in its range, and one line for an error; users and targets."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from isacsys.config.input_files import read_text
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

MOST_ROWS = 5_000_000
LARGEST_EXTENT = 2000.0  # km, of all places of a scenario
_TRUE, _FALSE = ("1", "true", "yes"), ("0", "false", "no", "")


@dataclass(frozen=True)
class FileColumn:
    """A column of numbers.

    Attributes
    ----------
    allowed : str
        What stands in it, in words.
    low, high : float
        Its range.
    flag : bool
        Whether it says yes or no (1 or 0).
    text : bool
        Whether it holds text.
    """

    allowed: str
    low: float = -math.inf
    high: float = math.inf
    flag: bool = False
    text: bool = False


PLACE = {"x": FileColumn("km east", -1e6, 1e6), "y": FileColumn("km north", -1e6, 1e6),
         "longitude": FileColumn("degrees from -180 to 180", -180, 180),
         "latitude": FileColumn("degrees from -90 to 90; are longitude and latitude swapped?", -90, 90)}


@dataclass(frozen=True)
class PlaceTable:
    """Places as a file has them.

    Attributes
    ----------
    position : [n, 2]
        km east and north, or degrees of longitude and latitude.
    in_degrees : bool
    """

    position: Array
    in_degrees: bool

    def __len__(self) -> int:
        return len(self.position)


class FileTable:
    """The rows of a CSV file.

    Parameters
    ----------
    text : str
    key, path : str
        The setting and the file, for errors.
    columns : mapping
        What may stand in the file.
    needed : sequence of str
        What must.
    """

    def __init__(self, text: str, key: str, path: str, columns: Mapping[str, FileColumn],
                 needed: Sequence[str] = ()) -> None:
        self._key, self.path, self._columns = key, path, columns
        rows = _rows(text, key, path)
        self.line, header = next(rows, (1, []))
        self.names = [name.strip().lower() for name in header]
        if not header:
            raise ConfigError(key, path, f"a CSV file with a header, as {','.join([*needed, 'x', 'y'])}")
        self._check_header(needed)
        self.lines: list[int] = []
        cells: list[list[str]] = []
        for self.line, row in rows:
            if len(row) != len(self.names):
                raise self.wrong(self.line, f"{len(self.names)} values, {','.join(self.names)}, not {len(row)}")
            if len(cells) == MOST_ROWS:
                raise self.wrong(self.line, f"at most {MOST_ROWS} rows")
            cells.append(row)
            self.lines.append(self.line)
        if not cells:
            raise ConfigError(key, path, "at least one row below the header")
        self._cells = {name: [row[i].strip() for row in cells] for i, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.lines)

    def wrong(self, line: int, allowed: str) -> ConfigError:
        """Return the error of a line."""
        return ConfigError(self._key, f"{self.path}, line {line}", allowed)

    def texts(self, name: str) -> list[str]:
        """Return a column as text, empty where the file has none."""
        return self._cells.get(name, [""] * len(self))

    def numbers(self, name: str) -> Array:
        """Return a column as numbers [row], NaN where the file has none."""
        column = self._columns[name]
        convert = _flag if column.flag else float
        values = np.full(len(self), np.nan)
        for i, text in enumerate(self._cells.get(name, ())):
            if not text and not column.flag:
                continue
            try:
                values[i] = value = convert(text)
            except ValueError:
                value = math.nan
            if not column.low <= value <= column.high or math.isinf(value):
                raise self.wrong(self.lines[i], f"{name}: {column.allowed}, not {text!r}")
        return values

    def places(self) -> PlaceTable:
        """Return where the rows are.

        Raises
        ------
        ConfigError
            Where a place is missing, and where both forms are given, or none.
        """
        found = [pair for pair in (("x", "y"), ("longitude", "latitude")) if pair[0] in self.names
                 or pair[1] in self.names]
        if len(found) != 1 or not set(found[0]) <= set(self.names):
            raise ConfigError(self._key, self.path, "x and y in km, or longitude and latitude in degrees, not "
                              f"{','.join(self.names)}")
        position = np.stack([self.numbers(name) for name in found[0]], axis=-1)
        missing = np.flatnonzero(np.isnan(position).any(axis=1))
        if len(missing):
            raise self.wrong(self.lines[missing[0]], f"a number for {found[0][0]} and for {found[0][1]}")
        return PlaceTable(position, found[0][0] == "longitude")

    def _check_header(self, needed: Iterable[str]) -> None:
        for name in self.names:
            if name not in self._columns:
                near = difflib.get_close_matches(name, self._columns, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                raise self.wrong(self.line, f"no column {name!r}; {hint}known are {', '.join(self._columns)}")
            if self.names.count(name) > 1:
                raise self.wrong(self.line, f"the column {name} once")
        for name in needed:
            if name not in self.names:
                raise self.wrong(self.line, f"a header with a column {name}")


def _rows(text: str, key: str, path: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines(), skipinitialspace=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise ConfigError(key, path, f"a readable CSV file ({error})") from None


def _flag(text: str) -> float:
    word = text.lower()
    if word not in (*_TRUE, *_FALSE):
        raise ValueError(text)
    return float(word in _TRUE)


COLUMNS = {**PLACE, "height": FileColumn("m above ground, from 0 to 20000", 0, 2e4),
           "indoor": FileColumn("1 or 0: whether inside a building", 0, 1, flag=True),
           "start": FileColumn("s, at least 0: when it appears", 0, 1e9),
           "end": FileColumn("s, at least start: when it leaves", 0, 1e9)}


@dataclass(frozen=True)
class PeopleRows:
    """Users, or targets, of a file, in its order; NaN stands for what it does not say.

    Attributes
    ----------
    places : Places
    height : [n]
        m.
    indoor : [n]
        1 or 0.
    start, end : [n]
        s, from and up to which each is there, both included.
    """

    places: PlaceTable
    height: Array
    indoor: Array
    start: Array
    end: Array

    def __len__(self) -> int:
        return len(self.places)

    @property
    def come_and_go(self) -> bool:
        """Whether some are absent at times."""
        return bool(np.any(self.start > 0) or np.isfinite(self.end).any())


def read_people(path: str, key: str) -> PeopleRows:
    """Read users or targets from a CSV file with the columns of `COLUMNS`; a place is needed.

    Raises
    ------
    ConfigError
        Naming file and line.
    """
    table = FileTable(read_text(key, path), key, path, COLUMNS)
    start, end = table.numbers("start"), table.numbers("end")
    late = np.flatnonzero(end < np.nan_to_num(start))
    if len(late):
        raise table.wrong(table.lines[late[0]], f"end: at least start, {start[late[0]]:g} s, not {end[late[0]]:g}")
    indoor = table.numbers("indoor") if "indoor" in table.names else np.full(len(table), np.nan)
    return PeopleRows(table.places(), table.numbers("height"), indoor, start, end)
