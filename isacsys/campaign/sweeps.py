"""A grid of scenarios on common seeds, as one tidy table."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isacsys.beamforming import Combiner, Precoder
from isacsys.campaign.estimates import Estimate, mean_half_width
from isacsys.campaign.objectives import Objective, weighted
from isacsys.campaign.output import parts_directory
from isacsys.campaign.request import Request, Subject, Task
from isacsys.campaign.result import Run
from isacsys.campaign.settings_grid import Feasible, feasible, file_name, in_words, read_axes
from isacsys.campaign.store import file_store
from isacsys.campaign.worker import Simulate
from isacsys.config.scenario import Scenario
from isacsys.core.display import Shape, Shown, csv_text, draw, pretty_unit, with_interval
from isacsys.core.errors import ConfigError, writing
from isacsys.energy import EnergyModel
from isacsys.link import LinkModel
from isacsys.metrics import METRICS, Metric
from isacsys.network import Positions
from isacsys.recording.atomic_files import behind_links, write_whole
from isacsys.scheduling import GrantPolicy, Scheduler
from isacsys.sensing import Tracker
from isacsys.simulation import Process, simulate_drop

TABLE = "sweep.csv"
MAIN = ("communication_rate", "communication_ase", "sensing_rate", "sensing_ase")
OBJECTIVE = "objective"


@dataclass(frozen=True)
class Point:
    """One place of the grid."""

    settings: Mapping[str, Any]
    run: Run


class Sweep(Shown, dict[str, list[Any]]):
    """A tidy table: a mapping from column to values, a row a point.

    ``pandas.DataFrame(sweep)`` and ``xarray.Dataset.from_dict(sweep.grid())`` take it as it is. The columns are the
    settings that were varied, ``drops``, and for every metric its mean and ``<metric>_half_width``; NaN where there
    are no data.

    Attributes
    ----------
    axes : dict
        From setting to its values.
    points : list of Point
        In the order of the rows: the last axis runs fastest.
    left_out : list of (dict, str)
        Points that the scenario refuses, each with the reason.
    """

    def __init__(self, axes: Mapping[str, Sequence[Any]], points: Sequence[Point],
                 left_out: Sequence[tuple[Mapping[str, Any], str]] = (), objective: Objective | None = None) -> None:
        self.axes = {key: list(values) for key, values in axes.items()}
        self.points, self.left_out, self.objective = list(points), list(left_out), objective
        super().__init__({key: [point.settings[key] for point in points] for key in axes})
        self["drops"] = [point.run.drops for point in points]
        self._known = {name: estimator for point in points for name, estimator in point.run.known_metrics.items()}
        for name in (n for n in self._known if any(n in point.run.metrics for point in points)):
            found = [point.run[name] for point in points]
            self[name] = [_number(estimate.mean) for estimate in found]
            self[f"{name}_half_width"] = [_number(estimate.half_width) for estimate in found]
        if objective is not None:
            found = [_weighted(point.run, objective) for point in points]
            self[OBJECTIVE] = [_number(estimate.mean) for estimate in found]
            self[f"{OBJECTIVE}_half_width"] = [_number(estimate.half_width) for estimate in found]

    def __repr__(self) -> str:
        return f"<Sweep of {len(self.points)} points over {', '.join(self.axes)}>"

    def shape(self) -> Shape:
        """Return what was varied, and the main figures."""
        shown = [name for name in MAIN if any(name in point.run.meaningful for point in self.points)]
        rows = [[*(str(point.settings[key]) for key in self.axes), str(point.run.drops),
                 *(with_interval(point.run[name].mean, point.run[name].half_width) for name in shown)]
                for point in self.points]
        units = {name: pretty_unit(self._known[name].unit) for name in shown}
        left = f", {len(self.left_out)} left out" * bool(self.left_out)
        line = f"{len(self.points)} points over {' and '.join(self.axes)}, all on seed {self._seed}{left}"
        header = [*self.axes, "drops", *(f"{name} ({units[name]})" for name in shown)]
        if self.objective is not None:
            header.append(f"{self.objective.name} ({pretty_unit(self.objective.unit)})")
            values = zip(self[OBJECTIVE], self[f"{OBJECTIVE}_half_width"], strict=True)
            rows = [[*row, with_interval(*value)] for row, value in zip(rows, values, strict=True)]
        return Shape([line], header, rows)

    @property
    def _seed(self) -> int:
        return self.points[0].run.scenario.simulation.seed

    def plot(self, path: str | Path | None = None, metrics: Sequence[str] = ()) -> Any:
        """Draw metrics over the first axis, a family for the others; return the matplotlib figure.

        Parameters
        ----------
        path : path, optional
            Where to write it: PNG, SVG or PDF by its suffix.
        metrics : sequence of str
            Which; default: the area spectral efficiencies.
        """
        return draw("sweep_plots", "draw_sweep", self, path, metrics=metrics)

    def to_xarray(self) -> Any:
        """Return the table as an ``xarray.Dataset`` over the axes."""
        import xarray

        return xarray.Dataset.from_dict(self.grid())

    def to_csv(self) -> str:
        """Return the table as CSV, with nothing where there are no data."""
        rows = zip(*self.values(), strict=True)
        return csv_text([self, *([None if isinstance(v, float) and math.isnan(v) else v for v in row] for row in rows)])

    def to_dict(self) -> dict[str, Any]:
        """Return the points as JSON has them."""
        points = [{"settings": dict(point.settings), **point.run.to_dict()} for point in self.points]
        if self.objective is not None:
            for point, made in zip(points, self.points, strict=True):
                point[OBJECTIVE] = _weighted(made.run, self.objective).to_dict()
        return {"points": points, "left_out": [{"settings": dict(s), "reason": reason} for s, reason in self.left_out]}

    def grid(self) -> dict[str, Any]:
        """Return the table as a grid, as ``xarray.Dataset.from_dict`` takes it."""
        dims = tuple(self.axes)
        return {
            "dims": dims,
            "coords": {key: {"dims": (key,), "data": values} for key, values in self.axes.items()},
            "data_vars": {name: {"dims": dims, "data": self._placed(column), "attrs": self._attributes(name)}
                          for name, column in self.items() if name not in self.axes},
        }

    def _placed(self, column: Sequence[Any]) -> Any:
        """Return a column as a grid, NaN where a point is left out."""
        shape = [len(values) for values in self.axes.values()]
        if len(column) == math.prod(shape):
            return np.reshape(column, shape)
        rows = {tuple(map(repr, point.settings.values())): row for row, point in enumerate(self.points)}
        places = (rows.get(tuple(map(repr, place))) for place in itertools.product(*self.axes.values()))
        return np.reshape([math.nan if row is None else column[row] for row in places], shape)

    def _attributes(self, column: str) -> dict[str, str]:
        metric = self._known.get(column.removesuffix("_half_width"))
        return {} if metric is None else {"units": metric.unit, "long_name": metric.meaning}


def sweep(scenario: Subject, axes: Mapping[str, Iterable[Any]], *, drops: int | None = None,
          frames: int | None = None, seed: int | None = None, output: str | Path | None = None, resume: bool = False,
          force: bool = False, workers: int | None = None, executor: str | None = None, dask_address: str | None = None,
          precision: float | None = None, metrics: Sequence[str] = (), where: str | None = None,
          weight: float | None = None, scheduler: Scheduler | str | None = None,
          grant_policy: GrantPolicy | str | None = None, positions: Positions | None = None,
          precoder: Precoder | str | None = None, combiner: Combiner | str | None = None,
          tracker: Tracker | str | None = None, link_model: LinkModel | str | None = None,
          energy_model: EnergyModel | str | None = None,
          processes: Sequence[Process] = (), measure: Sequence[Metric] = (), progress: bool | None = None,
          simulate: Simulate = simulate_drop) -> Sweep:
    """Simulate a scenario at every point of a grid, all on the same seed.

    Parameters
    ----------
    scenario : Scenario or path
    axes : mapping
        From ``"section.key"`` to values.
    output : path, optional
        A directory that gets a log for every point and ``sweep.csv``.
    where : str, optional
        A condition on the settings, such as ``"K * L <= 12"``; other points are no points of the grid.
    weight : float, optional
        rho: adds ``objective``, rho communication_ase + (1 - rho) sensing_ase.
    drops, frames, seed and everything else : optional
        As in `isacsys.run`.

    Returns
    -------
    Sweep
        Without the points that the scenario refuses, of which it warns.

    Raises
    ------
    ConfigError
        Before anything is simulated: where no point is left, that of the first.
    """
    order = Request(
        drops=drops, frames=frames, seed=seed, resume=resume, force=force, workers=workers, executor=executor,
        dask_address=dask_address, precision=precision, metrics=metrics, scheduler=scheduler, grant_policy=grant_policy,
        positions=positions, precoder=precoder, combiner=combiner, tracker=tracker, link_model=link_model,
        energy_model=energy_model, processes=processes, measure=measure, progress=progress, simulate=simulate)
    directory, scenario, values = order.check_output(output), order.scenario(scenario), read_axes(axes)
    objective = None if weight is None else weighted(weight, METRICS)
    grid = _grid(order, scenario, values, where, directory)
    for point, reason in grid.left_out:
        warnings.warn(f"left out: {in_words(point)}: {reason}", stacklevel=2)
    return _simulate(order, grid, directory, lambda points: Sweep(values, points, grid.left_out, objective))


def _grid(order: Request, scenario: Scenario, values: Mapping[str, list[Any]], where: str | None,
          directory: Path | None) -> Feasible[Task]:
    """Return the points of a grid that the scenario takes, each with what there is to do."""
    return feasible(scenario, values, where, lambda placed, point: order.task(
        placed, directory and directory / file_name(point), in_words(point)))


def _simulate(order: Request, grid: Feasible[Task], directory: Path | None,
              gather: Callable[[list[Point]], Sweep]) -> Sweep:
    """Simulate all points, and write the table where there is a directory."""
    if directory is not None:
        _open(directory, grid.made, resume=order.resume, force=order.force)
    points = [Point(point, run) for point, run in zip(grid.settings, order.runs(grid.made), strict=True)]
    found = gather(points)
    if directory is not None:
        with writing("output", directory, "a directory"):
            write_whole(directory / TABLE, found.to_csv().encode())
    return found


def _open(directory: Path, tasks: Sequence[Task], *, resume: bool, force: bool) -> None:
    """Make the directory, and see that nothing in it stands in the way."""
    with writing("output", directory, "a directory"):
        behind_links(directory).mkdir(parents=True, exist_ok=True)
    paths = [task.output for task in tasks if task.output is not None]
    there = [path for path in paths if path.exists() or parts_directory(path).exists()]
    if there and not resume and not force:
        raise ConfigError("output", str(directory), "a new directory, or --resume to continue, or --force to replace "
                          "the runs in it")
    for task in tasks:
        if force and task.output is not None:
            with file_store(task.output, task.plan, resume=False, force=True):
                pass  # opening it removes what an earlier run left


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _weighted(run: Run, objective: Objective) -> Estimate:
    values = objective.per_drop(run.scenario, run.table("drops"), run.known_metrics)
    if values is None:
        return Estimate(None, None, objective.unit)
    return Estimate(float(values.mean()), mean_half_width(values), objective.unit)
