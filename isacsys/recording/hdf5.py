"""The recorder that writes the HDF5 log."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Table
from isacsys.core.columns import Column
from isacsys.recording.atomic_files import whole_file
from isacsys.recording.integrity import CHECKSUM, HELD, SEAL, seal
from isacsys.recording.memory_recorder import Block, join
from isacsys.recording.schema import BLOCK_ROWS, DIMENSION, FORMAT, FORMAT_VERSION, LEVELS, Layouts

# What the netCDF convention calls a dimension that has no values of its own: xarray then names the dimension only.
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable. {:10d}"
_EFFORT = 1  # of zlib
_TEXT = h5py.string_dtype()
_ONE = h5py.h5s.create_simple(())  # the space of an attribute


class Hdf5Recorder:
    """Writes tables as groups of plain 1-D datasets, a chunk of `schema.BLOCK_ROWS` rows at a time.

    Every column has a checksum of its rows (attribute ``crc32``), and the root one of its other attributes (``seal``).
    Every group has a dimension scale: ``drops/drop`` in ``drops``, an empty one called ``row`` elsewhere.

    Parameters
    ----------
    file : binary file
        Open for reading and writing, empty.
    level : str
        A key of `schema.LEVELS`: which tables there are.
    attributes : mapping
        What the root says of the run, besides format and version.

    Notes
    -----
    Columns of random reals are stored as they are: gzip would save a sixth of their space and take twenty times as
    long as writing them. Numbers and columns that repeat themselves shrink to almost nothing at little cost.
    """

    def __init__(self, file: BinaryIO, level: str = "full", attributes: Mapping[str, Any] | None = None) -> None:
        self._disk = _Disk(file)
        self._hdf5 = h5py.File(self._disk, "w")
        self._said = {"format": FORMAT, "format_version": FORMAT_VERSION, **(attributes or {})}
        self._crc32: dict[str, dict[str, int]] = {table: {} for table in LEVELS[level]}
        self._datasets: dict[str, dict[str, Any]] = {table: {} for table in LEVELS[level]}
        self._pending: dict[str, Block | None] = dict.fromkeys(LEVELS[level])
        self._layouts = Layouts(level)
        self._rows = dict.fromkeys(LEVELS[level], 0)

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Add rows: ``columns``, an array [row] each, all of one length, or scalars that fill it."""
        layout = self._layouts.fit(table, columns)
        block, total, start = self._block(table), layout.row_count(columns), 0
        plain = total >= BLOCK_ROWS and _is_plain(layout.columns, columns)
        while start < total:
            if plain and not block.rows and total - start >= BLOCK_ROWS:  # no need to copy
                self._write(table, {n: c[start:start + BLOCK_ROWS] for n, c in columns.items()})  # type: ignore[index]
                start += BLOCK_ROWS
                continue
            count = min(block.room, total - start)
            block.fill(columns, start, count, whole=count == total)
            start += count
            if not block.room:
                self._flush(table)

    def declare(self, table: str, columns: Iterable[Column]) -> None:
        """Make columns known that are not of `schema.TABLES`, before the first row."""
        self._layouts.declare(table, columns)

    def omit(self, tables: Iterable[str]) -> None:
        """Leave out tables of the level altogether: what is recorded is older than they are."""
        for table in tables:
            del self._datasets[table], self._pending[table], self._rows[table]

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table``; none where nothing was recorded."""
        return self._layouts.get(table).columns if self._pending[table] else ()

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables of this level."""
        return tuple(self._datasets)

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table`` in order, a bounded number at a time."""
        yield from stored_blocks(self._datasets[table])
        yield self._block(table).columns

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return join(table, self.blocks(table))

    def close(self) -> None:
        """Write what is left, name the dimensions, and close. Raises OSError where the disk did not take it all."""
        try:
            if self._disk.error is None:
                said = {**self._said, HELD: " ".join(self._datasets)}
                self._hdf5.attrs.update({**said, SEAL: seal(said)})
                for table, datasets in self._datasets.items():
                    self._flush(table)
                    _name_dimension(self._hdf5[table], table, datasets)
                    for name, dataset in datasets.items():
                        _describe(dataset, CHECKSUM, np.array(self._crc32[table].get(name, 0)))
        finally:
            self._hdf5.close()
        self._disk.check()

    def _block(self, table: str) -> Block:
        block = self._pending[table]
        if block is None:  # only now is it known which columns there are
            block = self._pending[table] = Block(self._layouts.get(table).columns)
        return block

    def _flush(self, table: str) -> None:
        block = self._block(table)
        self._write(table, block.columns)
        block.rows = 0

    def _write(self, table: str, columns: Mapping[str, Any]) -> None:
        datasets, start, rows = self._datasets[table], self._rows[table], len(columns["drop"])
        crc32 = self._crc32[table]
        if not datasets:  # only now is it known whether the table fills a chunk
            datasets.update(_create(self._hdf5.create_group(table), self._layouts.get(table).columns, max(rows, 1)))
        for column in self._layouts.get(table).columns:
            dataset, values = datasets[column.name], columns[column.name]
            dataset.id.set_extent((start + rows,))
            crc32[column.name] = zlib.crc32(np.ascontiguousarray(values).data, crc32.get(column.name, 0))
            if _all_zero(values):
                continue  # what is never written reads as zeros, and takes neither time nor space
            if rows == BLOCK_ROWS:
                dataset.id.write_direct_chunk((start,), _chunk(column, values))  # past the chunk cache: half the time
            else:
                _put(dataset.id, start, values)
        self._rows[table] = start + rows
        self._disk.check()


@contextmanager
def hdf5_file(path: Path, level: str, attributes: Mapping[str, Any], mode: int | None = None) -> Iterator[Hdf5Recorder]:
    """Write a log that appears as ``path`` only when it is whole; ``mode`` as in `whole_file`."""
    with whole_file(path, mode) as file:
        recorder = Hdf5Recorder(file, level, attributes)
        try:
            yield recorder
        finally:
            recorder.close()


def _is_plain(known: Iterable[Column], columns: Mapping[str, Any]) -> bool:
    """Return whether all columns are arrays that may be written as they are."""
    return all(isinstance(a := columns[c.name], np.ndarray) and a.ndim == 1 and a.dtype == c.dtype
               and a.flags.c_contiguous for c in known)


def _all_zero(values: npt.NDArray[Any]) -> bool:
    """Return whether all bits are zero; most columns are settled by their first number."""
    bits = values.view(f"u{values.itemsize}" if values.itemsize <= 8 else "u1")  # text is longer
    return not (len(bits) and bits[0]) and not bits.any()


def _chunk(column: Column, values: Any) -> bytes | memoryview:
    """Return the bytes of a whole chunk as the filters of its column leave them: first byte planes, then deflated."""
    if not column.repeats:
        return memoryview(values)
    planes = values.view(np.uint8).reshape(len(values), -1).T
    return zlib.compress(np.ascontiguousarray(planes).data, _EFFORT)


def stored_blocks(datasets: Mapping[str, Any]) -> Iterator[Table]:
    """Yield the rows of 1-D datasets of one length, `schema.BLOCK_ROWS` at a time."""
    rows = min((len(dataset) for dataset in datasets.values()), default=0)
    for start in range(0, rows, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, rows)
        yield {name: dataset[start:stop] for name, dataset in datasets.items()}


def _create(group: Any, columns: Iterable[Column], chunk: int) -> dict[str, Any]:
    return {column.name: _create_column(group, column, chunk) for column in columns}


def _create_column(group: Any, column: Column, chunk: int) -> Any:
    """Return a new dataset, as ``group.create_dataset`` makes it, in a fifth of the time: logs have hundreds."""
    space = h5py.h5s.create_simple((0,), (h5py.h5s.UNLIMITED,))
    made = h5py.h5d.create(group.id, column.name.encode(), _kinds(np.dtype(column.dtype))[0], space,
                           _storage(chunk, column.repeats))
    dataset = h5py.Dataset(made)
    for name, text in (("unit", column.unit), ("description", column.description)):
        _describe(dataset, name, np.array(text, _TEXT))
    return dataset


@lru_cache(maxsize=64)
def _storage(chunk: int, packed: bool) -> Any:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((chunk,))
    properties.set_obj_track_times(False)
    if packed:
        properties.set_shuffle()
        properties.set_deflate(_EFFORT)
    return properties


@lru_cache(maxsize=64)
def _kinds(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """Return how numbers of this type, or text, are described in a file, and in memory."""
    return h5py.h5t.py_create(dtype, logical=True), h5py.h5t.py_create(dtype)


def _put(dataset: Any, start: int, values: npt.NDArray[Any]) -> None:
    """Write ``values`` [row] from row ``start`` on."""
    space = dataset.get_space()
    space.select_hyperslab((start,), values.shape)
    dataset.write(h5py.h5s.create_simple(values.shape), space, np.ascontiguousarray(values))


def _describe(dataset: Any, name: str, value: npt.NDArray[Any]) -> None:
    """Give a new dataset an attribute, as ``dataset.attrs[name] = value`` does, in a fifth of the time."""
    in_file, in_memory = _kinds(value.dtype)
    h5py.h5a.create(dataset.id, name.encode(), in_file, _ONE).write(value, mtype=in_memory)


def _name_dimension(group: Any, table: str, datasets: dict[str, Any]) -> None:
    if table == "drops":
        scale = datasets["drop"] = _of_fixed_length(group, "drop")
        scale.make_scale("drop")
    else:
        rows = len(datasets["drop"])
        scale = group.create_dataset(DIMENSION, (rows,), "i1")
        scale.make_scale(_NO_VARIABLE.format(rows))
        scale.attrs["description"] = "the dimension of the columns; holds no data"
    for dataset in datasets.values():
        if dataset != scale:
            dataset.dims[0].attach_scale(scale)


def _of_fixed_length(group: Any, name: str) -> Any:
    """Put a column that cannot grow in the place of one that can, and return it.

    Of a dimension that can grow, h5netcdf asks all columns for their length, once for each of them.
    """
    before = group[name]
    values, said = before[:], dict(before.attrs)
    del group[name]
    found = group.create_dataset(name, data=values)
    found.attrs.update(said)
    return found


class _Disk:
    """A file that takes every write, and keeps the first error.

    HDF5 crashes the interpreter when a file cannot be closed because the disk is full; it therefore never learns of
    it, and `check` tells us instead.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def check(self) -> None:
        """Raise what went wrong, if anything did."""
        if self.error is not None:
            raise self.error

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        try:
            written = 0
            while self.error is None and written < len(view):
                written += self._file.write(view[written:])
        except OSError as error:
            self.error = error
        return len(view)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        got = self._file.readinto(view)  # type: ignore[attr-defined]
        view[got:] = bytes(len(view) - got)
        return len(view)

    def truncate(self, size: int) -> int:
        if self.error is None:
            try:
                self._file.truncate(size)
            except OSError as error:
                self.error = error
        return size

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""
