"""Files waiting for users: one queue for every user, first come first served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.config.input_files import CsvRows, number, ordinal, reader
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.frames import SLACK

KEY = "traffic.arrivals"
_ROUNDING = 1e-6  # of a bit


@dataclass(frozen=True)
class Files:
    """Files, as parallel arrays.

    Attributes
    ----------
    user : [file]
    arrival : [file]
        Seconds.
    size : [file]
        Bits.
    """

    user: Index
    arrival: Array
    size: Array

    def __len__(self) -> int:
        return len(self.user)

    def __getitem__(self, rows: Index) -> Files:
        return Files(self.user[rows], self.arrival[rows], self.size[rows])


class Queues:
    """The files that wait for every user, first come first served.

    Files are rows in order of coming, and each knows the row of the next one for its user, so that a frame costs what
    it brings and serves, however many wait.
    """

    def __init__(self) -> None:
        self._files = Files(np.empty(0, np.int64), np.empty(0), np.empty(0))
        self._left = np.empty(0)  # bits; -1 when delivered
        self._lost = np.empty(0)  # bits of each file that were taken off and never delivered
        self._next = np.empty(0, np.int64)  # -1: none
        self._rows = 0  # in use, of those that there is room for
        self._head, self._tail, self._bits = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)  # [user]

    def arrive(self, files: Files) -> None:
        """Put files, none of which came before those that wait, at the ends of the queues of their users."""
        new = files[np.lexsort((files.arrival, files.user))]
        if not len(new):
            return
        self._make_room(len(new), int(new.user[-1]) + 1)
        rows = self._append(new)
        change = np.flatnonzero(new.user[1:] != new.user[:-1])
        first, last = np.concatenate([[0], change + 1]), np.concatenate([change, [len(new) - 1]])
        self._next[rows[:-1]] = rows[1:]
        self._next[rows[last]] = -1
        user, row = new.user[first], rows[first]
        before = self._tail[user]
        waits = before >= 0
        self._next[before[waits]] = row[waits]
        self._head[user[~waits]] = row[~waits]
        self._tail[user] = rows[last]
        np.add.at(self._bits, new.user, new.size)

    def bits(self, users: int) -> Array:
        """Return the bits waiting for every user, [user]."""
        return np.concatenate([self._bits, np.zeros(max(users - len(self._bits), 0))])

    def serve(self, users: Index, speed: Array, start: float, seconds: float) -> tuple[Files, Array]:
        """Serve users [user] at constant ``speed`` [user], bit/s, for some seconds; return finished files and when,
        [file].

        Lindley's recursion ``end_i = max(arrival_i, end_(i-1)) + work_i``, for all users at once: their first files,
        then the second ones of those who have got the first, and so on. What is over `core.frames.SLACK` of the while
        after its end is over at its end.
        """
        known = (speed > 0) & (users < len(self._head))
        users, speed, stop = users[known], speed[known], start + seconds
        now, delivered, ends = np.full(len(users), start), [np.empty(0, np.int64)], [np.empty(0)]
        while True:
            file = self._head[users]
            rows = np.flatnonzero(file >= 0)
            if not len(rows):
                break
            users, speed, now, file = users[rows], speed[rows], now[rows], file[rows]
            left, begin = self._left[file], np.maximum(self._files.arrival[file], now)
            end = begin + left / speed
            done = end <= stop + SLACK * seconds
            end = np.minimum(end, stop)
            sent = np.minimum(np.maximum(stop - begin, 0) * speed, left)
            self._send(users, file, np.where(done, left, sent), done)
            users, speed, now, file = users[done], speed[done], end[done], file[done]
            delivered.append(file)
            ends.append(now)
        rows, when = np.concatenate(delivered), np.concatenate(ends)
        order = np.lexsort((when, self._files.user[rows]))
        return self._files[rows[order]], when[order]

    def take(self, users: Index, delivered: Array, lost: Array, start: float, seconds: float
             ) -> tuple[Files, Array, Array]:
        """Take ``delivered`` and ``lost`` bits [user] off the queues of users [user] at constant speed over some
        seconds.

        Return files of which nothing is left, when that was [file], s, and how many of their bits were lost [file].
        """
        amount = delivered + lost
        some = (amount > 0) & (users < len(self._head))
        users, amount, share = users[some], amount[some], lost[some] / amount[some]
        taken, finished, ends = np.zeros(len(users)), [np.empty(0, np.int64)], [np.empty(0)]
        while True:
            rows = np.flatnonzero((self._head[users] >= 0) & (taken < amount))
            if not len(rows):
                break
            users, amount, share, taken = users[rows], amount[rows], share[rows], taken[rows]
            file = self._head[users]
            left = self._left[file]
            bits = np.minimum(left, amount - taken)
            done = left - bits < _ROUNDING
            self._lost[file] += bits * share
            self._send(users, file, np.where(done, left, bits), done)
            taken = taken + bits
            finished.append(file[done])
            ends.append(start + seconds * (taken / amount)[done])
            users, amount, share, taken = users[done], amount[done], share[done], taken[done]
        row, when = np.concatenate(finished), np.concatenate(ends)
        order = np.lexsort((when, self._files.user[row]))
        return self._files[row[order]], when[order], self._lost[row[order]]

    def _send(self, users: Index, file: Index, bits: Array, done: Flags) -> None:
        """Take ``bits`` off the first files of users; those that are done leave."""
        self._left[file] = np.where(done, -1, self._left[file] - bits)
        self._head[users[done]] = self._next[file[done]]
        empty = self._head[users] < 0
        self._tail[users[empty]] = -1
        self._bits[users] = np.where(empty, 0, np.maximum(self._bits[users] - bits, self._left[self._head[users]]))

    def _append(self, new: Files) -> Index:
        rows = np.arange(self._rows, self._rows + len(new))
        self._rows += len(new)
        for name in ("user", "arrival", "size"):
            getattr(self._files, name)[rows] = getattr(new, name)
        self._left[rows], self._next[rows], self._lost[rows] = new.size, -1, 0
        return rows

    def _make_room(self, files: int, users: int) -> None:
        """Drop what is delivered, and double the room, where files do not fit."""
        more = users - len(self._head)
        if more > 0:
            self._head, self._tail = (np.append(a, np.full(more, -1)) for a in (self._head, self._tail))
            self._bits = np.append(self._bits, np.zeros(more))
        if self._rows + files <= len(self._left):
            return
        kept = np.flatnonzero(self._left[:self._rows] >= 0)
        number = np.full(self._rows + 1, -1)  # the last is for -1
        number[kept] = np.arange(len(kept))
        self._rows, room = len(kept), 2 * (len(kept) + files)
        self._next, self._head, self._tail = number[self._next[kept]], number[self._head], number[self._tail]
        self._files = Files(*(_longer(getattr(self._files, name)[kept], room) for name in ("user", "arrival", "size")))
        self._left, self._next = _longer(self._left[kept], room), _longer(self._next, room)
        self._lost = _longer(self._lost[kept], room)


def _longer(values: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    return np.concatenate([values, np.zeros(length - len(values), values.dtype)])


@reader(KEY, "time,user,bits: times in s, users from 0 on, bits greater than 0")
def read_arrivals(rows: CsvRows) -> Files:
    """Read files from a CSV file of ``time,user,bits``, sorted by time."""
    found = sorted((number(row["time"]), ordinal(row["user"]), _size(row["bits"])) for row in rows)
    table = np.array(found, float).reshape(-1, 3)
    return Files(table[:, 1].astype(np.int64), table[:, 0], table[:, 2])


def _size(text: str) -> float:
    bits = number(text)
    if not bits > 0:
        raise ValueError(text)
    return bits
