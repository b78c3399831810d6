"""From sums per drop to figures with intervals.

Every metric is a constant times a product of powers of column totals, so that one estimator serves them all:
with the means ``m_j`` of the columns over n drops, ``T = c prod_j m_j^(p_j)``, and by linearisation
``Var T ~ s^2(sum_j (dT/dm_j) x_dj) / n``. The drop is the unit of replication: what happens within one is dependent.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Table
from isacsys.core.display import with_interval
from isacsys.core.lazy import special
from isacsys.metrics import DENSITY, METRICS, Estimator

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure and the half-width of its 95 % interval.

    Attributes
    ----------
    mean : float or None
        None where there are no data.
    half_width : float or None
        None where one drop says nothing of the spread.
    unit : str
    """

    mean: float | None
    half_width: float | None
    unit: str

    def __str__(self) -> str:
        """Return ``3.716 ± 0.010 bit/s/Hz``."""
        return with_interval(self.mean, self.half_width, self.unit)

    def __format__(self, spec: str) -> str:
        """Return the mean formatted by ``spec``, or the text where that is empty."""
        return format(float(self), spec) if spec else str(self)

    def __float__(self) -> float:
        """Return the mean; NaN without data."""
        return math.nan if self.mean is None else self.mean

    def _repr_html_(self) -> str:
        return html.escape(str(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Linearised:
    """A metric on a set of drops, with what each drop does to it.

    Attributes
    ----------
    value : float or None
        None without data.
    influence : [drop]
        ``sum_j (dT/dm_j) x_dj``; the mean of n drops varies with its variance / n.
    """

    value: float | None
    influence: Array

    @property
    def half_width(self) -> float | None:
        """Half-width of the 95 % interval, Student t."""
        return mean_half_width(self.influence) if self.value is not None else None


def mean_half_width(values: Array, comparisons: int = 1) -> float | None:
    """Return the half-width of the 95 % interval of the mean of independent ``values`` [n]; None for fewer than two.

    With Bonferroni's correction it is one of several ``comparisons`` whose intervals all hold at once.
    """
    n = len(values)
    if n < 2:
        return None
    with np.errstate(all="ignore"):  # files may hold anything
        return finite(float(student(n - 1, comparisons) * np.std(values, ddof=1) / math.sqrt(n)))


def student(degrees: int, comparisons: int = 1) -> float:
    """Return the two-sided 95 % quantile of Student's t; the 5 % are shared over several ``comparisons``."""
    return float(special.stdtrit(degrees, 1 - (1 - CONFIDENCE) / 2 / comparisons))


def finite(value: float) -> float | None:
    """Return ``value``, or None where it is not a number that JSON can hold."""
    return value if math.isfinite(value) else None


def linearise(scenario: Scenario, drops: Table, metric: str | Estimator) -> Linearised:
    """Return a metric (or that of a name) on the rows of table ``drops``."""
    constant, powers = _resolve(scenario, (METRICS[metric] if isinstance(metric, str) else metric).powers)
    influence = np.zeros(len(drops["drop"]))
    if not len(influence) or not powers.keys() <= drops.keys():
        return Linearised(None, influence)
    columns = {column: np.asarray(drops[column], float) for column in powers}
    if any(not columns[column].any() for column, power in powers.items() if power < 0):
        return Linearised(None, influence)
    with np.errstate(all="ignore"):
        means = {column: np.mean(values) for column, values in columns.items()}
        for column, values in columns.items():
            influence = influence + _partial(constant, powers, means, column) * values
        return Linearised(finite(float(constant * math.prod(means[c] ** p for c, p in powers.items()))), influence)


def estimate(scenario: Scenario, drops: Table, metric: str | Estimator) -> Estimate:
    """Return a metric (or that of a name) with its interval."""
    estimator = METRICS[metric] if isinstance(metric, str) else metric
    found = linearise(scenario, drops, estimator)
    return Estimate(found.value, found.half_width, estimator.unit)


def estimates(scenario: Scenario, drops: Table, metrics: Mapping[str, Estimator] = METRICS) -> dict[str, Estimate]:
    """Return every one of some metrics that applies, with its interval."""
    return {name: estimate(scenario, drops, metrics[name]) for name in applicable(drops, metrics=metrics)}


def applicable(*tables: Table, metrics: Mapping[str, Estimator] = METRICS) -> list[str]:
    """Return those of some metrics that apply to any of some tables ``drops``."""
    return [name for name, metric in metrics.items() if any(_applies(metric, drops) for drops in tables)]


def _applies(metric: Estimator, drops: Table) -> bool:
    """Return whether a table has what the metric is made of, and what it is about."""
    there = metric.powers.keys() - {DENSITY} <= drops.keys()
    return there and (not metric.about or bool(np.any(drops.get(metric.about, 0))))


def _resolve(scenario: Scenario, powers: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """Put in what the density is: the scenario's for a point process, else what was there."""
    plain = {column: power for column, power in powers.items() if column != DENSITY}
    if DENSITY not in powers:
        return 1.0, plain
    if scenario.network.layout in ("poisson", "fixed_count"):
        return scenario.network.bs_density, plain
    del plain["stations"]  # stations / area x links / stations
    return 1.0, plain | {"area": -1}


def _partial(constant: float, powers: Mapping[str, float], means: Mapping[str, np.floating[Any]], by: str) -> float:
    """Return dT / dm of one column."""
    others = math.prod(means[column] ** power for column, power in powers.items() if column != by)
    return float(constant * powers[by] * others * means[by] ** (powers[by] - 1))
