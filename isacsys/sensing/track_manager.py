"""All tracks of a drop: start, correction, prediction between looks, and loss.

A filter only computes; what becomes of a track is settled here, for all targets at once. Positions are in m on a torus
of sides ``side``, times in s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.errors import TrackerError
from isacsys.core.lazy import special
from isacsys.plugins.loading import blamed, written
from isacsys.sensing.tracks import Beliefs, Measured, Tracker, anywhere, surprise

DETECTED, MISSED, FALSE_ALARM = 1, 0, -1


@dataclass(frozen=True)
class Rules:
    """When a measurement is accepted, and when a track is lost.

    Attributes
    ----------
    gate : float
        Probability that a measurement of the right target is accepted.
    maximum_misses : int
        Looks without a detection in a row.
    maximum_error : float
        Root mean square position error, by covariance, beyond which a track is lost, m.
    """

    gate: float
    maximum_misses: int
    maximum_error: float


@dataclass(frozen=True)
class LookResults:
    """One look at each of n targets: what there would be to see, and what chance says.

    Attributes
    ----------
    ids : [n]
        Targets, each once.
    present : [n]
        Whether there is a target at all.
    measured : Measured
        What is measured if the target is detected.
    detected, alarmed : [n]
        Whether the echo, and whether interference alone, is above the threshold.
    stray : [n, 3]
        Uniform in -1 .. 1: where within the gate a false alarm lies.
    """

    ids: Index
    present: Flags
    measured: Measured
    detected: Flags
    alarmed: Flags
    stray: Array


@dataclass(frozen=True)
class Outcome:
    """The outcome of n looks, and of the tracks.

    Attributes
    ----------
    result : [n]
        `DETECTED`, `MISSED` or `FALSE_ALARM`.
    started, found, lost : [target]
        Tracks that began, those among them of targets that had been lost, tracks that were lost.
    """

    result: Index
    started: Index
    found: Index
    lost: Index


class TrackManager:
    """The tracks of all targets of a network.

    Attributes
    ----------
    live : [target]
        Whether it has a track.
    followed : [target]
        Whether it has had one that was lost.
    """

    def __init__(self, tracker: Tracker, rules: Rules, side: Array, targets: int, *, steering: bool = True) -> None:
        self.tracker, self.rules, self.side, self.steering = tracker, rules, np.asarray(side, float), steering
        self._own_motion = bool(written(tracker, "predict"))  # else it is that of `position` and `spread`
        self.live, self.followed = np.zeros(0, bool), np.zeros(0, bool)
        self._mean, self._covariance = np.zeros((0, 4)), np.zeros((0, 4, 4))
        self._time, self._misses = np.zeros(0), np.zeros(0, np.int64)
        self._now = np.zeros((3, 3, 0))  # [power of time, xx or xy or yy, target], of the covariance of the position
        self.grow(targets)

    def __len__(self) -> int:
        return len(self.live)

    def grow(self, targets: int) -> None:
        """Make room for targets that have appeared."""
        new = targets - len(self)
        if new > 0:
            for name, value in vars(self).items():
                if isinstance(value, np.ndarray) and name not in ("side", "_now"):
                    setattr(self, name, np.concatenate([value, np.zeros((new, *value.shape[1:]), value.dtype)]))
            self._now = np.concatenate([self._now, np.zeros((3, 3, new))], axis=-1)

    def beliefs(self, ids: Index, time: float) -> Beliefs:
        """Return the filtered states at a time of targets ``ids`` [n]; zeros of those without a track."""
        live = self.live[ids]
        known = Beliefs(self._mean[ids[live]], self._covariance[ids[live]])
        found = Beliefs(np.zeros((len(ids), 4)), np.zeros((len(ids), 4, 4)))
        if len(known):
            since = time - self._time[ids[live]]
            now = checked(self.tracker, "predict", known, since)
            found.mean[live], found.covariance[live] = now.mean, now.covariance
        return found

    def position(self, time: float, ids: Index | slice = slice(None)) -> Array:
        """Return positions, m, [target, 2], that tracks predict for targets ``ids`` [target]; undefined without a
        track.
        """
        if self._own_motion:
            return self.beliefs(np.arange(len(self))[ids], time).mean[:, :2]
        mean = self._mean[ids]
        return np.asarray(mean[:, :2] + (time - self._time[ids])[:, None] * mean[:, 2:])

    def error(self, position: Array, time: float) -> Array:
        """Return the distance, m, [target], between positions [target, 2] and those that tracks predict."""
        step = self.position(time) - position
        step -= self.side * np.round(step / self.side)
        return np.asarray(np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2))

    def uncertainty(self, time: float, ids: Index | slice = slice(None)) -> Array:
        """Return the root mean square position error by the filter's covariance, m, [target]; infinite without a track.

        ``ids`` [target].
        """
        xx, _, yy = self.spread(time, ids)
        return np.where(self.live[ids], np.sqrt(np.maximum(xx + yy, 0.0)), np.inf)

    def spread(self, time: float, ids: Index | slice = slice(None)) -> Array:
        """Return the filter's covariance of the position as xx, xy and yy, m^2, [3, target], of targets ``ids``
        [target].
        """
        if self._own_motion:
            p = self.beliefs(np.arange(len(self))[ids], time).covariance
            return np.stack([p[:, 0, 0], p[:, 0, 1], p[:, 1, 1]])
        t, spread = time - self._time[ids], self._now[:, :, ids]
        found = spread[0] + t * (spread[1] + t * spread[2])
        found[::2] += self.tracker.acceleration * t**3 / 3
        return np.asarray(found)

    def coast(self, time: float) -> Index:
        """End tracks that have become too uncertain; return them, [track]."""
        lost = np.flatnonzero(self.live & (self.uncertainty(time) > self.rules.maximum_error))
        self._lose(lost)
        return lost

    def end(self, gone: Flags) -> None:
        """End the tracks of targets that have left, ``gone`` [target]."""
        self.live[gone] = False

    def look(self, looks: LookResults, time: float) -> Outcome:
        """Take looks into account: correct, begin and lose tracks."""
        ids, tracked = looks.ids, self.live[looks.ids]
        beliefs = self.beliefs(ids, time)
        measured = self._near(looks.measured, beliefs.mean[:, :2], tracked)
        inside = ~tracked | _inside(beliefs, measured, self.rules.gate)
        there = looks.present & inside & looks.detected
        alarm = ~(looks.present & inside) & looks.alarmed  # at an empty place: it has left, or strayed from its track
        seen = there | alarm
        self._correct(ids, beliefs, self._with_alarms(beliefs, measured, alarm, looks.stray), seen & tracked, time)
        self._misses[ids] = np.where(seen, 0, self._misses[ids] + 1)
        started = self._start(ids, measured, there & ~tracked, time)
        lost = ids[tracked & (self._misses[ids] >= self.rules.maximum_misses)]
        self._lose(lost)
        result = np.where(there, DETECTED, np.where(alarm, FALSE_ALARM, MISSED))
        return Outcome(result, started, started[self.followed[started]], lost)

    def _with_alarms(self, beliefs: Beliefs, measured: Measured, alarm: Flags, stray: Array) -> Measured:
        """Return what was measured, false alarms being anywhere in the gate."""
        if not alarm.any():
            return measured
        false = anywhere(beliefs, measured, stray * np.sqrt(_bounds(self.rules.gate)[3]))
        return Measured(measured.origin, np.where(alarm[:, None], false, measured.value), measured.variance)

    def _correct(self, ids: Index, beliefs: Beliefs, measured: Measured, rows: Flags, time: float) -> None:
        if rows.any():
            self._keep(ids[rows], checked(self.tracker, "update", beliefs[rows], measured[rows]), time)

    def _start(self, ids: Index, measured: Measured, rows: Flags, time: float) -> Index:
        """Begin tracks of what was detected without one."""
        started = ids[rows]
        if len(started):
            self._keep(started, checked(self.tracker, "start", measured[rows]), time)
            self.live[started] = True
        return started

    def _near(self, measured: Measured, position: Array, tracked: Flags) -> Measured:
        """Bring stations to the side of the torus on which the beliefs are."""
        way = measured.origin - position
        way -= self.side * np.round(way / self.side)
        return Measured(np.where(tracked[:, None], position + way, measured.origin), measured.value, measured.variance)

    def _keep(self, ids: Index, beliefs: Beliefs, time: float) -> None:
        mean = np.array(beliefs.mean)
        mean[:, :2] = np.mod(mean[:, :2], self.side)
        self._mean[ids], self._covariance[ids], self._time[ids] = mean, beliefs.covariance, time
        p = np.moveaxis(beliefs.covariance, 0, -1)
        self._now[0][:, ids] = p[0, 0], p[0, 1], p[1, 1]
        self._now[1][:, ids] = 2 * p[0, 2], p[0, 3] + p[1, 2], 2 * p[1, 3]
        self._now[2][:, ids] = p[2, 2], p[2, 3], p[3, 3]

    def _lose(self, ids: Index) -> None:
        self.live[ids], self.followed[ids], self._misses[ids] = False, True, 0


def checked(tracker: Tracker, method: str, *given: Any) -> Beliefs:
    """Return the checked result of a filter. Raises TrackerError, naming the filter."""
    name, count = f"tracker {type(tracker).__name__}", len(given[0])
    with blamed(lambda fault: TrackerError(f"{name}.{method} raised {fault}"), tracker):
        found = getattr(tracker, method)(*given)
    shapes = (np.shape(found.mean), np.shape(found.covariance)) if isinstance(found, Beliefs) else repr(found)
    if shapes != ((count, 4), (count, 4, 4)):
        raise TrackerError(f"{name}.{method} returned {shapes}, not beliefs of shapes {(count, 4)} and {(count, 4, 4)}")
    if not (np.isfinite(found.mean).all() and np.isfinite(found.covariance).all()):
        raise TrackerError(f"{name}.{method} returned beliefs that are no finite numbers")
    answer: Beliefs = found
    return answer


def _inside(beliefs: Beliefs, measured: Measured, gate: float) -> Flags:
    """Return whether measurements fall where they are expected with probability ``gate``, [n]."""
    apart, freedom = surprise(beliefs, measured, linear=False)
    return np.asarray(apart <= _bounds(gate)[freedom])


@lru_cache(maxsize=8)
def _bounds(gate: float) -> Array:
    """Return the quantiles of the chi-squared law with 0 .. 3 degrees of freedom."""
    return np.array([np.inf, *(2 * special.gammaincinv(k / 2, gate) for k in (1, 2, 3))])
