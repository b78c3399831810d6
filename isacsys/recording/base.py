"""The interfaces of recorders, and of the tables from which figures are computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import numpy.typing as npt

from isacsys.core.arrays import Table
from isacsys.core.columns import Column


class Recorder(Protocol):
    """Takes rows of the tables of `schema.TABLES`."""

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Add rows: ``columns``, an array [row] each, all of one length, or scalars that fill it."""

    def declare(self, table: str, columns: Iterable[Column]) -> None:
        """Make columns known that are not of `schema.TABLES`, before the first row."""


class Source(Protocol):
    """Gives back what was recorded."""

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that were recorded."""

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table``; none where nothing was recorded."""

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table`` in order, a bounded number at a time."""

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
