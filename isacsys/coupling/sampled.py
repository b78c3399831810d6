"""Every gain in its smallest exact form: vectors for known channels, laws for unknown ones."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.beamforming import (
    Beams,
    Combiner,
    FrameState,
    Precoder,
    TransmitterCsi,
    csi_ageing,
    receive_filters,
    zero_forcing_explicit,
)
from isacsys.beamforming import (
    transmitter_csi as known,
)
from isacsys.beamforming.zero_forcing import ZeroForced
from isacsys.channel import ageing, sampled_gains
from isacsys.channel.gaussian import complex_normal
from isacsys.core.arrays import Array, Complex
from isacsys.core.joined_streams import JoinedGenerator
from isacsys.core.random_streams import Purpose
from isacsys.coupling import hybrid
from isacsys.coupling.base import Couplings, Engine, bearings
from isacsys.coupling.beam_gains import adapted

_NO_FILTERS, _NO_ECHOES = np.empty((0, 1, 1)), np.empty((0, 1))


class SampledCoupling(Engine):
    """Draws gains from the streams of a frame, and vectors of those channels only that a design looks at.

    Zero forcing looks at none: its beams have a law of their own, as long as nulls are exact and channels isotropic.
    """

    def know(self, frame_state: FrameState, precoder: Precoder) -> TransmitterCsi:
        """Return laws, or the channels that designs or schedulers look at, with those to be nulled beside them."""
        if precoder.needs_channels or hybrid.wanted(frame_state):
            return hybrid.know(frame_state)
        by_law = known.law(frame_state)
        if frame_state.scenario.precoding.sensing_power > 0:
            return dataclasses.replace(by_law, bearings=known.bearings(frame_state))
        if frame_state.schedule.channels is None:
            return by_law
        own = known.by_stream(frame_state, frame_state.schedule.channels)
        return known.with_vectors(frame_state, own, _nulled(by_law), by_law.nulls)

    def couple(self, frame_state: FrameState, known: TransmitterCsi, beams: Beams, combiner: Combiner) -> Couplings:
        """Draw the gains of all beams."""
        if known.truth:
            return hybrid.couple(frame_state, known, beams, combiner)
        if beams.zero_forced is None:
            raise ValueError("beams that do not null what they know, by law")
        sensing = len(frame_state.selection.targets) > 0
        wanted, own, phase = _own(frame_state, beams, beams.zero_forced)
        found = Couplings(wanted, own, _to_users(frame_state, beams), _NO_FILTERS,
                          _echoes(frame_state, beams) if sensing else _NO_ECHOES, phase=phase,
                          believed=_believed(frame_state, beams, beams.zero_forced))
        if not sensing:
            return found
        if not combiner.needs_covariance:
            return dataclasses.replace(found, to_filters=_to_filters(frame_state, beams))
        gains, filters, covariance = adapted(frame_state, beams, combiner, _Arriving(frame_state, beams))
        return dataclasses.replace(found, to_filters=gains, filters=filters, covariance=covariance)


class _Arriving:
    """What arrives at stations that sense, outside the span of the filters that the sender nulls."""

    def __init__(self, frame_state: FrameState, beams: Beams) -> None:
        self._situation, self._spectrum = frame_state, beams.spectrum
        self._rng = frame_state.name.stream(Purpose.TARGET_INTERFERENCE)
        pair, _, rows = known.granted_filters(frame_state)
        self._basis = known.by_station(pair, rows, len(frame_state.grants.pairs[0]))[0]  # [pair, n, M_r]

    def __call__(self, rows: slice) -> Complex:
        sensor, column = self._situation.grants.pairs
        station = self._situation.sensors.around.station[rows]
        found = receive_filters.arrivals(self._rng, self._spectrum[station], self._situation.scenario.antennas.receive)
        mine = (sensor >= rows.start) & (sensor < rows.stop)
        place = (sensor[mine] - rows.start, column[mine])
        found[place] = receive_filters.without(found[place], self._basis[mine])
        return found


def _nulled(by_law: TransmitterCsi) -> Complex | None:
    """Draw the channels that a station is to null, [bs, n, M_t]: isotropic ones, of which only the number counts."""
    if not by_law.nulls.any():
        return None
    shape, rng = (len(by_law.nulls), int(by_law.nulls.max()), by_law.antennas), by_law.name.stream(Purpose.NULLS_HELD)
    if not isinstance(rng, JoinedGenerator):
        return complex_normal(rng, shape)
    found = np.zeros(shape, complex)  # every drop draws as many as it needs by itself
    for own, rows in rng.each():
        width = int(by_law.nulls[rows].max())
        found[rows, :width] = complex_normal(own, (rows.stop - rows.start, width, by_law.antennas))
    return found


def _own(frame_state: FrameState, beams: Beams, design: ZeroForced) -> tuple[Array, Array, Complex | None]:
    """Read the wanted gains off the design; zero forcing leaves leakage only where channels have aged."""
    streams, rho = frame_state.served, csi_ageing.stream_correlation(frame_state)
    gain, leakage, phase = _of_users(frame_state, design, rho)
    if beams.lit is None:
        return gain, leakage, phase
    first = design.gain.shape[1]
    share = 1 - beams.power[streams.station, first:].sum(-1)  # what sensing beams leave
    gain, leakage = share * gain, share * leakage
    if rho is not None:
        rng = frame_state.name.stream(Purpose.SENSING_BEAMS, streams.station)
        strange = sampled_gains.total_gains(rng, beams.spectrum[:, first:], streams.station[:, None])[:, 0]
        leakage = leakage + ageing.leakage(rho) * strange
    return gain, leakage, phase


def _believed(frame_state: FrameState, beams: Beams, design: ZeroForced) -> Array | None:
    """Return the wanted gains in the channels that the design knew, [stream]; None where channels have not aged."""
    streams = frame_state.served
    if csi_ageing.stream_correlation(frame_state) is None:
        return None
    share = 1 - beams.power[streams.station, design.gain.shape[1]:].sum(-1)  # what sensing beams leave
    return np.asarray(share * design.gain[streams.station, streams.slot] / streams.count[streams.station])


def _of_users(frame_state: FrameState, design: ZeroForced, rho: Array | None) -> tuple[Array, Array, Complex | None]:
    """Return the gains of the users' beams as if they had all of the power."""
    streams = frame_state.served
    number = streams.count[streams.station]
    gain = design.gain[streams.station, streams.slot] / number
    if rho is None:
        return gain, np.zeros_like(gain), None
    amplitude, leakage = ageing.own_gains(frame_state.name.stream(Purpose.AGEING), gain * number, design.factor,
                                          streams.station, streams.slot, rho)
    size = np.abs(amplitude)
    phase = amplitude / np.maximum(size, np.finfo(float).tiny) if frame_state.scenario.joint else None
    return size**2 / number, leakage / number, phase


