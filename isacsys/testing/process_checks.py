"""The invariants of processes, and of metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isacsys.campaign import run
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Table
from isacsys.metrics import DENSITY, Estimator, Metric, declared_metrics
from isacsys.recording import MemoryRecorder
from isacsys.simulation import Process, simulate_drop
from isacsys.testing.harness import NETWORKS, TIME, hold, made, networks


def check_process(process: type[Process] | Process, *, seed: int = 1) -> None:
    """Run a process through the invariants of all of them; say which one fails.

    It does the same in the same drop, whenever it is simulated; it draws random numbers from streams of its drop; it
    can be sent to another process; and it copes with crowded, empty and moving networks.

    Parameters
    ----------
    process : Process or class of one
        A class is made without arguments.
    seed : int
        Of the networks.

    Raises
    ------
    PluginError
        Where it raises.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Outage(isacsys.Process):
    ...     def run(self, stage):
    ...         yield stage.wait(0.01)
    ...         if stage.state.stations:
    ...             stage.state.switch(0, on=False)
    >>> check_process(Outage)
    """
    found = made(process, "process")
    for where, scenario in _both(seed):
        first, again = (_drop(scenario, processes=[found]) for _ in range(2))
        hold(_same(first, again), f"process {type(found).__name__} does something else in the same drop of {where}")


def check_metric(metric: type[Metric] | Metric, *, seed: int = 1) -> None:
    """Run a metric through the invariants of all of them; say which one fails.

    Its names are free, and its figures made of columns that are declared; it gives finite numbers, one for each of its
    columns, and the same ones in the same drop; it changes nothing that others measure; its figures come out of a run
    as the products of powers that it declares; it can be sent to another process; and it copes with crowded, empty and
    moving networks.

    Parameters
    ----------
    metric : Metric or class of one
        A class is made without arguments.
    seed : int
        Of the networks.

    Raises
    ------
    PluginError, ConfigError
        Where it raises, or declares what it may not.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> from isacsys.metrics import count
    >>> class SlowUsers(isacsys.Metric):
    ...     columns = (count("slow_users", "scheduled users below 1 bit/s/Hz"),)
    ...     def sums(self, record):
    ...         return {"slow_users": int((record.users.rate < 1).sum())}
    >>> check_metric(SlowUsers)
    """
    found = made(metric, "metric")
    figures = declared_metrics([found])
    own = [column.name for column in (*found.columns, *found.drop_columns)]
    for where, scenario in _both(seed):
        without, first, again = (_drop(scenario, metrics=some) for some in ([], [found], [found]))
        name = f"metric {type(found).__name__}"
        hold(_same(first, again), f"{name} gives something else in the same drop of {where}")
        hold(_same(without, {key: first[key] for key in without}), f"{name} changes what others measure in {where}")
        hold(all(np.isfinite(first[column]).all() for column in own), f"{name} gives what is not finite in {where}")
    if figures:
        _check_figures(found, figures, next(iter(networks(NETWORKS, seed)))[1])


def _check_figures(metric: Metric, figures: Mapping[str, Estimator], scenario: Scenario) -> None:
    """Compare the figures of a run, as its log describes them, with the products that the metric declares."""
    result = run(scenario, drops=3, measure=[metric], executor="serial", progress=False)
    means = {name: float(np.mean(column)) for name, column in result.table("drops").items()}
    for name, figure in figures.items():
        if DENSITY in figure.powers or name not in result.metrics:
            continue
        said = result[name].mean
        with np.errstate(all="ignore"):
            right = float(np.prod([np.float64(means[column]) ** power for column, power in figure.powers.items()]))
        hold(said is None if not np.isfinite(right) else bool(np.isclose(said or 0.0, right, rtol=1e-9)),
             f"metric {type(metric).__name__}: figure {name} comes out of a run as {said}, not {right}")


def _both(seed: int) -> list[tuple[str, Scenario]]:
    """Return small static networks, and the same ones in motion."""
    found = list(networks(NETWORKS, seed))
    return [*found, *((f"{where} that moves", scenario.replace(TIME)) for where, scenario in found)]


def _drop(scenario: Scenario, **plugins: Any) -> Table:
    recorder = MemoryRecorder("summary")
    simulate_drop(scenario, 0, recorder, **plugins)
    return recorder.read("drops")


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return set(one) == set(other) and all(np.array_equal(one[key], other[key], equal_nan=True) for key in one)
