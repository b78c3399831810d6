"""The best setting of a scenario by simulation: a race between settings on common drops."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isacsys.beamforming import Combiner, Precoder
from isacsys.campaign.dispatcher import Crew, Dispatcher, Job
from isacsys.campaign.objectives import Constraint, Objective, read_constraints, read_objective
from isacsys.campaign.progress import Bar
from isacsys.campaign.request import Request, Subject, Task
from isacsys.campaign.result import Run
from isacsys.campaign.search_result import SearchResult, make_result
from isacsys.campaign.settings_grid import Feasible, feasible, file_name, in_words, read_axes
from isacsys.campaign.store import MemoryStore, Store, file_store
from isacsys.campaign.worker import Simulate, Work
from isacsys.config.rules import LARGEST_COUNT
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError, IncompleteRun
from isacsys.metrics import METRICS, Metric
from isacsys.network import Positions
from isacsys.recording.atomic_files import DirectoryLock
from isacsys.scheduling import GrantPolicy, Scheduler
from isacsys.sensing import Tracker
from isacsys.simulation import Process, simulate_drop
from isacsys.statistics import FIRST, Look, RaceRules, Samples, race

LOCK = "lock"


def search(scenario: Subject, over: Mapping[str, Iterable[Any]], *, maximize: str | None = None,
           minimize: str | None = None, weight: float | None = None, subject_to: Sequence[str] = (),
           where: str | None = None, tolerance: float | None = None, confidence: float = 0.95,
           indifference: float | None = None, drops_at_most: int | None = None, frames: int | None = None,
           seed: int | None = None, output: str | Path | None = None, resume: bool = False, force: bool = False,
           workers: int | None = None, executor: str | None = None, dask_address: str | None = None,
           scheduler: Scheduler | str | None = None, grant_policy: GrantPolicy | str | None = None,
           positions: Positions | None = None, precoder: Precoder | str | None = None,
           combiner: Combiner | str | None = None, tracker: Tracker | str | None = None,
           processes: Sequence[Process] = (), measure: Sequence[Metric] = (), progress: bool | None = None,
           simulate: Simulate = simulate_drop) -> SearchResult:
    """Find the best setting of a grid by simulation, with a stated confidence.

    All settings are simulated on the same drops, 5 at first; then those that may still be better than the leader by
    more than the indifference go on, to a quarter more each round, until there are none. Settings that break
    ``K L + J (Q - 1) + 1 <= M_t``, Meng & Masouros (16a), and those that the scenario refuses, are left out. The answer
    does not depend on the workers, nor on how often the search was killed and resumed.

    Parameters
    ----------
    scenario : Scenario or path
    over : mapping
        From ``"section.key"`` to values.
    maximize, minimize, weight : str, str, float
        One of them: a metric, or rho of ``rho communication_ase + (1 - rho) sensing_ase``.
    subject_to : sequence of str
        Bounds, ``"METRIC >= X"`` or ``"METRIC <= X"``.
    where : str, optional
        A condition on the settings: ``"K * L <= 12"``. Other points are no points of the grid.
    tolerance : float, optional
        How far beyond a bound a setting may be; default: 1 % of the bound.
    confidence : float
        Probability that the answer is within the indifference of the best.
    indifference : float, optional
        In the unit of the objective; default: 1 % of the leader's.
    drops_at_most : int, optional
        Over all settings; a round that would exceed it is not begun.
    output : path, optional
        A directory that gets a log for every setting, ``search.json`` and ``search.csv``.
    frames, seed and everything else : optional
        As in `isacsys.run`.

    Returns
    -------
    SearchResult

    Raises
    ------
    ConfigError
        Before anything is simulated.
    IncompleteRun, DropError, SchedulingError
        Where the search ends early; what is finished is kept at ``output``.
    """
    request = Request(
        frames=frames, seed=seed, resume=resume, force=force, workers=workers, executor=executor,
        dask_address=dask_address, scheduler=scheduler, grant_policy=grant_policy, positions=positions,
        precoder=precoder, combiner=combiner, tracker=tracker, processes=processes, measure=measure, progress=progress,
        simulate=simulate)
    directory, scenario = request.check_output(output), request.scenario(scenario)
    axes = read_axes(over, "over")
    if "simulation.drops" in axes:
        raise ConfigError("over", "simulation.drops", "other settings: the search decides on the drops")

    def make(placed: Any, setting: Mapping[str, Any]) -> Task:
        return _open_ended(request.task(placed, directory and directory / file_name(setting), in_words(setting)))

    grid = feasible(scenario, axes, where, make, constrained=True)
    known = {**METRICS, **grid.made[0].plan.metrics}
    objective = read_objective(maximize, minimize, weight, known)
    constraints = read_constraints(subject_to, tolerance, known)
    rules = _rules(confidence, indifference, drops_at_most, constraints, len(grid.settings))
    with _own(directory, resume=resume, force=force), Bar(None, shown=progress) as bar, \
            request.workforce(grid.made) as workforce, ExitStack() as stack:
        stores = [stack.enter_context(_store(task)) for task in grid.made]
        field = SearchField(grid, stores, objective, constraints, Crew(workforce, bar))
        seen, complete = _race(field, rules)
        runs = field.finish()
        found = make_result(scenario, grid, objective, constraints, rules, seen, field.counts, runs, complete)
        if directory is not None:
            found.save(directory)
    return found


class SearchField:
    """The settings of a search, and what has been simulated of each.

    Attributes
    ----------
    counts : [setting]
        Drops that count.
    """

    def __init__(self, grid: Feasible[Task], stores: Sequence[Store], objective: Objective,
                 constraints: Sequence[Constraint], crew: Crew) -> None:
        self._tasks, self._stores, self._crew = grid.made, stores, crew
        self._objective, self._constraints = objective, constraints
        self.counts = np.zeros(len(stores), int)
        self._values: list[Array | None] = [None] * len(stores)
        self._jobs = [Job(_work(task, store, crew), store, 0, 0) for task, store in zip(grid.made, stores, strict=True)]
        self._dispatcher = Dispatcher(self._jobs, crew, self.advice)
        crew.bar.found(self._finished)

    def draw(self, wanted: Index) -> Samples:
        """Simulate until settings have ``wanted`` [setting] drops, and return the values of all of them."""
        for job, count, had in zip(self._jobs, wanted, self.counts, strict=True):
            if count > had:
                job.extend(int(count))
        self._dispatcher.simulate()
        for i in np.flatnonzero(wanted > self.counts):
            self._values[i] = self._sample(int(i), int(wanted[i]))
        self.counts = wanted.copy()
        return Samples.of(self._values, self.counts)

    def watch(self, seen: Look) -> None:
        """Show how many settings are still in question."""
        alive = int(seen.contending.sum()) + (seen.leader is not None)
        self._crew.bar.note(f"{alive} of {len(self._jobs)} settings in question")

    def finish(self) -> list[Run]:
        """Return the run of every setting."""
        runs = []
        for task, store, job in zip(self._tasks, self._stores, self._jobs, strict=True):
            source = store.finish(job.front)
            attributes = task.plan.attributes(job.front)
            scenario = task.plan.scenario.replace({"simulation.drops": job.front})
            runs.append(Run(scenario, source, complete=True, attributes=attributes))
            runs[-1].path = task.output
        return runs

    def advice(self) -> str:
        """Return what to tell a user whose search was cut short."""
        output = self._tasks[0].output
        if output is None:
            return MemoryStore.advice
        return f"{self._finished} finished drops are kept; --resume -o {output.parent} continues"

    @property
    def _finished(self) -> int:
        return sum(stop - first for store in self._stores for first, stop in store.done)

    def _sample(self, i: int, count: int) -> Array | None:
        """Return the objective, to be made large, and the margins [1 + constraint, drop]; None without data."""
        plan, drops = self._tasks[i].plan, self._stores[i].drops(count)
        known = {**METRICS, **plan.metrics}
        objective = self._objective.per_drop(plan.scenario, drops, known)
        if objective is None:
            return None
        return np.stack([self._objective.sign * objective,
                         *(constraint.margin(plan.scenario, drops, known) for constraint in self._constraints)])


def _race(field: SearchField, rules: RaceRules) -> tuple[Look, bool]:
    try:
        return race(len(field.counts), rules, field.draw, field.watch)
    except KeyboardInterrupt:  # between two rounds
        raise IncompleteRun(f"interrupted; {field.advice()}") from None


def _open_ended(task: Task) -> Task:
    """Return a task that may take as many drops as there can be."""
    return replace(task, plan=replace(task.plan, stop=LARGEST_COUNT))


def _work(task: Task, store: Store, crew: Crew) -> Work:
    plan = task.plan
    directory = store.directory if crew.executor.shares_files else None
    return Work(plan.scenario, plan.handed, task.simulate, plan.fingerprint, directory, plan.inputs,
                plan.together if task.simulate is simulate_drop else 1)


def _rules(confidence: float, indifference: float | None, drops_at_most: int | None,
           constraints: Sequence[Constraint], settings: int) -> RaceRules:
    if not _real(confidence) or not 0 < confidence < 1:
        raise ConfigError("confidence", confidence, "a number between 0 and 1")
    if indifference is not None and not (_real(indifference) and 0 <= indifference < math.inf):
        raise ConfigError("indifference", indifference, "a number from 0 on, in the unit of the objective")
    least = FIRST * settings
    whole = isinstance(drops_at_most, int) and not isinstance(drops_at_most, bool)
    if drops_at_most is not None and not (whole and drops_at_most >= least):
        raise ConfigError("drops_at_most", drops_at_most, f"a whole number, at least {least}: {FIRST} drops for "
                          f"each of {settings} settings")
    return RaceRules(confidence=float(confidence), indifference=indifference, budget=drops_at_most,
                 tolerances=tuple(constraint.tolerance for constraint in constraints))


def _real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@contextmanager
def _store(task: Task) -> Iterator[Store]:
    if task.output is None:
        yield MemoryStore()
        return
    with file_store(task.output, task.plan, resume=task.resume, force=task.force, guarded=True) as store:
        yield store


@contextmanager
def _own(directory: Path | None, *, resume: bool, force: bool) -> Iterator[None]:
    """Lock a directory for this search. Raises ConfigError where it is not empty, or in use."""
    if directory is None:
        yield
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = DirectoryLock(directory)
    except BlockingIOError:
        raise ConfigError("output", str(directory), "not the output of another search that is going on") from None
    except OSError as error:
        raise ConfigError("output", str(directory), f"a directory that can be written ({error.strerror})") from None
    try:
        if not resume and not force and any(entry.name != LOCK for entry in directory.iterdir()):
            raise ConfigError("output", str(directory), "a new or empty directory, or --resume to continue, or --force "
                              "to replace the runs in it")
        yield
    finally:
        (directory / LOCK).unlink(missing_ok=True)
        lock.release()
