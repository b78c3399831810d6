"""One drop: SimPy runs the frame clock, and every frame its pipeline."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from isacsys.errors import ConfigError, DropError, SchedulingError
from isacsys.network import NetworkState, Positions, deploy
from isacsys.network.deployment import given_positions
from isacsys.recording.base import Recorder
from isacsys.recording.schema import EVENTS
from isacsys.scenario import Scenario
from isacsys.scheduling import GrantPolicy, Scheduler, find_grant_policy, find_scheduler
from isacsys.simulation import records
from isacsys.simulation.channels import ShortForms
from isacsys.simulation.classes import Classes
from isacsys.simulation.frame import run_frame
from isacsys.simulation.values import FrameRecord


def check(scenario: Scenario, *, positions: Positions | None = None) -> None:
    """Raise ConfigError for policies or positions that a scenario names and that cannot be had."""
    find_scheduler(scenario.scheduling.policy)
    find_grant_policy(scenario.nulling.policy)
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


class Drop:
    """A drop in progress: the environment, the state, and the processes that act on it."""

    def __init__(self, scenario: Scenario, drop: int, recorder: Recorder, scheduler: Scheduler | None = None,
                 grant_policy: GrantPolicy | None = None, positions: Positions | None = None) -> None:
        self.scenario, self.number, self.recorder = scenario, drop, recorder
        self.scheduler = scheduler or find_scheduler(scenario.scheduling.policy)
        self.grant_policy = grant_policy or find_grant_policy(scenario.nulling.policy)
        self.environment = simpy.Environment()
        self.state = NetworkState(scenario, deploy(scenario, drop, positions))
        self.sums: records.Sums = {}
        self.classes = Classes(scenario)

    def run(self) -> None:
        """Run every frame and write the drop's row."""
        if self.full:
            records.record_positions(self.recorder, self.number, self.state)
        self.environment.process(self._frame_clock())
        try:
            self.environment.run()
        except SchedulingError as error:
            raise SchedulingError(f"{error} ({self._where})") from error.__cause__
        except ConfigError:
            raise
        except Exception as error:
            raise DropError(f"{type(error).__name__}: {error} ({self._where})") from error
        self.recorder.append("classes", {"drop": self.number, **self.classes.columns()})
        self.recorder.append("drops", {"drop": self.number, **self.sums})

    @property
    def full(self) -> bool:
        """Whether everything is recorded."""
        return self.scenario.recording.level == "full"

    @property
    def _where(self) -> str:
        return f"drop {self.number}, frame {self.state.frame}, seed {self.scenario.simulation.seed}"

    def _frame_clock(self) -> Generator[simpy.Event, Any, None]:
        for frame in range(self.scenario.simulation.frames):
            self.state.frame = frame
            self._frame()
            yield self.environment.timeout(self.scenario.simulation.frame_duration)

    def _frame(self) -> None:
        channels = ShortForms(self.scenario.simulation.seed, self.number, self.state.frame)
        record = run_frame(self.state, self.number, self.scheduler, self.grant_policy, channels)
        sums = records.frame_sums(record)
        self.sums = records.add(self.sums, sums)
        self.classes.add(record)
        self.recorder.append("frames", {"drop": self.number, "frame": self.state.frame, **sums})
        records.record_frame(self.recorder, self.number, record, self.scenario.recording.level)
        if self.full:
            self._trace(record)

    def _trace(self, record: FrameRecord) -> None:
        """Write the events of a frame, in the order in which they happen."""
        selection, granted = record.situation.selection, record.situation.grants.granted
        counts = {"frame_start": self.state.frame, "selection": len(selection.users) + len(selection.targets),
                  "null_requests": len(granted), "grants": int(granted.sum()), "frame_end": self.state.frame}
        self.recorder.append("events", {
            "drop": self.number, "time": [self.environment.now] * len(counts),
            "event": [EVENTS.index(name) for name in counts], "subject": -1, "count": list(counts.values())})
