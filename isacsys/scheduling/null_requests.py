"""From the selection to null requests, and from grants to constraints."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from isacsys.beamforming import Combiner, Grants, Sensors, checked_designs, filter_spans
from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.network import believed_bearings
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import Links, NullRequests, Selection
from isacsys.network.state import NetworkState
from isacsys.network.surroundings import Surroundings

_NONE = np.empty(0, np.int64)
NO_SENSORS = Sensors(_NONE, _NONE, Surroundings(_NONE.reshape(0, 1), np.empty((0, 1)), np.empty(0)), np.empty((0, 1)),
                   np.empty((0, 1), bool), np.empty((0, 1, 1), complex))  # no station senses
_NO_FILTERS = np.empty((0, 1, 1), complex)
_UNASKED = np.empty((0, 1, 1), bool)


def user_requests(state: NetworkState, links: Links, around: Surroundings) -> NullRequests:
    """Return requests to the L - 1 other nearest stations of every scheduled user for a null towards it.

    Strength ``(d_1 / d_i)^alpha K_1 / (M_t - K_1 + 1)``.
    """
    others = state.scenario.allocation.communication_cluster - 1
    asked = around.station[:, 1:1 + others]
    there, served = asked < state.stations, links.count[links.station, None]
    gain = around.path_gain[:, 1:1 + others] / around.path_gain[:, :1]
    strength = gain * served / (state.scenario.antennas.transmit - served + 1)
    link, column = np.nonzero(there)
    return _requests(ReceiverType.USER, links, link, column + 1, asked[there], strength[there])


def target_requests(state: NetworkState, links: Links, sensors: Sensors, asked: Index) -> NullRequests:
    """Return requests to the Q - 1 other stations ``asked`` [link, Q - 1] of every target's cluster to null its filter.

    Strength ``D_q^-alpha / (c R^(-2 beta))``.
    """
    if not len(links):
        return _requests(ReceiverType.TARGET, links, _NONE, _NONE, _NONE, np.empty(0))
    link, place = np.nonzero((asked < state.stations) & (asked != links.station[:, None]))
    station = asked[link, place]
    near = sensors.around.station[sensors.row[link]]  # [request, near]
    column = np.argmax(near == station[:, None], axis=1)
    targets = links.ids[link]
    echo = state.large_scale.echo_gain(targets, state.targets.distance[targets])
    strength = sensors.around.path_gain[sensors.row[link], column] / echo
    return _requests(ReceiverType.TARGET, links, link, column, station, strength)


def sensors_of(state: NetworkState, links: Links, asked: Index, combiner: Combiner) -> Sensors:
    """Return the stations that sense, with the filters of their targets, and all that interfere with them.

    ``asked`` [target, Q - 1] are the members of the clusters.
    """
    if not len(links):
        return NO_SENSORS
    station, row = np.unique(links.station, return_inverse=True)
    around = state.around_stations(station)
    if state.scenario.sensing.cluster_center != "serving_bs":
        around = with_members(state, around, station, row, asked)
    size = (len(station), int(links.count.max(initial=1)))
    cosine, active = np.zeros(size), np.zeros(size, bool)
    _, cosine[row, links.slot] = polar(state, links)
    active[row, links.slot] = True
    return aim(state, links, Sensors(station, row, around, cosine, active, _NO_FILTERS), combiner)


def aim(state: NetworkState, links: Links, sensors: Sensors, combiner: Combiner) -> Sensors:
    """Return sensors with filters towards the estimated bearings of their targets, which are at ``sensors.cosine``."""
    believed = None
    if state.beliefs is not None:
        believed = np.zeros_like(sensors.cosine)
        cosine = sensors.cosine[sensors.row, links.slot]
        believed[sensors.row, links.slot] = believed_bearings.believed(state, links.station, links.ids, cosine)
    towards = sensors.cosine if believed is None else believed
    filters = filter_spans.mrc_filters(towards, state.scenario.antennas.receive) * sensors.active[..., None]
    return checked_designs.named_filters(
        combiner, dataclasses.replace(sensors, mrc=filters, named=None, believed=believed)
    )


def answer(scenario: Scenario, requests: NullRequests, arrived: Flags | None,
           grant: Callable[[NullRequests, Flags | None], Flags]) -> Flags:
    """Return which requests stations ``grant``, [request], ``arrived`` [request] having come in time (None: all).

    A station that only helps to sense needs no antennas for it: granted if it has arrived.
    """
    if not scenario.multistatic:
        return grant(requests, arrived)
    granted = np.ones(len(requests), bool) if arrived is None else arrived.copy()
    users = np.flatnonzero(requests.kind == int(ReceiverType.USER))
    granted[users] = grant(requests[users], None if arrived is None else arrived[users])
    return granted


def constraints(state: NetworkState, selection: Selection, requests: NullRequests, granted: Flags,
                sensors: Sensors, nulled: Complex | None = None) -> Grants:
    """Return the effect of ``granted`` [request]: nulled links, and the number of independent constraints of a station.

    Where targets have moved since, ``nulled`` [sensor, 2 J, M_r] are the present filters, and those that the nulls
    were made for.
    """
    first = np.count_nonzero(requests.kind == int(ReceiverType.USER))  # users' requests come first, see `join`
    given, shape = granted[:first], (len(selection.users), state.scenario.allocation.communication_cluster)
    user_marks = _marks(given, shape, requests.link[:first], requests.column[:first])
    number = np.bincount(requests.asked[:first][given], minlength=state.stations)
    if not len(selection.targets):
        return Grants(granted, *user_marks, _UNASKED, _UNASKED, (_NONE, _NONE), NO_SENSORS.filters, number)
    link, full = requests.link[first:], (*sensors.around.station.shape, sensors.active.shape[1])
    target_marks = _marks(granted[first:], full, sensors.row[link], requests.column[first:],
                          selection.targets.slot[link])
    if state.scenario.multistatic:
        return Grants(granted, *user_marks, *target_marks, (_NONE, _NONE), sensors.filters[:0], number)
    row, column = np.nonzero(target_marks[1].any(-1))
    residual = sensors.filters[row]
    if len(row):
        residual, rank = _left(residual, target_marks[1][row, column], None if nulled is None else nulled[row])
        np.add.at(number, sensors.around.station[row, column], rank)
    return Grants(granted, *user_marks, *target_marks, (row, column), residual, number)


def _left(filters: Complex, chosen: Flags, nulled: Complex | None) -> tuple[Complex, Index]:
    """Return what is left of filters outside the span of the chosen ones, or of what these were when the null was
    made.
    """
    if nulled is None:
        return filter_spans.outside_span(filters, chosen)
    targets = chosen.shape[-1]
    asked = np.concatenate(
        [np.ones_like(chosen), chosen], axis=-1
    )  # of filters that are not nulled, those of now alone
    residual, rank = filter_spans.outside_span(nulled * asked[..., None],
                                               np.concatenate([np.zeros_like(chosen), chosen], axis=-1))
    residual = residual[..., :targets, :]
    if 2 * targets > nulled.shape[-1] or np.any(rank < chosen.sum(-1)):
        return filter_spans.reduced_filters(residual), rank
    # the first coordinates are those of the span, and the next of what is outside
    return np.take_along_axis(residual, rank[:, None, None] + np.arange(targets), -1), rank


def polar(state: NetworkState, links: Links) -> tuple[Array, Array]:
    """Return the distance, and cosine of the true bearing, of scheduled targets from their stations, [link]."""
    way = state.from_station(links.station, state.targets, links.ids)
    distance = geometry.length(way)
    return distance, state.array_cosine(ReceiverType.TARGET, links.station, way, distance)


def _requests(
    kind: ReceiverType, links: Links, link: Index, column: Index, asked: Index, strength: Array
) -> NullRequests:
    return NullRequests(np.full(len(link), int(kind)), link, column, links.ids[link], links.station[link], asked,
                        strength)


def join(one: NullRequests, other: NullRequests) -> NullRequests:
    """Return all requests, those of ``one`` first."""
    if not len(other):
        return one
    return NullRequests(*(np.concatenate([getattr(one, name), getattr(other, name)])
                          for name in NullRequests.__dataclass_fields__))


def _marks(granted: Flags, shape: tuple[int, ...], *place: Index) -> tuple[Flags, Flags]:
    """Mark the places [request] of those asked, and of those granted, in arrays of ``shape``."""
    asked, given = np.zeros(shape, bool), np.zeros(shape, bool)
    asked[place], given[place] = True, granted
    return asked, given


def with_members(state: NetworkState, around: Surroundings, station: Index, row: Index, asked: Index) -> Surroundings:
    """Return the surroundings of sensing stations ``station`` [sensor], with a column for every cluster member not in
    them.

    ``row``, ``asked`` [request]: sensor and member.
    """
    absent = (asked < state.stations) & (asked != station[row][:, None])
    absent &= ~np.any(asked[:, :, None] == around.station[row][:, None, :], axis=-1)
    if not absent.any():
        return around
    link, place = np.nonzero(absent)
    pair = np.unique(np.stack([row[link], asked[link, place]], axis=1), axis=0)
    sensor, member = pair.T
    first = np.searchsorted(sensor, np.arange(len(station)))
    column = np.arange(len(pair)) - first[sensor]
    extra = np.full((len(station), column.max() + 1), state.stations)
    gain = np.zeros(extra.shape)
    extra[sensor, column] = member
    gain[sensor, column] = state.path_gain(station[sensor], member)
    return Surroundings(np.hstack([around.station, extra]), np.hstack([around.path_gain, gain]), around.far_field)
