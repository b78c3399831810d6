"""Objectives and constraints of a search, as values per drop, whose mean is the estimate.

With the influences ``z`` of the drops on a metric ``T`` (see `estimates`), ``T + z - mean(z)`` are values whose mean is
``T`` and whose spread says how surely: so ratios enter a race as means do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from isacsys.campaign.estimates import linearise
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Table
from isacsys.core.errors import ConfigError
from isacsys.metrics import Estimator

_BOUND = re.compile(r"\s*([A-Za-z_]\w*)\s*(>=|<=)\s*(\S+)\s*")
RELATIVE_TOLERANCE = 0.01  # of a bound
WEIGHTED = ("communication_ase", "sensing_ase")


@dataclass(frozen=True)
class Objective:
    """A weighted sum of metrics.

    Attributes
    ----------
    terms : mapping
        From metric to its factor.
    sign : int
        1 where it is to be large, -1 where it is to be small.
    unit : str
    """

    terms: Mapping[str, float]
    sign: int
    unit: str

    @property
    def name(self) -> str:
        """What it is called: the metric, or the sum."""
        if list(self.terms.values()) == [1.0]:
            return next(iter(self.terms))
        return " + ".join(f"{factor:g} {name}" for name, factor in self.terms.items())

    def per_drop(self, scenario: Scenario, drops: Table, known: Mapping[str, Estimator]) -> Array | None:
        """Return a value [drop] each, whose mean is the objective; None without data."""
        parts = [(factor, per_drop(scenario, drops, known[name])) for name, factor in self.terms.items()]
        total = np.zeros(len(drops["drop"]))
        for factor, values in parts:
            if values is None:
                return None
            total = total + factor * values
        return total


@dataclass(frozen=True)
class Constraint:
    """A bound on a metric: ``METRIC >= X`` or ``METRIC <= X``.

    Attributes
    ----------
    metric : str
    sign : int
        1 for ``>=``, -1 for ``<=``.
    bound, tolerance : float
        X, and how far beyond it a setting may be.
    """

    metric: str
    sign: int
    bound: float
    tolerance: float

    def __str__(self) -> str:
        return f"{self.metric} {'>=' if self.sign > 0 else '<='} {self.bound:g}"

    def margin(self, scenario: Scenario, drops: Table, known: Mapping[str, Estimator]) -> Array:
        """Return a value [drop] each, whose mean is how far the metric is on the right side of the bound.

        A metric without data is not at least anything, and not above anything.
        """
        values = per_drop(scenario, drops, known[self.metric])
        if values is None:
            return np.full(len(drops["drop"]), -self.sign * 2 * (self.tolerance + 1.0))
        return self.sign * (values - self.bound)


def per_drop(scenario: Scenario, drops: Table, metric: Estimator) -> Array | None:
    """Return values [drop] whose mean is a metric, and whose spread that of its estimate; None without data."""
    found = linearise(scenario, drops, metric)
    if found.value is None or not np.isfinite(found.influence).all():
        return None
    return found.value + found.influence - found.influence.mean()


def read_objective(maximize: str | None, minimize: str | None, weight: float | None,
                   known: Mapping[str, Estimator]) -> Objective:
    """Return the objective that is asked for: exactly one of the three is given."""
    given = {"maximize": maximize, "minimize": minimize, "weight": weight}
    chosen = {name: value for name, value in given.items() if value is not None}
    if len(chosen) != 1:
        raise ConfigError("objective", chosen or None, "exactly one of maximize, minimize and weight")
    if weight is not None:
        return weighted(weight, known)
    name = str(maximize if minimize is None else minimize)
    _check_metric(next(iter(chosen)), name, known)
    return Objective({name: 1.0}, 1 if minimize is None else -1, known[name].unit)


def weighted(weight: float, known: Mapping[str, Estimator]) -> Objective:
    """Return ``rho T_c + (1 - rho) T_s``, Meng & Masouros (15)."""
    real = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not real or not 0 <= weight <= 1:
        raise ConfigError("weight", weight, "a number from 0 to 1")
    factors = dict(zip(WEIGHTED, (float(weight), 1 - float(weight)), strict=True))
    return Objective({name: factor for name, factor in factors.items() if factor}, 1, known[WEIGHTED[0]].unit)


def read_constraints(texts: Sequence[str], tolerance: float | None, known: Mapping[str, Estimator]
                     ) -> tuple[Constraint, ...]:
    """Return the bounds that are asked for, each as ``"METRIC >= X"`` or ``"METRIC <= X"``."""
    if isinstance(texts, str):
        texts = [texts]
    real = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if tolerance is not None and not (real and 0 <= tolerance < math.inf):
        raise ConfigError("tolerance", tolerance, "a number from 0 on, in the unit of the bounded metrics")
    if tolerance is not None and not texts:
        raise ConfigError("tolerance", tolerance, "something to be tolerated: a bound (subject_to)")
    return tuple(_constraint(text, tolerance, known) for text in texts)


def _constraint(text: str, tolerance: float | None, known: Mapping[str, Estimator]) -> Constraint:
    parts = _BOUND.fullmatch(text) if isinstance(text, str) else None
    try:
        bound = float(parts[3]) if parts else math.nan
    except ValueError:
        bound = math.nan
    if parts is None or not math.isfinite(bound):
        raise ConfigError("subject_to", text, "METRIC >= X or METRIC <= X, X a number")
    _check_metric("subject_to", parts[1], known)
    allowed = RELATIVE_TOLERANCE * abs(bound) if tolerance is None else float(tolerance)
    return Constraint(parts[1], 1 if parts[2] == ">=" else -1, bound, allowed)


def _check_metric(key: str, name: str, known: Mapping[str, Estimator]) -> None:
    if name not in known:
        raise ConfigError(key, name, f"one of {', '.join(known)}")
