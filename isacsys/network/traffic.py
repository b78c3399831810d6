"""Files that wait for users: one queue for every user, first come first served."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from isacsys.arrays import Array, Index
from isacsys.errors import ConfigError

KEY = "traffic.arrivals"


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
    """The files that are not delivered yet, grouped by user in order of arrival."""

    def __init__(self) -> None:
        self.files = Files(np.empty(0, np.int64), np.empty(0), np.empty(0))
        self.left = np.empty(0)

    def arrive(self, files: Files) -> None:
        """Put files, none of which came before those that wait, at the ends of the queues of their users."""
        new = files[np.lexsort((files.arrival, files.user))]
        place = np.searchsorted(self.files.user, new.user, side="right") + np.arange(len(new))
        order = np.empty(len(self.files) + len(new), np.int64)
        kept = np.ones(len(order), bool)
        kept[place] = False
        order[place], order[kept] = len(self.files) + np.arange(len(new)), np.arange(len(self.files))
        both = Files(*(np.concatenate([getattr(self.files, name), getattr(new, name)])
                       for name in ("user", "arrival", "size")))
        self.files, self.left = both[order], np.concatenate([self.left, new.size])[order]

    def bits(self, users: int) -> Array:
        """Bits waiting for every user, [user]."""
        return np.bincount(self.files.user, self.left, users).astype(float)

    def serve(self, users: Index, speed: Array, start: float, seconds: float) -> tuple[Files, Array]:
        """Send to ``users`` at constant ``speed`` (bit/s) for some seconds; return finished files and when.

        A file that arrives meanwhile is begun when those before it are through.
        """
        rows, rate = self._rows_of(users[speed > 0], speed[speed > 0])
        if not len(rows):
            return self.files[rows], np.empty(0)
        waiting, work = self.files[rows], self.left[rows] / rate
        end = completions(waiting.user, np.maximum(waiting.arrival, start), work)
        sent = np.clip(start + seconds - (end - work), 0, work)
        done = end <= start + seconds
        self.left[rows] = np.where(done, 0, (work - sent) * rate)
        if done.any():
            keep = np.ones(len(self.files), bool)
            keep[rows[done]] = False
            self.files, self.left = self.files[np.flatnonzero(keep)], self.left[keep]
        return waiting[np.flatnonzero(done)], end[done]

    def _rows_of(self, users: Index, speed: Array) -> tuple[Index, Array]:
        """Rows of the files of some users, in order, and the speed that each of them gets."""
        order = np.argsort(users)
        first, last = (np.searchsorted(self.files.user, users[order], side=side) for side in ("left", "right"))
        count = last - first
        rows = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
        return rows, np.repeat(speed[order], count)


def completions(queue: Index, ready: Array, work: Array) -> Array:
    """When jobs end that wait in queues with one server each, first come first served.

    Lindley's recursion ``c_i = max(ready_i, c_{i-1}) + work_i`` as a running maximum:
    ``c_i = S_i + max_{j <= i} (ready_j - S_{j-1})``, S the running sum of work within the queue.

    Parameters
    ----------
    queue : [job]
        Ascending; within a queue in order of service.
    ready, work : [job]
        When a job can begin, and how long it takes; both in seconds.
    """
    if not len(queue):
        return np.empty(0)
    first = np.flatnonzero(np.r_[True, queue[1:] != queue[:-1]])
    group = np.cumsum(np.r_[False, queue[1:] != queue[:-1]])
    total = np.cumsum(work)
    within = total - (total - work)[first][group]
    begin = ready - (within - work)
    # one running maximum for all queues: each is lifted above the one before it
    lift = group * (begin.max() - begin.min() + 1)
    return np.asarray(within + np.maximum.accumulate(begin + lift) - lift)


@lru_cache(maxsize=4)
def read_arrivals(path: str) -> Files:
    """Read files from a CSV file of ``time,user,bits``, sorted by time."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if set(reader.fieldnames or ()) != {"time", "user", "bits"}:
                raise csv.Error("its header is not time,user,bits")
            rows = sorted((float(r["time"]), int(r["user"]), float(r["bits"])) for r in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(KEY, path, f"a readable CSV file ({error})") from None
    except (ValueError, TypeError):
        raise ConfigError(KEY, path, "rows of time (s), user (its number) and bits") from None
    if any(user < 0 or not bits > 0 for _, user, bits in rows):
        raise ConfigError(KEY, path, "users from 0 on and bits greater than 0")
    table = np.array(rows, float).reshape(-1, 3)
    return Files(table[:, 1].astype(np.int64), table[:, 0], table[:, 2])
