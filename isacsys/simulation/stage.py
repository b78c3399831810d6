"""The stage of a drop: what a process may use, the interface of processes, and the log of events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import suppress
from math import floor
from typing import Any, Protocol

import numpy as np
import simpy

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Index
from isacsys.core.errors import PluginError
from isacsys.core.frames import delay_until, in_frames, on_grid
from isacsys.core.random_streams import Purpose, stream
from isacsys.metrics import DropMetrics, Throughput
from isacsys.network import NetworkState
from isacsys.network.clusters import Clusters
from isacsys.network.trajectories import come_and_go
from isacsys.plugins.loading import calling_theirs
from isacsys.recording.base import Recorder
from isacsys.recording.schema import EVENTS, LEVELS
from isacsys.services import FrameRecord
from isacsys.simulation.warm_up import CountedRows

_LAST = 2  # priority of an event, after simpy.events.URGENT (0) and NORMAL (1)


class EventLog:
    """Writes events at the simulated time at which they are noted, where everything is recorded."""

    def __init__(self, environment: simpy.Environment, recorder: Recorder, drop: int, frame_duration: float, *,
                 kept: bool) -> None:
        self._environment, self._recorder, self._drop, self._kept = environment, recorder, drop, kept
        self._frame_duration = frame_duration

    def note(self, event: str, count: int, subject: int | Index = -1) -> None:
        """Record an event that concerned ``count`` rows, or one event for each of an array ``subject`` [n].

        With a count of 0, nothing is recorded. A frame's own events have its number as subject.
        """
        if not self._kept or (count == 0 and event not in ("frame_start", "selection", "null_requests", "grants",
                                                           "frame_end")):
            return
        rows = np.size(subject)
        self._recorder.append("events", {
            "drop": self._drop, "time": np.full(rows, self._environment.now * self._frame_duration),
            "event": EVENTS.index(event), "subject": subject, "count": count})


Steps = Generator[simpy.Event, Any, None]


class LoadShare(Protocol):
    """How much of the traffic there is, over time."""

    def mean(self, begin: float, end: float) -> float:
        """Return the mean share, 0 to 1, between two times in seconds."""


class FrameBoundary(simpy.Event):
    """Happens at a frame boundary, after everything else that happens there, whenever that was scheduled."""

    def __init__(self, environment: simpy.Environment, delay: float) -> None:
        super().__init__(environment)
        self._ok, self._value = True, None  # as simpy.Timeout does
        environment.schedule(self, _LAST, delay)  # type: ignore[arg-type]


class Stage:
    """A drop as its processes see it.

    The environment counts time in frames, so that frame boundaries are exact; it starts at minus the lead.

    Attributes
    ----------
    scenario : Scenario
    drop : int
        Its number.
    environment : simpy.Environment
    state : NetworkState
    warm_up : int
        Frames in the beginning that do not count.
    recorder, journal
        Take rows and events.
    load_profile : LoadProfile or None
        Share of the traffic that there is at a time, where a process has set one.
    """

    def __init__(self, scenario: Scenario, drop: int, state: NetworkState, recorder: Recorder,
                 warm_up: int = 0) -> None:
        self.scenario, self.drop, self.state, self.warm_up = scenario, drop, state, warm_up
        self.recorder = CountedRows(recorder, warm_up, scenario.simulation.frame_duration)
        self.lead, self.frame_duration = scenario.lead_frames, scenario.simulation.frame_duration
        self.environment = simpy.Environment(initial_time=-self.lead)
        self.journal = EventLog(self.environment, self.recorder, drop, self.frame_duration, kept=self.full)
        users, counted = len(state.deployment.users), scenario.simulation.frames - warm_up
        self._quality = tuple(DropMetrics(users, counted, self.frame_duration) for _ in range(1 + (warm_up > 0)))
        self.load_profile: LoadShare | None = None
        told = scenario.replace({"simulation.frames": counted}) if warm_up else scenario
        self._throughput = tuple(Throughput(told, users, state.stations) for _ in self._quality)
        self._coming = come_and_go(scenario)
        self.failure: Exception | None = None  # of a process, as it was raised
        self._learners: list[Process] = []

    @property
    def counting(self) -> bool:
        """Whether the frame that is on, or has just ended, counts in tables and metrics, and is no warm-up."""
        return self.recorder.counting

    @property
    def quality(self) -> DropMetrics:
        """Takes figures of the drop as a whole; those of frames that do not count are discarded."""
        return self._quality[0 if self.counting else -1]

    @property
    def throughput(self) -> Throughput:
        """Takes the bits that users get, likewise."""
        return self._throughput[0 if self.counting else -1]

    def note_presence(self) -> None:
        """Count in the drop's figures who is present in a frame, where users come and go."""
        if self._coming:
            who = self.state.users.station >= 0
            self.quality.there(who)
            self.throughput.there(who)

    @property
    def full(self) -> bool:
        """Whether everything is recorded."""
        return self.scenario.recording.level == "full"

    @property
    def links(self) -> bool:
        """Whether single links, and files, are recorded."""
        return "files" in LEVELS[self.scenario.recording.level]

    @property
    def now(self) -> float:
        """Time in frames; the first that counts begins at 0."""
        return float(self.environment.now)

    @property
    def ticks(self) -> int:
        """Frames that the environment runs for, the lead included."""
        return self.lead + self.scenario.simulation.frames

    def wait(self, seconds: float) -> simpy.Event:
        """Return an event after some simulated time; where that ends on a frame boundary, exactly there."""
        then = on_grid(self.now + in_frames(seconds, self.frame_duration))
        return self.environment.timeout(delay_until(self.now, then))

    def boundary(self, frame: int) -> simpy.Event:
        """Return an event at the beginning of a frame, when all that happens at that time is settled."""
        return FrameBoundary(self.environment, delay_until(self.now, frame))

    def next_frame(self) -> simpy.Event:
        """Return an event at the end of the frame that is on."""
        return self.environment.timeout(delay_until(self.now, floor(self.now) + 1.0))

    def stream(self, purpose: Purpose) -> np.random.Generator:
        """Return the stream of this boundary for what goes on over time."""
        return stream(self.scenario.simulation.seed, self.drop, floor(self.environment.now) + self.lead, purpose)

    def clusters(self, record: FrameRecord) -> Clusters:
        """Return the clusters of a frame as handles."""
        frame_state = record.frame_state
        return Clusters(self.state, frame_state.selection, frame_state.requests, frame_state.grants.granted)

    def start(self, process: Process) -> None:
        """Start a process, if the scenario wants it."""
        if process.wanted(self.scenario):
            self.environment.process(self._until_the_end(process))
            self._learners.append(process)

    def complete(self, record: FrameRecord) -> FrameRecord:
        """Call `complete` of all processes on a frame that has been accounted, before it is recorded."""
        for process in self._learners:
            with calling_theirs(process, "process", "completing a frame"):
                record = process.complete(record)
        return record

    def learn(self, record: FrameRecord) -> None:
        """Call `learn` of all processes with a finished frame."""
        for process in self._learners:
            with calling_theirs(process, "process", "learning from a frame"):
                process.learn(record)

    def _until_the_end(self, process: Process) -> Steps:
        """Run a process until the last frame has ended, and keep what it raises."""
        try:
            with calling_theirs(process, "process", ""):
                steps = process.run(self)
                if not isinstance(steps, Generator):
                    raise PluginError(f"process {type(process).__name__} yields nothing to wait for")
                yield from self._steps_in_time(steps)
        except Exception as error:
            self.failure = error
            raise

    def _steps_in_time(self, steps: Steps) -> Steps:
        with suppress(StopIteration):
            event = next(steps)
            while self.environment.now < self.scenario.simulation.frames:
                try:
                    value = yield event
                except Exception as error:
                    event = steps.throw(error)
                else:
                    event = steps.send(value)


class Process(ABC):
    """Something that goes on beside the frames; a process of one's own overrides `run`.

    Every drop starts a copy of its own. What happens at a frame boundary happens before that frame is scheduled.

    Examples
    --------
    >>> class Outage(Process):
    ...     def run(self, stage):
    ...         yield stage.wait(0.1)
    ...         stage.state.switch(0, on=False)
    """

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether a scenario needs this process."""
        return True

    @abstractmethod
    def run(self, stage: Stage) -> Steps:
        """Act on the stage, and yield events to wait for."""

    def complete(self, record: FrameRecord) -> FrameRecord:
        """Return a frame that has just been accounted, with what this process adds to it before it is recorded."""
        return record

    def learn(self, record: FrameRecord) -> None:  # noqa: B027 - most have nothing to learn
        """Update by a frame that has been accounted."""
