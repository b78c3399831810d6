"""Floating car data of SUMO as plain arrays: XML, also compressed, and CSV, read as a stream."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import zlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

import numpy as np

from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError
from isacsys.geography.tables import PlaceTable

KEY = "mobility.positions"
BLOCK = 1 << 20  # bytes read at once
MOST_POINTS = 50_000_000
KINDS = ("vehicle", "person")
_PEEK = 4096  # bytes by which a CSV file of SUMO is told from others


@dataclass(frozen=True)
class Trace:
    """Positions over time of all vehicles and persons of a file.

    Attributes
    ----------
    ids : tuple of str
        What the file calls them, in order of first appearance.
    who : [n]
        Number of each point's owner, in that order; points are sorted by owner and time.
    time : [n]
        s.
    position : [n, 2]
        m in the frame of the file, or degrees of longitude and latitude.
    in_degrees : bool
    """

    ids: tuple[str, ...]
    who: Index
    time: Array
    position: Array
    in_degrees: bool

    def places(self, offset: tuple[float, float] = (0.0, 0.0)) -> PlaceTable:
        """Return the points in km, moved by ``offset`` (m), or in degrees."""
        if self.in_degrees:
            return PlaceTable(self.position, True)
        return PlaceTable((self.position + offset) / 1e3, False)

    @property
    def first(self) -> Index:
        """First row of each id, and the number of rows, [id + 1]."""
        return np.searchsorted(self.who, np.arange(len(self.ids) + 1))


class _Points:
    """Points as they come, in typed arrays: 28 bytes each."""

    def __init__(self, key: str, path: str) -> None:
        self.key, self.path, self.now = key, path, -math.inf
        self.numbers: dict[tuple[str, str], int] = {}
        self.who, self.time, self.x, self.y = array("i"), array("d"), array("d"), array("d")

    def wrong(self, line: int, allowed: str) -> ConfigError:
        return ConfigError(self.key, f"{self.path}, line {line}", allowed)

    def tick(self, text: str, line: int) -> None:
        """Begin a time step."""
        try:
            now = float(text)
        except ValueError:
            now = math.nan
        if not math.isfinite(now):
            raise self.wrong(line, f"a time in s, not {text!r}")
        if now < self.now:
            raise self.wrong(line, f"times that do not go back: {now:g} s after {self.now:g} s")
        if len(self.who) > MOST_POINTS:
            raise self.wrong(line, f"at most {MOST_POINTS} points")
        self.now = now

    def trace(self, in_degrees: bool) -> Trace:
        """Return what has come, sorted."""
        if not self.who:
            raise ConfigError(self.key, self.path, "a file with at least one vehicle or person")
        who, time = np.frombuffer(self.who, np.int32), np.frombuffer(self.time)
        position = np.stack([np.frombuffer(self.x), np.frombuffer(self.y)], axis=-1)
        bad = np.flatnonzero(~np.isfinite(position).all(axis=1))
        ids = tuple(name for _, name in self.numbers)
        if len(bad):
            raise ConfigError(self.key, self.path, f"a place for {ids[who[bad[0]]]} at {time[bad[0]]:g} s, two numbers")
        if in_degrees and (np.abs(position) > (180, 90)).any():
            i = int(np.flatnonzero((np.abs(position) > (180, 90)).any(axis=1))[0])
            raise ConfigError(self.key, self.path, "longitudes from -180 to 180 and latitudes from -90 to 90 degrees, "
                              f"not {tuple(position[i].tolist())}")
        order = np.argsort(who, kind="stable")  # times ascend already
        who, time, position = who[order], time[order], position[order]
        twice = np.flatnonzero((np.diff(who) == 0) & (np.diff(time) == 0))
        if len(twice):
            raise ConfigError(self.key, self.path, f"everybody once at a time; {ids[who[twice[0]]]} is there twice at "
                              f"{time[twice[0]]:g} s")
        return Trace(ids, who, time, position, in_degrees)


def is_trace(path: str) -> bool:
    """Return whether a file is one of SUMO, by its suffix, of CSV by its header."""
    name = path.lower()
    if name.endswith((".xml", ".xml.gz")):
        return True
    if not name.endswith((".csv", ".csv.gz")):
        return False
    try:
        with _plain(open(path, "rb"), path) as file:
            return b"timestep_time" in file.read(_PEEK).partition(b"\n")[0]
    except (OSError, EOFError, zlib.error):
        return False


def read_trace(path: str, key: str = KEY, in_degrees: bool = False) -> tuple[Trace, str]:
    """Read floating car data of SUMO, and return them with a digest of the file.

    XML (``<timestep time="..."><vehicle id="..." x="..." y="..."/>``; persons likewise) and CSV (columns
    ``timestep_time``, ``vehicle_id``, ``vehicle_x``, ``vehicle_y``, and of persons), compressed by gzip where the name
    ends with ``.gz``. Whatever else stands there is ignored; entities of XML are refused.

    Parameters
    ----------
    in_degrees : bool
        Whether x and y are longitude and latitude.

    Raises
    ------
    ConfigError
        Naming file and line.
    """
    points, digest = _Points(key, path), hashlib.sha256()
    read = _read_xml if ".xml" in Path(path).name.lower() else _read_csv
    try:
        with open(path, "rb") as raw:
            with _plain(_Digested(raw, digest), path) as file:
                read(file, points)
            while block := raw.read(BLOCK):  # what gzip has left
                digest.update(block)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ConfigError(key, path, f"a readable file ({getattr(error, 'strerror', None) or error})") from None
    return points.trace(in_degrees), digest.hexdigest()[:16]


class _Digested(io.RawIOBase):
    """A file whose bytes are digested while they are read."""

    def __init__(self, raw: IO[bytes], digest: Any) -> None:
        self._raw, self._digest = raw, digest

    def readable(self) -> bool:
        """Return whether this can be read: yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes."""
        block = self._raw.read(len(buffer))
        self._digest.update(block)
        buffer[:len(block)] = block
        return len(block)


def _plain(file: Any, path: str) -> Any:
    buffered = io.BufferedReader(file, BLOCK) if isinstance(file, io.RawIOBase) else file
    return gzip.GzipFile(fileobj=buffered) if path.lower().endswith(".gz") else buffered


def _read_xml(file: IO[bytes], points: _Points) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = _element(points, parser)
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise points.wrong(parser.CurrentLineNumber, "plain XML without a document type and entities")

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        while block := file.read(BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise points.wrong(error.lineno, f"well-formed XML ({expat.ErrorString(error.code)})") from None


def _element(points: _Points, parser: Any) -> Callable[[str, dict[str, str]], None]:
    """Return what takes the elements of a file; it is called for every point, so that all it needs is at hand."""
    numbers, add_who, add_time = points.numbers, points.who.append, points.time.append
    add_x, add_y = points.x.append, points.y.append

    def element(name: str, attributes: dict[str, str]) -> None:
        if name in KINDS:
            try:
                key = name, attributes["id"]
                x, y = float(attributes["x"]), float(attributes["y"])
            except (KeyError, ValueError):
                raise points.wrong(parser.CurrentLineNumber, f"a {name} with id, x and y") from None
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = len(numbers)
            add_who(number)
            add_time(points.now)
            add_x(x)
            add_y(y)
        elif name == "timestep":
            points.tick(attributes.get("time", ""), parser.CurrentLineNumber)
        elif not points.who and name not in ("fcd-export", "container"):
            raise points.wrong(parser.CurrentLineNumber, f"floating car data of SUMO, <fcd-export>, not <{name}>")

    return element


def _read_csv(file: IO[bytes], points: _Points) -> None:
    rows = csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""), delimiter=";")
    try:
        header = next(rows, [])
        place = {name.strip(): i for i, name in enumerate(header)}
        if "timestep_time" not in place:
            raise points.wrong(1, "a header with timestep_time; vehicle_id; vehicle_x; vehicle_y")
        kinds = [(kind, *(place[f"{kind}_{name}"] for name in ("id", "x", "y"))) for kind in KINDS
                 if {f"{kind}_{name}" for name in ("id", "x", "y")} <= set(place)]
        if not kinds:
            raise points.wrong(1, "columns vehicle_id, vehicle_x and vehicle_y, or person_id, person_x and person_y")
        _add_rows(rows, place["timestep_time"], kinds, points)
    except csv.Error as error:
        raise points.wrong(rows.line_num, f"a readable CSV file ({error})") from None


def _add_rows(rows: Any, time: int, kinds: list[Any], points: _Points) -> None:
    numbers, last = points.numbers, ""
    for row in rows:
        if not row:
            continue
        try:
            if row[time] != last:
                last = row[time]
                points.tick(last, rows.line_num)
            for kind, name, x, y in kinds:
                if not row[name]:
                    continue  # a time step without any, or one of the other kind
                key = kind, row[name]
                number = numbers.get(key)
                if number is None:
                    number = numbers[key] = len(numbers)
                points.who.append(number)
                points.time.append(points.now)
                points.x.append(float(row[x]))
                points.y.append(float(row[y]))
        except (ValueError, IndexError) as error:
            if isinstance(error, ConfigError):
                raise
            raise points.wrong(rows.line_num, "a time, an id and two numbers for its place") from None
