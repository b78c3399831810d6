"""From many sources to one log, while signals wait.

HDF5 calls back into Python, and an exception there ends the process.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from isacsys.core.arrays import Table
from isacsys.core.columns import Column
from isacsys.recording.base import Source
from isacsys.recording.hdf5 import hdf5_file
from isacsys.recording.integrity import DropIntegrity
from isacsys.recording.memory_recorder import join
from isacsys.recording.schema import foreign

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class DeferredSignals:
    """Whether a signal has come that waits."""

    def __init__(self) -> None:
        self.caught = False

    def catch(self, *_: Any) -> None:
        """Record a signal (a signal handler)."""
        self.caught = True

    def look(self) -> None:
        """Raise KeyboardInterrupt where one has come; to be called where nothing can be harmed."""
        if self.caught:
            raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[DeferredSignals]:
    """Hold SIGINT and SIGTERM back until it is safe to handle them."""
    state = DeferredSignals()
    if threading.current_thread() is not threading.main_thread():
        yield state
        return
    before = {number: signal.signal(number, state.catch) for number in SIGNALS}
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


class MergedSources:
    """Sources one after the other, as one.

    Parameters
    ----------
    sources : iterable of Source
        In the order of their drops.
    stop : int, optional
        Drops from here on are left out.
    """

    def __init__(self, sources: Iterable[Source], stop: int | None = None) -> None:
        self._sources, self._stop = list(sources), stop
        self._columns: dict[str, tuple[Column, ...]] = {}  # a log is opened to tell its columns

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that all sources have: one of them may be of another version."""
        found = [tables for source in self._sources if (tables := source.tables())]
        return tuple(table for table in found[0] if all(table in tables for tables in found)) if found else ()

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of ``table`` that all sources have: one of them may be of another version."""
        if table not in self._columns:
            found = [columns for source in self._sources if (columns := source.columns(table))]
            common = set.intersection(*({c.name for c in columns} for columns in found)) if found else set()
            self._columns[table] = tuple(column for column in found[0] if column.name in common) if found else ()
        return self._columns[table]

    def blocks(self, table: str) -> Iterator[Table]:
        """Yield the rows of ``table`` in order, a bounded number at a time."""
        names = [column.name for column in self.columns(table)]
        for source in self._sources:
            for block in source.blocks(table):
                if len(block["drop"]):
                    some = block if len(names) == len(block) else {name: block[name] for name in names}
                    yield some if self._stop is None else _before(some, self._stop)

    def read(self, table: str) -> Table:
        """Return all rows of ``table``."""
        return join(table, self.blocks(table))


def write_log(path: Path, level: str, attributes: Mapping[str, Any], source: Source,
              claims: DropIntegrity | None = None, mode: int | None = None) -> None:
    """Write everything in ``source`` as one log, which appears under its name only when it is whole.

    ``mode`` are its permissions where it replaces nothing.

    Raises
    ------
    LogFormatError
        Where its rows are not what is claimed; nothing appears.
    KeyboardInterrupt
        Between two blocks, where SIGINT or SIGTERM has come; nothing appears.
    """
    with held() as signals, hdf5_file(path, level, attributes, mode) as recorder:
        recorder.omit(set(recorder.tables()) - set(source.tables()))
        for table in recorder.tables():
            recorder.declare(table, foreign(table, source.columns(table)))
            for block in source.blocks(table):
                recorder.append(table, block)
                if claims is not None:
                    claims.look(table, block["drop"])
                signals.look()
        if claims is not None:
            claims.check(path)


def _before(block: Table, stop: int) -> Table:
    rows = int(np.searchsorted(block["drop"], stop))
    return {name: column[:rows] for name, column in block.items()}
