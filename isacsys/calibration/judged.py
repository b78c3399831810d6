"""Simulated values of a case beside those that companies submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from isacsys.core.arrays import Array

PERCENTILES = (1, 2, 5, *range(10, 100, 10), 95, 98, 99)
JUDGED = (10, 90)  # percentiles between which agreement counts


@dataclass(frozen=True)
class Submitted:
    """What companies submitted for a metric: their median or mean, and a band of them, at the case's percentiles.

    Attributes
    ----------
    median : [percentile]
        Or the mean, where ``centre`` says so.
    low, high : [percentile]
        Of the lowest and highest tenth of companies, or of the lowest and highest company.
    source, centre, band : str
    companies : int
    """

    median: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    source: str
    companies: int
    centre: str = "median"
    band: str = "10 to 90 %"


@dataclass(frozen=True)
class Tolerance:
    """How far a percentile may be off: any of these will do.

    Attributes
    ----------
    absolute : float
        In the metric's unit.
    relative : float
        Share of what companies have.
    band : bool
        Whether it will do to be within the band of companies.
    """

    absolute: float = 0.0
    relative: float = 0.0
    band: bool = False

    def __str__(self) -> str:
        parts = [f"{self.absolute:g}" * (self.absolute > 0), f"{100 * self.relative:g} %" * (self.relative > 0),
                 "within the band" * self.band]
        return " or ".join(part for part in parts if part)

    def allows(self, mine: float, theirs: Submitted, i: int) -> bool:
        """Return whether ``mine`` is near enough to what companies have at percentile number ``i``."""
        centre, low, high = theirs.median[i], theirs.low[i], theirs.high[i]
        if centre is None:
            return True
        inside = self.band and low is not None and high is not None and low <= mine <= high
        return inside or abs(mine - centre) <= max(self.absolute, self.relative * abs(centre))


@dataclass(frozen=True)
class CaseComparison:
    """A case as simulated, beside what was submitted.

    Attributes
    ----------
    name : str
    values : mapping
        From metric to its percentiles.
    submitted : mapping
        From metric to what companies have; empty where it is not shipped.
    tolerance : mapping
        From metric to a `Tolerance`, or a number in the metric's unit.
    percentiles : tuple
    units : mapping
        From metric to its unit; dB where it has none.
    """

    name: str
    values: Mapping[str, tuple[float, ...]]
    submitted: Mapping[str, Submitted]
    tolerance: Mapping[str, float | Tolerance]
    percentiles: tuple[int, ...] = PERCENTILES
    units: Mapping[str, str] = field(default_factory=dict)

    def unit(self, metric: str) -> str:
        """Return the unit of a metric."""
        return self.units.get(metric, "dB")

    def allowed(self, metric: str) -> Tolerance:
        """Return the tolerance of a metric."""
        found = self.tolerance[metric]
        return found if isinstance(found, Tolerance) else Tolerance(absolute=found)

    def largest_difference(self, metric: str) -> float | None:
        """Return the difference from companies that is largest between the `JUDGED` percentiles, in the unit."""
        if metric not in self.submitted:
            return None
        theirs = self.submitted[metric].median
        pairs = [(self.values[metric][i], centre) for i in self._judged if (centre := theirs[i]) is not None]
        return max((mine - centre for mine, centre in pairs), key=abs)

    def metric_within(self, metric: str) -> bool:
        """Return whether a metric is within its tolerance at all `JUDGED` percentiles."""
        theirs, allowed = self.submitted[metric], self.allowed(metric)
        return all(allowed.allows(self.values[metric][i], theirs, i) for i in self._judged)

    @property
    def _judged(self) -> list[int]:
        return [i for i, p in enumerate(self.percentiles) if JUDGED[0] <= p <= JUDGED[1]]

    @cached_property
    def within(self) -> bool | None:
        """Whether every metric is within its tolerance; None where nothing was submitted."""
        return all(self.metric_within(metric) for metric in self.submitted) if self.submitted else None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"name": self.name, "within": self.within, "metrics": {
            metric: self._metric(metric, values) for metric, values in self.values.items()}}

    def _metric(self, metric: str, values: tuple[float, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {"percentiles": list(self.percentiles), "values": list(values), "reference": None}
        if metric in self.submitted:
            theirs = self.submitted[metric]
            found |= {"reference": list(theirs.median), "low": list(theirs.low), "high": list(theirs.high)}
        return found


Samples = Mapping[str, Array]
