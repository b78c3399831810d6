"""A user's own formula against the simulation: means, and distributions.

Distributions behind the means against a law: Kolmogorov-Smirnov for weighted, dependent links.

Links of one drop share its positions, so drops are the units: ``F^(x) - F(x)`` is linearised to a mean over drops, and
its largest value is held against that of Gaussian processes with the same covariance over drops (a multiplier
bootstrap), each divided by an independent chi of n - 1 degrees of freedom as Student's t is.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import quantiles, survival
from isacsys.campaign.estimates import student
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Table
from isacsys.core.errors import ConfigError
from isacsys.metrics import METRICS
from isacsys.plugins.loading import blamed
from isacsys.recording.schema import TABLES
from isacsys.validation.measured import KINDS
from isacsys.validation.verdicts import Law, Quantity, judge

Formula = Callable[..., Any]
FALSE_ALARM = 1e-3
REPLICATES = 20_000
FEWEST_DROPS = 10
NOT_A_LAW = ("drop", "frame", "user", "target", "station", "weight", "noise")


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


def law_names() -> list[str]:
    """Return what has a distribution: ``communication_sir``, ``sensing_distance`` …"""
    return [f"{kind}_{column}" for kind in KINDS
            for column in (*(c.name for c in TABLES[f"links/{kind}"] if c.name not in NOT_A_LAW), "gain")]


def compare_law(run: Run, name: str, formula: Formula, settings: Mapping[str, Any], tolerance: float,
                thresholds: Array | None) -> Law:
    """Compare the formula of a distribution at ``thresholds`` [threshold] with the links of a run, weighted if
    typical.
    """
    if run.drops < FEWEST_DROPS:
        raise ConfigError("simulation.drops", run.drops, f"at least {FEWEST_DROPS} to judge a distribution")
    kind, _, column = name.partition("_")
    links = run.table(f"links/{kind}")
    values = link_values(run.scenario, links, kind, column)
    if not len(values):
        raise ConfigError("metric", name, "a distribution of links, and there are none")
    at = quantiles(values, links["weight"]) if thresholds is None else thresholds
    found = survival(values, links["weight"], links["drop"], run.table("drops")["drop"], at)
    law = probabilities(formula, run.scenario, at)
    distance = float(np.abs(found.mean - law).max())
    largest = bootstrap(found.influence)
    p_value = float((1 + np.count_nonzero(largest >= distance)) / (1 + len(largest)))
    agrees = bool(distance <= np.quantile(largest, 1 - FALSE_ALARM) + tolerance)
    return Law(name=name, unit=unit_of(kind, column), settings=settings, thresholds=at,
               simulation=found.mean, half_width=found.half_width, formula=law, distance=distance,
               p_value=p_value, agrees=agrees,
               verdict=f"{'agrees' if agrees else 'contradicted'}: distance {distance:.3g}, p = {p_value:.2g}")


def link_values(scenario: Scenario, links: Table, kind: str, column: str) -> Array:
    """Return a column [link] of a table of links; ``gain`` is the wanted power without its path loss."""
    if column != "gain":
        return links[column].astype(float)
    p = scenario.propagation
    if kind == "communication":
        return np.asarray(links["signal"] * links["distance"] ** p.path_loss_exponent)
    return np.asarray(links["echo"] * links["distance"] ** (2 * p.echo_exponent) / scenario.echo_gain)


def unit_of(kind: str, column: str) -> str:
    """Return the unit of a column of links."""
    return next((c.unit for c in TABLES[f"links/{kind}"] if c.name == column), "1")


def bootstrap(influence: Array) -> Array:
    """Draw `REPLICATES` largest deviations by chance, [replicate], from ``influence`` [drop, threshold]."""
    n, rng = len(influence), np.random.default_rng(0)
    parts = []
    for _ in range(REPLICATES // 1000):
        process = rng.standard_normal((1000, n)) @ influence / n
        spread = np.sqrt(rng.chisquare(n - 1, 1000) / (n - 1))
        parts.append(np.abs(process).max(axis=1) / spread)
    return np.concatenate(parts)


def check_law(name: str | None) -> str:
    """Return the name, or raise where there is no such distribution."""
    if name is None or name not in law_names():
        raise ConfigError("metric", name, f"with f(scenario, thresholds), one of {', '.join(law_names())}")
    return name
