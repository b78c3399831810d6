"""Where a validation looks: the points of a sweep, one run each, on common seeds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.api import override, perform, prepare
from isacsys.campaign.conductor import Crew
from isacsys.campaign.executors import executor as make_executor
from isacsys.campaign.handed import leave_if_program_is_being_read
from isacsys.campaign.progress import Bar
from isacsys.errors import ConfigError
from isacsys.scenario import Scenario
from isacsys.simulation import simulate_drop

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


def simulate(scenarios: Sequence[Scenario], *, drops: int | None, seed: int | None, workers: int | None,
             executor: str, progress: bool | None, objects: Mapping[str, Any]) -> Iterator[Run]:
    """Yield a run of every scenario, all by one crew; everything is checked before the first drop."""
    leave_if_program_is_being_read()
    scenarios = [override(scenario, {"drops": drops, "seed": seed}) for scenario in scenarios]
    tasks = [prepare(scenario, objects, executor, output=None, resume=False, simulate=simulate_drop)
             for scenario in scenarios]
    with make_executor(executor, workers, None) as crew, \
            Bar(sum(task.rule.stop for task in tasks), shown=progress) as bar:
        for task in tasks:
            yield perform(task, Crew(crew, bar))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
