"""Several drops on one axis: their stations one after the other, and whatever belongs to stations likewise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Flags, Index

Piece = tuple[int, int, int]  # a drop, and its rows from one up to another
Total = float | npt.NDArray[Any]  # of a drop; of several drops, [drop]


@dataclass(frozen=True)
class Parts:
    """Which stations, of all on one axis, belong to which drop.

    Attributes
    ----------
    first : [drop + 1]
        First station of every drop, and the number of all stations.
    """

    first: Index

    @classmethod
    def of(cls, sizes: Iterable[int]) -> Parts:
        """Return the parts of drops with so many stations."""
        return cls(np.cumsum([0, *sizes]))

    def __len__(self) -> int:
        return len(self.first) - 1

    @cached_property
    def sizes(self) -> Index:
        """Stations of every drop, [drop]."""
        return np.diff(self.first)

    @cached_property
    def drop(self) -> Index:
        """Which drop every station belongs to, [bs]."""
        return np.repeat(np.arange(len(self)), self.sizes)

    @cached_property
    def whole(self) -> list[Piece]:
        """The rows of every drop on the axis of the stations."""
        return [(drop, a, b) for drop, (a, b) in enumerate(pairwise(self.first.tolist()))]

    def pieces(self, station: Index) -> list[Piece]:
        """Return the runs of rows, in order, that belong to one drop each, of rows that are of ``station`` [row]."""
        if not len(station):
            return []
        drop = self.drop[station]
        starts = [0, *(np.flatnonzero(drop[1:] != drop[:-1]) + 1).tolist(), len(drop)]
        return list(zip(drop[starts[:-1]].tolist(), starts, starts[1:], strict=False))

    def bounds(self, station: Index) -> Index:
        """Return where the rows of every drop begin, and how many there are, [drop + 1]; ``station`` [row] ascends."""
        return np.searchsorted(station, self.first)

    def counts(self, station: Index, flags: Flags | None = None) -> Index:
        """Return how many rows of ``station`` [row], or of those of ``flags`` [row], every drop has, [drop]."""
        return np.bincount(self.drop[station if flags is None else station[flags]], minlength=len(self))


def of_drop(total: Total, drop: int) -> float:
    """Return what ``total`` is of one of several drops; itself where it is one number."""
    return total[drop].item() if isinstance(total, np.ndarray) else total


def sums(bounds: Index, *values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sum ``values`` [row] over the rows of every drop, [value, drop], in the order in which one drop alone is summed.

    Where the rows of a drop begin is in ``bounds`` [drop + 1].

    numpy adds in pairs, whose order depends on how many numbers there are: so no drop is padded, and none is summed as
    the difference of two sums.
    """
    table, sizes = np.stack(values), np.diff(bounds)
    if len(sizes) and (sizes == sizes[0]).all():
        return np.asarray(table.reshape(len(values), len(sizes), -1).sum(-1)) if sizes[0] else np.zeros(
            (len(values), len(sizes)), table.dtype)
    return np.stack([table[:, a:b].sum(-1) for a, b in pairwise(bounds.tolist())], axis=-1)
