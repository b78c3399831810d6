"""The frame clock: schedules a frame a lead ahead, sends the one that begins, and learns from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import simpy

from isacsys.beamforming import Bundle, Schedule
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.link import LinkModel
from isacsys.metrics import Metric, Tally
from isacsys.network import NetworkState
from isacsys.recording.schema import LEVELS
from isacsys.services import FrameRecord
from isacsys.simulation import log_rows
from isacsys.simulation.backhaul import Backhaul
from isacsys.simulation.frame import coordinate, schedule, transmit
from isacsys.simulation.link_statistics import LinkStatistics, RefusalStatistics
from isacsys.simulation.policies import Policies
from isacsys.simulation.receiver_tables import ReceiverTables
from isacsys.simulation.stage import Process, Stage, Steps


class FrameClock(Process):
    """Runs the pipeline of every frame; what happens at a boundary is settled before.

    Attributes
    ----------
    stepped : bool
        Whether it waits at every boundary until it is stepped.
    waiting : Event or None
        What it waits for then.
    record : FrameRecord or None
        The last frame that was sent.
    """

    stepped: bool = False
    waiting: simpy.Event | None = None
    record: FrameRecord | None = None

    def __init__(self, stage: Stage, policies: Policies, metrics: Sequence[Metric] = ()) -> None:
        self._stage, self._policies = stage, policies
        self._backhaul = Backhaul(stage.environment, stage.scenario, stage.drop,
                                  stage.state.deployment.cells.site, stage.journal)
        self.tally = Tally(stage.scenario, metrics)
        self.classes, self.refusals = LinkStatistics(stage.scenario), RefusalStatistics(stage.scenario)
        listed = "users/communication" in LEVELS[stage.scenario.recording.level]
        self.receivers = ReceiverTables(stage.state) if listed else None
        self._scheduled: deque[tuple[Schedule, Bundle | None, Scenario]] = deque()

    def run(self, stage: Stage) -> Steps:
        """Run the frames, one after the other."""
        for now in range(-stage.lead, stage.scenario.simulation.frames):
            yield stage.boundary(now)
            if self.stepped:
                self.waiting = stage.environment.event()
                yield self.waiting
            stage.recorder.counting = now >= stage.warm_up
            if now >= 0:
                stage.journal.note("frame_start", now - stage.warm_up)
            self.frame(now)

    def frame(self, now: int) -> None:
        """Schedule the frame whose time has come, a lead ahead, and send the one that begins."""
        if now + self._stage.lead < self._stage.scenario.simulation.frames:
            self._schedule(now + self._stage.lead)
        if now >= 0:
            self._send(now)

    def _schedule(self, frame: int) -> None:
        """Fix who is served in a frame, and send its null requests."""
        stage = self._stage
        stage.state.frame = frame
        fixed = schedule(stage.state, stage.drop, self._policies)
        stage.journal.note("selection", len(fixed.selection.users) + len(fixed.selection.targets))
        stage.journal.note("null_requests", len(fixed.requests))
        bundle = None if self._backhaul.instant else self._backhaul.send(fixed.requests, frame)
        self._scheduled.append((fixed, bundle, stage.state.scenario))

    def _send(self, frame: int) -> None:
        """Grant, transmit, account, and learn from a frame."""
        stage = self._stage
        stage.state.frame = frame
        fixed, bundle, stage.state.scenario = self._scheduled.popleft()
        frame_state = coordinate(stage.state, stage.drop, fixed, self._policies, bundle)
        record = stage.complete(transmit(frame_state, self._policies))
        stage.journal.note("grants", int(np.count_nonzero(frame_state.grants.granted)))
        self._record(record)
        if stage.scenario.traffic.model == "full_buffer":
            stage.throughput.served(record, bits_got(record, self._policies.link_model))
        self._remember(record)
        self.record = record if self.stepped else None
        stage.journal.note("frame_end", frame - stage.warm_up)

    def _record(self, record: FrameRecord) -> None:
        stage = self._stage
        if not stage.counting:
            return
        stage.note_presence()
        sums = self.tally.frame(record)
        self.classes.add(record)
        if self.receivers is not None:
            self.receivers.add(record)
        self.refusals.add(record)
        stage.recorder.append("frames", {"drop": stage.drop, "frame": record.frame_state.name.frame, **sums})
        log_rows.record_frame(stage.recorder, stage.drop, record, stage.scenario.recording.level)
        if stage.full:
            log_rows.record_paths(stage.recorder, stage.drop, record, stage.state)

    def _remember(self, record: FrameRecord) -> None:
        """Enter what a frame brought into the state, for schedulers, and tell the processes."""
        scenario, state = self._stage.scenario, self._stage.state
        if scenario.simulation.frames == 1 and scenario.traffic.model == "full_buffer":
            return
        remember(record, state)
        self._stage.learn(record)
        self._stage.quality.frame(record, state)


def bits_got(record: FrameRecord, model: LinkModel) -> Array:
    """Return the bits [link] that users with full buffers got."""
    delivery = record.delivery
    if delivery is None:
        return np.zeros(len(record.users.rate))
    return delivery.efficiency * model.symbols if delivery.bits is None else delivery.bits


def remember(record: FrameRecord, state: NetworkState) -> None:
    """Enter the rates of a frame into the state, for schedulers."""
    users, targets = record.frame_state.selection.users.ids, record.frame_state.selection.targets.ids
    got = record.users.rate if record.delivery is None else record.delivery.efficiency
    state.users.average(users, got, state.scenario.scheduling.rate_window)
    if len(targets):
        state.targets.last_rate[targets] = record.targets.rate
