"""What every station knows when it designs its beams, as it believes it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from isacsys.arrays import Array, Complex, Flags, Index
from isacsys.physics import combining, designs, feedback
from isacsys.streams import FrameName, Purpose
from isacsys.transmission import beams
from isacsys.transmission.beams import Beams
from isacsys.transmission.values import Situation


@dataclass(frozen=True)
class Known:
    """What the stations know in a frame.

    Attributes
    ----------
    name : FrameName
        Opens the streams of the frame, for designs that are drawn by their law.
    antennas : int
        M_t.
    streams, nulls : [bs]
        Users served, those of others included to which it sends with their stations, and independent constraints
        towards receivers to which it sends nothing.
    unequal : bool
        Whether counts of streams are far from equal, as where users of others are served as well.
    own : [bs, K, M_t] or None
        Channels h of the users served by stream (the amplitude of beam w is ``h^H w``), zero rows for streams that are
        not used. None where their law will do.
    granted : [bs, n, M_t] or None
        Likewise of the users and filters that were granted a null; the first ``held`` rows of a station count.
    held : [bs] or None
    sir : [bs, K] or None
        Mean SIR of the own users: path gain at full power over mean interference and noise, members of their clusters
        counted as interference; zero for streams that are not used.
    granted_sir : [bs, n] or None
        Likewise of the receivers of others: path gain from this station over their mean interference and noise, of as
        many as lie along the row.
    granted_weight : [bs, n] or None
        How many that is: filters of one sensing station come as a basis of what they span, turned so that
        ``sum_i weight_i h_i h_i^H`` is that of the filters one by one; 1 for users.
    bearings : [bs, J, M_t] or None
        Steering vectors a towards the scheduled targets, zero where there is none.
    truth : tuple of arrays
        Channels as they are, for the engine that drew them: no station knows these.
    """

    name: FrameName
    antennas: int
    streams: Index
    nulls: Index
    padded: int
    unequal: bool = False
    own: Complex | None = None
    granted: Complex | None = None
    held: Index | None = None
    sir: Array | None = None
    granted_sir: Array | None = None
    granted_weight: Array | None = None
    bearings: Complex | None = None
    truth: tuple[Complex, ...] = ()

    @property
    def used(self) -> Flags:
        """Which streams are used, [bs, K]."""
        return np.arange(self.padded) < self.streams[:, None]

    def beams(self, directions: Complex, power: Array | None = None) -> Beams:
        """Return beams along ``directions`` [bs, M_t, K], of any norm, with ``power`` [bs, K], equal unless given."""
        shape = (len(self.streams), self.antennas, self.padded)
        if np.shape(directions) != shape:
            raise ValueError(f"directions of shape {np.shape(directions)}, not {shape}")
        if not np.isfinite(directions).all():
            raise ValueError("directions that are no finite numbers")
        if power is None:
            power = beams.equal_power(self.streams, self.padded)
        if np.shape(power) != (shape[0], shape[2]) or not np.all(np.isfinite(power)) or np.min(power, initial=0) < 0:
            raise ValueError(f"powers of shape {np.shape(power)}, or negative, or infinite, not {shape[::2]} from 0 on")
        return beams.explicit(designs.unit(directions), np.asarray(power, float))


def law(situation: Situation) -> Known:
    """Return what stations know when they know channels by their law only."""
    scenario = situation.scenario
    most = max(scenario.allocation.users_per_bs, situation.streams.most if scenario.joint else 0)
    unequal = most > scenario.allocation.users_per_bs
    return Known(situation.name, scenario.antennas.transmit, situation.served.count, situation.nulls, most, unequal)


def with_vectors(situation: Situation, own: Complex, granted: Complex | None, held: Index) -> Known:
    """Return what stations know when they know vectors of channels that a scheduler has looked at."""
    return dataclasses.replace(law(situation), own=own, granted=granted, held=held)


def believed(situation: Situation, own: Complex, granted: Complex, stations: Complex,
             truth: tuple[Complex, ...]) -> Known:
    """Return what stations believe of channels: users' as far as feedback tells, filters exactly.

    Parameters
    ----------
    own : [link, M_t]
        Channels of scheduled users.
    granted : [null, M_t]
        Of users to stations that granted them a null, as `granted_links` has them.
    stations : [pair, M_r, M_t]
        G^T of `Grants.pairs`.
    truth : tuple of arrays
        As the engine wants it back.
    """
    link, column, station = granted_links(situation)
    pair, asked, basis, weight = principal_filters(situation)
    bits = situation.scenario.csi.feedback_bits
    if bits:
        rng = situation.name.stream(Purpose.FEEDBACK)
        own, granted = feedback.quantised(rng, own, bits), feedback.quantised(rng, granted, bits)
    through = (basis[:, None] @ stations[pair])[:, 0] if len(pair) else own[:0]  # G v
    users, sensors = noise_at_users(situation), noise_at_sensors(situation)
    sensor, place = (index[pair] for index in situation.grants.pairs)
    relative = situation.around_users.path_gain[link, column] / users[link]
    sir = situation.around_users.path_gain[:, 0] / users
    if situation.scenario.joint:  # what was granted is served
        own, sir = np.concatenate([own, granted]), np.concatenate([sir, relative])
        granted, relative, station = granted[:0], relative[:0], station[:0]
    station = np.concatenate([station, asked])
    arranged, held = by_station(station, np.concatenate([granted, through]), situation.stations)
    weight = np.concatenate([np.ones(len(relative)), weight])
    relative = np.concatenate([relative, situation.sensors.around.path_gain[sensor, place] / sensors[sensor]])
    return dataclasses.replace(
        law(situation), own=by_stream(situation, own), granted=arranged, held=held,
        sir=by_stream(situation, sir[:, None] + 0j)[..., 0].real,
        granted_sir=_numbers(situation, station, relative * weight),
        granted_weight=_numbers(situation, station, weight),
        bearings=bearings(situation), truth=truth)


def _numbers(situation: Situation, station: Index, value: Array) -> Array:
    return np.asarray(by_station(station, value[:, None] + 0j, situation.stations)[0][..., 0].real)


def noise_at_users(situation: Situation) -> Array:
    """Mean interference, all stations sending and none nulling, and noise at scheduled users, [link]."""
    around = situation.around_users
    return _positive(around.path_gain[:, 1:].sum(-1) + around.far_field + situation.scenario.user_noise)


def noise_at_sensors(situation: Situation) -> Array:
    """Likewise through a filter of norm one of the stations that sense, [sensor]."""
    around = situation.sensors.around
    return _positive(around.path_gain.sum(-1) + around.far_field + situation.scenario.station_noise)


def _positive(noise: Array) -> Array:
    return np.maximum(noise, np.finfo(float).tiny)


def bearings(situation: Situation) -> Complex:
    """Steering vectors of all stations towards their scheduled targets, [bs, J, M_t]."""
    sensors, antennas = situation.sensors, situation.scenario.antennas.transmit
    towards = np.zeros((situation.stations, sensors.active.shape[1], antennas), complex)
    towards[sensors.station] = combining.steering(sensors.aimed, antennas) * sensors.active[..., None]
    return towards


def by_stream(situation: Situation, rows: Complex) -> Complex:
    """Arrange the channels of users served [stream, M_t] by station and stream, [bs, K, M_t]."""
    streams = situation.streams
    padded = max(situation.scenario.allocation.users_per_bs, streams.most)
    own = np.zeros((situation.stations, padded, rows.shape[-1]), complex)
    own[streams.station, streams.slot] = rows
    return own


def by_station(station: Index, rows: Complex, stations: int) -> tuple[Complex, Index]:
    """Arrange vectors [row, M_t] by the ``station`` [row] that knows them: [bs, n, M_t], and how many each has."""
    order = np.argsort(station, kind="stable")
    held = np.bincount(station, minlength=stations)
    first = np.cumsum(held) - held
    arranged = np.zeros((stations, int(held.max(initial=0)), rows.shape[-1]), complex)
    arranged[station[order], np.arange(len(order)) - first[station[order]]] = rows[order]
    return arranged, held


def granted_links(situation: Situation) -> tuple[Index, Index, Index]:
    """Link, column and station of every null that was granted to a user."""
    link, column = np.nonzero(situation.grants.user_granted)
    return link, column, situation.around_users.station[link, column]


def granted_filters(situation: Situation) -> tuple[Index, Index, Complex]:
    """Pair, station and vector v [row, M_r] of an orthonormal basis of the filters granted to each sensing station.

    A null stands for the filters as they were when it was asked for.
    """
    grants, asked = situation.grants, situation.schedule.sensors
    row, column = grants.pairs
    if not len(row):
        return row, row, np.empty((0, situation.scenario.antennas.receive), complex)
    basis, rank = combining.span(asked.receive[row], grants.target_granted[row, column])
    pair, place = np.nonzero(np.arange(basis.shape[-2]) < rank[:, None])
    return pair, situation.sensors.around.station[row, column][pair], basis[pair, place]


def principal_filters(situation: Situation) -> tuple[Index, Index, Complex, Array]:
    """Return the same in the basis that weighs as the filters do one by one, and its weights [row]."""
    grants, asked = situation.grants, situation.schedule.sensors
    row, column = grants.pairs
    if not len(row):
        return *granted_filters(situation), np.empty(0)
    basis, weight, rank = combining.principal(asked.receive[row], grants.target_granted[row, column])
    pair, place = np.nonzero(np.arange(basis.shape[-2]) < rank[:, None])
    return pair, situation.sensors.around.station[row, column][pair], basis[pair, place], weight[pair, place]
