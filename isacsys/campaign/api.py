"""The function `run` of users."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from isacsys.beamforming import Combiner, Precoder
from isacsys.campaign.request import Request, Subject
from isacsys.campaign.result import Run
from isacsys.campaign.worker import Simulate
from isacsys.energy import EnergyModel
from isacsys.link import LinkModel
from isacsys.metrics import Metric
from isacsys.network import Positions
from isacsys.scheduling import GrantPolicy, Scheduler
from isacsys.sensing import Tracker
from isacsys.simulation import Process, simulate_drop


def run(scenario: Subject, *, drops: int | None = None, frames: int | None = None, seed: int | None = None,
        output: str | Path | None = None, resume: bool = False, force: bool = False,
        workers: int | None = None, executor: str | None = None, dask_address: str | None = None,
        precision: float | None = None, metrics: Sequence[str] = (), only_drop: int | None = None,
        scheduler: Scheduler | str | None = None, grant_policy: GrantPolicy | str | None = None,
        positions: Positions | None = None, precoder: Precoder | str | None = None,
        combiner: Combiner | str | None = None, tracker: Tracker | str | None = None,
        link_model: LinkModel | str | None = None, energy_model: EnergyModel | str | None = None,
        processes: Sequence[Process] = (), measure: Sequence[Metric] = (),
        progress: bool | None = None, simulate: Simulate = simulate_drop) -> Run:
    """Simulate a scenario.

    Results depend on the scenario (its seed and number of drops included) alone, bit for bit, however many workers
    there are and however often the run was killed and resumed.

    Parameters
    ----------
    scenario : Scenario or path
        What to simulate, or the TOML file that says it.
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
        Processes; default: one for every processor that this process may use, limits of containers included.
    executor : {"process", "serial", "dask"}, optional
        Default: worker processes; but drops that take a moment run in this process at first, for as long as workers
        would take to start, unless ``workers`` says how many there are to be. Worker processes are kept for the next
        run of the program. Which one it is changes no bit of the results.
    dask_address : str, optional
        Of a dask scheduler; default: a cluster on this machine.
    precision : float, optional
        Stop when the half-width of the 95 % interval over the mean is at most this for all ``metrics``, or after
        ``drops``. Looked at after 30, 36, 44 … drops (each time a fifth more). Stopping when an interval happens to
        be narrow makes intervals slightly too narrow; see ``docs/guides/campaigns.md``.
    metrics : sequence of str
        Names; default: the area spectral efficiencies that are not zero.
    only_drop : int, optional
        Simulate this drop alone.
    scheduler, grant_policy, positions, precoder, combiner, tracker, link_model, energy_model : optional
        Objects (of policies also names) instead of what the scenario names. They may be defined anywhere, in a
        notebook too; every drop gets its own copy.
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
    order = Request(drops=drops, frames=frames, seed=seed, resume=resume, force=force, workers=workers,
                    executor=executor, dask_address=dask_address, precision=precision, metrics=metrics,
                    only_drop=only_drop, scheduler=scheduler, grant_policy=grant_policy, positions=positions,
                    precoder=precoder, combiner=combiner, tracker=tracker, link_model=link_model,
                    energy_model=energy_model, processes=processes, measure=measure, progress=progress,
                    simulate=simulate)
    path = order.check_output(output)
    [found] = order.runs([order.task(order.scenario(scenario), path)])
    return found
