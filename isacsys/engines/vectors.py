"""Every gain from channel vectors, drawn pair by pair: memory grows with links, not with stations times links."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from isacsys.arrays import Array, Complex
from isacsys.engines import explicit
from isacsys.engines.base import Couplings, Engine
from isacsys.physics.gaussian import complex_normal
from isacsys.physics.pairs import gained
from isacsys.streams import Purpose
from isacsys.transmission import Beams, Combiner, Known, Precoder, Situation, csi, known


class Channels(Protocol):
    """The channels of the pairs of a frame that have a station; the rest may hold anything."""

    def users(self, situation: Situation) -> Complex:
        """h [link, near, M_t] of scheduled users: the amplitude of beam w is ``h^H w``; the serving station first."""
        ...

    def stations(self, situation: Situation) -> Complex:
        """G^T [sensor, near, M_r, M_t] from stations around: beam w comes through filter v as ``(G v)^H w``."""
        ...


class Drawn:
    """Independent CN(0, 1) entries, and a line of sight where there is one, from the streams of the frame."""

    def users(self, situation: Situation) -> Complex:
        """Draw the channels of scheduled users; those that the scheduler looked at are kept."""
        links, near = situation.around_users.station.shape
        drawn = explicit.channels(situation, situation.name.stream(Purpose.LINK_CHANNELS), np.arange(links)[:, None],
                                  np.arange(near))
        if situation.schedule.channels is not None:
            drawn[:, 0] = situation.schedule.channels
        return drawn

    def stations(self, situation: Situation) -> Complex:
        """Draw the channels between stations."""
        antennas = situation.scenario.antennas
        shape = (*situation.sensors.around.station.shape, antennas.receive, antennas.transmit)
        return complex_normal(situation.name.stream(Purpose.STATION_CHANNELS), shape)


class Vectors(Engine):
    """Computes every gain from channel vectors.

    Parameters
    ----------
    channels : Channels
    """

    def __init__(self, channels: Channels | None = None) -> None:
        self._channels = channels or Drawn()

    def know(self, situation: Situation, precoder: Precoder) -> Known:
        """Return the channels of own users, and of the users and filters that were granted a null."""
        users, stations = self._channels.users(situation), self._channels.stations(situation)
        link, column, _ = known.granted_links(situation)
        return known.believed(situation, users[:, 0], users[link, column], stations[situation.grants.pairs],
                              (users, stations))

    def couple(self, situation: Situation, known: Known, beams: Beams, combiner: Combiner) -> Couplings:
        """Compute what the beams come to."""
        users, stations = known.truth
        users = aged(situation, users)
        streams = situation.streams
        wanted, own, phase = explicit.own_gains(situation, users[streams.link, streams.column], beams, known)
        to_users, echoes = _to_users(situation, users, beams), explicit.echoes(situation, beams)
        if not (combiner.needs_covariance and len(situation.selection.targets)):
            through = _to_filters(situation, stations, beams.weighted)
            return Couplings(wanted, own, to_users, through, echoes, phase=phase)
        gains, filters, covariance = explicit.adapted(situation, beams, combiner, _Arriving(situation, stations, beams))
        return Couplings(wanted, own, to_users, gains, echoes, filters, covariance, phase)


class _Arriving:
    """What arrives at stations that sense, ``G^H W P^1/2``."""

    def __init__(self, situation: Situation, stations: Complex, beams: Beams) -> None:
        self._around, self._stations = situation.sensors.around.station, stations
        self._weighted = np.concatenate([beams.weighted, np.zeros_like(beams.weighted[:1])])  # the last: no station

    def __call__(self, rows: slice) -> Complex:
        there = self._around[rows] < len(self._weighted) - 1
        channels = np.where(there[..., None, None], self._stations[rows].conj(), 0)
        return np.asarray((channels @ self._weighted[self._around[rows]]).swapaxes(-1, -2))


def _to_filters(situation: Situation, stations: Complex, weighted: Complex) -> Array:
    sensors = situation.sensors
    gains = np.zeros((*sensors.around.station.shape, sensors.active.shape[1]))
    sensor, column = np.nonzero(sensors.around.station < situation.stations)
    if not len(sensor):
        return gains
    seen = np.asarray(sensors.receive[sensor] @ stations[sensor, column])  # G v [pair, J, M_t]
    pairs, filters, antennas = seen.shape
    station = np.repeat(sensors.around.station[sensor, column], filters)
    gains[sensor, column] = gained(seen.reshape(-1, antennas), station, weighted).reshape(pairs, filters)
    return gains


def aged(situation: Situation, users: Complex) -> Complex:
    """Channels [link, near, M_t] of now: own ones, and those of cluster members."""
    own, cross = csi.own_correlation(situation), csi.cross_correlation(situation)
    if own is None and cross is None:
        return users
    members = situation.scenario.allocation.communication_cluster
    rho = np.ones((len(users), members))
    for columns, known_as in ((slice(0, 1), own), (slice(1, None), cross)):
        if known_as is not None:
            rho[:, columns] = known_as[:, None]
    now = np.array(users)
    now[:, :members] = explicit.aged(situation.name.stream(Purpose.AGEING), situation, users[:, :members],
                                     np.arange(len(users))[:, None], np.arange(members), rho)
    return now


def _to_users(situation: Situation, users: Complex, beams: Beams) -> Array:
    around = situation.around_users.station
    gains = np.zeros(around.shape)
    others = around < situation.stations
    others[:, 0] = False
    gains[others] = gained(users[others], around[others], beams.weighted)
    return gains
