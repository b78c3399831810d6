"""Finished batches on disk, each a small file of its own.

HDF5 does not survive a writer that is killed, so while a campaign runs nothing is written in place: every finished
batch becomes a file that is written aside, synced and renamed, and is from then on safe whatever is killed.
In the end all of them are gathered, in the order of their drops, into one log that is itself written aside and renamed.

A part is one line of JSON (what it holds, row counts, a checksum) and then the columns, one after the other, as they
are in memory; it is read by mapping it there again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from isacsys.arrays import Table
from isacsys.errors import LogFormatError
from isacsys.metrics.columns import Column
from isacsys.recording.base import Source
from isacsys.recording.files import whole_file
from isacsys.recording.memory import join, row_size
from isacsys.recording.schema import Layout

SUFFIX = ".part"
_FORMAT = "isacsys part 1"


def write_part(directory: Path, first: int, stop: int, campaign: str, source: Source) -> Path:
    """Write the drops from ``first`` up to ``stop``, all that ``source`` holds, as a part of a campaign."""
    path = directory / f"drops-{first:09d}-{stop - 1:09d}{SUFFIX}"
    blocks = {table: list(source.blocks(table)) for table in source.tables()}
    header = {"format": _FORMAT, "campaign": campaign, "first": first, "stop": stop,
              "rows": {table: sum(len(block["drop"]) for block in some) for table, some in blocks.items()},
              "columns": {table: [astuple(column) for column in source.columns(table)] for table in blocks},
              "crc32": _checksum(_arrays(blocks))}
    with whole_file(path) as file:
        _write(file, json.dumps(header).encode() + b"\n")
        for array in _arrays(blocks):
            _write(file, memoryview(array).cast("B"))
    return path


class Part:
    """A part, opened for reading.

    Raises
    ------
    LogFormatError
        Where it is not one, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._open()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LogFormatError(f"{path} is damaged ({type(error).__name__})") from None

    def _open(self) -> None:
        with open(self.path, "rb") as file:
            header: dict[str, Any] = json.loads(file.readline(1_000_000))
            self._start = file.tell()
        self.campaign, self.first, self.stop = str(header["campaign"]), int(header["first"]), int(header["stop"])
        self._crc32 = int(header["crc32"])
        self._rows = {str(table): int(rows) for table, rows in header["rows"].items()}
        self._columns = {table: self._described(table, header) for table in self._rows}
        size = sum(row_size(self._columns[table]) * rows for table, rows in self._rows.items())
        if header["format"] != _FORMAT or self.path.stat().st_size != self._start + size:
            raise ValueError

    @staticmethod
    def _described(table: str, header: dict[str, Any]) -> tuple[Column, ...]:
        """Return what a part says of its columns; those of version 0.1 said nothing, and had what is required."""
        required, given = Layout(table).columns, header.get("columns", {}).get(table)
        if not given:
            return required
        return tuple(Column(str(name), str(dtype), str(unit), str(description), bool(optional))
                     for name, dtype, unit, description, optional in given)

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that were recorded."""
        return tuple(self._rows)

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table``; none where nothing was recorded."""
        return self._columns[table] if self._rows[table] else ()

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table``: views of the file."""
        names, rows = list(self._rows), self._rows[table]
        offset = self._start + sum(row_size(self._columns[t]) * self._rows[t] for t in names[:names.index(table)])
        content, columns = np.memmap(self.path, np.uint8, "r"), {}
        for column in self._columns[table]:
            columns[column.name] = np.frombuffer(content, column.dtype, rows, offset)
            offset += columns[column.name].nbytes
        yield columns

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return join(table, self.blocks(table))

    def check(self) -> None:
        """Raise LogFormatError where the content is not what was written."""
        if _checksum(_arrays({table: self.blocks(table) for table in self._rows})) != self._crc32:
            raise LogFormatError(f"{self.path} is damaged (checksum)")


def _arrays(blocks: Mapping[str, Iterable[Table]]) -> Iterator[Any]:
    """Yield arrays in the order of a part: table by table, column by column, block by block."""
    for some in blocks.values():
        kept = list(some)
        for name in kept[0] if kept else ():
            yield from (block[name] for block in kept)


def _checksum(arrays: Iterable[Any]) -> int:
    value = 0
    for array in arrays:
        value = zlib.crc32(array, value)
    return value


def _write(file: BinaryIO, data: bytes | memoryview) -> None:
    """Write all of it: an unbuffered file may take less at a time."""
    view = memoryview(data)
    while len(view):
        view = view[file.write(view):]
