"""Users and targets move, and change their base station at frame boundaries; they arrive and depart.

Those of files come and go when their file says; drawn targets appear, leave, and have deadlines for their next look.
"""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Index
from isacsys.core.frames import in_frames, on_grid
from isacsys.core.random_streams import Purpose
from isacsys.network.mobility import Follower, Mover, mover
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.time_to_trigger import PingPongs
from isacsys.network.trajectories import Presence, come_and_go, presence
from isacsys.services import FrameRecord
from isacsys.simulation.stage import Process, Stage, Steps

Party = tuple[ReceiverType, Population, Mover, Follower]
EVENTS = (("users_appeared", "users_left"), ("targets_appeared", "targets_left"))


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


class PresenceProcess(Process):
    """Attaches at every boundary those who are there from then on, and takes away those who have left.

    Who is not there belongs to no station: it is neither served nor sensed, and has no data.
    """

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether users or targets come and go."""
        return come_and_go(scenario)

    def run(self, stage: Stage) -> Steps:
        """Wake at the end of every frame."""
        found = [(kind, one) for kind in ReceiverType if (one := presence(stage.scenario, kind)) is not None]
        if not stage.state.stations:
            return
        for _ in range(stage.ticks):
            yield stage.next_frame()
            for kind, one in found:
                self._update(stage, kind, one)

    def _update(self, stage: Stage, kind: ReceiverType, who: Presence) -> None:
        members = stage.state.population(kind)
        there = who.at(stage.now, len(members))
        there[len(who.first):] = members.station[len(who.first):] >= 0
        came, left = np.flatnonzero(there & (members.station < 0)), np.flatnonzero(~there & (members.station >= 0))
        if len(came):
            self._attach(stage, kind, came)
        if len(left):
            members.station[left], members.due[left], members.period[left] = -1, np.inf, np.inf
        if len(came) or len(left):
            members.regroup()
        for event, ids in zip(EVENTS[kind], (came, left), strict=True):
            stage.journal.note(event, min(len(ids), 1), ids)

    def _attach(self, stage: Stage, kind: ReceiverType, ids: Index) -> None:
        members, scale = stage.state.population(kind), stage.state.large_scale
        distance, station = scale.attach(kind, members.position[ids], ids)
        known = members.distance.copy()
        known[ids] = distance
        members.station[ids], members.distance, members.born[ids] = station, known, int(stage.now)
        scale.came(kind, ids)


class TargetProcess(Process):
    """Births and deaths at the end of every frame, and the deadlines of revisits.

    A target lives for an exponential time, and as many appear on average as leave: a stationary birth-death process.
    A target not sensed before its deadline misses a revisit, and gets as much time again.
    """

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether targets are sensed, and appear and disappear, or have deadlines."""
        t = scenario.targets
        return scenario.allocation.targets_per_bs > 0 and bool(t.lifetime or t.revisit_period)

    def run(self, stage: Stage) -> Steps:
        """Wake at the end of every frame."""
        self._stage = stage
        self._give_deadlines(np.arange(len(stage.state.targets)), stage.stream(Purpose.TARGET_LIFE))
        for _ in range(stage.ticks):
            yield stage.next_frame()
            if stage.scenario.targets.lifetime:
                rng = stage.stream(Purpose.TARGET_LIFE)
                self._leave(rng)
                self._appear(rng)
                stage.state.targets.regroup()
            self._miss()

    def learn(self, record: FrameRecord) -> None:
        """Set a new deadline of targets that have been sensed."""
        sensed, targets = record.frame_state.selection.targets.ids, self._stage.state.targets
        if len(sensed):
            self._stage.quality.kept(int(np.count_nonzero(np.isfinite(targets.due[sensed]))))
            targets.due[sensed] = on_grid(record.frame_state.name.frame + targets.period[sensed])

    def _leave(self, rng: np.random.Generator) -> None:
        targets = self._stage.state.targets
        left = rng.random(len(targets)) < -np.expm1(-self._frames_per_lifetime)
        left &= targets.station >= 0
        targets.station[left], targets.due[left], targets.period[left] = -1, np.inf, np.inf
        self._stage.journal.note("targets_left", int(np.count_nonzero(left)))

    def _appear(self, rng: np.random.Generator) -> None:
        stage, deployment = self._stage, self._stage.state.deployment
        place = deployment.appear(stage.scenario, self._frames_per_lifetime, rng)
        distance, station = stage.state.large_scale.attach(ReceiverType.TARGET, place)
        born = Population(place, station, distance, stage.state.stations)
        born.born[:] = int(stage.now)
        first = len(stage.state.targets)
        stage.state.targets.append(born)
        self._give_deadlines(np.arange(first, len(stage.state.targets)), rng)
        stage.journal.note("targets_appeared", len(place))

    @property
    def _frames_per_lifetime(self) -> float:
        return self._stage.frame_duration / self._stage.scenario.targets.lifetime

    def _give_deadlines(self, ids: Index, rng: np.random.Generator) -> None:
        settings, targets = self._stage.scenario.targets, self._stage.state.targets
        if not settings.revisit_period:
            return
        spread = 1 + settings.revisit_spread * rng.uniform(-1, 1, len(ids))
        frames = in_frames(settings.revisit_period, self._stage.frame_duration)
        targets.period[ids] = np.maximum(on_grid(frames * spread), 1)
        targets.due[ids] = on_grid(self._stage.now + targets.period[ids])

    def _miss(self) -> None:
        """Count deadlines that have passed since the last frame began; before the first frame none counts."""
        targets, now = self._stage.state.targets, self._stage.now
        missed = targets.due < now
        targets.due[missed] = on_grid(targets.due[missed] + targets.period[missed])
        if now > 0:
            count = int(np.count_nonzero(missed))
            self._stage.quality.missed(count)
            self._stage.journal.note("revisits_missed", count)
