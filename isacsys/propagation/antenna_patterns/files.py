"""Antenna patterns from files: MSI (Planet) and CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isacsys.config.input_files import read_text
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError
from isacsys.propagation.antenna_patterns.base import AntennaPattern

KEY = "antennas.pattern"
DIPOLE = 2.15  # dBi, gain of a half-wave dipole: 0 dBd
CUT = 360.0  # degrees
LARGEST_GAP = 30.0  # degrees between two angles of a cut
COLUMNS = ("azimuth", "zenith", "gain")
MOST_LINES = 1_000_000
_LARGEST = 1e5  # of any number, beyond which it is a slip


class FilePattern(AntennaPattern):
    """A measured pattern: electrical tilt and column are in it."""

    tilts_in_file = True


@dataclass(frozen=True)
class Cut:
    """Attenuation below the largest gain over the angle in one plane, linear in between, periodic.

    Attributes
    ----------
    angle, attenuation : [n]
        Degrees, ascending, in [0, 360); dB.
    """

    angle: Array
    attenuation: Array

    def at(self, angle: Array) -> Array:
        """Return the attenuation in dB [...] at ``angle`` [...], degrees."""
        return np.interp(angle, self.angle, self.attenuation, period=CUT)


@dataclass(frozen=True)
class MsiPattern(FilePattern):
    """A pattern of two cuts, put together by an azimuth-weighted sum.

    With H and V the attenuations of the cuts, f the azimuth and t the angle below the horizon,
    ``max(0, H(f) + (1 - |f|/180)(V(t) - H(0)) + (|f|/180)(V(180 - t) - H(180)))``: exact on both cuts where these agree
    ahead and behind.

    Attributes
    ----------
    largest : float
        dBi.
    horizontal, vertical : Cut
        Over the angle clockwise from boresight; over the angle from the horizon ahead, downwards.
    remarks : tuple of str
        What was read otherwise than it may be meant.
    """

    largest: float
    horizontal: Cut
    vertical: Cut
    remarks: tuple[str, ...] = ()

    def gain(self, azimuth: Array, zenith: Array) -> Array:
        """Return the gain in dBi."""
        across, down = self.horizontal, zenith - 90
        back = np.abs(azimuth) / 180
        ahead = (1 - back) * (self.vertical.at(down) - across.at(np.zeros(())))
        behind = back * (self.vertical.at(180 - down) - across.at(np.full((), 180.0)))
        return np.asarray(self.largest - np.maximum(across.at(azimuth) + ahead + behind, 0.0))


@dataclass(frozen=True)
class GridPattern(FilePattern):
    """A pattern on a grid of azimuths and zenith angles, bilinear in between.

    Attributes
    ----------
    azimuth : [a]
        Degrees clockwise from boresight, ascending, less than a turn.
    zenith : [z]
        Degrees from straight up, ascending from 0 to 180.
    values : [a, z]
        dBi.
    """

    azimuth: Array
    zenith: Array
    values: Array

    def gain(self, azimuth: Array, zenith: Array) -> Array:
        """Return the gain in dBi."""
        angle = np.append(self.azimuth, self.azimuth[0] + CUT)
        column, right = _between(angle, angle[0] + np.mod(azimuth - angle[0], CUT))
        row, below = _between(self.zenith, np.clip(zenith, 0, 180))
        values, after = self.values, (column + 1) % len(self.azimuth)
        upper = (1 - right) * values[column, row] + right * values[after, row]
        lower = (1 - right) * values[column, row + 1] + right * values[after, row + 1]
        return np.asarray((1 - below) * upper + below * lower)


def read_msi(path: str, key: str = KEY) -> MsiPattern:
    """Read a pattern in MSI format (Planet): ``GAIN``, ``HORIZONTAL 360`` and ``VERTICAL 360``, each with its lines.

    A gain without unit is in dBd; 0 dBd are 2.15 dBi.

    Raises
    ------
    ConfigError
        Naming file and line.
    """
    lines = _Lines(path, key, read_text(key, path))
    largest: float | None = None
    remarks: tuple[str, ...] = ()
    cuts: dict[str, Cut] = {}
    for words in lines:
        word = words[0].upper()
        if word == "GAIN":
            if largest is not None:
                raise lines.wrong("GAIN once")
            largest, remarks = _largest(words, lines)
        elif word in ("HORIZONTAL", "VERTICAL"):
            if word in cuts:
                raise lines.wrong(f"{word} once")
            cuts[word] = _cut(words, lines)
        elif _number(words[0]) is not None:
            raise lines.wrong("no numbers but those announced by HORIZONTAL or VERTICAL")
    for word in ("HORIZONTAL", "VERTICAL"):
        if word not in cuts:
            raise ConfigError(key, path, f"an MSI file with {word} 360 and a line for every angle")
    if largest is None:
        raise ConfigError(key, path, "an MSI file with a line GAIN and its value in dBi or dBd")
    return MsiPattern(largest, cuts["HORIZONTAL"], cuts["VERTICAL"], remarks)


def read_grid(path: str, key: str = KEY) -> GridPattern:
    """Read a pattern from a CSV file with the columns azimuth, zenith (degrees) and gain (dBi), a row a direction.

    Raises
    ------
    ConfigError
        Naming file and line.
    """
    allowed = "header azimuth,zenith,gain; degrees clockwise from boresight, degrees from straight up, dBi"
    lines = iter(csv.reader(read_text(key, path).splitlines(), skipinitialspace=True))
    header = [name.strip().lower() for name in next(lines, [])]
    if sorted(header) != sorted(COLUMNS):
        raise ConfigError(key, f"{path}, line 1", allowed)
    order, rows = [header.index(name) for name in COLUMNS], []
    for number, cells in enumerate(lines, 2):
        if not cells or not any(cell.strip() for cell in cells):
            continue
        values = [_number(cell) for cell in cells]
        if len(values) != 3 or None in values or number > MOST_LINES:
            raise ConfigError(key, f"{path}, line {number}", allowed)
        rows.append([values[i] for i in order])
    return _grid(np.array(rows, float).reshape(-1, 3), path, key)


READERS: dict[str, Callable[[str, str], FilePattern]] = {".msi": read_msi, ".pln": read_msi, ".csv": read_grid}


def is_file(name: str) -> bool:
    """Return whether the name of a pattern is that of a file."""
    return Path(name).suffix.lower() in READERS


def read_pattern(path: str, key: str = KEY) -> FilePattern:
    """Read a pattern from a file; its suffix says in which format."""
    return READERS[Path(path).suffix.lower()](path, key)


class _Lines:
    """The lines of a file as words, and where one has got to."""

    def __init__(self, path: str, key: str, text: str) -> None:
        self._path, self._key, self.line = path, key, 0
        self._lines = text.splitlines()[:MOST_LINES]

    def __iter__(self) -> Iterator[list[str]]:
        while self.line < len(self._lines):
            self.line += 1
            if words := self._lines[self.line - 1].replace(",", " ").split():
                yield words

    def wrong(self, allowed: str) -> ConfigError:
        """Return the error of this line."""
        return ConfigError(self._key, f"{self._path}, line {self.line}", allowed)


def _largest(words: list[str], lines: _Lines) -> tuple[float, tuple[str, ...]]:
    value = _number(words[1]) if len(words) > 1 else None
    value = None if value is None or abs(value) > 100 else value
    unit = words[2].lower() if len(words) > 2 else ""
    if value is None or unit not in ("", "dbi", "dbd"):
        raise lines.wrong("GAIN with a number from -100 to 100, and dBi or dBd")
    bare = ("antenna pattern: GAIN without unit is read as dBd: 2.15 dB are added",) * (not unit)
    return (value if unit == "dbi" else value + DIPOLE), bare


def _cut(words: list[str], lines: _Lines) -> Cut:
    count = _number(words[1]) if len(words) > 1 else None
    if count is None or count != int(count) or not 12 <= count <= 36001:
        raise lines.wrong(f"{words[0].upper()} with the number of its lines, as 360")
    rows: list[tuple[float, float]] = []
    for row in lines:
        values = [_number(word) for word in row]
        if len(values) != 2 or values[0] is None or values[1] is None or not 0 <= values[0] <= CUT or values[1] < 0:
            raise lines.wrong("an angle from 0 to 360 degrees, and an attenuation below GAIN in dB, at least 0: "
                              f"{int(count) - len(rows)} more of {words[0].upper()}")
        rows.append((values[0], values[1]))
        if len(rows) == count:
            break
    else:
        raise lines.wrong(f"{int(count)} lines of {words[0].upper()}, not {len(rows)}")
    table = np.array(sorted(rows))
    if table[-1, 0] == CUT and table[0, 0] == 0:
        if table[-1, 1] != table[0, 1]:
            raise lines.wrong("the same attenuation at 0 and 360 degrees")
        table = table[:-1]
    gaps = np.diff(np.append(table[:, 0], table[0, 0] + CUT))
    if gaps.min() <= 0 or gaps.max() > LARGEST_GAP:
        raise lines.wrong(f"every angle once, all round, at most {LARGEST_GAP:g} degrees apart")
    return Cut(table[:, 0], table[:, 1])


def _grid(rows: Array, path: str, key: str) -> GridPattern:
    def wrong(allowed: str) -> ConfigError:
        return ConfigError(key, path, allowed)

    if not len(rows):
        raise wrong("at least one direction")
    azimuth, zenith = np.unique(rows[:, 0]), np.unique(rows[:, 1])
    if zenith[0] != 0 or zenith[-1] != 180:
        raise wrong("zenith angles from 0 to 180 degrees, both included")
    if azimuth[0] < -360 or azimuth[-1] > 360 or azimuth[-1] - azimuth[0] > CUT:
        raise wrong("azimuths of one turn: -180 to 180, or 0 to 360 degrees")
    if len(rows) != len(azimuth) * len(zenith):
        raise wrong(f"a grid: {len(azimuth)} azimuths and {len(zenith)} zenith angles make "
                    f"{len(azimuth) * len(zenith)} rows, not {len(rows)}")
    values = np.full((len(azimuth), len(zenith)), np.nan)
    values[np.searchsorted(azimuth, rows[:, 0]), np.searchsorted(zenith, rows[:, 1])] = rows[:, 2]
    if np.isnan(values).any():
        raise wrong("every direction once")
    if azimuth[-1] - azimuth[0] == CUT:
        if not np.array_equal(values[0], values[-1]):
            raise wrong(f"the same gains at the azimuths {azimuth[0]:g} and {azimuth[-1]:g}")
        azimuth, values = azimuth[:-1], values[:-1]
    return GridPattern(azimuth, zenith, values)


def _between(grid: Array, value: Array) -> tuple[Index, Array]:
    """Return the number of the last point of a grid at or before each value, and the share of the way to the next."""
    index = np.clip(np.searchsorted(grid, value, side="right") - 1, 0, len(grid) - 2)
    return index, (value - grid[index]) / (grid[index + 1] - grid[index])


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= _LARGEST else None
