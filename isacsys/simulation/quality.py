"""What only a drop as a whole can tell: percentiles, fairness, delays, times between sensings."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array, Index
from isacsys.network import NetworkState
from isacsys.recording.schema import QUALITY
from isacsys.simulation.values import FrameRecord


class Quality:
    """Gathers, frame by frame, what the row of a drop says beyond sums.

    Parameters
    ----------
    users : int
        Their number.
    frames : int
        Frames in the drop; one alone says nothing of time.
    frame_duration : float
        Seconds.
    """

    def __init__(self, users: int, frames: int, frame_duration: float) -> None:
        self._frames, self._seconds = frames, frame_duration
        self._rate = np.zeros(users if frames > 1 else 0)
        self._wanted = np.zeros(len(self._rate), bool)  # who has had data waiting
        self._waiting: Index = np.empty(0, np.int64)
        self._sensed = np.empty(0, np.int64)  # frame in which each target was last sensed, -1 if never
        self._delays: list[Array] = []
        self._gaps: list[Array] = []
        self._counts = {"handovers": 0, "revisits": 0, "revisits_missed": 0}
        self._user_time = 0.0

    def frame(self, record: FrameRecord, state: NetworkState) -> None:
        """Take note of who was served and sensed."""
        if self._frames == 1:
            return
        self._rate[record.situation.selection.users.ids] += record.users.rate
        waiting = state.users.order
        if waiting is not self._waiting:  # the same array for as long as nothing changes
            self._wanted[waiting], self._waiting = True, waiting
        self._gap(record.situation.selection.targets.ids, record.situation.name.frame)

    def _gap(self, ids: Index, frame: int) -> None:
        if not len(ids):
            return
        new = max(int(ids.max()) + 1 - len(self._sensed), 0)
        self._sensed = np.concatenate([self._sensed, np.full(new, -1)])
        before = self._sensed[ids]
        self._gaps.append((frame - before)[before >= 0] * self._seconds)
        self._sensed[ids] = frame

    def delivered(self, delays: Array) -> None:
        """Take note of the delays of files."""
        self._delays.append(delays)

    def moved(self, user_time: float, handovers: int) -> None:
        """Take note of how long users moved, in all, and how often they changed their station."""
        self._user_time += user_time
        self._counts["handovers"] += handovers

    def kept(self, revisits: int) -> None:
        """Take note of revisits in time."""
        self._counts["revisits"] += revisits

    def missed(self, revisits: int) -> None:
        """Take note of missed revisits."""
        self._counts["revisits"] += revisits
        self._counts["revisits_missed"] += revisits

    def columns(self) -> dict[str, float]:
        """Return the columns of `schema.QUALITY`."""
        rate = self._rate[self._wanted] / self._frames
        delays, gaps = (np.concatenate([np.empty(0), *parts]) for parts in (self._delays, self._gaps))
        found = {
            **self._counts, "user_time": self._user_time,
            "rated": int(rate.any()), "cell_edge_rate": _percentile(rate, 5), "fairness": jain(rate),
            "files": len(delays), "file_delay": float(delays.sum()), "files_ranked": int(len(delays) > 0),
            "file_delay_95": _percentile(delays, 95),
            "sensing_gaps": len(gaps), "sensing_gap": float(gaps.sum()), "gaps_ranked": int(len(gaps) > 0),
            "sensing_gap_95": _percentile(gaps, 95)}
        return {column.name: found[column.name] for column in QUALITY}


def jain(rate: Array) -> float:
    """Jain's fairness index ``(sum r)^2 / (n sum r^2)``: 1 where all have the same, 1/n where one has everything."""
    return float(rate.sum() ** 2 / (len(rate) * np.sum(rate**2))) if rate.any() else 0.0


def _percentile(values: Array, percent: float) -> float:
    return float(np.percentile(values, percent)) if len(values) else 0.0
