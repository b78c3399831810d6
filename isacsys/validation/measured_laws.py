"""Distributions behind the means against a law: Kolmogorov-Smirnov for weighted, dependent links.

Links of one drop share its positions, so drops are the units: ``F^(x) - F(x)`` is linearised to a mean over drops, and
its largest value is held against that of Gaussian processes with the same covariance over drops (a multiplier
bootstrap), each divided by an independent chi of n - 1 degrees of freedom as Student's t is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import quantiles, survival
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Table
from isacsys.core.errors import ConfigError
from isacsys.recording.schema import TABLES
from isacsys.validation.formulas import Formula, probabilities
from isacsys.validation.measured import KINDS
from isacsys.validation.verdicts import Law

FALSE_ALARM = 1e-3
REPLICATES = 20_000
FEWEST_DROPS = 10
NOT_A_LAW = ("drop", "frame", "user", "target", "station", "weight", "noise")


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
