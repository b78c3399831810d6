"""Looks at targets compared with the analysis: detection, and the medians of the bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isacsys.analysis.detection_values import CERTAIN, left_out_of_looks, look_values
from isacsys.campaign import Run
from isacsys.campaign.estimates import Linearised, linearise
from isacsys.core.arrays import Array, Table
from isacsys.metrics import Estimator
from isacsys.validation.ladder import blind_policies, small_torus
from isacsys.validation.measured import standard_error
from isacsys.validation.verdicts import Judged, Quantity, judge

SEEN = 30  # looks of the rarer kind, detected or missed, without which an estimated standard error means nothing
UNITS = {"detection_probability": "1", "detected_share": "1", "range_error": "m", "bearing_error": "rad",
         "velocity_error": "m/s", "position_error": "m"}


def looks(run: Run, names: tuple[str, ...], settings: Mapping[str, Any], tolerance: float) -> list[Quantity]:
    """Return every named figure of looks at typical targets, where the run has recorded its links.

    A median is judged by the share of looks below the exact one, against one half.
    """
    scenario = run.scenario
    if not (names and scenario.detecting and "links/sensing" in run.tables):
        return []
    table, exact = run.table("links/sensing"), look_values(scenario)
    if not len(table["weight"]):
        return []
    left = left_out_of_looks(scenario) + blind_policies(run) + small_torus(scenario)
    found = []
    for name in names:
        expected = getattr(exact, name) if exact else None
        if name == "position_error" and not expected:
            continue  # of one station there is no formula
        simulated, share, against = _simulated(run, table, name, expected)
        if simulated is None:
            continue
        rare = min(against, 1 - against) * len(table["weight"]) / scenario.simulation.frames
        judged = _judge(run, share, against, left, tolerance)
        if judged.agrees is False and rare < SEEN:
            judged = Judged(None, judged.standard_errors, f"not judged: {rare:.2g} looks of the rarer kind are to be "
                            f"expected, fewer than {SEEN}")
        found.append(Quantity(
            name=name, unit=UNITS[name], settings=settings, simulation=simulated,
            half_width=share.half_width if name in ("detection_probability", "detected_share") else None,
            exact_measured=expected, exact_nominal=expected, refused=run["null_refused_fraction"].mean,
            standard_errors=judged.standard_errors, agrees=judged.agrees, verdict=judged.words))
    return found


def _simulated(run: Run, table: Table, name: str, expected: float | None) -> tuple[float | None, Linearised, float]:
    """Return a figure, the mean that it is judged by, and what that should be."""
    if name == "detection_probability":
        share = _typical(run, table, table["detection_probability"])
        return share.value, share, expected or 0.0
    if name == "detected_share":
        share = _typical(run, table, (table["detection_probability"] >= CERTAIN).astype(float))
        steady = run.scenario.sensing.fluctuation == "none"  # else of single RCS, not of their mean
        return share.value if steady else None, share, expected or 0.0
    values = table[name]
    median = _median(values, table["weight"])
    share = _typical(run, table, (values <= (median if expected is None else expected)).astype(float))
    return (median if np.isfinite(median) else None), share, 0.5


def _typical(run: Run, table: Table, values: Array) -> Linearised:
    """Return the mean over typical targets of something of every link."""
    drops = run.table("drops")
    order = np.argsort(drops["drop"], kind="stable")
    place = order[np.searchsorted(drops["drop"], table["drop"], sorter=order)]
    total = np.bincount(place, table["weight"] * values, len(order)).astype(float)
    return linearise(run.scenario, {**drops, "value": total},
                     Estimator("value", {"value": 1, "sensing_weight": -1}, "1", "a mean over typical targets"))


def _median(values: Array, weight: Array) -> float:
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)]) if len(values) else float("nan")


def _judge(run: Run, share: Linearised, against: float, left: list[str], tolerance: float) -> Judged:
    if left:
        return Judged(None, None, f"not comparable: the analysis leaves out {'; '.join(left)}")
    if share.value is None:
        return Judged(None, None, "not judged: there are no looks")
    refused = sum(run[name].mean or 0.0 for name in ("null_refused_fraction", "null_late_fraction"))
    judged = judge(share.value - against, against, standard_error(share), tolerance, run.drops)
    if refused > 0 and judged.agrees is False:
        return Judged(None, judged.standard_errors, f"not judged: {judged.words.partition(': ')[2]}, but some requests "
                      "were refused, for whose cost there is no formula")
    return judged
