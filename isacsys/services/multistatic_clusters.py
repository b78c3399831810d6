"""Helpers of a target in a frame: the members of its cluster whose request came in time."""

from __future__ import annotations

import numpy as np

from isacsys.beamforming.multistatic_helpers import Helpers
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.network import believed_bearings
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import Links, NullRequests
from isacsys.network.state import NetworkState
from isacsys.scheduling.null_requests import with_members

_CLOSEST = 1e-12  # km


def helpers(state: NetworkState, targets: Links, requests: NullRequests, granted: Flags) -> Helpers | None:
    """Return the helpers of all scheduled targets by ``granted`` [request]; None where stations do not sense
    together.
    """
    if not state.scenario.multistatic or not len(targets):
        return None
    mine = (requests.kind == int(ReceiverType.TARGET)) & granted
    link, station = requests.link[mine], requests.asked[mine]
    rows = np.arange(len(targets))
    together = np.zeros((len(targets), state.stations + 1), bool)  # the last column: no station
    together[link, station] = together[rows, targets.station] = True
    together[:, -1] = False
    own = _place(state, targets, rows, targets.station, together)
    return _place(state, targets, link, station, together, own)


def _place(state: NetworkState, targets: Links, link: Index, station: Index, together: Flags,
           own: Helpers | None = None) -> Helpers:
    ids = targets.ids[link]
    way = state.from_station(station, state.targets, ids)
    distance = np.maximum(geometry.length(way), _CLOSEST)
    cosine = state.array_cosine(ReceiverType.TARGET, station, way, distance)
    around = state.around_stations(station)
    if state.scenario.cooperation.direct_path_rejection_db != "infinite":
        around = with_members(state, around, station, np.arange(len(station)), _members(together)[link])
    number = np.minimum(around.station, state.stations)
    clutter = state.large_scale.clutter[station] if state.scenario.sensing.clutter else np.zeros(len(station))
    return Helpers(link, station, distance, way / distance[:, None], cosine,
                   believed_bearings.believed(state, station, ids, cosine), _way(state, ids, station, distance), around,
                   together[link[:, None], number], clutter, state.large_scale.full_power[station], own)


def _members(together: Flags) -> Index:
    """Return the stations [target, Q] that sense a target together; the number of stations where there are fewer."""
    target, member = np.nonzero(together)
    first = np.searchsorted(target, np.arange(len(together)))
    members = np.full((len(together), together.sum(-1).max()), together.shape[1] - 1)
    members[target, np.arange(len(target)) - first[target]] = member
    return members


def _way(state: NetworkState, ids: Index, station: Index, distance: Array) -> Array:
    return np.sqrt(state.large_scale.two_ways(ids, station, distance) / state.large_scale.full_power[station])
