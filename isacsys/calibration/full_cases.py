"""The full calibration cases: R1-165975 (TR 38.900 V14 parameters) and R1-2509126 (TR 38.901 V19, section 7.9)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from isacsys.calibration import full, full_sensing
from isacsys.calibration.judged import PERCENTILES, CaseComparison, Submitted, Tolerance
from isacsys.core.arrays import Array

EVERY_FIFTH = tuple(range(5, 100, 5))
UNITS = {"delay_spread": "ns", "asd": "degree", "zsd": "degree", "asa": "degree", "zsa": "degree"}
_SPREAD, _INSIDE = Tolerance(relative=0.12, band=True), Tolerance(band=True)
_SINGULAR = dict.fromkeys(("singular_value_1", "singular_value_2", "singular_value_ratio"), Tolerance(absolute=1.5))
_OUTDOORS: dict[str, float | Tolerance] = {
    "coupling_loss": 1.5, "wideband_sir": 0.7, "coupling_loss_config2": 1.5, "wideband_sir_config2": 1.5,
    **dict.fromkeys(("asd", "zsd", "asa", "zsa"), _SPREAD), **_SINGULAR}
_SENSED: dict[str, float | Tolerance] = {
    "coupling_loss": 1.0, **dict.fromkeys(("delay_spread", "asd", "zsd", "asa", "zsa"), _INSIDE)}


@dataclass(frozen=True)
class FullCase:
    """A full calibration case.

    Attributes
    ----------
    sample : callable
        Draws the metrics of a drop, by name, from seed and number of the drop.
    drops : int
    tolerance : mapping
        Of the metrics that are judged.
    percentiles : tuple
    """

    sample: Callable[[int, int], Mapping[str, Array]]
    drops: int
    tolerance: Mapping[str, float | Tolerance]
    percentiles: tuple[int, ...] = PERCENTILES


def _users(environment: str, frequency: float, tolerance: Mapping[str, float | Tolerance]) -> FullCase:
    def sample(seed: int, drop: int) -> Mapping[str, Array]:
        return full.sample(full.LAYOUTS[environment], frequency, 14, 190, seed, drop)

    return FullCase(sample, 20, tolerance, EVERY_FIFTH)


def _uav(frequency: float, bistatic: bool) -> FullCase:
    return FullCase(lambda seed, drop: full_sensing.uav(frequency, bistatic, 50, seed, drop), 60, _SENSED)


def _background(frequency: float) -> FullCase:
    return FullCase(lambda seed, drop: full_sensing.background(frequency, 300, seed, drop), 40, _SENSED)


FULL_CASES: dict[str, FullCase] = {
    f"{name}-{gigahertz}ghz-full": case
    for gigahertz in (6, 30)
    for name, case in {
        "uma": _users("uma", gigahertz * 1e9, {**_OUTDOORS, "delay_spread": _INSIDE}),
        "umi": _users("umi", gigahertz * 1e9, {**_OUTDOORS, "delay_spread": Tolerance(relative=0.3, band=True)}),
        "inh": _users("inh", gigahertz * 1e9, {"coupling_loss": _INSIDE}),
        "isac-uav": _uav(gigahertz * 1e9, False), "isac-uav-bistatic": _uav(gigahertz * 1e9, True),
        "isac-background": _background(gigahertz * 1e9)}.items()}


def compare(name: str, drops: int | None = None, seed: int | None = None) -> CaseComparison:
    """Simulate a full case, and compare it where companies' figures are shipped."""
    case = FULL_CASES[name]
    found = [case.sample(1 if seed is None else seed, drop) for drop in range(drops or case.drops)]
    values = {metric: tuple(np.percentile(np.concatenate([one[metric] for one in found]), case.percentiles)
                            .round(4).tolist()) for metric in found[0]}
    theirs = {metric: one for metric, one in submitted(name, case.percentiles).items() if metric in case.tolerance}
    return CaseComparison(name, values, theirs, case.tolerance, case.percentiles, UNITS)


def submitted(name: str, percentiles: tuple[int, ...]) -> dict[str, Submitted]:
    """Read what companies submitted for a full case, by metric."""
    with (files("isacsys.calibration") / "full_percentiles.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["case"] == name]
    return {metric: _submitted([row for row in rows if row["metric"] == metric], percentiles)
            for metric in dict.fromkeys(row["metric"] for row in rows)}


def _submitted(rows: list[dict[str, str]], percentiles: tuple[int, ...]) -> Submitted:
    def column(key: str) -> tuple[float | None, ...]:
        found = {int(row["percentile"]): float(row[key]) for row in rows if row[key]}
        return tuple(found.get(p) for p in percentiles)

    mean = rows[0]["source"] == "R1-165975"
    return Submitted(column("value"), column("low"), column("high"), rows[0]["source"],
                     int(rows[0]["companies"] or 0), "mean" if mean else "median",
                     "lowest to highest" if mean else "10 to 90 %")
