"""The log of the events of a drop."""

from __future__ import annotations

import numpy as np
import simpy

from isacsys.core.arrays import Index
from isacsys.recording.base import Recorder
from isacsys.recording.schema import EVENTS


class EventLog:
    """Writes events at the simulated time at which they are noted, where everything is recorded."""

    def __init__(self, environment: simpy.Environment, recorder: Recorder, drop: int, frame_duration: float, *,
                 kept: bool) -> None:
        self._environment, self._recorder, self._drop, self._kept = environment, recorder, drop, kept
        self._frame_duration = frame_duration

    def note(self, event: str, count: int, subject: int | Index = -1) -> None:
        """Record an event that concerned ``count`` rows, or one event for each of an array ``subject`` [n].

        With a count of 0, nothing is recorded. A frame's own events have its number as subject.
        """
        if not self._kept or (count == 0 and event not in ("frame_start", "selection", "null_requests", "grants",
                                                           "frame_end")):
            return
        rows = np.size(subject)
        self._recorder.append("events", {
            "drop": self._drop, "time": np.full(rows, self._environment.now * self._frame_duration),
            "event": EVENTS.index(event), "subject": subject, "count": count})
