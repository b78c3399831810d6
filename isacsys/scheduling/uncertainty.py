"""Policies by the covariance of tracks: the least certain targets first, or those where a look brings most
information.
"""

from __future__ import annotations

import numpy as np

from isacsys.core import geometry
from isacsys.core.arrays import Array, Index
from isacsys.core.units import METRES_PER_KM
from isacsys.network.entities import Members
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState
from isacsys.scheduling.base import Ranked
from isacsys.sensing import accuracy, detection
from isacsys.sensing.tracks import information

_SMALL = 1e-6  # m; without interference, bounds are 0
_UNKNOWN = 1e12  # m; more than a track can be uncertain by


class MostUncertain(Ranked):
    """Sense those whose tracks are least certain; before them those without one, and users, by how long they waited."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by uncertainty."""
        return -np.where(np.isfinite(members.uncertainty), members.uncertainty, _UNKNOWN + members.waiting_time)


class InformationGain(Ranked):
    """Sense those of whose position a look is expected to tell most, for their mean SIR; users by waiting time.

    Expected is ``P_d(gamma) (1/2) ln det(I + R^-1 P)``: detection of a fluctuating echo, P the covariance that the
    track has, R that of a measurement. Of a target without a track, P is as large as a track may be.
    """

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by expected information."""
        if members.kind != ReceiverType.TARGET or not members.state.scenario.detecting:
            return -members.waiting_time
        return -expected_information(members.state, members.ids)


def expected_information(state: NetworkState, targets: Index) -> Array:
    """Return the information, nats, [target], that a look at each of the targets [target] is expected to gain."""
    scenario, book, d = state.scenario, state.beliefs, state.deployment
    station, side = state.targets.station[targets], METRES_PER_KM * d.side
    origin = METRES_PER_KM * d.stations[station]
    time = state.frame * scenario.simulation.frame_duration
    ignorance = np.array([1.0, 0.0, 1.0])[:, None] * scenario.tracking.maximum_error**2 / 2
    way = METRES_PER_KM * state.from_station(station, state.targets, targets)  # true bearings if untracked
    spread = np.broadcast_to(ignorance, (3, len(targets)))
    if book is not None:
        live = book.live[targets]
        seen = geometry.displacement(origin, book.position(time, targets), side)
        way, spread = np.where(live[:, None], seen, way), np.where(live, book.spread(time, targets), ignorance)
    length = np.maximum(geometry.length(way), 1.0)
    sir = state.mean_echo_sir(targets)
    across = length * accuracy.angle(accuracy.cosine(sir, scenario.antennas.receive), way[:, 0] / length)
    variance = (np.clip(accuracy.distance(sir, scenario.bandwidth), _SMALL, METRES_PER_KM * METRES_PER_KM) ** 2,
                np.clip(across, _SMALL, METRES_PER_KM * METRES_PER_KM) ** 2)
    found = detection.swerling1(sir, scenario.false_alarm, scenario.sensing.cfar_cells)
    return np.asarray(found * information(spread, way, variance))
