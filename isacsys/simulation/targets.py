"""Targets appear, leave, and ask to be sensed again within a period."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from isacsys.arrays import Index
from isacsys.network.attachment import attach
from isacsys.network.population import Population
from isacsys.streams import Purpose

if TYPE_CHECKING:
    from isacsys.simulation.drop import Drop


class TargetLife:
    """Births and deaths at the end of every frame, and the deadlines of revisits.

    A target lives for an exponential time, and as many appear on average as leave: a stationary birth-death process.
    Who is not sensed before its deadline misses a revisit, and gets as much time again.
    """

    def __init__(self, drop: Drop) -> None:
        self._drop = drop
        s = drop.scenario
        self._expected = s.network.bs_density * drop.state.deployment.area * s.network.targets_per_cell

    def process(self) -> Generator[simpy.Event, Any, None]:
        """Wake at the end of every frame."""
        self._give_deadlines(np.arange(len(self._drop.state.targets)), self._drop.stream(Purpose.TARGET_LIFE))
        for _ in range(self._drop.ticks):
            yield self._drop.environment.timeout(1)
            if self._drop.scenario.targets.lifetime:
                rng = self._drop.stream(Purpose.TARGET_LIFE)
                self._leave(rng)
                self._appear(rng)
                self._drop.state.targets.regroup()
            self._miss()

    def _leave(self, rng: np.random.Generator) -> None:
        targets = self._drop.state.targets
        left = rng.random(len(targets)) < -np.expm1(-self._frames_per_lifetime)
        left &= targets.station >= 0
        targets.station[left], targets.due[left], targets.period[left] = -1, np.inf, np.inf
        self._drop.journal.note("targets_left", int(np.count_nonzero(left)))

    def _appear(self, rng: np.random.Generator) -> None:
        drop, deployment = self._drop, self._drop.state.deployment
        place = rng.random((rng.poisson(self._expected * self._frames_per_lifetime), 2)) * deployment.side
        distance, station = attach(deployment.index, deployment.side, place)
        born = Population(place, station, distance, drop.state.stations)
        born.born[:] = int(drop.environment.now)
        first = len(drop.state.targets)
        drop.state.targets.append(born)
        self._give_deadlines(np.arange(first, len(drop.state.targets)), rng)
        drop.journal.note("targets_appeared", len(place))

    @property
    def _frames_per_lifetime(self) -> float:
        return self._drop.scenario.simulation.frame_duration / self._drop.scenario.targets.lifetime

    def _give_deadlines(self, ids: Index, rng: np.random.Generator) -> None:
        settings, targets = self._drop.scenario.targets, self._drop.state.targets
        if not settings.revisit_period:
            return
        spread = 1 + settings.revisit_spread * rng.uniform(-1, 1, len(ids))
        frames = settings.revisit_period / self._drop.scenario.simulation.frame_duration
        targets.period[ids] = np.maximum(frames * spread, 1)
        targets.due[ids] = self._drop.environment.now + targets.period[ids]

    def _miss(self) -> None:
        """Count deadlines that have passed since the last frame began; before the first frame none counts."""
        targets, now = self._drop.state.targets, self._drop.environment.now
        missed = targets.due < now
        targets.due[missed] += targets.period[missed]
        if now > 0:
            count = int(np.count_nonzero(missed))
            self._drop.quality.missed(count)
            self._drop.journal.note("revisits_missed", count)
