"""Targets appear, leave, and have deadlines within which to be sensed again."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Index
from isacsys.core.frames import in_frames, on_grid
from isacsys.core.random_streams import Purpose
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.services import FrameRecord
from isacsys.simulation.stage import Process, Stage, Steps


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
