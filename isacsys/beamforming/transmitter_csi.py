"""The CSI of every station when it designs its beams, as estimated."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from isacsys.beamforming import beams, filter_spans, linear_precoding
from isacsys.beamforming.beams import Beams
from isacsys.beamforming.frame_state import FrameState
from isacsys.channel import array_response, feedback
from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.core.random_streams import FrameName, Purpose


@dataclass(frozen=True)
class TransmitterCsi:
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
    truth : tuple of ndarray, [...] each
        True channels, for the engine that drew them: no station knows these.
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
        return beams.explicit(linear_precoding.unit(directions), np.asarray(power, float))


def law(frame_state: FrameState) -> TransmitterCsi:
    """Return what stations know when they know channels by their law only."""
    scenario = frame_state.scenario
    most = max(scenario.allocation.users_per_bs, frame_state.streams.most if scenario.joint else 0)
    unequal = most > scenario.allocation.users_per_bs
    return TransmitterCsi(
        frame_state.name, scenario.antennas.transmit, frame_state.served.count, frame_state.nulls, most, unequal
    )


def with_vectors(frame_state: FrameState, own: Complex, granted: Complex | None, held: Index) -> TransmitterCsi:
    """Return the CSI of stations that know channel vectors.

    ``own`` [bs, K, M_t] of scheduled users, ``granted`` [bs, n, M_t] of nulls, ``held`` [bs] how many these are.
    """
    return dataclasses.replace(law(frame_state), own=own, granted=granted, held=held)


def believed(frame_state: FrameState, own: Complex, granted: Complex, stations: Complex,
             truth: tuple[Complex, ...]) -> TransmitterCsi:
    """Return the CSI of stations: users' channels as fed back, receive filters exactly.

    Parameters
    ----------
    own : [link, M_t]
        Channels of scheduled users.
    granted : [null, M_t]
        Of users to stations that granted them a null, as `granted_links` has them.
    stations : [pair, M_r, M_t]
        G^T of `Grants.pairs`.
    truth : tuple of ndarray, [...] each
        What the engine needs of the true channels.
    """
    link, column, station = granted_links(frame_state)
    pair, asked, basis, weight = principal_filters(frame_state)
    bits = frame_state.scenario.csi.feedback_bits
    if bits:
        rng = frame_state.name.stream(Purpose.FEEDBACK)
        own, granted = feedback.quantised(rng, own, bits), feedback.quantised(rng, granted, bits)
    through = (basis[:, None] @ stations[pair])[:, 0] if len(pair) else own[:0]  # G v
    users, sensors = noise_at_users(frame_state), noise_at_sensors(frame_state)
    sensor, place = (index[pair] for index in frame_state.grants.pairs)
    relative = frame_state.around_users.path_gain[link, column] / users[link]
    sir = frame_state.around_users.path_gain[:, 0] / users
    if frame_state.scenario.joint:  # what was granted is served
        own, sir = np.concatenate([own, granted]), np.concatenate([sir, relative])
        granted, relative, station = granted[:0], relative[:0], station[:0]
    station = np.concatenate([station, asked])
    arranged, held = by_station(station, np.concatenate([granted, through]), frame_state.stations)
    weight = np.concatenate([np.ones(len(relative)), weight])
    relative = np.concatenate([relative, frame_state.sensors.around.path_gain[sensor, place] / sensors[sensor]])
    return dataclasses.replace(
        law(frame_state), own=by_stream(frame_state, own), granted=arranged, held=held,
        sir=by_stream(frame_state, sir[:, None] + 0j)[..., 0].real,
        granted_sir=_numbers(frame_state, station, relative * weight),
        granted_weight=_numbers(frame_state, station, weight),
        bearings=bearings(frame_state), truth=truth)


def _numbers(frame_state: FrameState, station: Index, value: Array) -> Array:
    return np.asarray(by_station(station, value[:, None] + 0j, frame_state.stations)[0][..., 0].real)


def noise_at_users(frame_state: FrameState) -> Array:
    """Return the mean interference, all stations sending and none nulling, and noise at scheduled users, [link]."""
    around = frame_state.around_users
    return _positive(around.path_gain[:, 1:].sum(-1) + around.far_field + frame_state.scenario.user_noise)


def noise_at_sensors(frame_state: FrameState) -> Array:
    """Return the same behind a filter of norm one at the sensing stations, [sensor]."""
    around = frame_state.sensors.around
    return _positive(around.path_gain.sum(-1) + around.far_field + frame_state.scenario.station_noise)


def _positive(noise: Array) -> Array:
    return np.maximum(noise, np.finfo(float).tiny)


def bearings(frame_state: FrameState) -> Complex:
    """Return the steering vectors of all stations towards their scheduled targets, [bs, J, M_t]."""
    sensors, antennas = frame_state.sensors, frame_state.scenario.antennas.transmit
    towards = np.zeros((frame_state.stations, sensors.active.shape[1], antennas), complex)
    towards[sensors.station] = array_response.steering(sensors.aimed, antennas) * sensors.active[..., None]
    return towards


def by_stream(frame_state: FrameState, rows: Complex) -> Complex:
    """Return channels ``rows`` [stream, M_t] of served users by station and stream, [bs, K, M_t]."""
    streams = frame_state.streams
    padded = max(frame_state.scenario.allocation.users_per_bs, streams.most)
    own = np.zeros((frame_state.stations, padded, rows.shape[-1]), complex)
    own[streams.station, streams.slot] = rows
    return own


def by_station(station: Index, rows: Complex, stations: int) -> tuple[Complex, Index]:
    """Return vectors ``rows`` [row, M_t] by the ``station`` [row] that knows them, [bs, n, M_t], and their number
    [bs].
    """
    order = np.argsort(station, kind="stable")
    held = np.bincount(station, minlength=stations)
    first = np.cumsum(held) - held
    arranged = np.zeros((stations, int(held.max(initial=0)), rows.shape[-1]), complex)
    arranged[station[order], np.arange(len(order)) - first[station[order]]] = rows[order]
    return arranged, held


def granted_links(frame_state: FrameState) -> tuple[Index, Index, Index]:
    """Return link, column and station [null] of every null that was granted to a user."""
    link, column = np.nonzero(frame_state.grants.user_granted)
    return link, column, frame_state.around_users.station[link, column]


def granted_filters(frame_state: FrameState) -> tuple[Index, Index, Complex]:
    """Pair, station and vector v [row, M_r] of an orthonormal basis of the filters granted to each sensing station.

    A null stands for the filters as they were when it was asked for.
    """
    grants, asked = frame_state.grants, frame_state.schedule.sensors
    row, column = grants.pairs
    if not len(row):
        return row, row, np.empty((0, frame_state.scenario.antennas.receive), complex)
    basis, rank = filter_spans.span(asked.receive[row], grants.target_granted[row, column])
    pair, place = np.nonzero(np.arange(basis.shape[-2]) < rank[:, None])
    return pair, frame_state.sensors.around.station[row, column][pair], basis[pair, place]


def principal_filters(frame_state: FrameState) -> tuple[Index, Index, Complex, Array]:
    """Return the same in the basis that weighs as the filters do one by one, and its weights [row]."""
    grants, asked = frame_state.grants, frame_state.schedule.sensors
    row, column = grants.pairs
    if not len(row):
        return *granted_filters(frame_state), np.empty(0)
    basis, weight, rank = filter_spans.principal(asked.receive[row], grants.target_granted[row, column])
    pair, place = np.nonzero(np.arange(basis.shape[-2]) < rank[:, None])
    return pair, frame_state.sensors.around.station[row, column][pair], basis[pair, place], weight[pair, place]
