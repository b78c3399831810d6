"""Users and targets move, and change their base station at frame boundaries."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.random_streams import Purpose
from isacsys.network.mobility import Follower, Mover, mover
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.time_to_trigger import PingPongs
from isacsys.simulation.stage import Process, Stage, Steps

Party = tuple[ReceiverType, Population, Mover, Follower]


class MobilityProcess(Process):
    """Moves all that move by one frame at the end of every frame."""

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether users or targets move."""
        return scenario.moving

    def run(self, stage: Stage) -> Steps:
        """Set out, then move at the end of every frame."""
        if not stage.state.stations:
            return
        self._ping_pongs = PingPongs(stage.scenario)
        parties = [party for kind in ReceiverType if (party := _party(stage, kind))]
        self._step(stage, parties, 0.0)
        for _ in range(stage.ticks):
            yield stage.next_frame()
            self._step(stage, parties, stage.frame_duration)

    def _step(self, stage: Stage, parties: list[Party], seconds: float) -> None:
        rng = stage.stream(Purpose.MOVEMENT)
        for kind, population, moves, attachment in parties:
            before = population.station.copy() if kind == ReceiverType.USER else population.station
            changed = attachment.follow(moves.step(seconds, rng))
            if len(changed):
                population.regroup()
            if seconds:
                event = "handover" if kind == ReceiverType.USER else "target_handover"
                stage.journal.note(event, min(len(changed), 1), changed)
            if kind == ReceiverType.USER and stage.now > 0:
                back = self._ping_pongs.count(stage.now, changed, before[changed], population.station[changed],
                                              len(population))
                stage.quality.moved(int(np.count_nonzero(population.station >= 0)) * seconds, len(changed), back)


def _party(stage: Stage, kind: ReceiverType) -> Party | None:
    state, scenario = stage.state, stage.scenario
    if kind == ReceiverType.TARGET and not scenario.allocation.targets_per_bs:
        return None  # where they are is of no interest
    population = state.population(kind)
    moves = mover(scenario, population, state.deployment, kind)
    if moves is None:
        return None
    return kind, population, moves, state.large_scale.follower(kind)
