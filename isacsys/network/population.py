"""The users, or the targets, of a drop as parallel arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from isacsys.core import geometry
from isacsys.core.arrays import Array, Index

# What each member starts with.
_START: dict[str, tuple[float, type]] = {
    "born": (-1, int), "last_served": (-1, int), "turn": (-1, float), "mean_rate": (0, float), "last_rate": (0, float),
    "queue": (np.inf, float), "waiting_blocks": (0, int), "due": (np.inf, float), "period": (np.inf, float)}
_ROWS = ("position", "station", "distance", "velocity", *_START)


class Population:
    """The users, or the targets, of a drop, as parallel arrays; ids are positions in them.

    Attributes
    ----------
    position : [n, 2]
        km.
    station, distance : [n]
        Serving station (-1: none, or gone) and its distance, km.
    velocity : [n, 2]
        km/s.
    born, last_served : [n]
        Frame in which each appeared (-1: it was there) and was last scheduled (-1: never).
    turn : [n]
        `last_served` plus the place within that frame, as a fraction: the order in which they were served.
    mean_rate, last_rate : [n]
        Average over frames, served or not, and rate when last served, bit/s/Hz.
    queue : [n]
        Bits waiting; infinite with full buffers.
    waiting_blocks : [n]
        Transport blocks that wait for a retransmission.
    due, period : [n]
        Frame until which each is to be served again, and how many frames it gives; infinite without a deadline.
    """

    born: Index
    last_served: Index
    turn: Array
    mean_rate: Array
    last_rate: Array
    queue: Array
    waiting_blocks: Index
    due: Array
    period: Array

    def __init__(self, position: Array, station: Index, distance: Array, stations: int) -> None:
        self.position, self.station, self._distance = np.array(position), np.array(station), np.array(distance)
        self._measure: Callable[[], Array] | None = None
        self.velocity, self.stations = np.zeros_like(self.position), stations

    def __getattr__(self, name: str) -> Any:
        """Return an array [n] that nobody has read or written before, as each member starts."""
        if name not in _START:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value, dtype = _START[name]
        vars(self)[name] = np.full(len(self.station), value, dtype)
        return vars(self)[name]

    def __len__(self) -> int:
        return len(self.station)

    def fill(self) -> None:
        """Make every array that nobody has read before."""
        for name in _START:
            getattr(self, name)

    @property
    def distance(self) -> Array:
        """Distance from the serving station, km, [n]; of those who have `moved`, measured when it is read."""
        if self._measure:
            self._distance, self._measure = self._measure(), None
        return self._distance

    @distance.setter
    def distance(self, distance: Array) -> None:
        self._distance, self._measure = distance, None

    def moved(self, measure: Callable[[], Array]) -> None:
        """Discard `distance`; ``measure`` computes it when it is read."""
        self._measure = measure

    @cached_property
    def attached(self) -> Index:
        """Those who have a station, grouped by it, [l]; the same array for as long as no station changes."""
        attached = np.flatnonzero(self.station >= 0)
        return attached[group_order(self.station[attached], self.stations)]

    @cached_property
    def order(self) -> Index:
        """Those who can be chosen, grouped by station, [m]."""
        return self.attached[self.queue[self.attached] > 0]

    @cached_property
    def start(self) -> Index:
        """Where the group of every station starts in `order`, [bs + 1]."""
        sizes = np.bincount(self.station[self.order], minlength=self.stations)
        return np.concatenate([[0], np.cumsum(sizes)])

    @cached_property
    def count(self) -> Index:
        """Number of those who can be chosen in every cell, [bs]."""
        return np.diff(self.start)

    def speed_of(self, ids: Index) -> Array:
        """Return the speed in m/s, [n], of ids [n]."""
        return 1e3 * geometry.length(self.velocity[ids])

    def of(self, station: int) -> Index:
        """Return the ids [n] of those who can be chosen at ``station``."""
        return self.order[self.start[station]:self.start[station + 1]]

    def regroup(self) -> None:
        """Discard `order`, `start` and `count`; to be called when stations have changed."""
        vars(self).pop("attached", None)
        self.requeue()

    def requeue(self) -> None:
        """Discard the same; to be called when queues have changed, and stations have not."""
        for name in ("order", "start", "count"):
            vars(self).pop(name, None)

    def served(self, ids: Index, frame: int, place: Array) -> None:
        """Record that ids [n] were scheduled in a frame, at ``place`` [n], from 0 to below 1, within it."""
        self.last_served[ids] = frame
        self.turn[ids] = frame + place

    def average(self, ids: Index, rate: Array, window: int) -> None:
        """Add the ``rate`` [n] of ids [n] in a frame to the means, exponentially weighted over ``window`` frames."""
        self.last_rate[ids] = rate
        self.mean_rate *= 1 - 1 / window
        self.mean_rate[ids] += rate / window

    def append(self, other: Population) -> None:
        """Add the members of ``other`` at the end."""
        rows = [(name, getattr(self, name), getattr(other, name)) for name in _ROWS
                if name != "distance" or self._measure is None]  # else it will be measured, theirs too
        for name, mine, theirs in rows:
            setattr(self, name, np.concatenate([mine, theirs]))


def group_order(group: Index, groups: int) -> Index:
    """Return the stable order [n] by ``group`` [n]; numpy sorts short integers by radix, ten times faster than long
    ones.
    """
    return np.argsort(group if groups > 2**15 else group.astype(np.int16), kind="stable")
