"""Presence over time of users and targets that come and go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Flags
from isacsys.core.frames import in_frames
from isacsys.network.given_cells import given_people
from isacsys.network.receivers import ReceiverType
from isacsys.network.trajectories import roles, trace_rows


@dataclass(frozen=True)
class Presence:
    """First and last frame, both included, of those whose file says it.

    Attributes
    ----------
    first, last : [n]
        In frames, not whole ones. Others, who come later, are always there.
    """

    first: Array
    last: Array

    def at(self, frame: float, count: int) -> Flags:
        """Return who of ``count`` is present in a frame, [count]."""
        there = np.ones(count, bool)
        there[:len(self.first)] = (self.first <= frame) & (frame <= self.last)
        return there


def presence(scenario: Scenario, kind: ReceiverType) -> Presence | None:
    """Return who is there when; None where all of a kind are always there."""
    frame = scenario.simulation.frame_duration
    if kind in roles(scenario):
        rows = trace_rows(scenario, kind)
        first = np.unique(rows[:, 0], return_index=True)[1]
        time = in_frames(rows[:, 1], frame)
        return Presence(time[first], time[np.append(first[1:], len(rows)) - 1])
    people = given_people(scenario, kind)
    if people is None or not people[0].come_and_go:
        return None
    start, end = np.nan_to_num(people[0].start), np.nan_to_num(people[0].end, nan=np.inf)
    return Presence(in_frames(start, frame), in_frames(end, frame))


def come_and_go(scenario: Scenario) -> bool:
    """Return whether users or targets come and go."""
    return any(presence(scenario, kind) is not None for kind in ReceiverType)
