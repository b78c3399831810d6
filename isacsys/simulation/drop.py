"""One drop: SimPy runs the frame clock and everything that takes time, and every frame its pipeline."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from isacsys.arrays import Array, Index, keep_freed_memory
from isacsys.errors import ConfigError, DropError, SchedulingError
from isacsys.network import NetworkState, Positions, deploy
from isacsys.network.deployment import given_positions
from isacsys.network.tracks import read_tracks
from isacsys.network.traffic import read_arrivals
from isacsys.recording.base import Recorder
from isacsys.recording.schema import LEVELS
from isacsys.scenario import Scenario
from isacsys.scheduling import (
    GrantPolicy,
    Scheduler,
    allocate,
    find_allocation_policy,
    find_grant_policy,
    find_scheduler,
)
from isacsys.simulation import records
from isacsys.simulation.backhaul import Backhaul
from isacsys.simulation.channels import ShortForms
from isacsys.simulation.classes import Classes
from isacsys.simulation.frame import coordinate, plan, transmit
from isacsys.simulation.journal import Journal
from isacsys.simulation.movement import Movement
from isacsys.simulation.quality import Quality
from isacsys.simulation.targets import TargetLife
from isacsys.simulation.traffic import Traffic
from isacsys.simulation.values import Bundle, FrameRecord, Plan
from isacsys.streams import Purpose, stream


def check(scenario: Scenario, *, positions: Positions | None = None) -> None:
    """Raise ConfigError for policies, positions or arrivals that a scenario names and that cannot be had."""
    find_scheduler(scenario.scheduling.policy)
    _target_scheduler(scenario)
    find_grant_policy(scenario.nulling.policy)
    find_allocation_policy(scenario.allocation.policy)
    if scenario.mobility.positions:
        read_tracks(scenario.mobility.positions)
    if scenario.traffic.arrivals:
        read_arrivals(scenario.traffic.arrivals)
    if given_positions(scenario, positions) is not None:
        deploy(scenario, 0, positions)


def simulate_drop(scenario: Scenario, drop: int, recorder: Recorder, *, scheduler: Scheduler | None = None,
                  grant_policy: GrantPolicy | None = None, positions: Positions | None = None) -> None:
    """Simulate one drop and write its rows.

    Parameters
    ----------
    scenario : Scenario
    drop : int
        Its number; with the scenario's seed it names every random stream.
    recorder : Recorder
        Gets a row of ``frames`` a frame, what ``recording.level`` asks for, and one row of ``drops`` at the end.
    scheduler, grant_policy : optional
        Used instead of those the scenario names; copied, so that no drop sees what another left behind.
    positions : Positions, optional
        For layout "file": positions handed in from Python.

    Raises
    ------
    SchedulingError, DropError
        Naming drop and frame.
    """
    Drop(scenario, drop, recorder, scheduler, grant_policy, positions).run()


@dataclass(frozen=True)
class Served:
    """Who was sent to in a frame, and the rate in bit/s/Hz."""

    users: Index
    rate: Array


NOBODY = Served(np.empty(0, np.int64), np.empty(0))


class Drop:
    """A drop in progress: the environment, the state, and the processes that act on it.

    The environment counts time in frames, so that frame boundaries are exact; it starts at minus the lead.
    At a boundary everything that happened during the frame before is settled first, in the order in which the
    processes were started; then the clock plans a frame, and sends the one that begins.
    """

    def __init__(self, scenario: Scenario, drop: int, recorder: Recorder, scheduler: Scheduler | None = None,
                 grant_policy: GrantPolicy | None = None, positions: Positions | None = None) -> None:
        keep_freed_memory()
        scenario = allocate(scenario)
        self.scenario, self.number, self.recorder = scenario, drop, recorder
        self.scheduler = copy.deepcopy(scheduler) if scheduler else find_scheduler(scenario.scheduling.policy)
        self.target_scheduler = _target_scheduler(scenario)
        self.grant_policy = copy.deepcopy(grant_policy) if grant_policy else find_grant_policy(scenario.nulling.policy)
        self.lead = scenario.lead_frames
        self.environment = simpy.Environment(initial_time=-self.lead)
        self.state = NetworkState(scenario, deploy(scenario, drop, positions))
        self.journal = Journal(self.environment, recorder, drop, scenario.simulation.frame_duration, kept=self.full)
        self.backhaul = Backhaul(self.environment, scenario, drop, self.state.stations, self.journal)
        self.quality = Quality(len(self.state.deployment.users), scenario.simulation.frames,
                               scenario.simulation.frame_duration)
        self.served = NOBODY
        self.sums: records.Sums = {}
        self.classes = Classes(scenario)
        self._plans: deque[tuple[Plan, Bundle | None]] = deque()

    def run(self) -> None:
        """Run every frame and write the drop's row."""
        if self.full:
            records.record_positions(self.recorder, self.number, self.state)
        self._start_processes()
        try:
            self.environment.run()
        except SchedulingError as error:
            raise SchedulingError(f"{error} ({self._where})") from error.__cause__
        except ConfigError:
            raise
        except Exception as error:
            raise DropError(f"{type(error).__name__}: {error} ({self._where})") from error
        self.recorder.append("classes", {"drop": self.number, **self.classes.columns()})
        self.recorder.append("drops", {"drop": self.number, **self.sums, **self.quality.columns()})

    @property
    def full(self) -> bool:
        """Whether everything is recorded."""
        return self.scenario.recording.level == "full"

    @property
    def links(self) -> bool:
        """Whether single links, and files, are recorded."""
        return "files" in LEVELS[self.scenario.recording.level]

    @property
    def ticks(self) -> int:
        """Frames that the environment runs for, the lead included."""
        return self.lead + self.scenario.simulation.frames

    def stream(self, purpose: Purpose) -> np.random.Generator:
        """Return the stream of this boundary for what goes on over time."""
        return stream(self.scenario.simulation.seed, self.number, int(self.environment.now) + self.lead, purpose)

    @property
    def _where(self) -> str:
        return f"drop {self.number}, frame {self.state.frame}, seed {self.scenario.simulation.seed}"

    def _start_processes(self) -> None:
        """Start what a scenario has of traffic, movement and target life, and the clock last."""
        s = self.scenario
        if s.traffic.model != "full_buffer":
            self.environment.process(Traffic(self).process())
        if s.moving and self.state.stations:
            self.environment.process(Movement(self).process())
        if s.allocation.targets_per_bs and (s.targets.lifetime or s.targets.revisit_period):
            self.environment.process(TargetLife(self).process())
        self.environment.process(self._frame_clock())

    def _frame_clock(self) -> Generator[simpy.Event, Any, None]:
        frames = self.scenario.simulation.frames
        for now in range(-self.lead, frames):
            if now >= 0:
                self.journal.note("frame_start", now)
            self.frame(now)
            yield self.environment.timeout(1)

    def frame(self, now: int) -> None:
        """Plan the frame whose time has come, a lead ahead, and send the one that begins."""
        if now + self.lead < self.scenario.simulation.frames:
            self._plan(now + self.lead)
        if now >= 0:
            self._send(now)

    def _plan(self, frame: int) -> None:
        """Fix who is served in a frame, and send its null requests."""
        self.state.frame = frame
        fixed = plan(self.state, self.number, self.scheduler, self.target_scheduler)
        self.journal.note("selection", len(fixed.selection.users) + len(fixed.selection.targets))
        self.journal.note("null_requests", len(fixed.requests))
        bundle = None if self.backhaul.instant else self.backhaul.send(fixed.requests, frame)
        self._plans.append((fixed, bundle))

    def _send(self, frame: int) -> None:
        """Grant, transmit, account, and learn from a frame."""
        self.state.frame = frame
        fixed, bundle = self._plans.popleft()
        situation = coordinate(self.state, self.number, fixed, self.grant_policy, bundle)
        record = transmit(situation, ShortForms(self.scenario.simulation.seed, self.number, frame))
        self.journal.note("grants", int(np.count_nonzero(situation.grants.granted)))
        sums = records.frame_sums(record)
        self.sums = records.add(self.sums, sums)
        self.classes.add(record)
        self.recorder.append("frames", {"drop": self.number, "frame": frame, **sums})
        records.record_frame(self.recorder, self.number, record, self.scenario.recording.level)
        self._learn(record, frame)
        self.journal.note("frame_end", frame)

    def _learn(self, record: FrameRecord, frame: int) -> None:
        """Enter what a frame brought into the state, for schedulers, queues and deadlines."""
        if self.scenario.simulation.frames == 1 and self.scenario.traffic.model == "full_buffer":
            return
        users, targets = record.situation.selection.users.ids, record.situation.selection.targets.ids
        self.served = Served(users, record.users.rate)
        self.state.users.average(users, record.users.rate, self.scenario.scheduling.rate_window)
        if len(targets):
            there = self.state.targets
            there.last_rate[targets] = record.targets.rate
            self.quality.kept(int(np.count_nonzero(np.isfinite(there.due[targets]))))
            there.due[targets] = frame + there.period[targets]
        self.quality.frame(record, frame)


def _target_scheduler(scenario: Scenario) -> Scheduler | None:
    name = scenario.scheduling.target_policy
    return find_scheduler(name, "scheduling.target_policy") if name else None
