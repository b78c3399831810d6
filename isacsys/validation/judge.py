"""The function `validate`, and where it looks: the points of a sweep, one run each, on common seeds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.campaign import Request, Run, is_log, open_run
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.scheduling import GrantPolicy, Scheduler
from isacsys.validation.detection_checks import UNITS, looks
from isacsys.validation.ladder import QUANTITIES, check_names, ladder
from isacsys.validation.measured_laws import (
    Formula,
    check_law,
    check_mean_metric,
    compare_law,
    compare_mean,
    wants_thresholds,
)
from isacsys.validation.throughput_check import NAME, link_throughput
from isacsys.validation.verdicts import Law, Quantity, Validation

Sweep = Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]]


def points(sweep: Sweep | None) -> list[dict[str, Any]]:
    """Return the settings of every point: the grid of some axes, or points as they are given."""
    if sweep is None:
        return [{}]
    if isinstance(sweep, Mapping):
        axes = {key: [values] if isinstance(values, str | int | float) else list(values)
                for key, values in sweep.items()}
        found = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    else:
        found = [dict(point) for point in sweep]
    if not found:
        raise ConfigError("sweep", [], "at least one point")
    return [{key: _plain(value) for key, value in point.items()} for point in found]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


Compare = Callable[[Run, Mapping[str, Any]], Iterable[Quantity | Law]]


def validate(subject: Scenario | Run | str | Path, *, formula: Formula | None = None, metric: str | None = None,
             sweep: Sweep | None = None, thresholds: npt.ArrayLike | None = None, tolerance: float = 0.01,
             drops: int | None = None, seed: int | None = None, workers: int | None = None,
             executor: str | None = None, scheduler: Scheduler | str | None = None,
             grant_policy: GrantPolicy | str | None = None, progress: bool | None = None) -> Validation:
    """Hold a simulation against the analysis, or against a formula of your own.

    Without a formula every quantity comes as a ladder: the paper's value, the exact one at the nominal degrees of
    freedom, the exact one at what was measured (by which it is judged), and the simulated one.

    Parameters
    ----------
    subject : Scenario, Run or path
        What to simulate (or the TOML file that says it), or a run that is there (as an object, or where its log is).
    formula : callable, optional
        ``f(scenario) -> float``, a mean in the unit of ``metric``; or ``f(scenario, thresholds) -> P(X > threshold)``,
        a distribution.
    metric : str, optional
        What the formula is of: a metric of a run (``"communication_rate"``), for a distribution a column of its links
        (``"communication_sir"``, linear; ``"communication_distance"``, ``"sensing_gain"`` …). Without a formula: the
        one quantity to look at.
    sweep : mapping or iterable of mappings, optional
        ``{"allocation.users_per_bs": range(1, 20)}``, several keys make a grid; or the points themselves.
    thresholds : array_like [threshold], optional
        Where a distribution is looked at; default: 200 quantiles.
    tolerance : float
        What may differ beyond 4 standard errors, of the value (of a distribution: of 1, beyond what Kolmogorov and
        Smirnov allow with a false alarm of 1 in 1000).
    drops, seed, workers, executor, scheduler, grant_policy, progress : optional
        As in `isacsys.run`.

    Returns
    -------
    Validation
        Prints as a table; ``verdict``, ``agrees``, ``table``, ``plot()``, ``to_csv()``.

    Raises
    ------
    ConfigError
        For a metric there is not, a formula that gives no number, and where there are too few drops to judge by.
    """
    compare, level = _comparison(formula, metric, tolerance, _ascending(thresholds))
    if isinstance(subject, Run) or (isinstance(subject, str | Path) and is_log(subject)):
        if sweep is not None:
            raise ConfigError("sweep", "given", "only with a scenario: a run has been made at one point")
        run = subject if isinstance(subject, Run) else open_run(subject)
        return _checked([*compare(run, {})], run)
    order = Request(drops=drops, seed=seed, workers=workers, executor=executor, scheduler=scheduler,
                  grant_policy=grant_policy, progress=progress)
    places, scenario = points(sweep), order.scenario(subject)
    tasks = [order.task(_recorded(scenario.replace({**place, **level}))) for place in places]
    found: list[Quantity | Law] = []
    for place, run in zip(places, order.runs(tasks), strict=True):
        found += compare(run, place)
    return _checked(found, run)


def _comparison(formula: Formula | None, metric: str | None, tolerance: float,
                thresholds: Array | None) -> tuple[Compare, dict[str, str]]:
    """Return what to do with a run, and what it must record."""
    if not (isinstance(tolerance, int | float) and math.isfinite(tolerance) and tolerance >= 0):
        raise ConfigError("tolerance", tolerance, "a finite number, at least 0")
    if formula is None:
        names = check_names(metric, (*QUANTITIES, NAME, *UNITS))
        rates, looked = ([n for n in names if n in known] for known in (QUANTITIES, UNITS))
        return lambda run, place: [*ladder(run, tuple(rates), place, tolerance),
                                   *(link_throughput(run, place, tolerance) if _asked(run, metric) else ()),
                                   *looks(run, tuple(looked), place, tolerance)], {}
    if not callable(formula):
        raise ConfigError("formula", formula, "a function of a scenario")
    if wants_thresholds(formula):
        law = check_law(metric)
        return lambda run, place: [compare_law(run, law, formula, place, tolerance, thresholds)], \
            {"recording.level": "links"}
    mean = check_mean_metric(metric)
    return lambda run, place: [compare_mean(run, mean, formula, place, tolerance)], {}


def _asked(run: Run, metric: str | None) -> bool:
    """Return whether throughput is to be judged: Shannon's is the rate once more, and is looked at where it is
    named.
    """
    return metric == NAME or (metric is None and run.scenario.link.model != "shannon")


def _recorded(scenario: Scenario) -> Scenario:
    """Return the scenario with its links recorded, where looks at targets are to be judged."""
    if not scenario.detecting or scenario.recording.level != "summary":
        return scenario
    return scenario.replace({"recording.level": "links"})


def _ascending(thresholds: npt.ArrayLike | None) -> Array | None:
    if thresholds is None:
        return None
    values = np.unique(np.asarray(thresholds, float))
    if not values.size or not np.isfinite(values).all():
        raise ConfigError("thresholds", thresholds, "finite numbers, at least one")
    return values


def _checked(found: list[Quantity | Law], run: Run) -> Validation:
    if run.drops < 2 or not found:
        raise ConfigError("simulation.drops", run.drops, "at least two with links of what is asked for, to judge by")
    return Validation(found)
