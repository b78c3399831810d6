"""The recorder that keeps everything in memory, in blocks that never move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Table
from isacsys.core.columns import Column
from isacsys.recording.base import Recorder, Source
from isacsys.recording.schema import BLOCK_ROWS, LEVELS, Layout, Layouts, empty, known_columns


class Block:
    """A fixed number of rows of one table, filled from the front."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self.rows = 0
        self._columns = {column.name: np.empty(BLOCK_ROWS, column.dtype) for column in columns}

    @property
    def room(self) -> int:
        """Rows that still fit."""
        return BLOCK_ROWS - self.rows

    @property
    def columns(self) -> Table:
        """The rows so far (views)."""
        return {name: column[:self.rows] for name, column in self._columns.items()}

    def fill(self, columns: Mapping[str, npt.ArrayLike], start: int, count: int, *, whole: bool = False) -> None:
        """Copy ``count`` rows of ``columns`` [row] from ``start`` on; ``whole``: they are all there are."""
        here = slice(self.rows, self.rows + count)
        for name, column in self._columns.items():
            value = columns[name]
            if whole or not np.ndim(value):
                column[here] = value
            else:
                column[here] = np.asarray(value)[start:start + count]
        self.rows += count


class MemoryRecorder:
    """Keeps the tables of one recording level in memory.

    Parameters
    ----------
    level : str
        A key of `schema.LEVELS`: which tables there are.
    """

    def __init__(self, level: str = "full") -> None:
        self._blocks: dict[str, list[Block]] = {table: [] for table in LEVELS[level]}
        self._layouts = Layouts(level)

    def declare(self, table: str, columns: Iterable[Column]) -> None:
        """Make columns known that are not of `schema.TABLES`, before the first row."""
        self._layouts.declare(table, columns)

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Add rows: ``columns``, an array [row] each, all of one length, or scalars that fill it."""
        blocks, layout = self._blocks[table], self._layouts.fit(table, columns)
        start, total = 0, layout.row_count(columns)
        while start < total:
            if not blocks or not blocks[-1].room:
                blocks.append(Block(layout.columns))
            count = min(blocks[-1].room, total - start)
            blocks[-1].fill(columns, start, count, whole=count == total)
            start += count

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables of this level."""
        return tuple(self._blocks)

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table``; none where nothing was recorded."""
        return self._layouts.get(table).columns if self._blocks[table] else ()

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table`` in order, a bounded number at a time."""
        return (block.columns for block in self._blocks[table])

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return join(table, self.blocks(table))

    def rows(self, table: str) -> int:
        """Return the number of rows of ``table``."""
        blocks = self._blocks[table]
        return (len(blocks) - 1) * BLOCK_ROWS + blocks[-1].rows if blocks else 0

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return sum(self.rows(table) * row_size(self._layouts.get(table).columns) for table in self._blocks)

    def mark(self) -> dict[str, int]:
        """Return a place to which `rollback` can go back."""
        return {table: self.rows(table) for table in self._blocks}

    def rollback(self, mark: Mapping[str, int]) -> None:
        """Discard every row after ``mark``: those of a drop that did not end."""
        for table, rows in mark.items():
            del self._blocks[table][-(-rows // BLOCK_ROWS):]
            if rows:
                self._blocks[table][-1].rows = rows - (len(self._blocks[table]) - 1) * BLOCK_ROWS


class PendingRows:
    """Keeps rows as they are given, uncopied, until another recorder gets them."""

    def __init__(self) -> None:
        self._declared: list[tuple[str, tuple[Column, ...]]] = []
        self._rows: list[tuple[str, Mapping[str, npt.ArrayLike]]] = []

    def declare(self, table: str, columns: Iterable[Column]) -> None:
        """Make columns known that are not of `schema.TABLES`."""
        self._declared.append((table, tuple(columns)))

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Add rows: ``columns``, an array [row] each, which nobody may write any more, or scalars."""
        self._rows.append((table, columns))

    def write(self, recorder: Recorder) -> None:
        """Give all rows to another recorder."""
        for table, declared in self._declared:
            recorder.declare(table, declared)
        for table, columns in self._rows:
            recorder.append(table, columns)


class Tables:
    """A source made of whole tables.

    Parameters
    ----------
    tables : mapping
        From name to table.
    described : mapping, optional
        Their columns, where some are not of `schema.TABLES`.
    """

    def __init__(self, tables: Mapping[str, Table], described: Mapping[str, tuple[Column, ...]] | None = None) -> None:
        self._tables, self._described = dict(tables), dict(described or {})

    @classmethod
    def of(cls, source: Source) -> Tables:
        """Return all that there is in another source."""
        return cls({table: source.read(table) for table in source.tables()},
                   {table: source.columns(table) for table in source.tables()})

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table``; none where nothing was recorded."""
        names = self._tables[table]
        if not len(names["drop"]):
            return ()
        known = {column.name: column for column in (*known_columns(table), *self._described.get(table, ()))}
        return tuple(known.get(name) or Column(name, names[name].dtype.str[1:], "1", "") for name in names)

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that were recorded."""
        return tuple(self._tables)

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table``."""
        yield self._tables[table]

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return self._tables[table]


def join(table: str, blocks: Iterable[Table]) -> Table:
    """Return one table made of ``blocks``, in order, with the columns that all of them have."""
    required = empty(Layout(table).columns)
    parts = [part for part in blocks if len(part["drop"])] or [required]
    names = [name for name in parts[0] if all(name in part for part in parts)]
    kinds = {column.name: column.dtype for column in known_columns(table)}
    return {name: np.concatenate([np.empty(0, kinds.get(name, parts[0][name].dtype)), *(part[name] for part in parts)])
            for name in names}


def row_size(columns: Iterable[Column]) -> int:
    """Return the bytes of a row."""
    return sum(np.dtype(column.dtype).itemsize for column in columns)
