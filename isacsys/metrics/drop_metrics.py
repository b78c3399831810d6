"""Figures of a drop as a whole: percentiles, fairness, delays, times between sensings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.columns import RATE, count, real
from isacsys.metrics.base import Estimator, Metric
from isacsys.metrics.receiver_sums import ReceiverSums
from isacsys.network import NetworkState
from isacsys.services.frame_record import FrameRecord

_RANKED = "mean over drops"


class DropMetrics(Metric):
    """Gathers, frame by frame, what the row of a drop says beyond sums; processes tell it what happened.

    Percentiles are means over drops of each drop's own.

    Parameters
    ----------
    users : int
        Their number.
    frames : int
        Frames in the drop; one alone says nothing of time.
    frame_duration : float
        Seconds.
    """

    drop_columns = (
        count("rated", "1 where users were followed over several frames"),
        real("cell_edge_rate", RATE, "5th percentile, over users who had data, of their mean rate over all frames "
             "in which they are there"),
        real("fairness", "1", "Jain's index of these mean rates"),
        count("files", "files delivered"),
        real("file_delay", "s", "sum of their delays, from arrival to delivery"),
        count("files_ranked", "1 where a file was delivered"),
        real("file_delay_95", "s", "95th percentile of the delays"),
        real("user_time", "s", "time that users moved for, summed over users"),
        count("handovers", "handovers of users"),
        count("ping_pongs", "handovers back to the station left within mobility.ping_pong_time", optional=True),
        count("sensing_gaps", "times between two sensings of a target"),
        real("sensing_gap", "s", "their sum"),
        count("gaps_ranked", "1 where a target was sensed twice"),
        real("sensing_gap_95", "s", "95th percentile of the times"),
        count("revisits", "revisits of targets that fell due: made in time or missed"),
        count("revisits_missed", "revisits that were missed"),
    )
    estimates = (
        Estimator("cell_edge_rate", {"cell_edge_rate": 1, "rated": -1}, RATE, "5th percentile over users of their mean "
                  f"rate over the frames of a drop, {_RANKED}", "rated"),
        Estimator("fairness", {"fairness": 1, "rated": -1}, "1", f"Jain's index of these mean rates, {_RANKED}",
                  "rated"),
        Estimator("file_delay", {"file_delay": 1, "files": -1}, "s", "mean delay of files delivered", "files"),
        Estimator("file_delay_95", {"file_delay_95": 1, "files_ranked": -1}, "s", f"95th percentile, {_RANKED}",
                  "files"),
        Estimator("handover_rate", {"handovers": 1, "user_time": -1}, "1/s", "handovers per user and second",
                  "user_time"),
        Estimator("ping_pong_share", {"ping_pongs": 1, "handovers": -1}, "1",
                  "share of handovers that lead back within mobility.ping_pong_time", "handovers"),
        Estimator("time_between_sensings", {"sensing_gap": 1, "sensing_gaps": -1}, "s",
                  "mean time between two sensings of a target", "sensing_gaps"),
        Estimator("time_between_sensings_95", {"sensing_gap_95": 1, "gaps_ranked": -1}, "s",
                  f"95th percentile, {_RANKED}", "sensing_gaps"),
        Estimator("missed_revisits_fraction", {"revisits_missed": 1, "revisits": -1}, "1",
                  "revisits of targets that were missed / that fell due", "revisits"),
    )

    def __init__(self, users: int, frames: int, frame_duration: float) -> None:
        self._frames, self._seconds = frames, frame_duration
        self._users = ReceiverSums(users if frames > 1 else 0)
        self._wanted = np.zeros(users if frames > 1 else 0, bool)  # who has had data waiting
        self._waiting: Index = np.empty(0, np.int64)
        self._sensed = np.empty(0, np.int64)  # frame in which each target was last sensed, -1 if never
        self._delays: list[Array] = []
        self._gaps: list[Array] = []
        self._counts = {"handovers": 0, "ping_pongs": 0, "revisits": 0, "revisits_missed": 0}
        self._user_time = 0.0
        self._present: Index | None = None  # frames in which each user was there, where some come and go

    def there(self, who: Flags) -> None:
        """Count the users present in a frame, ``who`` [user], where users come and go."""
        self._present = who.astype(np.int64) if self._present is None else self._present + who

    def sums(self, record: FrameRecord) -> Mapping[str, float]:
        """Return nothing: all of it is of a drop as a whole."""
        return {}

    def frame(self, record: FrameRecord, state: NetworkState) -> None:
        """Count who was served and sensed."""
        if self._frames == 1:
            return
        self._users.add(record.frame_state.selection.users.ids, rate=record.users.rate)
        waiting = state.users.order
        if waiting is not self._waiting:  # the same array for as long as nothing changes
            self._wanted[waiting], self._waiting = True, waiting
        self._gap(record.frame_state.selection.targets.ids, record.frame_state.name.frame)

    def _gap(self, ids: Index, frame: int) -> None:
        if not len(ids):
            return
        new = max(int(ids.max()) + 1 - len(self._sensed), 0)
        self._sensed = np.concatenate([self._sensed, np.full(new, -1)])
        before = self._sensed[ids]
        self._gaps.append((frame - before)[before >= 0] * self._seconds)
        self._sensed[ids] = frame

    def delivered(self, delays: Array) -> None:
        """Add the ``delays`` [file] of files, s."""
        self._delays.append(delays)

    def moved(self, user_time: float, handovers: int, ping_pongs: int = 0) -> None:
        """Add how long users moved, in all, how often they changed their station, and returned before long."""
        self._user_time += user_time
        self._counts["handovers"] += handovers
        self._counts["ping_pongs"] += ping_pongs

    def kept(self, revisits: int) -> None:
        """Count revisits in time."""
        self._counts["revisits"] += revisits

    def missed(self, revisits: int) -> None:
        """Count missed revisits."""
        self._counts["revisits"] += revisits
        self._counts["revisits_missed"] += revisits

    def drop(self) -> dict[str, float]:
        """Return `drop_columns`."""
        frames = self._frames if self._present is None else np.maximum(self._present[self._wanted], 1)
        rate = self._users["rate"][self._wanted] / frames
        delays, gaps = (np.concatenate([np.empty(0), *parts]) for parts in (self._delays, self._gaps))
        return {
            **self._counts, "user_time": self._user_time,
            "rated": int(rate.any()), "cell_edge_rate": _percentile(rate, 5), "fairness": jain(rate),
            "files": len(delays), "file_delay": float(delays.sum()), "files_ranked": int(len(delays) > 0),
            "file_delay_95": _percentile(delays, 95),
            "sensing_gaps": len(gaps), "sensing_gap": float(gaps.sum()), "gaps_ranked": int(len(gaps) > 0),
            "sensing_gap_95": _percentile(gaps, 95)}

def jain(rate: Array) -> float:
    """Return Jain's fairness index ``(sum r)^2 / (n sum r^2)`` of ``rate`` [user]: 1 if all are equal, 1/n if one has
    all.
    """
    return float(rate.sum() ** 2 / (len(rate) * np.sum(rate**2))) if rate.any() else 0.0


def _percentile(values: Array, percent: float) -> float:
    return float(np.percentile(values, percent)) if len(values) else 0.0
