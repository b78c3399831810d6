"""Arrival and departure of users and targets of files."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Index
from isacsys.network.presence import Presence, come_and_go, presence
from isacsys.network.receivers import ReceiverType
from isacsys.simulation.stage import Process, Stage, Steps

EVENTS = (("users_appeared", "users_left"), ("targets_appeared", "targets_left"))


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
