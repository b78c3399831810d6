"""Finished batches on disk, each a small archive of NumPy's (``.npz``): an array of rows a table.

HDF5 does not survive a writer that is killed, so while a campaign runs nothing is written in place: every finished
batch becomes a file that is written aside, synced and renamed, and is from then on safe whatever is killed.
In the end all of them are gathered, in the order of their drops, into one log that is itself written aside and renamed.

An archive is written in a millisecond and read in four; an HDF5 file of as many columns takes fifty times as long. Its
members have checksums, which are compared whenever they are read. It may come from anywhere: nothing is unpickled, and
nothing is unpacked.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Table
from isacsys.core.columns import Column
from isacsys.core.errors import LogFormatError
from isacsys.recording.atomic_files import check_regular, whole_file, write_all
from isacsys.recording.base import Source
from isacsys.recording.integrity import DropIntegrity
from isacsys.recording.memory_recorder import join
from isacsys.recording.schema import Layout, empty

SUFFIX = ".npz"
_FORMAT, _HEADER = "isacsys part 3", "part"
_TYPE = re.compile(r"[iu][1248]|f[48]|S[1-9][0-9]{0,2}")
# RuntimeError: said to be encrypted, or to be of a later format.
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, EOFError, MemoryError,
           RuntimeError, IndexError, SyntaxError, tokenize.TokenError, zlib.error, zipfile.BadZipFile)
_LARGEST_DESCRIPTION = 2**20  # bytes, of the columns of a table; 4,096 columns take a quarter of it


def write_part(directory: Path, first: int, stop: int, campaign: str, source: Source) -> Path:
    """Write the drops from ``first`` up to ``stop``, all that ``source`` holds, as a part of a campaign."""
    path = directory / part_name(first, stop)
    columns = {table: source.columns(table) for table in source.tables()}
    header = {"format": _FORMAT, "campaign": campaign, "first": first, "stop": stop,
              "columns": {table: [astuple(column) for column in some] for table, some in columns.items()}}
    rows = {table: _rows(source, table) for table, some in columns.items() if some}
    archive = io.BytesIO()
    np.savez(archive, **{_HEADER: np.frombuffer(json.dumps(header).encode(), "u1"), **rows})  # type: ignore[arg-type]
    with whole_file(path) as file:
        write_all(file, archive.getbuffer())
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
        described = self._member(_HEADER).tobytes()
        try:
            header = json.loads(described)
            self.campaign, self.first, self.stop = str(header["campaign"]), int(header["first"]), int(header["stop"])
            self._columns = {str(table): _described(some) for table, some in header["columns"].items()}
            right = header["format"] == _FORMAT and path.name == part_name(self.first, self.stop)
            if not (right and 0 <= self.first < self.stop):
                raise ValueError
        except _DAMAGE as error:
            raise self._damaged(error) from None

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that were recorded."""
        return tuple(self._columns)

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table``; none where nothing was recorded."""
        return self._columns[table]

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table``. Raises LogFormatError where they are not what was written."""
        columns = self._columns[table]
        if not columns:
            yield empty(Layout(table).columns)
            return
        rows = self._member(table)
        if rows.ndim != 1 or rows.dtype != _row(columns):
            raise self._damaged(ValueError())
        yield {column.name: np.ascontiguousarray(rows[column.name]) for column in columns}

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return join(table, self.blocks(table))

    def verify(self) -> None:
        """Raise LogFormatError where it is not what was written, or not of the drops that it is said to be of."""
        claims = DropIntegrity(self.first, self.stop)
        for table in self._columns:
            for block in self.blocks(table):
                claims.look(table, block["drop"])
        claims.check(self.path)

    def _member(self, name: str) -> npt.NDArray[Any]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                    raise ValueError
            with np.load(self.path, allow_pickle=False, max_header_size=_LARGEST_DESCRIPTION) as arrays:
                return np.asarray(arrays[name])
        except (FileNotFoundError, PermissionError):
            raise
        except (*_DAMAGE, OSError) as error:  # OSError: a place that no file has
            raise self._damaged(error) from None

    def _damaged(self, error: BaseException) -> LogFormatError:
        why = "checksum" if isinstance(error, zipfile.BadZipFile) else type(error).__name__
        return LogFormatError(f"{self.path} is damaged ({why})")


def _described(columns: Any) -> tuple[Column, ...]:
    """Return what a part says of the columns of a table. Raises ValueError where a type is none that a log has."""
    found = tuple(Column(str(name), str(dtype), str(unit), str(description), bool(optional))
                  for name, dtype, unit, description, optional in columns)
    if not all(_TYPE.fullmatch(column.dtype) for column in found):
        raise ValueError
    return found


def _row(columns: tuple[Column, ...]) -> np.dtype[np.void]:
    return np.dtype([(column.name, column.dtype) for column in columns])


def _rows(source: Source, table: str) -> npt.NDArray[np.void]:
    """Return the rows of a table as one array."""
    blocks = list(source.blocks(table))
    rows = np.empty(sum(len(block["drop"]) for block in blocks), _row(source.columns(table)))
    start = 0
    for block in blocks:
        stop = start + len(block["drop"])
        for name, column in block.items():
            rows[name][start:stop] = column
        start = stop
    return rows
