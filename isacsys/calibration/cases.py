"""The calibration cases, and the distance of the simulator from the companies' medians in each."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from isacsys.calibration import samples
from isacsys.calibration.full_cases import FULL_CASES, compare
from isacsys.calibration.judged import PERCENTILES, CaseComparison, Submitted, Tolerance
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

_HERE = files("isacsys.calibration")


@dataclass(frozen=True)
class Case:
    """A calibration case.

    Attributes
    ----------
    sample : callable
        Draws the metrics of a scenario, by name, each an array in dB.
    tolerance : mapping
        From metric to dB.
    submitted : str
        What the case is called where the companies' percentiles stand; empty: these are not shipped.
    """

    sample: Callable[[Scenario], Mapping[str, Array]]
    tolerance: Mapping[str, float | Tolerance]
    submitted: str = ""


_USERS = {"coupling_loss": 1.5, "wideband_sir": 1.0, "geometry_sinr": 1.5}
CASES: dict[str, Case] = {
    "uma-6ghz": Case(samples.users, _USERS, "UMa 6 GHz"), "uma-30ghz": Case(samples.users, _USERS),
    "umi-6ghz": Case(samples.users, _USERS, "UMi 6 GHz"), "umi-30ghz": Case(samples.users, _USERS),
    "isac-uav-6ghz": Case(samples.uav, {"coupling_loss": 0.5}, "UMa-AV UAV mono target 6 GHz"),
    "isac-uav-30ghz": Case(samples.uav, {"coupling_loss": 0.5}),
    "isac-uav-bistatic-6ghz": Case(samples.uav_bistatic, {"coupling_loss": 0.5}),
    "isac-uav-bistatic-30ghz": Case(samples.uav_bistatic, {"coupling_loss": 0.5}),
    "isac-background-6ghz": Case(samples.background, {"coupling_loss": 1.0}, "UMa-AV mono background 6 GHz"),
    "isac-background-30ghz": Case(samples.background, {"coupling_loss": 1.0}),
}


def calibrate(name: str, drops: int | None = None, seed: int | None = None) -> CaseComparison:
    """Simulate a case and compare it.

    Parameters
    ----------
    name : str
        One of `CASES` or `FULL_CASES`.
    drops, seed : int, optional
        Instead of those of the case.
    """
    if name in FULL_CASES:
        return compare(name, drops, seed)
    scenario, case = scenario_of(name), CASES[name]
    given = {"simulation.drops": drops, "simulation.seed": seed}
    found = case.sample(scenario.replace({key: value for key, value in given.items() if value is not None}))
    values = {metric: tuple(np.percentile(sample, PERCENTILES).round(3).tolist()) for metric, sample in found.items()}
    return CaseComparison(name, values, submitted(case.submitted) if case.submitted else {}, case.tolerance)


def scenario_of(name: str) -> Scenario:
    """Return the scenario of a case, which is shipped with the package."""
    return Scenario.from_toml(text_of(name))


def text_of(name: str) -> str:
    """Return the TOML of a case. Raises ConfigError for one that there is not."""
    if name in FULL_CASES:
        raise ConfigError("NAME", name, "a case with a scenario: the full ones have arrays and a layout of their own")
    if name not in CASES:
        raise ConfigError("NAME", name, f"one of {', '.join([*CASES, *FULL_CASES])}")
    return (_HERE / "cases" / f"{name}.toml").read_text(encoding="utf-8")


def submitted(case: str) -> dict[str, Submitted]:
    """Read what companies submitted for a case, by metric."""
    with (_HERE / "percentiles.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["scenario"] == case]
    return {metric: _submitted([row for row in rows if row["metric"] == metric])
            for metric in dict.fromkeys(row["metric"] for row in rows)}


def _submitted(rows: list[dict[str, str]]) -> Submitted:
    def column(key: str) -> tuple[float | None, ...]:
        found = {int(row["percentile"]): float(row[key]) for row in rows if row[key]}
        return tuple(found.get(p) for p in PERCENTILES)

    return Submitted(column("median_db"), column("p10_of_companies_db"), column("p90_of_companies_db"),
                     rows[0]["source"], int(rows[0]["companies"]))
