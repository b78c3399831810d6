"""Integrity of rows, every drop once, in order, and nothing else; checksums and types of the attributes of a log."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isacsys.core.arrays import Index
from isacsys.core.errors import LogFormatError

SEAL, CHECKSUM = "seal", "crc32"  # attributes of the root, and of every column
HELD = "tables"  # attribute of the root: the tables that there are
LARGEST = 2**53
_NUMBERS = ("first_drop", "drops", "seed")


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


def seal(attributes: Mapping[str, Any]) -> int:
    """Return a checksum of attributes, in whatever order."""
    said = {name: value for name, value in attributes.items() if name != SEAL}
    return zlib.crc32(json.dumps(said, sort_keys=True).encode())


def check_attributes(attributes: Mapping[str, Any], path: Path) -> None:
    """Raise LogFormatError where what a log or a manifest says of itself is of another kind than it should be."""
    for name, value in attributes.items():
        if name in _NUMBERS:
            right = type(value) is int and 0 <= value <= (2**63 - 1 if name == "seed" else LARGEST)
        elif name == "complete":
            right = isinstance(value, bool)
        else:
            right = isinstance(value, str | int | float)
        if not right:
            raise LogFormatError(f"{path} is damaged: its {name[:60]!r} is a {type(value).__name__} that it cannot be")
    if SEAL in attributes and attributes[SEAL] != seal(attributes):
        raise LogFormatError(f"{path} is damaged: what it says of itself has changed (checksum)")


def drop_range(attributes: Mapping[str, Any], path: Path) -> tuple[int, int]:
    """Return the first drop, and the one after the last. Raises LogFormatError where a log does not say so."""
    if "drops" not in attributes:
        raise LogFormatError(f"{path} is damaged: it does not say how many drops it has")
    first = int(attributes.get("first_drop", 0))
    return first, first + int(attributes["drops"])
