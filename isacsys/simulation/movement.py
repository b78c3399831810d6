"""Users and targets move, and change their base station at frame boundaries."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from isacsys.network.mobility import Attachment, Mover, mover
from isacsys.network.population import Population
from isacsys.streams import Purpose

if TYPE_CHECKING:
    from isacsys.simulation.drop import Drop


class Movement:
    """Moves whoever moves by one frame at the end of every frame."""

    def __init__(self, drop: Drop) -> None:
        self._drop = drop
        self._parties = [party for kind in ("user", "target") if (party := self._party(kind))]

    def _party(self, kind: str) -> tuple[str, Population, Mover, Attachment] | None:
        state, scenario = self._drop.state, self._drop.scenario
        if kind == "target" and not scenario.allocation.targets_per_bs:
            return None  # nobody asks where they are
        population: Population = getattr(state, f"{kind}s")
        moves = mover(scenario, population, state.deployment.side, kind)
        return (kind, population, moves, Attachment(scenario, population, state.deployment)) if moves else None

    def process(self) -> Generator[simpy.Event, Any, None]:
        """Set out, then move at the end of every frame."""
        self._step(0.0)
        for _ in range(self._drop.ticks):
            yield self._drop.environment.timeout(1)
            self._step(self._drop.scenario.simulation.frame_duration)

    def _step(self, seconds: float) -> None:
        rng = self._drop.stream(Purpose.MOVEMENT)
        for kind, population, moves, attachment in self._parties:
            changed = attachment.follow(moves.step(seconds, rng))
            if len(changed):
                population.regroup()
            if seconds:
                event = "handover" if kind == "user" else "target_handover"
                self._drop.journal.note(event, min(len(changed), 1), changed)
            if kind == "user" and self._drop.environment.now > 0:
                self._drop.quality.moved(len(population) * seconds, len(changed))
