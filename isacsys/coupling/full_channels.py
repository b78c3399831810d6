"""Every gain from channel vectors, drawn pair by pair: memory grows with links, not with stations times links."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from isacsys.beamforming import (
    Beams,
    Combiner,
    FrameState,
    Precoder,
    TransmitterCsi,
    csi_ageing,
    subbands,
)
from isacsys.beamforming import (
    transmitter_csi as known,
)
from isacsys.beamforming.frame_state import ChannelSource
from isacsys.channel import ageing
from isacsys.channel.gaussian import complex_normal
from isacsys.channel.pairs import gained
from isacsys.core.arrays import Array, Complex
from isacsys.core.random_streams import Purpose
from isacsys.coupling import beam_gains
from isacsys.coupling.base import Couplings, Engine


class Channels(Protocol):
    """The channels of the pairs of a frame that have a station; the rest may hold anything."""

    def users(self, frame_state: FrameState) -> Complex:
        """Return h [link, near, M_t] of scheduled users: the amplitude of beam w is ``h^H w``; the serving station
        first.
        """

    def stations(self, frame_state: FrameState) -> Complex:
        """Return G^T [sensor, near, M_r, M_t] from stations around: beam w comes through filter v as ``(G v)^H w``."""


class Drawn:
    """Independent CN(0, 1) entries, and a line of sight where there is one, from the streams of the frame."""

    def users(self, frame_state: FrameState) -> Complex:
        """Draw the channels [link, near, M_t] of scheduled users; those that the scheduler has used are kept."""
        links, near = frame_state.around_users.station.shape
        drawn = beam_gains.channels(
            frame_state, frame_state.name.stream(Purpose.LINK_CHANNELS), np.arange(links)[:, None], np.arange(near)
        )
        if frame_state.schedule.channels is not None:
            drawn[:, 0] = frame_state.schedule.channels
        return drawn

    def stations(self, frame_state: FrameState) -> Complex:
        """Draw the channels G^T [sensor, near, M_r, M_t] between stations."""
        antennas = frame_state.scenario.antennas
        shape = (*frame_state.sensors.around.station.shape, antennas.receive, antennas.transmit)
        return complex_normal(frame_state.name.stream(Purpose.STATION_CHANNELS), shape)


class Faded:
    """Channels of the fading of a drop."""

    def users(self, frame_state: FrameState, age: float = 0.0) -> Complex:
        """Return the channels [link, near, M_t] of scheduled users ``age`` s ago; those that the scheduler has used
        are kept.
        """
        drawn = self._users(frame_state, age, Purpose.LINK_CHANNELS)
        if frame_state.schedule.channels is not None and not source(frame_state).remembers:
            drawn[:, 0] = frame_state.schedule.channels
        return drawn

    def errors(self, frame_state: FrameState) -> Complex:
        """Draw independent channels [link, near, M_t] of the same law."""
        return self._users(frame_state, 0.0, Purpose.AGEING)

    def _users(self, frame_state: FrameState, age: float, purpose: Purpose) -> Complex:
        count = len(frame_state.selection.users) // frame_state.scenario.fading.subbands
        users, station = frame_state.selection.users.ids[:count], frame_state.around_users.station[:count]
        return subbands.folded(source(frame_state).users(users, station, age, frame_state.name.stream(purpose)))

    def stations(self, frame_state: FrameState) -> Complex:
        """Return the channels G^T [sensor, near, M_r, M_t] between stations."""
        sensors = frame_state.sensors
        count = len(sensors.station) // frame_state.scenario.fading.subbands
        rng = frame_state.name.stream(Purpose.STATION_CHANNELS)
        drawn = source(frame_state).stations(sensors.station[:count], sensors.around.station[:count], rng)
        return subbands.folded(drawn)


def source(frame_state: FrameState) -> ChannelSource:
    """Return the fading of a frame that has some."""
    if frame_state.fading is None:
        raise ValueError("a frame without fading of its own")
    return frame_state.fading


class FullChannelCoupling(Engine):
    """Computes every gain from channel vectors.

    Parameters
    ----------
    channels : Channels
    """

    def __init__(self, channels: Channels | None = None) -> None:
        self._channels = channels or Drawn()

    def know(self, frame_state: FrameState, precoder: Precoder) -> TransmitterCsi:
        """Return the channels of own users, and of the users and filters that were granted a null."""
        if frame_state.fading is not None:
            return self._know_faded(frame_state)
        users, stations = self._channels.users(frame_state), self._channels.stations(frame_state)
        link, column, _ = known.granted_links(frame_state)
        return known.believed(frame_state, users[:, 0], users[link, column], stations[frame_state.grants.pairs],
                              (users, stations))

    def _know_faded(self, frame_state: FrameState) -> TransmitterCsi:
        """Return what stations know of channels that go on: as they were when they were measured."""
        channels = Faded()
        users, stations = channels.users(frame_state), channels.stations(frame_state)
        own = cross = users
        if source(frame_state).remembers:
            own_age, cross_age = csi_ageing.ages(frame_state)
            own = channels.users(frame_state, own_age) if own_age > 0 else users
            cross = own if cross_age == own_age else channels.users(frame_state, cross_age) if cross_age > 0 else users
        link, column, _ = known.granted_links(frame_state)
        return known.believed(frame_state, own[:, 0], cross[link, column], stations[frame_state.grants.pairs],
                              (users, stations))

    def couple(self, frame_state: FrameState, known: TransmitterCsi, beams: Beams, combiner: Combiner) -> Couplings:
        """Compute the gains of all beams."""
        users, stations = known.truth
        users = aged(frame_state, users)
        streams = frame_state.streams
        wanted, own, phase = beam_gains.own_gains(frame_state, users[streams.link, streams.column], beams, known)
        believed = beam_gains.believed_gains(frame_state, beams, known)
        to_users, echoes = _to_users(frame_state, users, beams), beam_gains.echoes(frame_state, beams)
        if not (combiner.needs_covariance and len(frame_state.selection.targets)):
            through = _to_filters(frame_state, stations, beams.weighted)
            return Couplings(wanted, own, to_users, through, echoes, phase=phase, believed=believed)
        gains, filters, covariance = beam_gains.adapted(
            frame_state, beams, combiner, _Arriving(frame_state, stations, beams)
        )
        return Couplings(wanted, own, to_users, gains, echoes, filters, covariance, phase, believed)


class _Arriving:
    """What arrives at stations that sense, ``G^H W P^1/2``."""

    def __init__(self, frame_state: FrameState, stations: Complex, beams: Beams) -> None:
        self._around, self._stations = frame_state.sensors.around.station, stations
        self._weighted = np.concatenate([beams.weighted, np.zeros_like(beams.weighted[:1])])  # the last: no station

    def __call__(self, rows: slice) -> Complex:
        there = self._around[rows] < len(self._weighted) - 1
        channels = np.where(there[..., None, None], self._stations[rows].conj(), 0)
        return np.asarray((channels @ self._weighted[self._around[rows]]).swapaxes(-1, -2))


def _to_filters(frame_state: FrameState, stations: Complex, weighted: Complex) -> Array:
    sensors = frame_state.sensors
    gains = np.zeros((*sensors.around.station.shape, sensors.active.shape[1]))
    sensor, column = np.nonzero(sensors.around.station < frame_state.stations)
    if not len(sensor):
        return gains
    seen = np.asarray(sensors.receive[sensor] @ stations[sensor, column])  # G v [pair, J, M_t]
    pairs, filters, antennas = seen.shape
    station = np.repeat(sensors.around.station[sensor, column], filters)
    gains[sensor, column] = gained(seen.reshape(-1, antennas), station, weighted).reshape(pairs, filters)
    return gains


def aged(frame_state: FrameState, users: Complex) -> Complex:
    """Return the present channels [link, near, M_t] of ``users`` [link, near, M_t], own ones and those of cluster
    members.
    """
    if frame_state.fading is not None and frame_state.fading.remembers:
        return users
    own, cross = csi_ageing.own_correlation(frame_state), csi_ageing.cross_correlation(frame_state)
    if own is None and cross is None:
        return users
    members = frame_state.scenario.allocation.communication_cluster
    rho = np.ones((len(users), members))
    for columns, known_as in ((slice(0, 1), own), (slice(1, None), cross)):
        if known_as is not None:
            rho[:, columns] = known_as[:, None]
    now = np.array(users)
    if frame_state.fading is not None:
        error = Faded().errors(frame_state)[:, :members]
        now[:, :members] = rho[..., None] * now[:, :members] + np.sqrt(ageing.leakage(rho))[..., None] * error
        return now
    now[:, :members] = beam_gains.aged(frame_state.name.stream(Purpose.AGEING), frame_state, users[:, :members],
                                     np.arange(len(users))[:, None], np.arange(members), rho)
    return now


def _to_users(frame_state: FrameState, users: Complex, beams: Beams) -> Array:
    around = frame_state.around_users.station
    gains = np.zeros(around.shape)
    others = around < frame_state.stations
    others[:, 0] = False
    gains[others] = gained(users[others], around[others], beams.weighted)
    return gains
