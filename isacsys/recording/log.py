"""Reading an HDF5 log that may come from anywhere: everything is checked, nothing is executed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from isacsys.arrays import Table
from isacsys.errors import LogFormatError
from isacsys.metrics.columns import Column
from isacsys.recording.hdf5 import stored_blocks
from isacsys.recording.memory import join
from isacsys.recording.schema import DIMENSION, FORMAT, FORMAT_VERSION, REQUIRED, TABLES

_DEFLATE = 1100  # nothing packs closer than this
_DAMAGE = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, MemoryError)


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
            self.attributes = {name: _plain(value) for name, value in file.attrs.items()}
            self._tables = tuple(table for table in TABLES if table in file)
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
            known = {column.name: column for column in (*TABLES[table], *_strangers(file[table], table))}
            return tuple(known[name] for name in found)

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table`` in order, a bounded number at a time."""
        with self._open() as file:
            yield from stored_blocks(_columns(self.path, file, table))

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return join(table, self.blocks(table))

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:
            with h5py.File(self.path, "r") as file:
                _check_format(self.path, file)
                yield file
        except FileNotFoundError:
            raise LogFormatError(f"{self.path}: no such file") from None
        except PermissionError as error:
            raise LogFormatError(f"{self.path}: {error.strerror or 'permission denied'}") from None
        except _DAMAGE as error:
            raise LogFormatError(f"{self.path} is not an isacsys log, or is damaged ({_brief(error)})") from None


def _check_format(path: Path, file: Any) -> None:
    attributes = file.attrs
    if _plain(attributes.get("format")) != FORMAT:
        raise LogFormatError(f"{path} is an HDF5 file, but not an isacsys log")
    version = _plain(attributes.get("format_version"))
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise LogFormatError(f"{path} has format version {version!r}; this isacsys reads up to {FORMAT_VERSION}")


def _columns(path: Path, file: Any, table: str) -> dict[str, Any]:
    if table not in file:
        raise LogFormatError(f"{path} has no table {table}; it was recorded with less (recording.level)")
    steps = table.split("/")
    if not all(_is_own(file, "/".join(steps[:i + 1])) for i in range(len(steps))):
        raise LogFormatError(f"{path} is damaged: {table} is not a group of its own")
    group = file[table]
    known = [column for column in TABLES[table] if not column.optional or column.name in group]
    datasets = {column.name: _column(path, group, table, column) for column in known}
    for column in _strangers(group, table):
        datasets[column.name] = _column(path, group, table, column)
    if len({len(dataset) for dataset in datasets.values()}) != 1:
        raise LogFormatError(f"{path} is damaged: the columns of {table} differ in length")
    return datasets


def _strangers(group: Any, table: str) -> Iterator[Column]:
    """Yield the columns of metrics that this isacsys does not know, as the log describes them."""
    names = {column.name for column in TABLES[table]} | {DIMENSION}
    for name in group:
        dataset = group[name] if name not in names and _is_own(group, name) else None
        if isinstance(dataset, h5py.Dataset) and dataset.dtype.kind in "iuf":
            unit, description = (str(_plain(dataset.attrs.get(key, ""))) for key in ("unit", "description"))
            yield Column(name, dataset.dtype.str[1:], unit, description, optional=True)


def _column(path: Path, group: Any, table: str, column: Column) -> Any:
    """Return a dataset that holds its own data: a stranger's file must not make us read other files."""
    name = column.name
    dataset = group[name] if isinstance(group, h5py.Group) and _is_own(group, name) else None
    if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
        raise LogFormatError(f"{path} is damaged: {table} has no column {name}")
    if dataset.ndim != 1 or not np.can_cast(dataset.dtype, column.dtype, "same_kind"):
        raise LogFormatError(f"{path} is damaged: {table}/{name} is not a column of type {column.dtype}")
    if dataset.nbytes > _DEFLATE * path.stat().st_size:
        raise LogFormatError(f"{path} is damaged: {table}/{name} claims {len(dataset)} rows that are not there")
    return dataset


def _is_own(group: Any, name: str) -> bool:
    """Whether ``name`` is in the file itself, not a link to another place."""
    return isinstance(group.get(name, getlink=True), h5py.HardLink)


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _brief(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
