"""Users and targets of a network from a CSV file, one row each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.config.input_files import read_text
from isacsys.core.arrays import Array
from isacsys.geography.tables import PLACE, FileColumn, FileTable, PlaceTable

COLUMNS = {**PLACE, "height": FileColumn("m above ground, from 0 to 20000", 0, 2e4),
           "indoor": FileColumn("1 or 0: whether inside a building", 0, 1, flag=True),
           "start": FileColumn("s, at least 0: when it appears", 0, 1e9),
           "end": FileColumn("s, at least start: when it leaves", 0, 1e9)}


@dataclass(frozen=True)
class PeopleRows:
    """Users, or targets, of a file, in its order; NaN stands for what it does not say.

    Attributes
    ----------
    places : Places
    height : [n]
        m.
    indoor : [n]
        1 or 0.
    start, end : [n]
        s, from and up to which each is there, both included.
    """

    places: PlaceTable
    height: Array
    indoor: Array
    start: Array
    end: Array

    def __len__(self) -> int:
        return len(self.places)

    @property
    def come_and_go(self) -> bool:
        """Whether some are absent at times."""
        return bool(np.any(self.start > 0) or np.isfinite(self.end).any())


def read_people(path: str, key: str) -> PeopleRows:
    """Read users or targets from a CSV file with the columns of `COLUMNS`; a place is needed.

    Raises
    ------
    ConfigError
        Naming file and line.
    """
    table = FileTable(read_text(key, path), key, path, COLUMNS)
    start, end = table.numbers("start"), table.numbers("end")
    late = np.flatnonzero(end < np.nan_to_num(start))
    if len(late):
        raise table.wrong(table.lines[late[0]], f"end: at least start, {start[late[0]]:g} s, not {end[late[0]]:g}")
    indoor = table.numbers("indoor") if "indoor" in table.names else np.full(len(table), np.nan)
    return PeopleRows(table.places(), table.numbers("height"), indoor, start, end)
