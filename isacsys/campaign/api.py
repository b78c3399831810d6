"""What a user calls."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isacsys.campaign.batches import Simulate, Work
from isacsys.campaign.conductor import Conductor, Crew
from isacsys.campaign.executors import executor as make_executor
from isacsys.campaign.handed import leave_if_program_is_being_read, pack
from isacsys.campaign.plan import Plan
from isacsys.campaign.progress import Bar
from isacsys.campaign.result import Run, open_run
from isacsys.campaign.stopping import StoppingRule
from isacsys.campaign.store import MemoryStore, Store, file_store
from isacsys.errors import ConfigError
from isacsys.inputs import pin
from isacsys.metrics import METRICS, Metric, declared_metrics
from isacsys.network import Positions
from isacsys.scenario import Scenario
from isacsys.scheduling import GrantPolicy, Scheduler, allocate
from isacsys.simulation import Process, check, simulate_drop
from isacsys.transmission import Combiner, Precoder


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run: what, where to, and how precisely."""

    plan: Plan
    rule: StoppingRule
    output: Path | None
    resume: bool
    simulate: Simulate
    force: bool = False


def run(scenario: Scenario, *, drops: int | None = None, frames: int | None = None, seed: int | None = None,
        output: str | Path | None = None, resume: bool = False, force: bool = False,
        workers: int | None = None, executor: str = "process", dask_address: str | None = None,
        precision: float | None = None, metrics: Sequence[str] = (), only_drop: int | None = None,
        scheduler: Scheduler | None = None, grant_policy: GrantPolicy | None = None,
        positions: Positions | None = None, precoder: Precoder | None = None, combiner: Combiner | None = None,
        processes: Sequence[Process] = (), measure: Sequence[Metric] = (), progress: bool | None = None,
        simulate: Simulate = simulate_drop) -> Run:
    """Simulate a scenario.

    Results depend on the scenario (its seed and number of drops included) alone, bit for bit, however many workers
    there are and however often the run was killed and resumed.

    Parameters
    ----------
    scenario : Scenario
    drops, frames, seed : int, optional
        Instead of the scenario's.
    output : path, optional
        The HDF5 log to write. While the run lasts, finished drops are in a directory beside it, and survive whatever
        is killed. Without it, everything is kept in memory.
    resume : bool
        Continue what is at ``output``: an unfinished run, or a finished one with more drops. Where there is nothing,
        begin.
    force : bool
        Replace what is at ``output``.
    workers : int, optional
        Processes; default: one for every processor.
    executor : {"process", "serial", "dask"}
    dask_address : str, optional
        Of a dask scheduler; default: a cluster on this machine.
    precision : float, optional
        Stop when the half-width of the 95 % interval over the mean is at most this for all ``metrics``, or after
        ``drops``. Looked at after 30, 36, 44 … drops (each time a fifth more). Stopping when an interval happens to
        be narrow makes intervals slightly too narrow; see the README.
    metrics : sequence of str
        Names; default: the area spectral efficiencies that are not zero.
    only_drop : int, optional
        Simulate this drop alone.
    scheduler, grant_policy, positions, precoder, combiner : optional
        Objects instead of what the scenario names. They must be picklable; every drop gets its own copy.
    processes : sequence of Process
        What goes on beside the frames, besides what the scenario asks for; copied likewise.
    measure : sequence of Metric
        Metrics of your own, beside those there are.
    progress : bool, optional
        Show a bar on stderr; default: in notebooks.
    simulate : callable
        What simulates a drop.

    Returns
    -------
    Run

    Raises
    ------
    ConfigError
        Before anything is simulated.
    IncompleteRun, DropError, SchedulingError
        Where the run ends early; what is finished is kept at ``output``.
    """
    leave_if_program_is_being_read()
    check_output_flags(output, resume=resume, force=force)
    scenario = override(scenario, {"drops": drops, "frames": frames, "seed": seed})
    objects = {"scheduler": scheduler, "grant_policy": grant_policy, "positions": positions, "precoder": precoder,
               "combiner": combiner, "processes": list(processes) or None, "metrics": list(measure) or None}
    task = prepare(scenario, objects, executor, only_drop=only_drop, precision=precision, metrics=metrics,
                   output=None if output is None else Path(output), resume=resume, force=force, simulate=simulate)
    with make_executor("serial" if only_drop is not None else executor, workers, dask_address) as crew, \
            Bar(task.plan.stop - task.plan.first, shown=progress) as bar:
        return perform(task, Crew(crew, bar))


def prepare(scenario: Scenario, objects: Mapping[str, Any], executor: str, *, only_drop: int | None = None,
            precision: float | None = None, metrics: Sequence[str] = (), **rest: Any) -> Task:
    """Check everything that can be checked before a drop is simulated; ``rest`` are fields of `Task`."""
    inputs = pin(scenario)
    first, stop = _range(scenario, only_drop, precision)
    check(scenario, positions=objects["positions"], drops=range(first, stop))
    scenario = allocate(scenario)
    own = declared_metrics(objects.get("metrics") or ())
    plan = Plan(scenario, first, stop, pack(objects, executor), own, inputs)
    return Task(plan=plan, rule=StoppingRule(stop, precision, metrics, {**METRICS, **own}), **rest)


def perform(task: Task, crew: Crew) -> Run:
    """Run a task with a crew."""
    plan, rule = task.plan, task.rule
    with _store(task) as store:
        directory = store.directory if crew.executor.shares_files else None
        work = Work(plan.scenario, plan.handed, task.simulate, plan.fingerprint, directory, plan.inputs)
        crew.bar.found(sum(stop - first for first, stop in store.done))
        end = Conductor(work, plan.first, rule, store, crew).run()
        for line in rule.unmet(plan.scenario, store.drops(end)):
            warnings.warn(f"after {end} drops {line}", stacklevel=3)
        source = store.finish(end)
    if task.output is not None:
        return open_run(task.output)
    scenario = override(plan.scenario, {"drops": end - plan.first})
    return Run(scenario, source, complete=True, attributes=plan.attributes(end))


def override(scenario: Scenario, changes: dict[str, Any]) -> Scenario:
    """Return the scenario with those keys of its section ``simulation`` changed that are not None."""
    return scenario.replace({f"simulation.{key}": value for key, value in changes.items() if value is not None})


def check_output_flags(output: str | Path | None, *, resume: bool, force: bool) -> None:
    """Raise ConfigError for flags that make no sense."""
    if resume and force:
        raise ConfigError("resume", True, "not together with force")
    if output is None and (resume or force):
        raise ConfigError("resume" if resume else "force", True, "only with an output")


def _range(scenario: Scenario, only_drop: int | None, precision: float | None) -> tuple[int, int]:
    if only_drop is None:
        return 0, scenario.simulation.drops
    if isinstance(only_drop, bool) or not isinstance(only_drop, int) or only_drop < 0:
        raise ConfigError("only_drop", only_drop, "the number of a drop, from 0 on")
    if precision is not None:
        raise ConfigError("precision", precision, "not with a single drop")
    return only_drop, only_drop + 1


@contextmanager
def _store(task: Task) -> Iterator[Store]:
    if task.output is None:
        yield MemoryStore()
        return
    with file_store(task.output, task.plan, resume=task.resume, force=task.force) as store:
        yield store
