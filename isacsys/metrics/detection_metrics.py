"""How well targets are sensed, look by look: detection, accuracy, and who meets TS 22.137."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.core.columns import count, real
from isacsys.core.drop_parts import Total
from isacsys.metrics.base import Estimator, Metric
from isacsys.network.receivers import ReceiverType
from isacsys.sensing.requirements import CATEGORIES, NOT_JUDGED, met
from isacsys.services.frame_record import FrameRecord

_BOUNDS = {"range": "m", "bearing": "rad", "velocity": "m/s", "position": "m"}
_PERCENTILES = {"": 50, "_90": 90}
_JUDGED = f"horizontal position at 95 %, refresh, missed detection, false alarm; not judged: {', '.join(NOT_JUDGED)}"


def _name(bound: str, suffix: str) -> str:
    return f"{bound}_error{suffix}"


class DetectionMetrics(Metric):
    """Looks at targets: how many are detected, how accurate they are, how many meet a category of TS 22.137.

    Percentiles of the bounds are means over drops of each drop's own; mean squares would diverge at endfire.
    """

    columns = (
        real("detections_expected", "1", "sum of the detection probabilities of scheduled targets"),
        count("looks", "looks at targets"),
        *(count(f"category_{c.name}_looks", f"looks that meet the position part of category {c.name} of TS 22.137")
          for c in CATEGORIES),
    )
    drop_columns = tuple(column for bound, unit in _BOUNDS.items() for column in (
        count(f"{bound}_errors", f"1 where there is a 90th percentile of the bounds of the {bound}"),
        *(real(_name(bound, suffix), unit, f"{percent}th percentile of the bounds of the {bound}, over looks")
          for suffix, percent in _PERCENTILES.items())))
    estimates = (
        Estimator("detection_probability", {"detections_expected": 1, "looks": -1}, "1",
                  "mean probability that a scheduled target is detected", "looks"),
        *(Estimator(_name(bound, suffix), {_name(bound, suffix): 1, f"{bound}_errors": -1}, unit,
                    f"{'median' if percent == 50 else f'{percent}th percentile'} over looks of the Cramer-Rao bound of "
                    f"the {bound}, mean over drops", "looks")
          for bound, unit in _BOUNDS.items() for suffix, percent in _PERCENTILES.items()),
        *(Estimator(f"category_{c.name}_share", {f"category_{c.name}_looks": 1, "looks": -1}, "1",
                    f"share of looks that meet category {c.name} of TS 22.137: {_JUDGED}", "looks")
          for c in CATEGORIES),
    )

    def __init__(self) -> None:
        self._bounds: dict[str, list[Array]] = {bound: [] for bound in _BOUNDS}
        self._rows: list[Index] = []  # where the looks of every drop begin, of every entry of these
        self._last = np.empty(0)  # frame of the last look at every target

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether detection is configured."""
        return scenario.detecting

    def sums(self, record: FrameRecord) -> Mapping[str, Total]:
        """Count."""
        links, more = record.frame_state.selection.targets, record.targets.more
        if not len(links):
            return {column.name: 0 for column in self.columns}
        for bound, parts in self._bounds.items():
            parts.append(np.asarray(more[_name(bound, "")]))
        self._rows.append(record.rows(ReceiverType.TARGET))
        scenario = record.frame_state.scenario
        since = self._since(links.ids, record.frame_state.name.frame) * scenario.simulation.frame_duration
        across = _across(record)
        return {"detections_expected": record.sums(ReceiverType.TARGET, more["detection_probability"])[0],
                "looks": record.count(links.station), **{
            f"category_{c.name}_looks": record.count(links.station, met(
                c, more["detection_probability"], scenario.false_alarm, more["range_error"], across, since))
            for c in CATEGORIES}}

    def _since(self, ids: Index, frame: int) -> Array:
        """Return the frames since the previous look, NaN for a first one."""
        new = max(int(ids.max()) + 1 - len(self._last), 0)
        self._last = np.concatenate([self._last, np.full(new, np.nan)])
        since = frame - self._last[ids]
        self._last[ids] = frame
        return since

    def part(self, drop: int) -> DetectionMetrics:
        """Return what it knows of one of several drops."""
        found = DetectionMetrics()
        for bound, parts in self._bounds.items():
            found._bounds[bound] = [values[a:b] for values, (a, b) in zip(
                parts, (rows[drop:drop + 2] for rows in self._rows), strict=True)]
        return found

    def drop(self) -> Mapping[str, float]:
        """Return percentiles, those of a bound that is infinite too often left out."""
        found: dict[str, float] = {}
        for bound, parts in self._bounds.items():
            values = np.sort(np.concatenate([np.empty(0), *parts]))
            told = len(values) > 0 and bool(np.isfinite(values[int(np.ceil(0.9 * (len(values) - 1)))]))
            found[f"{bound}_errors"] = int(told)
            for suffix, percent in _PERCENTILES.items():
                found[_name(bound, suffix)] = float(_percentile(values, percent)) if told else 0.0
        return found


def _across(record: FrameRecord) -> Array:
    """Return bounds of the position across the line of sight, [link]; where some of a drop have no range, all of it."""
    station, more = record.frame_state.selection.targets.station, record.targets.more
    endless = record.count(station, ~np.isfinite(more["range_error"]))
    if not np.any(endless):
        return np.asarray(np.sqrt(np.maximum(more["position_error"] ** 2 - more["range_error"] ** 2, 0)))
    parts = record.frame_state.name.parts
    if parts is None:
        return np.asarray(more["position_error"], float)
    with np.errstate(invalid="ignore"):
        across = np.sqrt(np.maximum(more["position_error"] ** 2 - more["range_error"] ** 2, 0))
    return np.asarray(np.where(np.asarray(endless)[parts.drop[station]] > 0, more["position_error"], across), float)


def _percentile(values: Array, percent: float) -> float:
    """Return the percentile of sorted values, of which only the largest may be infinite."""
    place = percent / 100 * (len(values) - 1)
    low, high = values[int(np.floor(place))], values[int(np.ceil(place))]
    return float(low if low == high else low + (high - low) * (place - np.floor(place)))
