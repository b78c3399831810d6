"""Files that a scenario names: read once, told apart by their content, and never by their name alone."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from isacsys.config.scenario import SECTIONS, Scenario
from isacsys.core.errors import ConfigError

T = TypeVar("T")
Row = dict[str, str]
KEPT = 8  # parsed files

_pinned: dict[str, bytes] = {}
_parsed: dict[tuple[str, str, str], object] = {}


def pin(scenario: Scenario, expected: Mapping[str, str] | None = None) -> dict[str, str]:
    """Read every file that a scenario names, keep it for whoever asks in this process, and return digests by key.

    Raises
    ------
    ConfigError
        For a file that cannot be read, or whose digest is not the ``expected`` one.
    """
    files = scenario.files
    if expected is not None and all(_digest(_pinned.get(path, b"")) == expected[key] for key, path in files.items()):
        return dict(expected)
    found = {}
    for key, path in files.items():
        _pinned[path] = _read(key, path)
        found[key] = _digest(_pinned[path])
        if expected is not None and found[key] != expected[key]:
            raise ConfigError(key, path, "a file that does not change during a run")
    return found


class CsvRows:
    """The rows of a CSV file whose header has the columns that its key declares, in any order."""

    def __init__(self, key: str, path: str, content: bytes) -> None:
        self.line, section, name = 1, *key.split(".")
        self._columns = [column for column, _ in SECTIONS[section].rules()[name].columns]
        self._key, self._path = key, path
        try:
            self._text = content.decode("utf-8-sig")  # spreadsheets put a byte order mark in front
        except UnicodeDecodeError as error:
            raise ConfigError(key, path, f"a readable CSV file ({error})") from None

    def __iter__(self) -> Iterator[Row]:
        reader = csv.reader(io.StringIO(self._text, newline=""), skipinitialspace=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            if sorted(header) != sorted(self._columns):
                raise csv.Error(f"its header is not {','.join(self._columns)}")
            for cells in reader:
                self.line = reader.line_num
                if cells:
                    yield dict(zip(header, map(str.strip, cells), strict=True))
        except csv.Error as error:
            raise ConfigError(self._key, self._path, f"a readable CSV file ({error})") from None


def reader(key: str, allowed: str) -> Callable[[Callable[[CsvRows], T]], Callable[[str], T]]:
    """Make a function of `CsvRows` one of a path: what it cannot read is a ConfigError that names the line."""
    def wrap(parse: Callable[[CsvRows], T]) -> Callable[[str], T]:
        def read(path: str) -> T:
            content = _content(key, path)
            name = key, path, _digest(content)
            if name not in _parsed:
                rows = CsvRows(key, path, content)
                try:
                    found = parse(rows)
                except (KeyError, ValueError, TypeError) as error:
                    if isinstance(error, ConfigError):
                        raise
                    raise ConfigError(key, f"{path}, line {rows.line}", allowed) from None
                while len(_parsed) >= KEPT:
                    del _parsed[next(iter(_parsed))]
                _parsed[name] = found
            return _parsed[name]  # type: ignore[return-value]
        read.__doc__, read.__name__ = parse.__doc__, parse.__name__
        return read
    return wrap


def read_text(key: str, path: str) -> str:
    """Return the text of a file that a scenario names. Raises ConfigError, naming ``key``, where it cannot be read."""
    try:
        return _content(key, path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(key, path, f"a readable text file ({error})") from None


def number(text: str) -> float:
    """Return a finite number."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def ordinal(text: str) -> int:
    """Return a number of somebody, from 0 on."""
    value = int(text)
    if not 0 <= value < 2**31:
        raise ValueError(text)
    return value


def _content(key: str, path: str) -> bytes:
    return _pinned[path] if path in _pinned else _read(key, path)


def _read(key: str, path: str) -> bytes:
    try:
        if Path(path).is_fifo():
            raise OSError(0, "it is a pipe")
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigError(key, path, f"a readable file ({getattr(error, 'strerror', None) or error})") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
