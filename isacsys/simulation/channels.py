"""Where the gains of a frame come from: short forms drawn from streams, or explicit channel vectors.

Both obey one contract, `Channels`, so that the same frame can be run either way and compared.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.linalg import orth

from isacsys.arrays import Array, Complex, Index
from isacsys.errors import InfeasibleDesign
from isacsys.physics import ageing, combining, fading, given_channels, precoding
from isacsys.physics.precoding import ZeroForcing
from isacsys.simulation import moving
from isacsys.simulation.values import Design, Situation
from isacsys.streams import Purpose, stream


class Channels(Protocol):
    """The channels of one frame. Every gain is for a station's whole power of 1, spread evenly over its streams."""

    def design(self, situation: Situation) -> Design:
        """Design the beams of all stations."""
        ...

    def own(self, situation: Situation, design: Design) -> tuple[Array, Array]:
        """Wanted gain and intra-cell leakage of the scheduled users, [link] each."""
        ...

    def to_users(self, situation: Situation, design: Design) -> Array:
        """Gains of the surrounding stations at the scheduled users, [link, near]; the serving one is left out."""
        ...

    def to_filters(self, situation: Situation, design: Design) -> Array:
        """Gains of the surrounding stations through the receive filters, [receiver, near, J]."""
        ...

    def echoes(self, situation: Situation, design: Design) -> Array:
        """Gains towards the bearings of the scheduled targets, [receiver, J]."""
        ...


class ShortForms:
    """Every gain in the smallest exact form (see `physics.fading` and `physics.precoding.draw`)."""

    def __init__(self, seed: int, drop: int, frame: int) -> None:
        self._name = (seed, drop, frame)

    def design(self, situation: Situation) -> Design:
        """Draw the Gram factors of the own users' channels after projection."""
        scenario, streams = situation.state.scenario, situation.selection.users.count
        left = scenario.antennas.transmit - situation.grants.constraints
        if (left < streams).any():
            raise InfeasibleDesign(f"station {np.argmin(left - streams)} has more constraints than antennas")
        if situation.plan.channels is not None:
            return self._design_for(situation, situation.plan.channels)
        beams = precoding.draw(stream(*self._name, Purpose.OWN_CHANNELS), left, streams,
                               scenario.allocation.users_per_bs)
        return Design(beams, spread(beams, streams))

    def _design_for(self, situation: Situation, channels: Complex) -> Design:
        """Design beams for the own channels that the scheduler looked at."""
        links, allocation = situation.selection.users, situation.state.scenario.allocation
        own = np.zeros((links.stations, allocation.users_per_bs, channels.shape[-1]), complex)
        own[links.station, links.slot] = channels
        beams, vectors = given_channels.beams(stream(*self._name, Purpose.NULLS_HELD), own, links.count,
                                              situation.grants.constraints)
        return Design(beams, spread(beams, links.count), vectors)

    def own(self, situation: Situation, design: Design) -> tuple[Array, Array]:
        """Read the wanted gains off the design; zero forcing leaves leakage only where channels have aged."""
        gain, rho = wanted(situation, design), moving.own_correlation(situation)
        if rho is None:
            return gain, np.zeros_like(gain)
        links = situation.selection.users
        streams = links.count[links.station]
        signal, leakage = ageing.own_gains(stream(*self._name, Purpose.AGEING), gain * streams, design.beams.factor,
                                           links.station, links.slot, rho)
        return signal / streams, leakage / streams

    def to_users(self, situation: Situation, design: Design) -> Array:
        """Draw total gains; those that granted a null give none but what leaks because it has aged."""
        around, gains = situation.around_users, np.zeros(situation.around_users.station.shape)
        gains[:, 1:] = fading.total_gains(stream(*self._name, Purpose.USER_INTERFERENCE), design.power,
                                          around.station[:, 1:])
        nulled, rho = situation.grants.user_granted, moving.cross_correlation(situation)
        leaked = 0.0 if rho is None else ageing.leakage(rho)[:, None]
        gains[:, :nulled.shape[1]] *= np.where(nulled, leaked, 1.0)
        return gains

    def to_filters(self, situation: Situation, design: Design) -> Array:
        """Draw gains through the filters of a station jointly, nulled filters projected out."""
        receivers, grants = situation.receivers, situation.grants
        return fading.filtered_gains(stream(*self._name, Purpose.TARGET_INTERFERENCE), design.power,
                                     receivers.around.station, receivers.filters, grants.pairs, grants.residual)

    def echoes(self, situation: Situation, design: Design) -> Array:
        """Draw the gains of a Haar-distributed frame of beams towards the bearings."""
        receivers = situation.receivers
        if design.vectors is not None:
            streams = np.maximum(situation.selection.users.count[receivers.station], 1)
            return given_channels.beam_gains(design.vectors[receivers.station], bearings(situation)) / streams[:, None]
        return fading.beam_gains(stream(*self._name, Purpose.ECHOES), design.power[receivers.station],
                                 bearings(situation))


class ExplicitChannels(Protocol):
    """A source of channel vectors, as `FullVectors` takes it."""

    def user(self, user: int, station: int) -> Complex:
        """h [M_t] between a station and a user: the amplitude of beam w is ``h^H w``."""
        ...

    def station(self, receiver: int, transmitter: int) -> Complex:
        """G [M_t, M_r] between two stations: the amplitude of beam w at filter v is ``(G v)^H w``."""
        ...


