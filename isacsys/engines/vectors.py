"""Every gain from channel vectors, drawn pair by pair: memory grows with links, not with stations times links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from isacsys.arrays import Array, Complex, Index
from isacsys.engines.base import Couplings, Engine, bearings
from isacsys.physics import ageing
from isacsys.physics.gaussian import complex_normal
from isacsys.streams import Purpose
from isacsys.transmission import Beams, Known, Precoder, Situation, csi, known

AT_ONCE = 1 << 22  # complex numbers of a product, 64 MB


class Channels(Protocol):
    """The channels of the pairs of a frame that have a station; the rest may hold anything."""

    def users(self, situation: Situation) -> Complex:
        """h [link, near, M_t] of scheduled users: the amplitude of beam w is ``h^H w``; the serving station first."""
        ...

    def stations(self, situation: Situation) -> Complex:
        """G^T [sensor, near, M_r, M_t] from stations around: beam w comes through filter v as ``(G v)^H w``."""
        ...


class Rayleigh:
    """Independent CN(0, 1) entries, from the streams of the frame."""

    def users(self, situation: Situation) -> Complex:
        """Draw the channels of scheduled users; those that the scheduler looked at are kept."""
        shape = (*situation.around_users.station.shape, situation.scenario.antennas.transmit)
        drawn = complex_normal(situation.name.stream(Purpose.LINK_CHANNELS), shape)
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
        self._channels = channels or Rayleigh()

    def know(self, situation: Situation, precoder: Precoder) -> Known:
        """Return the channels of own users, and of the users and filters that were granted a null."""
        channels = self._channels.users(situation), self._channels.stations(situation)
        link, column, station = known.granted_links(situation)
        pair, asked, basis = known.granted_filters(situation)
        sensor, place = (index[pair] for index in situation.grants.pairs)
        through = _through(channels[1], sensor, place, basis[:, None])[:, 0]
        granted, held = known.by_station(np.concatenate([station, asked]),
                                         np.concatenate([channels[0][link, column], through]), situation.stations)
        return known.with_vectors(situation, known.by_stream(situation, channels[0][:, 0]), granted, held, channels)

    def couple(self, situation: Situation, known: Known, beams: Beams) -> Couplings:
        """Compute what the beams come to."""
        if beams.vectors is None or known.links is None:
            raise ValueError("beams, or channels, without vectors")
        weighted = beams.vectors * np.sqrt(beams.power)[:, None, :]
        users, stations = known.links
        users = aged(situation, users)
        return Couplings(*_own(situation, users[:, 0], weighted), _to_users(situation, users, weighted),
                         _to_filters(situation, stations, weighted), _echoes(situation, weighted))


def _through(stations: Complex, sensor: Index, column: Index, filters: Complex) -> Complex:
    """G v [pair, n, M_t] of pairs of a sensing station and one around it, for ``filters`` [pair, n, M_r]."""
    if not len(sensor):
        return np.empty((0, filters.shape[1], stations.shape[-1]), complex)
    return np.asarray(filters @ stations[sensor, column])


def _to_filters(situation: Situation, stations: Complex, weighted: Complex) -> Array:
    sensors = situation.sensors
    gains = np.zeros((*sensors.around.station.shape, sensors.active.shape[1]))
    sensor, column = np.nonzero(sensors.around.station < situation.stations)
    seen = _through(stations, sensor, column, sensors.mrc[sensor])
    pairs, filters, antennas = seen.shape
    station = np.repeat(sensors.around.station[sensor, column], filters)
    gains[sensor, column] = gained(seen.reshape(-1, antennas), station, weighted).reshape(pairs, filters)
    return gains


def aged(situation: Situation, channels: Complex) -> Complex:
    """Channels [link, near, M_t] of now, ``rho h + sqrt(1 - rho^2) e``: own ones, and those of cluster members."""
    own, cross = csi.own_correlation(situation), csi.cross_correlation(situation)
    if own is None and cross is None:
        return channels
    members = situation.scenario.allocation.communication_cluster
    rho = np.ones((len(channels), members))
    for columns, known_as in ((slice(0, 1), own), (slice(1, None), cross)):
        if known_as is not None:
            rho[:, columns] = known_as[:, None]
    error = complex_normal(situation.name.stream(Purpose.AGEING), (*rho.shape, channels.shape[-1]))
    now = np.array(channels)
    now[:, :members] = rho[..., None] * now[:, :members] + np.sqrt(ageing.leakage(rho))[..., None] * error
    return now


def gained(channels: Complex, station: Index, weighted: Complex) -> Array:
    """Gains ``sum_k p_k |h^H w_k|^2`` [pair] of the beams of ``station`` [pair] at channels [pair, M_t].

    Pairs are sorted by transmitter, so that a station's beams are used once for all of its pairs.
    """
    order = np.argsort(station, kind="stable")
    count = np.bincount(station, minlength=len(weighted))
    first = np.cumsum(count) - count
    gains, place = np.empty(len(station)), np.arange(len(station)) - first[station[order]]
    for block in _blocks(count, weighted.shape[-2] + weighted.shape[-1]):
        rows = slice(first[block.start], first[block.stop - 1] + count[block.stop - 1])
        mine, within = order[rows], (station[order[rows]] - block.start, place[rows])
        padded = np.zeros((block.stop - block.start, int(count[block].max(initial=0)), channels.shape[-1]), complex)
        padded[within] = channels[mine]
        seen = padded.conj() @ weighted[block]
        gains[mine] = np.einsum("bnk,bnk->bn", seen, seen.conj()).real[within]
    return gains


def _blocks(count: Index, numbers: int) -> Iterator[slice]:
    """Cut stations into blocks whose padded products fit into `AT_ONCE`."""
    step = max(1, AT_ONCE // max(int(count.max(initial=0)) * numbers, 1))
    for start in range(0, len(count), step):
        yield slice(start, min(start + step, len(count)))


def _own(situation: Situation, channels: Complex, weighted: Complex) -> tuple[Array, Array]:
    """Gains of every beam of a station at its own users, the wanted one apart."""
    links = situation.selection.users
    seen = known.by_stream(situation, channels).conj() @ weighted  # [bs, user, stream]
    power = (seen.real**2 + seen.imag**2)[links.station, links.slot]
    link = np.arange(len(links))
    wanted = power[link, links.slot]
    power[link, links.slot] = 0
    return wanted, power.sum(-1)


def _to_users(situation: Situation, channels: Complex, weighted: Complex) -> Array:
    around = situation.around_users.station
    gains = np.zeros(around.shape)
    others = around < situation.stations
    others[:, 0] = False
    gains[others] = gained(channels[others], around[others], weighted)
    return gains


def _echoes(situation: Situation, weighted: Complex) -> Array:
    seen = bearings(situation).conj() @ weighted[situation.sensors.station]
    return np.sum(seen.real**2 + seen.imag**2, axis=-1)
