"""Every gain in its smallest exact form: what a design knows is a vector, what it does not know is a law."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.arrays import Array, Complex
from isacsys.engines import partly
from isacsys.engines.base import Couplings, Engine, bearings
from isacsys.engines.explicit import adapted
from isacsys.physics import ageing, fading, given_channels, receiving
from isacsys.physics.gaussian import complex_normal
from isacsys.physics.precoding import ZeroForced
from isacsys.streams import Purpose
from isacsys.transmission import Beams, Combiner, Known, Precoder, Situation, csi, known

_NO_FILTERS, _NO_ECHOES = np.empty((0, 1, 1)), np.empty((0, 1))


class Short(Engine):
    """Draws gains from the streams of a frame, and vectors of those channels only that a design looks at.

    Zero forcing looks at none: its beams have a law of their own, as long as nulls are exact and channels isotropic.
    """

    def know(self, situation: Situation, precoder: Precoder) -> Known:
        """Return laws, or the channels that designs or schedulers look at, with those to be nulled beside them."""
        if precoder.needs_channels or partly.wanted(situation):
            return partly.know(situation)
        by_law = known.law(situation)
        if situation.scenario.precoding.sensing_power > 0:
            return dataclasses.replace(by_law, bearings=known.bearings(situation))
        if situation.schedule.channels is None:
            return by_law
        own = known.by_stream(situation, situation.schedule.channels)
        return known.with_vectors(situation, own, _nulled(by_law), by_law.nulls)

    def couple(self, situation: Situation, known: Known, beams: Beams, combiner: Combiner) -> Couplings:
        """Draw what beams come to."""
        if known.truth:
            return partly.couple(situation, known, beams, combiner)
        if beams.zero_forced is None:
            raise ValueError("beams that do not null what they know, by law")
        sensing = len(situation.selection.targets) > 0
        wanted, own, phase = _own(situation, beams, beams.zero_forced)
        found = Couplings(wanted, own, _to_users(situation, beams), _NO_FILTERS,
                          _echoes(situation, beams) if sensing else _NO_ECHOES, phase=phase)
        if not sensing:
            return found
        if not combiner.needs_covariance:
            return dataclasses.replace(found, to_filters=_to_filters(situation, beams))
        gains, filters, covariance = adapted(situation, beams, combiner, _Arriving(situation, beams))
        return dataclasses.replace(found, to_filters=gains, filters=filters, covariance=covariance)


class _Arriving:
    """What arrives at stations that sense, outside the span of the filters that the sender nulls."""

    def __init__(self, situation: Situation, beams: Beams) -> None:
        self._situation, self._spectrum = situation, beams.spectrum
        self._rng = situation.name.stream(Purpose.TARGET_INTERFERENCE)
        pair, _, rows = known.granted_filters(situation)
        self._basis = known.by_station(pair, rows, len(situation.grants.pairs[0]))[0]  # [pair, n, M_r]

    def __call__(self, rows: slice) -> Complex:
        sensor, column = self._situation.grants.pairs
        station = self._situation.sensors.around.station[rows]
        found = receiving.arrivals(self._rng, self._spectrum[station], self._situation.scenario.antennas.receive)
        mine = (sensor >= rows.start) & (sensor < rows.stop)
        place = (sensor[mine] - rows.start, column[mine])
        found[place] = receiving.without(found[place], self._basis[mine])
        return found


def _nulled(by_law: Known) -> Complex | None:
    """Draw the channels that a station is to null, [bs, n, M_t]: isotropic ones, of which only the number counts."""
    if not by_law.nulls.any():
        return None
    shape = (len(by_law.nulls), int(by_law.nulls.max()), by_law.antennas)
    return complex_normal(by_law.name.stream(Purpose.NULLS_HELD), shape)


def _own(situation: Situation, beams: Beams, design: ZeroForced) -> tuple[Array, Array, Complex | None]:
    """Read the wanted gains off the design; zero forcing leaves leakage only where channels have aged."""
    streams, rho = situation.served, csi.stream_correlation(situation)
    gain, leakage, phase = _of_users(situation, design, rho)
    if beams.lit is None:
        return gain, leakage, phase
    first = design.gain.shape[1]
    share = 1 - beams.power[streams.station, first:].sum(-1)  # what sensing beams leave
    gain, leakage = share * gain, share * leakage
    if rho is not None:
        rng = situation.name.stream(Purpose.SENSING_BEAMS)
        strange = fading.total_gains(rng, beams.spectrum[:, first:], streams.station[:, None])[:, 0]
        leakage = leakage + ageing.leakage(rho) * strange
    return gain, leakage, phase


def _of_users(situation: Situation, design: ZeroForced, rho: Array | None) -> tuple[Array, Array, Complex | None]:
    """Gains of the users' beams as if they had all of the power."""
    streams = situation.served
    number = streams.count[streams.station]
    gain = design.gain[streams.station, streams.slot] / number
    if rho is None:
        return gain, np.zeros_like(gain), None
    amplitude, leakage = ageing.own_gains(situation.name.stream(Purpose.AGEING), gain * number, design.factor,
                                          streams.station, streams.slot, rho)
    size = np.abs(amplitude)
    phase = amplitude / np.maximum(size, np.finfo(float).tiny) if situation.scenario.joint else None
    return size**2 / number, leakage / number, phase


def _to_users(situation: Situation, beams: Beams) -> Array:
    """Draw total gains; stations that granted a null give none but what leaks because it has aged."""
    around, gains = situation.around_users, np.zeros(situation.around_users.station.shape)
    gains[:, 1:] = fading.total_gains(situation.name.stream(Purpose.USER_INTERFERENCE), beams.spectrum,
                                      around.station[:, 1:])
    nulled, rho = situation.grants.user_granted, csi.cross_correlation(situation)
    leaked = 0.0 if rho is None else ageing.leakage(rho)[:, None]
    gains[:, :nulled.shape[1]] *= np.where(nulled, leaked, 1.0)
    return gains


def _to_filters(situation: Situation, beams: Beams) -> Array:
    """Draw gains through the filters of a station jointly, nulled filters projected out."""
    sensors, grants = situation.sensors, situation.grants
    return fading.filtered_gains(situation.name.stream(Purpose.TARGET_INTERFERENCE), beams.spectrum,
                                 sensors.around.station, sensors.filters, grants.pairs, grants.residual)


def _echoes(situation: Situation, beams: Beams) -> Array:
    """Draw the gains of a Haar-distributed frame of beams towards the bearings; of beams that are there, compute."""
    sensors = situation.sensors
    if beams.lit is not None:
        return beams.lit[sensors.station]
    if beams.vectors is not None:
        streams = np.maximum(situation.streams.count[sensors.station], 1)
        return given_channels.beam_gains(beams.vectors[sensors.station], bearings(situation)) / streams[:, None]
    return fading.beam_gains(situation.name.stream(Purpose.ECHOES), beams.spectrum[sensors.station],
                             bearings(situation))
