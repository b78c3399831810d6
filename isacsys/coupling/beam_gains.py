"""Gains of beams at receivers with known channels: common to all engines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isacsys.beamforming import (
    Beams,
    Combiner,
    FrameState,
    TransmitterCsi,
    checked_designs,
    csi_ageing,
    receive_filters,
    transmitter_csi,
)
from isacsys.channel import ageing, rician
from isacsys.channel.gaussian import complex_normal
from isacsys.channel.pairs import norm2, without_rounding
from isacsys.channel.sampled_gains import chunks
from isacsys.core.arrays import Array, Complex, Index
from isacsys.coupling.base import bearings

Arriving = Callable[[slice], Complex]


def channels(frame_state: FrameState, rng: np.random.Generator, link: Index, column: Index) -> Complex:
    """Draw the channels [..., M_t] of scheduled users ``link`` [...] to stations in ``column`` [...] of their
    surroundings.
    """
    antennas = frame_state.scenario.antennas.transmit
    if frame_state.sight is None:
        return complex_normal(rng, (*np.broadcast_shapes(link.shape, column.shape), antennas))
    return rician.channels(rng, frame_state.sight.cosine[link, column], frame_state.sight.share[link, column], antennas)


def aged(rng: np.random.Generator, frame_state: FrameState, rows: Complex, link: Index, column: Index,
         rho: Array | None) -> Complex:
    """Return the present channels ``rho h + sqrt(1 - rho^2) e``, e drawn by the law of the link.

    ``rows`` h [..., M_t] of users ``link`` [...] to stations in ``column`` [...]; rho [...], or None: 1.
    """
    if rho is None:
        return rows
    error = channels(frame_state, rng, link, column)
    return np.asarray(rho[..., None] * rows + np.sqrt(ageing.leakage(rho))[..., None] * error)


def own_gains(frame_state: FrameState, rows: Complex, beams: Beams, believed: TransmitterCsi
              ) -> tuple[Array, Array, Complex | None]:
    """Return the gains of a station's beams at the users it serves, whose channels are ``rows`` [stream, M_t]: of the
    one that is meant for the user, of the others, and the phase of the first where stations send together.

    Each station rotates its beams so that the expected amplitude is real: amplitudes add as far as it is.
    """
    streams = frame_state.streams
    seen = transmitter_csi.by_stream(frame_state, rows).conj() @ beams.weighted  # [bs, user, beam]
    place = streams.station, streams.slot
    power = (seen.real**2 + seen.imag**2)[place]
    stream = np.arange(len(power))
    wanted = power[stream, streams.slot]
    power[stream, streams.slot] = 0
    others = without_rounding(power.sum(-1), norm2(rows))
    if not frame_state.scenario.joint or believed.own is None:
        return wanted, others, None
    meant = np.einsum("bkm,bmk->bk", believed.own.conj(), beams.weighted[..., :believed.own.shape[1]])[place]
    turned = seen[(*place, streams.slot)] * meant.conj()
    return wanted, others, turned / np.maximum(np.abs(turned), np.finfo(float).tiny)


def believed_gains(frame_state: FrameState, beams: Beams, csi: TransmitterCsi) -> Array | None:
    """Return the gain of the wanted beam in the channel that its station knows, [stream]; None: as it is."""
    exact = csi_ageing.stream_correlation(frame_state) is None and not frame_state.scenario.csi.feedback_bits
    if exact or csi.own is None:
        return None
    streams = frame_state.streams
    known = csi.own[streams.station, streams.slot]  # [stream, M_t]
    beam = beams.weighted[streams.station, :, streams.slot]
    return np.asarray(np.abs(np.einsum("sm,sm->s", known.conj(), beam)) ** 2)


def echoes(frame_state: FrameState, beams: Beams) -> Array:
    """Return the gains of all beams of a station towards its targets, [sensor, J]."""
    seen = bearings(frame_state).conj() @ beams.weighted[frame_state.sensors.station]
    return np.sum(seen.real**2 + seen.imag**2, axis=-1)


def adapted(frame_state: FrameState, beams: Beams, combiner: Combiner, arriving: Arriving
            ) -> tuple[Array, Complex, Complex]:
    """Return what a combiner makes of the covariance of what arrives at sensing stations.

    Gains [sensor, near, J], filters [sensor, J, M_r] and covariances [sensor, M_r, M_r].

    Parameters
    ----------
    arriving : callable
        What arrives [sensor, near, S, M_r] at a slice of the sensing stations.
    """
    sensors, noise = frame_state.sensors, frame_state.scenario.station_noise
    active = np.count_nonzero(beams.transmitting) / max(frame_state.stations, 1)  # as the far field is thinned
    white = sensors.around.far_field * active + noise
    count, near = sensors.around.station.shape
    antennas, b = sensors.mrc.shape[-1], checked_designs.steering(sensors)
    gains = np.empty((count, near, b.shape[1]))
    filters, covariance = np.empty(b.shape, complex), np.empty((count, antennas, antennas), complex)
    for rows in chunks(count, near * beams.power.shape[1] * antennas // 8):
        x = arriving(rows)
        covariance[rows] = receive_filters.covariance(x, sensors.around.path_gain[rows], white[rows])
        towards = b[rows]
        chosen = checked_designs.filters(combiner, towards, covariance[rows])
        filters[rows] = sensors.mrc[rows] if chosen is towards else chosen
        gains[rows] = receive_filters.through(x, filters[rows])
    return gains, filters, covariance
