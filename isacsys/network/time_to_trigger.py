"""Time to trigger: how long another station must be better before a handover."""

from __future__ import annotations

import math

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Flags, Index
from isacsys.core.frames import in_frames


class TimeToTrigger:
    """Lets a handover happen when one station has been better, by more than the hysteresis, for a time on end.

    As of event A3 of TS 38.331: the time runs anew where another station becomes the best, and where the best is no
    longer better. Without a time, a user or target with a better station changes at once.

    Parameters
    ----------
    scenario : Scenario
    """

    def __init__(self, scenario: Scenario) -> None:
        time = in_frames(scenario.mobility.time_to_trigger, scenario.simulation.frame_duration)
        self.frames = math.ceil(float(time) - 1e-9)
        self._now, self._candidate, self._since = 0, np.empty(0, np.int64), np.empty(0, np.int64)

    def tick(self, count: int) -> None:
        """Begin another frame with so many users, or targets."""
        self._now += 1
        new = count - len(self._candidate)
        if self.frames and new > 0:
            self._candidate = np.concatenate([self._candidate, np.full(new, -1)])
            self._since = np.concatenate([self._since, np.zeros(new, np.int64)])

    def ripe(self, rows: Index, best: Index, better: Flags) -> Flags:
        """Return who of ``rows`` [n] changes now, [n], to stations ``best`` [n], where these are ``better`` [n] by
        enough.
        """
        if not self.frames:
            return better
        begun = better & (self._candidate[rows] != best)
        self._candidate[rows] = np.where(better, best, -1)
        self._since[rows[begun]] = self._now
        ripe = np.asarray(better & (self._now - self._since[rows] >= self.frames))
        self._candidate[rows[ripe]] = -1
        return ripe

    def waiting(self, rows: Index) -> Flags:
        """Return for whom of ``rows`` [n] the time to trigger runs, [n]."""
        return np.asarray(self._candidate[rows] >= 0) if self.frames else np.zeros(len(rows), bool)


class PingPongs:
    """Counts handovers back to the station left not long before.

    Parameters
    ----------
    scenario : Scenario
    """

    def __init__(self, scenario: Scenario) -> None:
        self._frames = float(in_frames(scenario.mobility.ping_pong_time, scenario.simulation.frame_duration))
        self._left, self._when = np.empty(0, np.int64), np.empty(0)

    def count(self, now: float, changed: Index, before: Index, after: Index, users: int) -> int:
        """Return how many of those who ``changed`` [n] at frame ``now`` from ``before`` [n] to ``after`` [n] have
        returned.
        """
        new = users - len(self._left)
        if new > 0:
            self._left = np.concatenate([self._left, np.full(new, -1)])
            self._when = np.concatenate([self._when, np.full(new, -np.inf)])
        back = (self._left[changed] == after) & (now - self._when[changed] <= self._frames + 1e-9)
        self._left[changed], self._when[changed] = before, now
        return int(np.count_nonzero(back))
