"""Sums over the frames of a drop of what every user gets."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array, Index

_NUMBERS = 1 << 14  # added at a time


class UserSums:
    """Adds up columns of users; frames are gathered, since many at once cost a fifth of each by itself.

    Sums have the bits of those that are added frame by frame.

    Parameters
    ----------
    users : int
    """

    def __init__(self, users: int) -> None:
        self._users = users
        self._sums: dict[str, Array] = {}
        self._frames: Index = np.zeros(users, np.int64)
        self._who: list[Index] = []
        self._values: dict[str, list[Array | Index]] = {}
        self._gathered = 0

    def add(self, users: Index, **values: Array | Index) -> None:
        """Add the ``values`` [link] of a frame, of ``users`` [link], each named once.

        Every frame names the same columns.
        """
        self._who.append(users)
        for name, column in values.items():
            self._values.setdefault(name, []).append(column)
        self._gathered += len(users)
        if self._gathered >= _NUMBERS:
            self._settle()

    def __getitem__(self, name: str) -> Array:
        """Return the sum of a column, [user]; zeros of one that no frame had."""
        self._settle()
        return self._sums.get(name, np.zeros(self._users))

    @property
    def frames(self) -> Index:
        """Frames to which each user was named, [user]."""
        self._settle()
        return self._frames

    def of(self, users: slice) -> UserSums:
        """Return those of some users."""
        found, frames = UserSums(0), self.frames[users]
        found._users, found._frames = len(frames), frames
        found._sums = {name: column[users] for name, column in self._sums.items()}
        return found

    def _settle(self) -> None:
        if not self._who:
            return
        count, who = self._users, np.concatenate(self._who)
        self._frames = self._frames + np.bincount(who, minlength=count)
        who = np.concatenate([np.arange(count), who])
        for name, columns in self._values.items():
            before = self._sums.get(name, np.zeros(count))
            self._sums[name] = np.asarray(np.bincount(who, np.concatenate([before, *columns]), count), float)
        self._who, self._values, self._gathered = [], {}, 0
