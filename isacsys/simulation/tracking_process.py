"""Tracks of targets: corrected by every look, predicted in between, kept in handovers of the target."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Index
from isacsys.core.random_streams import Purpose
from isacsys.core.units import METRES_PER_KM
from isacsys.sensing import TRACKER, Measured, Tracker, TrackManager
from isacsys.sensing.track_manager import LookResults, Outcome, Rules
from isacsys.services import FrameRecord
from isacsys.services.frame_record import TrackFrame
from isacsys.simulation.stage import Process, Stage, Steps

_EVENTS = {1: "target_detected", 0: "target_missed", -1: "false_alarm"}


class TrackingProcess(Process):
    """Keeps a track of every target that has been detected, in the state's ``beliefs``.

    Parameters
    ----------
    tracker : Tracker, optional
        Instead of the one that the scenario names; it is asked as it is, with the motion that it expects itself.
    """

    def __init__(self, tracker: Tracker | None = None) -> None:
        self._tracker = tracker

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether targets are tracked."""
        return scenario.tracking.enabled

    def run(self, stage: Stage) -> Steps:
        """Open the books, and go through them at the end of every frame."""
        self._stage, self._lost = stage, 0
        t, targets = stage.scenario.tracking, stage.state.targets
        rules = Rules(t.gate, t.maximum_misses, t.maximum_error)
        self._book = TrackManager(self._tracker or find_tracker(stage.scenario), rules,
                                  stage.state.deployment.side * METRES_PER_KM, len(targets),
                                  steering=t.steering == "belief")
        stage.state.beliefs, self._station = self._book, targets.station.copy()
        for _ in range(stage.ticks):
            yield stage.next_frame()
            self._follow()

    def _follow(self) -> None:
        """Keep up with targets that came, left, or changed their station; give up tracks that say nothing any more."""
        book, targets, journal = self._book, self._stage.state.targets, self._stage.journal
        book.grow(len(targets))
        before = np.concatenate([self._station, targets.station[len(self._station):]])
        book.end(targets.station < 0)
        moved = np.flatnonzero((before != targets.station) & book.live)
        journal.note("track_handover", min(len(moved), 1), moved)
        self._station = targets.station.copy()
        lost = book.coast(self._stage.now * self._stage.frame_duration)
        journal.note("track_lost", min(len(lost), 1), lost)
        self._lost += len(lost)

    def complete(self, record: FrameRecord) -> FrameRecord:
        """Sense the scheduled targets, and add the columns of their tracks."""
        links, frame_state = record.frame_state.selection.targets, record.frame_state
        time = frame_state.name.frame * self._stage.frame_duration
        outcome = self._book.look(self._looks(record), time)
        self._note(links.ids, outcome)
        targets = self._stage.state.targets
        present = targets.station >= 0
        error = self._book.error(targets.position * METRES_PER_KM, time)
        tracks = TrackFrame(present, self._book.live & present, error,
                            outcome.result, len(outcome.started), len(outcome.found), len(outcome.lost) + self._lost)
        self._lost = 0
        sensors = frame_state.sensors
        aim = (sensors.aimed - sensors.cosine)[sensors.row, links.slot] if len(links) else np.empty(0)
        looked = record.with_columns("sensing", {"outcome": outcome.result, "aim": aim})
        return dataclasses.replace(looked, tracks=tracks)

    def _looks(self, record: FrameRecord) -> LookResults:
        """Draw whether each scheduled target is detected, and what is then measured."""
        links, frame_state = record.frame_state.selection.targets, record.frame_state
        count, rng = len(links), frame_state.name.stream(Purpose.DETECTION)
        luck, noise = rng.random(count), rng.standard_normal((count, 3))
        stray = rng.uniform(-1, 1, (count, 3))
        more = record.targets.more
        detected = luck < more["detection_probability"] if count else np.zeros(0, bool)
        return LookResults(links.ids, frame_state.present, self._measure(record, noise), detected,
                     luck < frame_state.scenario.false_alarm, stray)

    def _measure(self, record: FrameRecord, noise: Array) -> Measured:
        """Measure range, bearing and range rate, with errors as large as their bounds."""
        links, state, more = record.frame_state.selection.targets, self._stage.state, record.targets.more
        if not len(links):
            return Measured(np.empty((0, 2)), np.empty((0, 3)), np.empty((0, 3)))
        station = record.frame_state.selection.targets.station
        way = METRES_PER_KM * state.from_station(station, state.targets, links.ids)
        length = np.maximum(geometry.length(way), 1e-9)
        rate = METRES_PER_KM * np.sum(way * state.targets.velocity[links.ids], axis=1) / length
        deviation = np.stack([more["range_error"], np.minimum(more["bearing_error"], np.pi / np.sqrt(3)),
                              more["velocity_error"]], axis=1)
        error = noise * np.where(np.isfinite(deviation), deviation, 0.0)
        value = np.stack([length, np.arctan2(way[:, 1], way[:, 0]), rate], axis=1) + error
        return Measured(state.deployment.stations[station] * METRES_PER_KM, value, deviation**2)

    def _note(self, ids: Index, outcome: Outcome) -> None:
        journal = self._stage.journal
        for result, event in _EVENTS.items():
            who = ids[outcome.result == result]
            journal.note(event, min(len(who), 1), who)
        for event, who in (("track_started", outcome.started), ("track_found", outcome.found),
                           ("track_lost", outcome.lost)):
            journal.note(event, min(len(who), 1), who)


def find_tracker(scenario: Scenario) -> Tracker:
    """Return the filter that a scenario names, for the motion it expects."""
    t = scenario.tracking
    return TRACKER.find(t.policy, {"acceleration": t.acceleration, "speed": t.speed, **t.parameters}, scenario.beside,
                        key="tracking.policy", of_key="tracking.parameters")
