"""Frames before the first that counts: simulated, and left out of every table and metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from isacsys.core.columns import Column
from isacsys.recording.base import Recorder

TIMES = {"events": "time", "files": "arrival"}  # columns of simulated time, s


class CountedRows:
    """A recorder that leaves out the rows of the first frames, and counts frames and times from the first that counts.

    Rows with a frame, and events, are selected by their time; others by whether frames count already. Where everybody
    is in the beginning is written always.

    Parameters
    ----------
    recorder : Recorder
    frames : int
        How many do not count.
    frame_duration : float
        s.

    Attributes
    ----------
    counting : bool
        Whether the frame that is on counts; the frame clock says so.
    """

    def __init__(self, recorder: Recorder, frames: int, frame_duration: float) -> None:
        self._recorder, self._frames, self._seconds = recorder, frames, frames * frame_duration
        self._tolerance, self.counting = frame_duration * 1e-6, frames == 0

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Write those of the rows ``columns`` [row] that are of frames after the warm-up."""
        if not self._frames:
            self._recorder.append(table, columns)
            return
        if "frame" in columns:
            kept = np.asarray(columns["frame"]) >= self._frames
            found = {**columns, "frame": np.asarray(columns["frame"]) - self._frames}
        elif table == "events":
            kept = np.asarray(columns["time"]) >= self._seconds - self._tolerance
            found = dict(columns)
        else:
            kept, found = np.asarray(self.counting or table.startswith(("positions/", "ids"))), dict(columns)
        if table in TIMES:
            found[TIMES[table]] = np.asarray(found[TIMES[table]]) - self._seconds
        if kept.all():
            self._recorder.append(table, found)
        elif kept.any():
            self._recorder.append(table, {name: np.asarray(values)[kept] if np.ndim(values) else values
                                          for name, values in found.items()})

    def declare(self, table: str, columns: Iterable[Column]) -> None:
        """Make columns known."""
        self._recorder.declare(table, columns)
