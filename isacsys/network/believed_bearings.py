"""Estimated bearings of targets, at which stations point."""

from __future__ import annotations

import numpy as np

from isacsys.core import geometry
from isacsys.core.arrays import Array, Index
from isacsys.core.units import METRES_PER_KM
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState


def believed(state: NetworkState, station: Index, targets: Index, cosine: Array) -> Array:
    """Return cosines of the bearings at which stations [link] point, for targets [link] that are at ``cosine``, [link].

    Of a target with a track that is its predicted bearing when the frame is sent. Without one, a station receives
    with a bank of M_r filters that covers all bearings, and the nearest of these receives the echo.
    """
    book = state.beliefs
    if book is None:
        return cosine
    live = book.live[targets]
    antennas = state.scenario.antennas.receive
    place = np.clip(np.floor((cosine + 1) * antennas / 2), 0, antennas - 1)
    pointed = (2 * place + 1) / antennas - 1
    if not book.steering:
        return np.where(live, cosine, pointed)
    if live.any():
        time = state.frame * state.scenario.simulation.frame_duration
        position = book.position(time, targets[live]) / METRES_PER_KM
        way = geometry.displacement(state.deployment.stations[station[live]], position, state.deployment.side)
        pointed[live] = state.array_cosine(
            ReceiverType.TARGET, station[live], way, np.maximum(geometry.length(way), 1e-12)
        )
    return pointed
