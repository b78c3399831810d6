"""Users and targets move, and change their base station at frame boundaries."""

from __future__ import annotations

from isacsys.config.scenario import Scenario
from isacsys.core.random_streams import Purpose
from isacsys.network.mobility import Follower, Mover, mover
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.simulation.stage import Process, Stage, Steps

Party = tuple[ReceiverType, Population, Mover, Follower]


class MobilityProcess(Process):
    """Moves all that move by one frame at the end of every frame."""

    def wanted(self, scenario: Scenario) -> bool:
        """Where anything moves."""
        return scenario.moving

    def run(self, stage: Stage) -> Steps:
        """Set out, then move at the end of every frame."""
        if not stage.state.stations:
            return
        parties = [party for kind in ReceiverType if (party := _party(stage, kind))]
        _step(stage, parties, 0.0)
        for _ in range(stage.ticks):
            yield stage.next_frame()
            _step(stage, parties, stage.frame_duration)


def _party(stage: Stage, kind: ReceiverType) -> Party | None:
    state, scenario = stage.state, stage.scenario
    if kind == ReceiverType.TARGET and not scenario.allocation.targets_per_bs:
        return None  # where they are is of no interest
    population = state.population(kind)
    moves = mover(scenario, population, state.deployment, kind)
    if moves is None:
        return None
    return kind, population, moves, state.large_scale.follower(kind)


def _step(stage: Stage, parties: list[Party], seconds: float) -> None:
    rng = stage.stream(Purpose.MOVEMENT)
    for kind, population, moves, attachment in parties:
        changed = attachment.follow(moves.step(seconds, rng))
        if len(changed):
            population.regroup()
        if seconds:
            event = "handover" if kind == ReceiverType.USER else "target_handover"
            stage.journal.note(event, min(len(changed), 1), changed)
        if kind == ReceiverType.USER and stage.now > 0:
            stage.quality.moved(len(population) * seconds, len(changed))
