"""A user's own formula against the simulation: means, and distributions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.estimates import student
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.metrics import METRICS
from isacsys.plugins.loading import blamed
from isacsys.validation.verdicts import Quantity, judge

Formula = Callable[..., Any]


def wants_thresholds(formula: Formula) -> bool:
    """Return whether it is the formula of a distribution, ``f(scenario, thresholds)``, not of a mean,
    ``f(scenario)``.
    """
    try:
        parameters = inspect.signature(formula).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(needed) >= 2


def compare_mean(run: Run, metric: str, formula: Formula, settings: Mapping[str, Any], tolerance: float) -> Quantity:
    """Hold a formula for a mean against a run."""
    estimate, value = run[metric], mean_value(formula, run.scenario)
    error = None if estimate.half_width is None else estimate.half_width / student(run.drops - 1)
    difference = None if estimate.mean is None else estimate.mean - value
    judged = judge(difference, value, error, tolerance, run.drops)
    return Quantity(name=metric, unit=estimate.unit, settings=settings, simulation=estimate.mean,
                    half_width=estimate.half_width, formula=value, standard_errors=judged.standard_errors,
                    agrees=judged.agrees, verdict=judged.words)


def mean_value(formula: Formula, scenario: Scenario) -> float:
    """Return what a formula gives, checked."""
    given = _call(formula, scenario)
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError("formula", given, "a formula that returns a finite number for a scenario")
    return value


def probabilities(formula: Formula, scenario: Scenario, thresholds: Array) -> Array:
    """Return P(X > threshold) by a formula, checked, at ``thresholds`` [threshold], [threshold]."""
    given = _call(formula, scenario, thresholds)
    try:
        values = np.asarray(given, float)
    except (TypeError, ValueError):
        values = np.empty(0)
    slack = 1e-9
    if values.shape != thresholds.shape or not np.all((values >= -slack) & (values <= 1 + slack)):
        raise ConfigError("formula", type(given).__name__ if values.size else given,
                          f"a formula that returns P(X > threshold), {len(thresholds)} values from 0 to 1")
    if np.any(np.diff(values) > slack):
        raise ConfigError("formula", "P(X > threshold)", "probabilities that do not rise with the threshold")
    return values


def _call(formula: Formula, *arguments: Any) -> Any:
    """Call a formula, and say where it fails."""
    name = getattr(formula, "__name__", formula)
    with blamed(lambda fault: ConfigError("formula", name, f"a function that works: it raised {fault}")):
        return formula(*arguments)


def check_mean_metric(metric: str | None) -> str:
    """Return the metric, or raise where it is none."""
    if metric is None or metric not in METRICS:
        raise ConfigError("metric", metric, f"with a formula, one of {', '.join(METRICS)}")
    return metric