class FullVectors:
    """Every gain from explicit channel vectors, station by station: slow, and what the short forms are held against."""

    def __init__(self, channels: ExplicitChannels) -> None:
        self.channels = channels
        self._antennas = 0
        self.beams: list[Complex] = []

    def design(self, situation: Situation) -> Design:
        """Zero-force over explicit constraints, granted filters as an orthonormal basis of their span."""
        self._antennas, streams = situation.state.scenario.antennas.transmit, situation.selection.users.count
        padded = situation.state.scenario.allocation.users_per_bs
        gain = np.zeros((len(streams), padded))
        factor = np.zeros((len(streams), padded, padded), complex)
        self.beams = [np.zeros((self._antennas, 0), complex)] * len(streams)
        for i in np.flatnonzero(streams).tolist():
            own = self._users(situation.selection.users.ids[situation.selection.users.station == i], i)
            zero_forcing, self.beams[i] = precoding.zero_forcing(own, self._nulls(situation, i))
            gain[i, :streams[i]] = zero_forcing.gain
            factor[i, :streams[i], :streams[i]] = zero_forcing.factor[0]
        beams = ZeroForcing(gain, factor)
        return Design(beams, spread(beams, streams))

    def own(self, situation: Situation, design: Design) -> tuple[Array, Array]:
        """Compute what every beam of a station gives its users."""
        links = situation.selection.users
        powers = [np.abs(self.channels.user(u, s).conj() @ self.beams[s]) ** 2
                  for u, s in zip(links.ids, links.station, strict=True)]
        wanted = np.array([p[slot] / len(p) for p, slot in zip(powers, links.slot, strict=True)])
        return wanted.reshape(-1), np.array([p.sum() / len(p) for p in powers]).reshape(-1) - wanted.reshape(-1)

    def to_users(self, situation: Situation, design: Design) -> Array:
        """Compute the gain of every surrounding station at every scheduled user."""
        station = situation.around_users.station
        gains = np.zeros(station.shape)
        others = np.arange(station.shape[1]) > 0
        for row, column in np.argwhere((station < situation.state.stations) & others):
            transmitter = station[row, column]
            h = self.channels.user(situation.selection.users.ids[row], transmitter)
            gains[row, column] = self._power(h, transmitter)
        return gains

    def to_filters(self, situation: Situation, design: Design) -> Array:
        """Compute the gain of every surrounding station through every receive filter."""
        receivers, filters = situation.receivers, self._filters(situation)
        gains = np.zeros((*receivers.around.station.shape, filters.shape[1]))
        for row, column in np.argwhere(receivers.around.station < situation.state.stations):
            transmitter = receivers.around.station[row, column]
            channel = self.channels.station(receivers.station[row], transmitter)
            for j, v in enumerate(filters[row]):
                gains[row, column, j] = self._power(channel @ v, transmitter)
        return gains

    def echoes(self, situation: Situation, design: Design) -> Array:
        """Compute the gain of every sensing station towards its targets."""
        receivers = situation.receivers
        return np.array([[self._power(a, s) for a in steering]
                         for s, steering in zip(receivers.station, bearings(situation), strict=True)]
                        ).reshape(receivers.active.shape)

    def _power(self, channel: Complex, transmitter: int) -> float:
        beams = self.beams[transmitter]
        return float(np.sum(np.abs(channel.conj() @ beams) ** 2) / max(beams.shape[1], 1))

    def _users(self, users: Index, station: int) -> Complex:
        vectors = [self.channels.user(u, station) for u in users]
        return np.array(vectors, complex).reshape(len(users), self._antennas)

    def _filters(self, situation: Situation) -> Complex:
        receivers = situation.receivers
        antennas = situation.state.scenario.antennas.receive
        return combining.mrc_filters(receivers.cosine, antennas) * receivers.active[..., None]

    def _nulls(self, situation: Situation, station: int) -> Complex:
        requests, grants, receivers = situation.clusters.requests, situation.grants, situation.receivers
        mine = grants.granted & (requests.asked == station)
        rows = [self._users(requests.receiver[mine & (requests.kind == 0)], station)]
        for row in np.unique(receivers.row[requests.link[mine & (requests.kind == 1)]]):
            slots = grants.target_granted[row][receivers.around.station[row] == station].any(0)
            basis = orth(self._filters(situation)[row, slots].T, combining.TOLERANCE)
            channel = self.channels.station(receivers.station[row], station)
            rows.append((channel @ basis).T)
        return np.concatenate(rows)


def spread(beams: ZeroForcing, streams: Index) -> Array:
    """Return `Design.power`: eigenvalues of ``W^H W`` over the number of streams, with a last row of zeros."""
    eigenvalues = beams.eigenvalues()
    power = np.zeros((len(eigenvalues) + 1, eigenvalues.shape[1]))
    np.divide(eigenvalues, np.maximum(streams, 1)[:, None], out=power[:-1])
    return power


def wanted(situation: Situation, design: Design) -> Array:
    """Wanted gain of every scheduled user, [link]."""
    links = situation.selection.users
    return design.beams.gain[links.station, links.slot] / links.count[links.station]


def bearings(situation: Situation) -> Complex:
    """Transmit steering vectors towards the scheduled targets, [receiver, J, M_t], zero where there is none."""
    receivers = situation.receivers
    antennas = situation.state.scenario.antennas.transmit
    return combining.steering(receivers.cosine, antennas) * receivers.active[..., None]
