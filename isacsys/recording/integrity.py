"""Integrity of rows: every drop once, in order, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from isacsys.core.arrays import Index
from isacsys.core.errors import LogFormatError


class DropIntegrity:
    """Looks at the numbers of drops in the rows of ``first`` up to ``stop``, block by block, in order.

    Of table ``drops`` there is one row a drop; in other tables a drop may have any number of rows, one after the other.
    """

    def __init__(self, first: int, stop: int) -> None:
        self.first, self.stop = first, stop
        self._last: dict[str, int] = {}
        self._wrong = ""

    def look(self, table: str, drop: Index) -> None:
        """Count the next rows of a table, ``drop`` [row]."""
        if not len(drop):
            return
        low, high = (1, 1) if table == "drops" else (0, self.stop - self.first)
        before = self._last.get(table, self.first - low)
        steps = np.diff(drop, prepend=before)
        if steps.min() < low or steps.max() > high or drop[-1] >= self.stop:
            self._wrong = self._wrong or table
        self._last[table] = int(drop[-1])

    def check(self, path: Path) -> None:
        """Raise LogFormatError where anything was not as it is said to be."""
        if not self._wrong and self.stop > self.first and self._last.get("drops", -1) != self.stop - 1:
            self._wrong = "drops"
        if self._wrong:
            raise LogFormatError(f"{path} is damaged: {self._wrong} has not the rows of drops {self.first} to "
                                 f"{self.stop - 1}, each in its place")