def _to_users(frame_state: FrameState, beams: Beams) -> Array:
    """Draw total gains; stations that granted a null give none but what leaks because it has aged."""
    around, gains = frame_state.around_users, np.zeros(frame_state.around_users.station.shape)
    rng = frame_state.name.stream(Purpose.USER_INTERFERENCE, frame_state.selection.users.station)
    sampled_gains.total_gains(rng, beams.spectrum, around.station[:, 1:], gains[:, 1:])
    nulled, rho = frame_state.grants.user_granted, csi_ageing.cross_correlation(frame_state)
    leaked = 0.0 if rho is None else ageing.leakage(rho)[:, None]
    gains[:, :nulled.shape[1]] *= np.where(nulled, leaked, 1.0)
    return gains


def _to_filters(frame_state: FrameState, beams: Beams) -> Array:
    """Draw gains through the filters of a station jointly, nulled filters projected out."""
    sensors, grants = frame_state.sensors, frame_state.grants
    rng = frame_state.name.stream(Purpose.TARGET_INTERFERENCE, sensors.station)
    return sampled_gains.filtered_gains(rng, beams.spectrum, sensors.around.station, sensors.filters, grants.pairs,
                                        grants.residual)


def _echoes(frame_state: FrameState, beams: Beams) -> Array:
    """Draw the gains of a Haar-distributed frame of beams towards the bearings; of beams that are there, compute."""
    sensors = frame_state.sensors
    if beams.lit is not None:
        return beams.lit[sensors.station]
    if beams.vectors is not None:
        streams = np.maximum(frame_state.streams.count[sensors.station], 1)
        return (
            zero_forcing_explicit.beam_gains(beams.vectors[sensors.station], bearings(frame_state)) / streams[:, None]
        )
    rng = frame_state.name.stream(Purpose.ECHOES, sensors.station)
    return sampled_gains.beam_gains(rng, beams.spectrum[sensors.station], bearings(frame_state))
