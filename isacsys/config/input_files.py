"""Files that a scenario names: read once, told apart by their content, and never by their name alone."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from isacsys.config.scenario import Scenario
from isacsys.config.scenario_values import SECTIONS, SUFFIXES
from isacsys.core.errors import ConfigError

T = TypeVar("T")
Row = dict[str, str]
KEPT = 8  # parsed files

NAMED = {"network.cells": ("pattern", SUFFIXES["antennas.pattern"])}  # columns that name files, and how these end
STREAMED = {"mobility.positions": (".xml", ".xml.gz", ".csv.gz")}  # long files, and how their names end
MOST_TEXT = 2**30  # bytes of a compressed file, unpacked

_pinned: dict[str, bytes] = {}
_streamed: dict[str, str] = {}  # digests
_parsed: dict[tuple[str, str, str], object] = {}


def pin(scenario: Scenario, expected: Mapping[str, str] | None = None) -> dict[str, str]:
    """Read every file that a scenario names, keep its content for this process, and return digests by key.

    Raises
    ------
    ConfigError
        For a file that cannot be read, or whose digest is not the ``expected`` one.
    """
    files = scenario.files
    if expected is not None and all(_pinned_digest(key, path) == expected[key] for key, path in files.items()):
        return dict(expected)
    found = {}
    for key, path in files.items():
        found[key] = _pin(key, path)
        if expected is not None and found[key] != expected[key]:
            raise ConfigError(key, path, "a file that does not change during a run")
    return found


def _pin(key: str, path: str) -> str:
    """Keep a file, and those that it names; return a digest of all of them. Long files are digested, not kept."""
    if path.lower().endswith(STREAMED.get(key, ())):
        _streamed[path] = digest_of(key, path)
        return _streamed[path]
    _pinned[path] = _read(key, path)
    for other in named_in(key, path):
        _pinned[other] = _read(key, other)
    return _pinned_digest(key, path)


def _pinned_digest(key: str, path: str) -> str:
    if path in _streamed:
        return _streamed[path]
    contents = [_pinned.get(path, b"")]
    if path in _pinned:
        contents += [_pinned.get(other, b"") for other in named_in(key, path)]
    return _digest(contents[0]) if len(contents) == 1 else _digest(b"".join(_digest(c).encode() for c in contents))


def named_in(key: str, path: str) -> list[str]:
    """Return the files that a file names in a column, in order of first appearance; they are relative to it."""
    column, suffixes = NAMED.get(key, ("", ()))
    if not column:
        return []
    rows = csv.reader(io.StringIO(read_text(key, path), newline=""), skipinitialspace=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        place = header.index(column) if column in header else len(header)
        names = dict.fromkeys(row[place].strip() for row in rows if place < len(row))
    except csv.Error as error:
        raise ConfigError(key, path, f"a readable CSV file ({error})") from None
    return [str(Path(path).parent / name) for name in names if Path(name).suffix.lower() in suffixes]


def digest_of(key: str, path: str) -> str:
    """Return the digest of a file that is read in pieces."""
    found = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                found.update(block)
    except OSError as error:
        raise ConfigError(key, path, f"a readable file ({error.strerror})") from None
    return found.hexdigest()[:16]


def parse_once(key: str, path: str, parse: Callable[[str, str], T]) -> T:
    """Return ``parse(path, key)`` of a file that a scenario names, cached while its content is the same."""
    return _remembered((key, path, _pinned_digest(key, path) if path in _pinned else _digest(_content(key, path))),
                       lambda: parse(path, key))


def parse_stream_once(key: str, path: str, parse: Callable[[str, str], tuple[T, str]]) -> T:
    """Return the first of ``parse(path, key)``, the second being the digest of what was read, and remember it likewise.

    Raises
    ------
    ConfigError
        Where the file is not the one that was pinned.
    """
    expected = _streamed[path] if path in _streamed else digest_of(key, path)

    def read() -> T:
        found, digest = parse(path, key)
        if digest != expected:
            raise ConfigError(key, path, "a file that does not change during a run")
        return found

    return _remembered((key, path, expected), read)


def _remembered(name: tuple[str, str, str], parse: Callable[[], T]) -> T:
    if name not in _parsed:
        found = parse()
        while len(_parsed) >= KEPT:
            del _parsed[next(iter(_parsed))]
        _parsed[name] = found
    return _parsed[name]  # type: ignore[return-value]


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
            rows = CsvRows(key, path, content)

            def parsed() -> T:
                try:
                    return parse(rows)
                except (KeyError, ValueError, TypeError) as error:
                    if isinstance(error, ConfigError):
                        raise
                    raise ConfigError(key, f"{path}, line {rows.line}", allowed) from None

            return _remembered((key, path, _digest(content)), parsed)
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
    """Return the number of a user or target, from 0 on."""
    value = int(text)
    if not 0 <= value < 2**31:
        raise ValueError(text)
    return value


def _content(key: str, path: str) -> bytes:
    content = _pinned[path] if path in _pinned else _read(key, path)
    return _unpacked(key, path, content) if path.lower().endswith(".gz") else content


def _unpacked(key: str, path: str, content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            found = file.read(MOST_TEXT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(key, path, f"a file compressed by gzip ({error})") from None
    if len(found) > MOST_TEXT:
        raise ConfigError(key, path, f"at most {MOST_TEXT} bytes when unpacked")
    return found


def _read(key: str, path: str) -> bytes:
    try:
        if Path(path).is_fifo():
            raise OSError(0, "it is a pipe")
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigError(key, path, f"a readable file ({getattr(error, 'strerror', None) or error})") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
