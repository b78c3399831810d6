"""Finished batches on disk, each a small file of its own.

HDF5 does not survive a writer that is killed, so while a campaign runs nothing is written in place: every finished
batch becomes a file that is written aside, synced and renamed, and is from then on safe whatever is killed.
In the end all of them are gathered, in the order of their drops, into one log that is itself written aside and renamed.

A part is one line and then the columns, one after the other, as they are in memory. The line is JSON, which says what
the part holds and has a checksum for every table, followed by a checksum of itself. Whatever is read of a part is
compared with its checksum, every time.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from isacsys.core.arrays import Table
from isacsys.core.columns import Column
from isacsys.core.errors import LogFormatError
from isacsys.recording.atomic_files import check_regular, whole_file, write_all
from isacsys.recording.base import Source
from isacsys.recording.integrity import DropIntegrity
from isacsys.recording.memory_recorder import join, row_size
from isacsys.recording.schema import Layout

SUFFIX = ".part"
_FORMAT, _OLD_FORMAT = "isacsys part 2", "isacsys part 1"
_LONGEST_LINE = 1_000_000
_TYPE = re.compile(r"[iu][1248]|f[48]")
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


def write_part(directory: Path, first: int, stop: int, campaign: str, source: Source) -> Path:
    """Write the drops from ``first`` up to ``stop``, all that ``source`` holds, as a part of a campaign."""
    path = directory / part_name(first, stop)
    blocks = {table: list(source.blocks(table)) for table in source.tables()}
    header = {"format": _FORMAT, "campaign": campaign, "first": first, "stop": stop,
              "rows": {table: sum(len(block["drop"]) for block in some) for table, some in blocks.items()},
              "columns": {table: [astuple(column) for column in source.columns(table)] for table in blocks},
              "crc32": {table: _checksum(_arrays(some)) for table, some in blocks.items()}}
    text = json.dumps(header).encode()
    with whole_file(path) as file:
        write_all(file, text + b" %08x\n" % zlib.crc32(text))
        for some in blocks.values():
            for array in _arrays(some):
                write_all(file, memoryview(array).cast("B"))
    return path


def part_name(first: int, stop: int) -> str:
    """Return the name of the part of the drops from ``first`` up to ``stop``."""
    return f"drops-{first:09d}-{stop - 1:09d}{SUFFIX}"


class Part:
    """A part, opened for reading.

    Raises
    ------
    LogFormatError
        Where it is not one, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_regular(path)
        try:
            self._open()
        except _DAMAGE as error:
            raise self._damaged(type(error).__name__) from None

    def _open(self) -> None:
        with open(self.path, "rb") as file:
            header = _header(file.readline(_LONGEST_LINE))
            self._start = file.tell()
        self.campaign, self.first, self.stop = str(header["campaign"]), int(header["first"]), int(header["stop"])
        self._rows = {str(table): int(rows) for table, rows in header["rows"].items()}
        self._columns = {table: self._described(table, header) for table in self._rows}
        whole = header["format"] == _FORMAT
        self._crc32 = {table: int(header["crc32"][table]) for table in self._rows} if whole else {}
        self._old_crc32 = None if whole else int(header["crc32"])
        if not (self.path.name == part_name(self.first, self.stop) and 0 <= self.first < self.stop
                and min(self._rows.values(), default=0) >= 0
                and self.path.stat().st_size == self._start + sum(map(self._size, self._rows))):
            raise ValueError

    @staticmethod
    def _described(table: str, header: dict[str, Any]) -> tuple[Column, ...]:
        """Return what a part says of its columns; those of version 0.1 said nothing, and had what is required."""
        required, given = Layout(table).columns, header.get("columns", {}).get(table)
        if not given:
            return required
        columns = tuple(Column(str(name), str(dtype), str(unit), str(description), bool(optional))
                        for name, dtype, unit, description, optional in given)
        if not all(_TYPE.fullmatch(column.dtype) for column in columns):
            raise ValueError
        return columns

    def _size(self, table: str) -> int:
        return row_size(self._columns[table]) * self._rows[table]

    def _damaged(self, why: str) -> LogFormatError:
        return LogFormatError(f"{self.path} is damaged ({why})")

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that were recorded."""
        return tuple(self._rows)

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table``; none where nothing was recorded."""
        return self._columns[table] if self._rows[table] else ()

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table``. Raises LogFormatError where they are not what was written."""
        content, offset, columns = self._content(table), 0, {}
        for column in self._columns[table]:
            columns[column.name] = np.frombuffer(content, column.dtype, self._rows[table], offset)
            offset += columns[column.name].nbytes
        yield columns

    def _content(self, table: str) -> bytes:
        """Return the bytes of a table: read, not mapped, as a mapped file that is cut short ends the process."""
        names = list(self._rows)
        with open(self.path, "rb") as file:
            file.seek(self._start + sum(map(self._size, names[:names.index(table)])))
            content = file.read(self._size(table))
        if len(content) != self._size(table) or self._crc32.get(table) not in (None, zlib.crc32(content)):
            raise self._damaged("checksum")
        return content

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return join(table, self.blocks(table))

    def check(self) -> None:
        """Raise LogFormatError where the content is not what was written."""
        value = 0
        for table in self._rows:
            value = zlib.crc32(self._content(table), value)
        if self._old_crc32 not in (None, value):
            raise self._damaged("checksum")

    def check_claims(self) -> None:
        """Raise LogFormatError where the content is not of the drops that it is said to be of."""
        claims = DropIntegrity(self.first, self.stop)
        for table in self._rows:
            for block in self.blocks(table):
                claims.look(table, block["drop"])
        claims.check(self.path)


def _header(line: bytes) -> dict[str, Any]:
    """Return what the first line of a part says. Raises ValueError where it is not as it was written."""
    text, _, crc32 = line.rpartition(b" ")
    if line.endswith(b"\n") and re.fullmatch(rb"[0-9a-f]{8}\n", crc32):
        if int(crc32, 16) != zlib.crc32(text):
            raise ValueError
        header: dict[str, Any] = json.loads(text)
        formats = (_FORMAT,)
    else:
        header, formats = json.loads(line), (_OLD_FORMAT,)
    if header["format"] not in formats:
        raise ValueError
    return header


def _arrays(blocks: Iterable[Table]) -> Iterator[Any]:
    """Yield the arrays of a table in the order of a part: column by column, block by block."""
    kept = list(blocks)
    for name in kept[0] if kept else ():
        yield from (block[name] for block in kept)


def _checksum(arrays: Iterable[Any]) -> int:
    value = 0
    for array in arrays:
        value = zlib.crc32(array, value)
    return value
