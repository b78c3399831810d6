"""Reading an HDF5 log that may come from anywhere: everything is checked, nothing is executed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from isacsys.core.arrays import Table
from isacsys.core.columns import MOST_COLUMNS, Column
from isacsys.core.errors import LogFormatError
from isacsys.recording.atomic_files import check_regular
from isacsys.recording.hdf5 import stored_blocks
from isacsys.recording.integrity import CHECKSUM, HELD, SEAL, DropIntegrity, check_attributes, drop_range
from isacsys.recording.memory_recorder import join
from isacsys.recording.schema import DIMENSION, FORMAT, FORMAT_VERSION, REQUIRED, TABLES, known_columns
from isacsys.recording.untrusted_files import attribute, attributes, check_rows, column, group, own, there

_DAMAGE = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, MemoryError, RecursionError)


class Log:
    """A finished log.

    The file is opened for every reading and closed again, so that a `Log` may be kept, pickled and outlive its file.

    Parameters
    ----------
    path : path
        The file.

    Attributes
    ----------
    attributes : dict
        What the root says of the run.

    Raises
    ------
    LogFormatError
        Where it is not an isacsys log, or is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._open() as file:
            self.attributes = attributes(file)
            check_attributes(self.attributes, self.path)
            here = [table for table in TABLES if group(file, table) is not None]
            held = str(self.attributes.get(HELD, " ".join(here))).split()
            self._tables = (*here, *(table for table in held if table not in TABLES and group(file, table) is not None))
            if set(self._tables) != set(held):
                raise LogFormatError(f"{self.path} is damaged: it lacks a table that it says it has")
            if not set(self._tables) >= set(REQUIRED):
                raise LogFormatError(f"{self.path} is damaged: it has no table of drops and of frames")

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that were recorded."""
        return self._tables

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table``; none where it has no rows."""
        with self._open() as file:
            found = _columns(self.path, file, table)
            if not len(found["drop"]):
                return ()
            known = {stated.name: stated for stated in (*known_columns(table), *_strangers(group(file, table), table))}
            return tuple(known[name] for name in found)

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table`` in order, a bounded number at a time.

        Raises
        ------
        LogFormatError
            At the latest after the last of them, where they are not what was written.
        """
        with self._open() as file:
            datasets = _columns(self.path, file, table)
            expected = {name: attribute(dataset, CHECKSUM) for name, dataset in datasets.items()}
            known = [name for name, value in expected.items() if value is not None]
            if SEAL in self.attributes and len(known) < len(datasets):
                raise LogFormatError(f"{self.path} is damaged: {table} lacks a checksum")
            found = dict.fromkeys(known, 0)
            for block in stored_blocks(datasets):
                found.update({name: zlib.crc32(block[name].data, found[name]) for name in known})
                yield block
            for name in known:
                if found[name] != expected[name]:
                    raise LogFormatError(f"{self.path} is damaged: {table}/{name} is not what was written (checksum)")

    def verify(self) -> bool:
        """Read everything; return whether there was a checksum for it, which version 0.1 did not write.

        Raises
        ------
        LogFormatError
            Where anything is not what was written, or not what the log claims to be.
        """
        claims = DropIntegrity(*drop_range(self.attributes, self.path))
        for table in self._tables:
            for block in self.blocks(table):
                claims.look(table, block["drop"])
        claims.check(self.path)
        return SEAL in self.attributes

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return join(table, self.blocks(table))

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:  # without locks: a log is written aside and renamed, and many network file systems have none
            check_regular(self.path)
            with h5py.File(self.path, "r", locking=False) as file:
                _check_format(self.path, file)
                yield file
        except FileNotFoundError:
            raise LogFormatError(f"{self.path}: no such file") from None
        except PermissionError as error:
            raise LogFormatError(f"{self.path}: {error.strerror or 'permission denied'}") from None
        except _DAMAGE as error:
            if "locking flag" in str(error):
                raise LogFormatError(f"{self.path} is open in this process with other locks: close it, or open it "
                                     "with h5py.File(path, locking=False)") from None
            raise LogFormatError(f"{self.path} is not an isacsys log, or is damaged ({_brief(error)})") from None


def _check_format(path: Path, file: Any) -> None:
    if attribute(file, "format") != FORMAT:
        raise LogFormatError(f"{path} is an HDF5 file, but not an isacsys log")
    version = attribute(file, "format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise LogFormatError(f"{path} has format version {version!r}; this isacsys reads up to {FORMAT_VERSION}")


def _columns(path: Path, file: Any, table: str) -> dict[str, Any]:
    here = group(file, table)
    if here is None:
        raise LogFormatError(f"{path} has no table {table}; it was recorded with less (recording.level)")
    if len(here) > MOST_COLUMNS:
        raise LogFormatError(f"{path} is damaged: {table} has {len(here)} columns")
    known = [known for known in known_columns(table) if not known.optional or there(here, known.name)]
    try:
        datasets = {stated.name: column(here, stated) for stated in (*known, *_strangers(here, table))}
        check_rows(datasets)
    except ValueError as error:
        raise LogFormatError(f"{path} is damaged: {table}: {error}") from None
    return datasets


def _strangers(here: Any, table: str) -> Iterator[Column]:
    """Yield the columns that this isacsys does not know, as the log describes them."""
    names = {known.name for known in known_columns(table)} | {DIMENSION}
    for name in here:
        dataset = own(here, name) if name not in names else None
        if isinstance(dataset, h5py.Dataset) and dataset.dtype.kind in "iuf":
            unit, description = (str(attribute(dataset, key, "")) for key in ("unit", "description"))
            yield Column(name, dataset.dtype.str[1:], unit, description, optional=True)


def _brief(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
