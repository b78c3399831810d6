"""The cases there are, and how far the simulator is from the companies' medians in each."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import numpy as np

from isacsys.calibration import samples
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

PERCENTILES = (1, 2, 5, *range(10, 100, 10), 95, 98, 99)
JUDGED = (10, 90)  # percentiles between which agreement counts
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
    tolerance: Mapping[str, float]
    submitted: str = ""


_USERS = {"coupling_loss": 1.5, "wideband_sir": 1.0, "geometry_sinr": 1.5}
CASES: dict[str, Case] = {
    "uma-6ghz": Case(samples.users, _USERS, "UMa 6 GHz"),
    "uma-30ghz": Case(samples.users, _USERS),
    "umi-6ghz": Case(samples.users, _USERS, "UMi 6 GHz"),
    "umi-30ghz": Case(samples.users, _USERS),
    "isac-uav-6ghz": Case(samples.uav, {"coupling_loss": 0.5}, "UMa-AV UAV mono target 6 GHz"),
    "isac-uav-30ghz": Case(samples.uav, {"coupling_loss": 0.5}),
    "isac-uav-bistatic-6ghz": Case(samples.uav_bistatic, {"coupling_loss": 0.5}),
    "isac-uav-bistatic-30ghz": Case(samples.uav_bistatic, {"coupling_loss": 0.5}),
    "isac-background-6ghz": Case(samples.background, {"coupling_loss": 1.0}, "UMa-AV mono background 6 GHz"),
    "isac-background-30ghz": Case(samples.background, {"coupling_loss": 1.0}),
}


@dataclass(frozen=True)
class Submitted:
    """What companies submitted for a metric, dB: their median, and that of the lowest and highest tenth of them."""

    median: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    source: str
    companies: int


@dataclass(frozen=True)
class CaseComparison:
    """A case as simulated, beside what was submitted.

    Attributes
    ----------
    name : str
    values : mapping
        From metric to its `PERCENTILES`, dB.
    submitted : mapping
        From metric to what companies have; empty where it is not shipped.
    tolerance : mapping
        dB.
    """

    name: str
    values: Mapping[str, tuple[float, ...]]
    submitted: Mapping[str, Submitted]
    tolerance: Mapping[str, float]

    def largest_difference(self, metric: str) -> float | None:
        """Return the difference from the median of companies, dB, that is largest between the `JUDGED` percentiles."""
        if metric not in self.submitted:
            return None
        pairs = [(mine, theirs) for p, mine, theirs in zip(PERCENTILES, self.values[metric],
                                                           self.submitted[metric].median, strict=True)
                 if theirs is not None and JUDGED[0] <= p <= JUDGED[1]]
        return max((mine - theirs for mine, theirs in pairs), key=abs)

    @cached_property
    def within(self) -> bool | None:
        """Whether every metric is within its tolerance; None where nothing was submitted."""
        found = [(self.largest_difference(metric), self.tolerance[metric]) for metric in self.submitted]
        return all(abs(d) <= limit for d, limit in found if d is not None) if found else None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"name": self.name, "within": self.within, "metrics": {
            metric: {"percentiles": list(PERCENTILES), "values": list(values),
                     "reference": list(self.submitted[metric].median) if metric in self.submitted else None}
            for metric, values in self.values.items()}}


def calibrate(name: str, drops: int | None = None, seed: int | None = None) -> CaseComparison:
    """Simulate a case and compare it.

    Parameters
    ----------
    name : str
        One of `CASES`.
    drops, seed : int, optional
        Instead of those of the case.
    """
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
    if name not in CASES:
        raise ConfigError("NAME", name, f"one of {', '.join(CASES)}")
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
