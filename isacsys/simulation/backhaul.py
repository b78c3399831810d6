"""Null requests in the backhaul between base stations."""

from __future__ import annotations

import numpy as np
import simpy

from isacsys.beamforming import Bundle
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.core.frames import in_frames, on_grid
from isacsys.core.random_streams import Purpose, stream
from isacsys.network.selection import NullRequests
from isacsys.simulation.stage import EventLog


class Backhaul:
    """Carries the null requests of each frame as one bundle of rows.

    A request waits for its turn at the station that sends it (``backhaul.capacity``), then travels. Stations look at
    what has come when a frame begins, so a bundle is delivered in as many portions as there are frames in which
    something arrives; each is a SimPy event at the beginning of the frame that follows. Cells of one site need no
    backhaul between them.
    """

    def __init__(self, environment: simpy.Environment, scenario: Scenario, drop: int, site: Index,
                 journal: EventLog) -> None:
        self._environment, self._scenario, self._drop, self._journal = environment, scenario, drop, journal
        self._site = site
        self._free = np.full(len(site), -np.inf)  # in frames: when the last request of a station is sent

    @property
    def instant(self) -> bool:
        """Whether every request arrives at once."""
        b = self._scenario.backhaul
        return b.latency == 0 and b.capacity == 0 and b.loss == 0

    def send(self, requests: NullRequests, frame: int) -> Bundle:
        """Send the requests for a frame."""
        travel = self._queue(requests) + self._travel(len(requests), frame)
        travel[self._site[requests.station] == self._site[requests.asked]] = 0
        ticks = np.ceil(in_frames(travel, self._scenario.simulation.frame_duration))
        bundle = Bundle(frame, travel, ticks == 0)
        for tick in np.unique(ticks[np.isfinite(ticks) & (ticks > 0)]):
            event = self._environment.timeout(tick, (bundle, np.flatnonzero(ticks == tick)))
            event.callbacks.append(self._deliver)
        self._journal.note("requests_lost", int(np.count_nonzero(np.isinf(travel))))
        return bundle

    def _deliver(self, event: simpy.Event) -> None:
        portion: tuple[Bundle, Index] = event.value  # type: ignore[assignment]
        bundle, rows = portion
        late = self._environment.now > bundle.frame
        bundle.arrived[rows] = not late
        self._journal.note("requests_late" if late else "requests_arrived", len(rows))

    def _queue(self, requests: NullRequests) -> Array:
        """Return the seconds until each request is sent: a station sends one at a time, the strongest of a frame
        first.
        """
        capacity = self._scenario.backhaul.capacity
        if capacity == 0 or not len(requests):
            return np.zeros(len(requests))
        frame, now = self._scenario.simulation.frame_duration, self._environment.now
        begin = np.maximum(self._free, now)
        turn = (_rank(requests.station, -requests.strength) + 1) / (capacity * frame)
        end = on_grid(begin[requests.station] + turn)
        np.maximum.at(self._free, requests.station, end)
        return np.asarray((end - now) * frame)

    def _travel(self, count: int, frame: int) -> Array:
        b = self._scenario.backhaul
        rng = stream(self._scenario.simulation.seed, self._drop, frame, Purpose.BACKHAUL)
        travel = np.full(count, b.latency)
        if b.latency_law == "exponential":
            travel = rng.exponential(b.latency, count)
        return np.where(rng.random(count) < b.loss, np.inf, travel)


def _rank(group: Index, score: Array) -> Index:
    """Place of each row within its group in order of score, [row]."""
    order = np.lexsort((score, group))
    first = np.searchsorted(group[order], group[order])
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - first
    return rank
