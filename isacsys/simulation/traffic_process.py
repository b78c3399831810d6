"""Files arrive for users, are queued, and are delivered."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.core.frames import in_frames
from isacsys.core.random_streams import Purpose
from isacsys.link import LinkModel
from isacsys.network.queues import Files, Queues, read_arrivals
from isacsys.network.trajectories import come_and_go
from isacsys.services import FrameRecord
from isacsys.simulation import log_rows
from isacsys.simulation.stage import Process, Stage, Steps


class TrafficProcess(Process):
    """Delivers files at the end of every frame: those that arrived before and during it.

    Parameters
    ----------
    model : LinkModel
        For the number of symbols that carry data.
    """

    def __init__(self, model: LinkModel) -> None:
        self._queues, self._model = Queues(), model
        self._record: FrameRecord | None = None

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether there is traffic other than full buffers."""
        return scenario.traffic.model != "full_buffer"

    def run(self, stage: Stage) -> Steps:
        """Wake at the end of every frame; files of before the beginning wait from the beginning."""
        self._stage, leaving = stage, come_and_go(stage.scenario)
        if stage.scenario.traffic.model == "file":
            self._all = read_arrivals(stage.scenario.traffic.arrivals)
            self._frame = in_frames(self._all.arrival, stage.frame_duration)
            self._queues.arrive(self._given(-np.inf, -stage.lead))
        self._refresh()
        for _ in range(stage.ticks):
            yield stage.next_frame()
            files = self._arrivals()
            if leaving:  # no files for absent users
                files = files[np.flatnonzero(stage.state.users.station[files.user] >= 0)]
            self._queues.arrive(files)
            stage.journal.note("files_arrived", len(files))
            self._serve()
            self._refresh()

    def learn(self, record: FrameRecord) -> None:
        """Keep the frame until it has ended."""
        self._record = record

    def _refresh(self) -> None:
        """Update which users have data for the scheduler."""
        users = self._stage.state.users
        users.queue = self._queues.bits(len(users))
        users.requeue()

    def _serve(self) -> None:
        """Take off the queues what the frame delivered and lost."""
        stage, record = self._stage, self._record
        if record is None or record.delivery is None:
            return
        users, delivery = record.frame_state.selection.users.ids, record.delivery
        if delivery.bits is not None and delivery.lost is not None:
            files, end, lost = self._queues.take(users, delivery.bits, delivery.lost, self._start, stage.frame_duration)
            stage.throughput.served(record, delivery.bits)
        else:
            files, end, bits = self._drain(users, delivery.efficiency, record.frame_state.queue)
            stage.throughput.served(record, bits)
            lost = np.zeros(len(files))
            if stage.links:
                log_rows.record_service(stage.recorder, stage.drop, record.with_columns(
                    "communication", {"bits_delivered": bits}), stage.scenario.recording.level, "communication")
        delay = end - files.arrival
        stage.quality.delivered(delay)
        stage.throughput.files(files.size - lost, delay)
        stage.journal.note("files_delivered", len(files))
        if len(files) and stage.links:
            stage.recorder.append("files", {"drop": stage.drop, "user": files.user, "size": files.size,
                                            "arrival": files.arrival, "delay": delay})

    def _drain(self, users: Index, efficiency: Array, queue: Array | None) -> tuple[Files, Array, Array]:
        """Deliver bandwidth x data share x efficiency bits a second; return finished files, when, and all bits sent.

        Where ``queue`` [link], what waited when the frame began, fills it, bits are those of a full buffer.
        """
        before = self._queues.bits(len(self._stage.state.users))[users]
        speed = efficiency * (self._stage.scenario.radio.bandwidth * self._model.data_share)
        files, end = self._queues.serve(users, speed, self._start, self._stage.frame_duration)
        sent, whole = before - self._queues.bits(len(self._stage.state.users))[users], efficiency * self._model.symbols
        return files, end, sent if queue is None else np.where(queue >= whole, whole, sent)

    @property
    def _start(self) -> float:
        """When the frame that has just ended began, s."""
        return (self._stage.now - 1) * self._stage.frame_duration

    def _arrivals(self) -> Files:
        """Return the files that came while the frame was on."""
        traffic, users = self._stage.scenario.traffic, len(self._stage.state.users)
        start, seconds = self._start, self._stage.frame_duration
        if traffic.model == "file":
            return self._given(self._stage.now - 1, self._stage.now)
        rng = self._stage.stream(Purpose.ARRIVALS)
        profile = self._stage.load_profile
        share = profile.mean(start, start + seconds) if profile else 1.0
        count = rng.poisson(traffic.arrival_rate * seconds * users * share)
        user, arrival = rng.integers(0, max(users, 1), count), start + seconds * rng.random(count)
        return Files(user, arrival, self._sizes(count, rng))

    def _sizes(self, count: int, rng: np.random.Generator) -> Array:
        traffic = self._stage.scenario.traffic
        fixed = traffic.size_law == "fixed"
        return np.full(count, traffic.file_size) if fixed else rng.exponential(traffic.file_size, count)

    def _given(self, start: float, stop: float) -> Files:
        """Return the files of the scenario's own that arrive from frame ``start`` on and before ``stop``.

        `drop.check` has seen that their users are there.
        """
        return self._all[np.arange(*np.searchsorted(self._frame, (start, stop)))]
