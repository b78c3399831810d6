"""The recorder that keeps everything in memory, in blocks that never move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from isacsys.arrays import Table
from isacsys.recording.schema import BLOCK_ROWS, LEVELS, TABLES, empty, row_count


class Block:
    """A fixed number of rows of one table, filled from the front."""

    def __init__(self, table: str) -> None:
        self.rows = 0
        self._columns = {column.name: np.empty(BLOCK_ROWS, column.dtype) for column in TABLES[table]}

    @property
    def room(self) -> int:
        """Rows that still fit."""
        return BLOCK_ROWS - self.rows

    @property
    def columns(self) -> Table:
        """The rows so far (views)."""
        return {name: column[:self.rows] for name, column in self._columns.items()}

    def fill(self, columns: Mapping[str, npt.ArrayLike], start: int, count: int, *, whole: bool = False) -> None:
        """Copy ``count`` rows of ``columns`` from ``start`` on; ``whole`` says that there are no others."""
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

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Add rows: one array a column, all of one length, or scalars that fill it."""
        blocks, total = self._blocks[table], row_count(table, columns)
        start = 0
        while start < total:
            if not blocks or not blocks[-1].room:
                blocks.append(Block(table))
            count = min(blocks[-1].room, total - start)
            blocks[-1].fill(columns, start, count, whole=count == total)
            start += count

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables of this level."""
        return tuple(self._blocks)

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
        return sum(self.rows(table) * sum(np.dtype(c.dtype).itemsize for c in TABLES[table]) for table in self._blocks)

    def mark(self) -> dict[str, int]:
        """Return a place to which `rollback` can go back."""
        return {table: self.rows(table) for table in self._blocks}

    def rollback(self, mark: Mapping[str, int]) -> None:
        """Forget every row that came after ``mark``: those of a drop that did not end."""
        for table, rows in mark.items():
            del self._blocks[table][-(-rows // BLOCK_ROWS):]
            if rows:
                self._blocks[table][-1].rows = rows - (len(self._blocks[table]) - 1) * BLOCK_ROWS


class Tables:
    """A source made of whole tables."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = dict(tables)

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
    """Return one table made of ``blocks``, in order."""
    parts = [empty(table), *blocks]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
