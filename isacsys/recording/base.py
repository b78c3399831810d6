"""What a simulation writes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy.typing as npt


class Recorder(Protocol):
    """Takes rows of the tables of `schema.TABLES`."""

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Add rows: one array a column, all of one length, or scalars that fill it."""
        ...
