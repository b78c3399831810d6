"""Files arrive for users, wait, and are delivered."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from isacsys.arrays import Array
from isacsys.errors import ConfigError
from isacsys.network.traffic import Files, Queues, read_arrivals
from isacsys.streams import Purpose

if TYPE_CHECKING:
    from isacsys.simulation.drop import Drop


class Traffic:
    """Looks back on every frame when it has ended: which files came, and which were delivered."""

    def __init__(self, drop: Drop) -> None:
        self._drop, self._queues = drop, Queues()

    def process(self) -> Generator[simpy.Event, Any, None]:
        """Wake at the end of every frame; files of before the beginning wait from the beginning."""
        if self._drop.scenario.traffic.model == "file":
            self._queues.arrive(self._given(-np.inf, -self._drop.lead * self._seconds))
        self._refresh()
        for _ in range(self._drop.ticks):
            yield self._drop.environment.timeout(1)
            files = self._arrivals()
            self._queues.arrive(files)
            self._drop.journal.note("files_arrived", len(files))
            self._serve()
            self._refresh()

    def _refresh(self) -> None:
        """Tell the scheduler who has data."""
        users = self._drop.state.users
        users.queue = self._queues.bits(len(users))
        users.requeue()

    def _serve(self) -> None:
        """Deliver what the rates of the frame allow: bandwidth x time x rate bits each."""
        start, seconds = self._start, self._seconds
        speed = self._drop.served.rate * self._drop.scenario.traffic.bandwidth
        files, end = self._queues.serve(self._drop.served.users, speed, start, seconds)
        delay = end - files.arrival
        self._drop.quality.delivered(delay)
        self._drop.journal.note("files_delivered", len(files))
        if len(files) and self._drop.links:
            self._drop.recorder.append("files", {"drop": self._drop.number, "user": files.user, "size": files.size,
                                                 "arrival": files.arrival, "delay": delay})

    @property
    def _start(self) -> float:
        """When the frame that has just ended began, s."""
        return float(self._drop.environment.now - 1) * self._seconds

    @property
    def _seconds(self) -> float:
        return self._drop.scenario.simulation.frame_duration

    def _arrivals(self) -> Files:
        """Files that came while the frame was on."""
        traffic, users = self._drop.scenario.traffic, len(self._drop.state.users)
        start, seconds = self._start, self._seconds
        if traffic.model == "file":
            return self._given(start, start + seconds)
        rng = self._drop.stream(Purpose.ARRIVALS)
        count = rng.poisson(traffic.arrival_rate * seconds * users)
        user, arrival = rng.integers(0, max(users, 1), count), start + seconds * rng.random(count)
        return Files(user, arrival, self._sizes(count, rng))

    def _sizes(self, count: int, rng: np.random.Generator) -> Array:
        traffic = self._drop.scenario.traffic
        fixed = traffic.size_law == "fixed"
        return np.full(count, traffic.file_size) if fixed else rng.exponential(traffic.file_size, count)

    def _given(self, start: float, stop: float) -> Files:
        users, files = len(self._drop.state.users), read_arrivals(self._drop.scenario.traffic.arrivals)
        now = files[np.arange(*np.searchsorted(files.arrival, (start, stop)))]
        if now.user.max(initial=-1) >= users:
            raise ConfigError("traffic.arrivals", f"user {now.user.max()}", f"users below {users}, those of the drop")
        return now
