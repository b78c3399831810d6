"""One drop: SimPy runs the frame clock and all processes, and every frame its pipeline."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterable, Sequence
from typing import NoReturn

import numpy as np

from isacsys.beamforming import Combiner, Precoder
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Index
from isacsys.core.errors import ConfigError, DropError, PluginError
from isacsys.energy import EnergyModel, find_energy_model
from isacsys.link import LinkModel
from isacsys.metrics import METRIC, Metric, declared_columns
from isacsys.network import NetworkState, Positions, deploy
from isacsys.network.deployment import population_count, remarks
from isacsys.network.places import given_positions
from isacsys.network.queues import read_arrivals
from isacsys.network.receivers import ReceiverType
from isacsys.network.trace_remarks import trace_remarks
from isacsys.network.trajectories import presence, read_trajectories, roles
from isacsys.propagation import check_propagation
from isacsys.recording.base import Recorder
from isacsys.recording.schema import LEVELS
from isacsys.scheduling import ALLOCATION_POLICY, GrantPolicy, Scheduler, allocate
from isacsys.sensing import Tracker
from isacsys.services import FrameRecord
from isacsys.simulation import log_rows
from isacsys.simulation.clock import FrameClock
from isacsys.simulation.daily_processes import PROCESS
from isacsys.simulation.energy_process import EnergyProcess
from isacsys.simulation.memory_limits import check_comparisons, check_memory, keep_freed_memory
from isacsys.simulation.mobility_process import MobilityProcess, PresenceProcess, TargetProcess
from isacsys.simulation.policies import Policies, find_policies
from isacsys.simulation.stage import Process, Stage
from isacsys.simulation.tracking_process import TrackingProcess, find_tracker
from isacsys.simulation.traffic_process import TrafficProcess


def check(scenario: Scenario, *, positions: Positions | None = None, drops: Iterable[int] = (0,),
          energy_model: EnergyModel | None = None) -> None:
    """Raise ConfigError for policies, positions or arrivals that a scenario names and that cannot be had.

    Users and targets named by a file must exist in every one of ``drops``. Warns of changes that a layout makes.
    """
    find_policies(scenario)
    check_memory(scenario, None if given_positions(scenario, positions) is None else 0.0)
    check_propagation(scenario)
    ALLOCATION_POLICY.of(scenario)
    PROCESS.all_of(scenario)
    find_tracker(scenario)
    find_energy_model(scenario, energy_model)
    if scenario.targets.lifetime and presence(scenario, ReceiverType.TARGET) is not None:
        raise ConfigError("targets.lifetime", scenario.targets.lifetime, "0 where a file says when targets come and go")
    n, lines = scenario.network, _check_named(scenario, positions, drops)
    cells = n.bs_density * n.area
    receivers = cells * (n.users_per_cell + n.targets_per_cell * (scenario.allocation.targets_per_bs > 0))
    if given_positions(scenario, positions) is not None:
        d = deploy(scenario, 0, positions)
        cells, receivers = len(d.stations), len(d.users) + d.mean_targets * (scenario.allocation.targets_per_bs > 0)
    for line in [*check_comparisons(scenario, cells, receivers), *remarks(scenario, positions), *lines]:
        warnings.warn(line, stacklevel=2)
    if scenario.mobility.model == "file":
        for line in trace_remarks(scenario, drops, positions):
            warnings.warn(line, stacklevel=2)


def _check_named(scenario: Scenario, positions: Positions | None, drops: Iterable[int]) -> list[str]:
    """Raise ConfigError for users and targets that files name and a drop lacks; return a line on those left out."""
    lines = []
    for (key, kind), named in _named(scenario).items():
        fewest = None
        for drop in drops:
            count = population_count(scenario, drop, kind, positions)
            fewest = count if fewest is None else min(fewest, count)
            if len(named) and count <= named[-1]:
                raise ConfigError(key, f"{kind.word} {named[-1]}", f"numbers below {count}, the {kind.words} of drop "
                                  f"{drop}")
        if len(named) and fewest is not None and fewest > len(named):
            others = "stay where they are" if key == "mobility.positions" else "receive nothing"
            lines.append(f"{key} names {len(named)} of {fewest} {kind.words}: the others {others}")
    return lines


def _named(scenario: Scenario) -> dict[tuple[str, ReceiverType], Index]:
    """Return the numbers of users and targets that the files of a scenario name, ascending."""
    found: dict[tuple[str, ReceiverType], Index] = {}
    if scenario.mobility.positions and not roles(scenario):
        tracks = read_trajectories(scenario.mobility.positions)
        found |= {("mobility.positions", kind): np.unique(tracks[kind.word][:, 0]).astype(np.int64)
                  for kind in ReceiverType}
    if scenario.traffic.arrivals:
        found["traffic.arrivals", ReceiverType.USER] = np.unique(read_arrivals(scenario.traffic.arrivals).user)
    return found


def simulate_drop(scenario: Scenario, drop: int, recorder: Recorder, *, scheduler: Scheduler | None = None,
                  grant_policy: GrantPolicy | None = None, positions: Positions | None = None,
                  precoder: Precoder | None = None, combiner: Combiner | None = None,
                  tracker: Tracker | None = None, link_model: LinkModel | None = None,
                  energy_model: EnergyModel | None = None, processes: Sequence[Process] = (),
                  metrics: Sequence[Metric] = ()) -> None:
    """Simulate one drop and write its rows.

    Parameters
    ----------
    scenario : Scenario
    drop : int
        Its number; with the scenario's seed it names every random stream.
    recorder : Recorder
        Gets a row of ``frames`` a frame, what ``recording.level`` asks for, and one row of ``drops`` at the end.
    scheduler, grant_policy, precoder, combiner, tracker, link_model, energy_model : optional
        Used instead of those the scenario names; copied, so that no drop sees what another left behind.
    positions : Positions, optional
        For layout "file": positions passed in Python.
    processes : sequence of Process
        Run beside those that the scenario asks for and names; copied likewise.
    metrics : sequence of Metric
        Measured beside those there are; the recorder must know their columns (`Recorder.declare`).

    Raises
    ------
    PluginError, DropError
        Naming drop and frame.
    """
    scenario = allocate(scenario)
    policies = find_policies(scenario, scheduler, grant_policy, precoder, combiner, link_model=link_model)
    Drop(scenario, drop, recorder, policies, positions, [*PROCESS.all_of(scenario), *processes],
         [*METRIC.all_of(scenario), *metrics], tracker, energy_model).run()


class Drop:
    """A drop in progress: a stage, and the processes that act on it.

    At a boundary everything that happened during the frame before is settled first, in the order in which the
    processes were started; then the clock schedules a frame, and sends the one that begins.
    """

    def __init__(self, scenario: Scenario, drop: int, recorder: Recorder, policies: Policies | None = None,
                 positions: Positions | None = None, processes: Sequence[Process] = (),
                 metrics: Sequence[Metric] = (), tracker: Tracker | None = None,
                 energy_model: EnergyModel | None = None) -> None:
        keep_freed_memory()
        warm_up, counted = scenario.simulation.warm_up, scenario.simulation.frames
        if warm_up:  # a longer drop, of which the first frames are left out
            scenario = scenario.replace({"simulation.frames": counted + warm_up, "simulation.warm_up": 0})
        state = NetworkState(scenario, deploy(scenario, drop, positions))
        self.stage = Stage(scenario, drop, state, recorder, warm_up)
        policies = policies or find_policies(scenario)
        self.clock = FrameClock(self.stage, policies, metrics)
        self._metrics = metrics
        self._processes = (TrafficProcess(policies.link_model), MobilityProcess(), PresenceProcess(), TargetProcess(),
                           TrackingProcess(copy.deepcopy(tracker)), EnergyProcess(energy_model),
                           *copy.deepcopy(list(processes)), self.clock)

    def run(self) -> None:
        """Run every frame and write the drop's row."""
        self._start()
        self._advance()
        self.finish()

    def begin(self) -> None:
        """Advance to the first frame, and stop before it is scheduled; `step` simulates it.

        What is simulated, and every draw, is what `run` does.
        """
        self.clock.stepped = True
        self._start()
        self._advance()

    def step(self) -> FrameRecord | None:
        """Simulate the next frame, go to the one after it, or to the end, and return what was accounted.

        Before the first frame is sent, schedules of the lead are made; there is nothing to return then.
        """
        waiting, self.clock.waiting = self.clock.waiting, None
        if waiting is None:
            raise DropError(f"every frame is simulated ({self._where})")
        waiting.succeed()
        self._advance()
        return self.clock.record

    @property
    def ended(self) -> bool:
        """Whether all frames of a drop that is stepped are simulated."""
        return self.clock.waiting is None

    def finish(self) -> None:
        """Write the drop's row."""
        stage = self.stage
        stage.recorder.append("classes", {"drop": stage.drop, **self.clock.classes.columns()})
        stage.recorder.append("refusals", {"drop": stage.drop, **self.clock.refusals.columns()})
        self._record_receivers()
        stage.recorder.append("drops", {"drop": stage.drop, **self.clock.tally.drop(), **stage.quality.drop(),
                                        **stage.throughput.drop()})

    def _start(self) -> None:
        stage = self.stage
        self._declare()
        log_rows.record_ids(stage.recorder, stage.drop, stage.scenario)
        if stage.full:
            log_rows.record_positions(stage.recorder, stage.drop, stage.state)
        for process in self._processes:
            stage.start(process)

    def _advance(self) -> None:
        """Run events until the clock waits, or none is left."""
        stage = self.stage
        try:
            while self.clock.waiting is None and stage.environment.peek() < math.inf:
                stage.environment.step()
        except Exception as error:
            self._fail(stage.failure or error)  # SimPy raises another one, made of the arguments of the first

    def _record_receivers(self) -> None:
        """Write the rows of users and targets."""
        stage, tables = self.stage, LEVELS[self.stage.scenario.recording.level]
        if "users/communication" in tables and self.clock.receivers is not None:
            rows = self.clock.receivers.users(stage.throughput)
            stage.recorder.append("users/communication", {"drop": stage.drop, **rows})
            if stage.scenario.allocation.targets_per_bs:
                stage.recorder.append("users/sensing", {"drop": stage.drop, **self.clock.receivers.targets()})

    def _fail(self, error: Exception) -> NoReturn:
        """Raise an error again, with the place where it happened."""
        if isinstance(error, ConfigError):
            raise error
        if isinstance(error, PluginError):
            raise type(error)(f"{error} ({self._where})") from error.__cause__
        raise DropError(f"{type(error).__name__}: {error} ({self._where})") from error

    def _declare(self) -> None:
        """Make known what metrics of a user's own record."""
        sums, drops = declared_columns(self._metrics)
        if sums or drops:
            self.stage.recorder.declare("frames", sums)
            self.stage.recorder.declare("drops", (*sums, *drops))

    @property
    def _where(self) -> str:
        return f"drop {self.stage.drop}, frame {self.stage.state.frame}, seed {self.stage.scenario.simulation.seed}"
