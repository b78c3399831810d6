"""Common part of `run`, `sweep` and `validate`: how scenarios are to be simulated, as one value."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isacsys.beamforming import Combiner, Precoder
from isacsys.campaign.coordinator import Coordinator, StoppingRule
from isacsys.campaign.dispatcher import Crew
from isacsys.campaign.executors import Executor
from isacsys.campaign.executors import executor as make_executor
from isacsys.campaign.payload import pack
from isacsys.campaign.plan import Plan
from isacsys.campaign.progress import Bar
from isacsys.campaign.result import Run, open_run
from isacsys.campaign.store import MemoryStore, Store, file_store
from isacsys.campaign.worker import Simulate, Work
from isacsys.config.input_files import pin
from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError, IsacError
from isacsys.energy import HANDED_IN, EnergyModel
from isacsys.link import LinkModel
from isacsys.metrics import METRIC, METRICS, Metric, declared_metrics
from isacsys.network import Positions
from isacsys.plugins.kinds import KINDS
from isacsys.scheduling import GrantPolicy, Scheduler, allocate
from isacsys.sensing import Tracker
from isacsys.simulation import Process, check, simulate_drop

Subject = Scenario | str | Path
SMALL = 2_000  # stations times frames of a drop that surely takes a moment only


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run: what, where to, and how precisely; ``place`` says where in a grid it is."""

    plan: Plan
    rule: StoppingRule
    output: Path | None
    resume: bool
    simulate: Simulate
    force: bool = False
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """How scenarios are to be simulated; the attributes are the arguments of `isacsys.run` of the same names."""

    drops: int | None = None
    frames: int | None = None
    seed: int | None = None
    resume: bool = False
    force: bool = False
    workers: int | None = None
    executor: str | None = None
    dask_address: str | None = None
    precision: float | None = None
    metrics: Sequence[str] = ()
    only_drop: int | None = None
    scheduler: Scheduler | str | None = None
    grant_policy: GrantPolicy | str | None = None
    positions: Positions | None = None
    precoder: Precoder | str | None = None
    combiner: Combiner | str | None = None
    tracker: Tracker | str | None = None
    link_model: LinkModel | str | None = None
    energy_model: EnergyModel | str | None = None
    processes: Sequence[Process] = ()
    measure: Sequence[Metric] = ()
    progress: bool | None = None
    simulate: Simulate = simulate_drop

    def scenario(self, subject: Subject) -> Scenario:
        """Return what is to be simulated: a scenario, or that of a file, with what the order says instead."""
        found = as_scenario(subject)
        for argument, name in self._chosen.items():
            if isinstance(name, str):
                found = _with_policy(found, argument, name)
        if isinstance(self.energy_model, EnergyModel):
            found = _with_policy(found, "energy_model", HANDED_IN)
        return override(found, {"drops": self.drops, "frames": self.frames, "seed": self.seed})

    def check_output(self, output: str | Path | None) -> Path | None:
        """Return where to write. Raises ConfigError for flags that make no sense."""
        if self.resume and self.force:
            raise ConfigError("resume", True, "not together with force")
        if output is None and (self.resume or self.force):
            raise ConfigError("resume" if self.resume else "force", True, "only with an output")
        if output is not None and "\0" in str(output):
            raise ConfigError("output", str(output), "a name without a NUL")
        return None if output is None else Path(output)

    def task(self, scenario: Scenario, output: Path | None = None, place: str = "") -> Task:
        """Check everything that can be checked before a drop is simulated."""
        objects, inputs = self.objects, pin(scenario)
        first, stop = self._range(scenario)
        check(scenario, positions=self.positions, drops=range(first, stop), energy_model=objects["energy_model"])
        if objects["tracker"] is not None and not scenario.tracking.enabled:
            warnings.warn(f"tracker {type(objects['tracker']).__name__} is not used: tracking.enabled is false",
                          stacklevel=4)
        scenario = allocate(scenario)
        own = declared_metrics([*METRIC.all_of(scenario), *(objects["metrics"] or ())])
        plan = Plan(scenario, first, stop, pack(objects, self._executor), own, inputs)
        rule = StoppingRule(stop, self.precision, self.metrics, {**METRICS, **own})
        return Task(plan=plan, rule=rule, output=output, resume=self.resume, force=self.force, simulate=self.simulate,
                    place=place)

    def workforce(self, tasks: Sequence[Task]) -> AbstractContextManager[Executor]:
        """Provide who simulates some tasks."""
        small = self.simulate is simulate_drop and all(task.plan.size <= SMALL for task in tasks)
        return make_executor(self._executor, self.workers, self.dask_address, _code(self.simulate, tasks), small=small)

    def runs(self, tasks: Sequence[Task]) -> Iterator[Run]:
        """Yield a run of every task, all by one crew."""
        total = sum(task.plan.stop - task.plan.first for task in tasks)
        with self.workforce(tasks) as workers, Bar(total, shown=self.progress) as bar:
            for task in tasks:
                yield _perform(task, Crew(workers, bar))

    @property
    def objects(self) -> dict[str, Any]:
        """Objects passed in Python, as keyword arguments of the simulation. Raises ConfigError for wrong types."""
        given = {name: None if isinstance(value, str) else value for name, value in self._chosen.items()}
        for argument, value in given.items():
            _check_object(argument, value)
        if not isinstance(self.positions, Positions | None):
            raise ConfigError("positions", self.positions, "an object of isacsys.Positions")
        lists = {"processes": _list("processes", self.processes, Process),
                 "metrics": _list("measure", self.measure, Metric)}
        return {**given, "positions": self.positions, **lists}

    @property
    def _chosen(self) -> dict[str, Any]:
        return {"scheduler": self.scheduler, "grant_policy": self.grant_policy, "precoder": self.precoder,
                "combiner": self.combiner, "tracker": self.tracker, "link_model": self.link_model,
                "energy_model": self.energy_model}

    @property
    def _executor(self) -> str | None:
        return self.executor if self.only_drop is None else "serial"

    def _range(self, scenario: Scenario) -> tuple[int, int]:
        if self.only_drop is None:
            return 0, scenario.simulation.drops
        if isinstance(self.only_drop, bool) or not isinstance(self.only_drop, int) or not 0 <= self.only_drop < 2**53:
            raise ConfigError("only_drop", self.only_drop, "the number of a drop, from 0 on")
        if self.precision is not None:
            raise ConfigError("precision", self.precision, "not with a single drop")
        return self.only_drop, self.only_drop + 1


