"""Sums over the frames of a drop of what every user, or target, gets."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array, Index

_NUMBERS = 1 << 14  # added at a time, or as many as there are receivers


class ReceiverSums:
    """Adds up columns of receivers; frames are gathered, since many at once cost a fifth of each by itself.

    Sums have the bits of those that are added frame by frame.

    Parameters
    ----------
    count : int
        Receivers.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._sums: dict[str, Array] = {}
        self._frames: Index = np.zeros(count, np.int64)
        self._who: list[Index] = []
        self._values: dict[str, list[Array | Index]] = {}
        self._gathered = 0

    def add(self, who: Index, **values: Array | Index) -> None:
        """Add the ``values`` [link] of a frame, of receivers ``who`` [link], each named once.

        Every frame names the same columns.
        """
        self._who.append(who)
        for name, column in values.items():
            self._values.setdefault(name, []).append(column)
        self._gathered += len(who)
        if self._gathered >= max(_NUMBERS, self._count):
            self._settle()

    def __getitem__(self, name: str) -> Array:
        """Return the sum of a column, [receiver]; zeros of one that no frame had."""
        self._settle()
        return self._sums.get(name, np.zeros(self._count))

    @property
    def frames(self) -> Index:
        """Frames to which each receiver was named, [receiver]."""
        self._settle()
        return self._frames

    def grow(self, count: int) -> None:
        """Make room for those who have come: ``count`` receivers in all."""
        if count > self._count:
            self._settle()
            more = np.zeros(count - self._count)
            self._sums = {name: np.append(column, more) for name, column in self._sums.items()}
            self._frames, self._count = np.append(self._frames, more.astype(np.int64)), count

    def of(self, who: slice) -> ReceiverSums:
        """Return those of some receivers."""
        frames = self.frames[who]
        found = ReceiverSums(len(frames))
        found._sums, found._frames = {name: column[who] for name, column in self._sums.items()}, frames
        return found

    def _settle(self) -> None:
        if not self._who:
            return
        who = np.concatenate(self._who)
        self._frames = self._frames + np.bincount(who, minlength=self._count)
        who = np.concatenate([np.arange(self._count), who])
        for name, columns in self._values.items():
            before = self._sums.get(name, np.zeros(self._count))
            self._sums[name] = np.asarray(np.bincount(who, np.concatenate([before, *columns]), self._count), float)
        self._who, self._values, self._gathered = [], {}, 0
