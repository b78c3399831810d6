"""Quality of tracks: errors, always with the number of targets that have one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.columns import count, real
from isacsys.metrics.base import Estimator, Metric
from isacsys.sensing.requirements import CATEGORIES, CONFIDENCE
from isacsys.services.frame_record import FrameRecord, TrackFrame

_EDGES = np.geomspace(1e-3, 1e6, 4501)  # m; errors are counted between them, each 0.5 % wide


class TrackMetrics(Metric):
    """Tracks: errors, losses, availability, and the targets that are followed as a category of TS 22.137 asks.

    A target counts as followed as category c asks if it was where its track said, within the horizontal error, in 95 %
    of the frames in which it was there, and its looks were as frequent, and as often detections, as the category wants.
    """

    columns = (
        count("detections", "looks that detected their target"),
        count("misses", "looks that did not"),
        count("false_alarms", "looks that detected something else: at an empty place"),
        count("target_frames", "targets that are there, summed over frames"),
        count("track_frames", "those of them that have a track"),
        real("track_square_error", "m^2", "sum over them of the squared position error"),
        count("tracks_started", "tracks that began"),
        count("tracks_found", "those of them of targets that had been lost"),
        count("tracks_lost", "tracks that were lost"),
    )
    drop_columns = (
        count("tracks_ranked", "1 where there was a track"),
        real("track_position_error_95", "m", "95th percentile of position errors, over tracks and frames"),
        count("targets_judged", "targets that were there"),
        *(count(f"category_{c.name}_targets", f"targets followed as category {c.name} of TS 22.137 asks")
          for c in CATEGORIES),
    )
    estimates = (
        Estimator("track_position_error", {"track_square_error": 0.5, "track_frames": -0.5}, "m",
                  "root mean square position error of live tracks; see track_availability", "target_frames"),
        Estimator("track_position_error_95", {"track_position_error_95": 1, "tracks_ranked": -1}, "m",
                  "95th percentile, mean over drops", "target_frames"),
        Estimator("track_availability", {"track_frames": 1, "target_frames": -1}, "1",
                  "share of targets with a live track", "target_frames"),
        Estimator("track_lost_fraction", {"tracks_lost": 1, "tracks_started": -1}, "1", "tracks lost / begun",
                  "target_frames"),
        Estimator("miss_fraction", {"misses": 1, "looks": -1}, "1", "looks without a detection / looks",
                  "target_frames"),
        Estimator("false_alarm_fraction", {"false_alarms": 1, "looks": -1}, "1", "false alarms / looks",
                  "target_frames"),
        *(Estimator(f"category_{c.name}_followed", {f"category_{c.name}_targets": 1, "targets_judged": -1}, "1",
                    f"share of targets that are followed as the position part of category {c.name} of TS 22.137 asks",
                    "target_frames") for c in CATEGORIES),
    )

    def __init__(self) -> None:
        self._histogram = np.zeros(len(_EDGES) + 1, np.int64)
        self._frames, self._within = np.zeros(0, np.int64), np.zeros((len(CATEGORIES), 0), np.int64)
        self._looks, self._missed = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._duration, self._false_alarm = 0.0, 0.0

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether targets are tracked."""
        return scenario.tracking.enabled

    def sums(self, record: FrameRecord) -> Mapping[str, float]:
        """Count."""
        tracks, scenario = record.tracks, record.frame_state.scenario
        if tracks is None:
            raise ValueError("no tracks in the record of a frame")
        self._duration, self._false_alarm = scenario.simulation.frame_duration, scenario.false_alarm
        error = tracks.error[tracks.live]
        self._histogram += np.bincount(np.searchsorted(_EDGES, error), minlength=len(self._histogram))
        self._judge(record.frame_state.selection.targets.ids, tracks)
        return {"detections": _number(tracks.result == 1), "misses": _number(tracks.result == 0),
                "false_alarms": _number(tracks.result == -1), "target_frames": _number(tracks.present),
                "track_frames": len(error), "track_square_error": float(error @ error),
                "tracks_started": tracks.started, "tracks_found": tracks.found, "tracks_lost": tracks.lost}

    def _judge(self, looked: Index, tracks: TrackFrame) -> None:
        new = len(tracks.present) - len(self._frames)
        if new:
            self._frames, self._looks, self._missed = (
                np.pad(x, (0, new)) for x in (self._frames, self._looks, self._missed))
            self._within = np.pad(self._within, ((0, 0), (0, new)))
        self._frames += tracks.present
        for count_, category in zip(self._within, CATEGORIES, strict=True):
            count_ += tracks.live & (tracks.error <= category.horizontal)
        self._looks[looked] += 1
        self._missed[looked] += tracks.result != 1

    def drop(self) -> Mapping[str, float]:
        """Return percentiles, and how many targets meet each category."""
        there = self._frames > 0
        return {"tracks_ranked": int(self._histogram.any()), "track_position_error_95": self._percentile(95),
                "targets_judged": _number(there),
                **{f"category_{c.name}_targets": _number(there & self._meets(k)) for k, c in enumerate(CATEGORIES)}}

    def _meets(self, number: int) -> Flags:
        category = CATEGORIES[number]
        detected = self._looks - self._missed
        good = self._within[number] >= CONFIDENCE * self._frames
        good &= self._missed <= category.missed_detection * self._looks
        good &= self._frames * self._duration <= category.refresh * np.maximum(detected, 0) * (1 + 1e-9)
        return np.asarray(good & (self._false_alarm <= category.false_alarm))

    def _percentile(self, percent: float) -> float:
        total: Array = np.cumsum(self._histogram).astype(float)
        if not total[-1]:
            return 0.0
        place = int(np.searchsorted(total, percent / 100 * total[-1]))
        return float(np.sqrt(_EDGES[max(place - 1, 0)] * _EDGES[min(place, len(_EDGES) - 1)]))


def _number(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