def _code(simulate: Simulate, tasks: Sequence[Task]) -> str:
    """Return what tells the user code of some tasks from other user code."""
    plans = [task.plan for task in tasks]
    theirs = {(*sorted(plan.handed.names.items()), *sorted(plan.sources.items()),
               *plan.scenario.beside * bool(plan.sources))
              for plan in plans}
    return repr((getattr(simulate, "__module__", ""), getattr(simulate, "__qualname__", ""), sorted(map(repr, theirs))))


def as_scenario(subject: object) -> Scenario:
    """Return a scenario, or that of a file. Raises ConfigError for anything else, and for a file there is not."""
    if isinstance(subject, Scenario):
        return subject
    if isinstance(subject, str | Path):
        return Scenario.load(subject)
    if isinstance(subject, type) and issubclass(subject, Scenario):
        raise ConfigError("scenario", subject, "an object, not a class: write Scenario()")
    raise ConfigError("scenario", subject, "an isacsys.Scenario, or the path of a TOML file (a mapping goes into "
                      "Scenario.from_dict)")


def override(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """Return the scenario with those keys of its section ``simulation`` changed that are not None."""
    return scenario.replace({f"simulation.{key}": value for key, value in changes.items() if value is not None})


def _with_policy(scenario: Scenario, argument: str, name: str) -> Scenario:
    """Name a policy in the scenario; parameters there are those of another one."""
    kind = KINDS[argument.replace("_", " ")]
    if scenario.get(kind.key) == name:
        return scenario
    return scenario.replace({kind.key: name, kind.parameters_key: {}})


def _check_object(argument: str, value: object) -> None:
    if value is not None:
        KINDS[argument.replace("_", " ")].check_object(argument, value)


def _list(argument: str, values: Any, base: type) -> list[Any] | None:
    if isinstance(values, base) or not isinstance(values, Sequence):
        raise ConfigError(argument, values, f"a list of objects of subclasses of isacsys.{base.__name__}")
    for value in values:
        if not isinstance(value, base):
            hint = f": write {value.__name__}()" if isinstance(value, type) and issubclass(value, base) else ""
            raise ConfigError(argument, value, f"objects of subclasses of isacsys.{base.__name__}{hint}")
    return list(values) or None


def _perform(task: Task, crew: Crew) -> Run:
    try:
        return _simulate(task, crew)
    except IsacError as error:
        if task.place:
            error.add_note(f"at {task.place}")
        raise


def _simulate(task: Task, crew: Crew) -> Run:
    plan, rule = task.plan, task.rule
    with _store(task) as store:
        directory = store.directory if crew.executor.shares_files else None
        work = Work(plan.scenario, plan.handed, task.simulate, plan.fingerprint, directory, plan.inputs,
                    plan.together if task.simulate is simulate_drop else 1)
        crew.bar.found(sum(stop - first for first, stop in store.done))
        end = Coordinator(work, plan.first, rule, store, crew).run()
        for line in rule.unmet(plan.scenario, store.drops(end)):
            warnings.warn(f"after {end} drops {line}", stacklevel=5)
        source = store.finish(end)
        if task.output is not None:  # opened while it is ours alone: another run may replace it
            return open_run(task.output)
    scenario = override(plan.scenario, {"drops": end - plan.first})
    return Run(scenario, source, complete=True, attributes=plan.attributes(end))


@contextmanager
def _store(task: Task) -> Iterator[Store]:
    if task.output is None:
        yield MemoryStore()
        return
    with file_store(task.output, task.plan, resume=task.resume, force=task.force) as store:
        yield store
