"""What every engine computes from vectors: the gains of beams at the receivers that a station knows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isacsys.arrays import Array, Complex, Index
from isacsys.engines.base import bearings
from isacsys.physics import ageing, receiving, rician
from isacsys.physics.fading import chunks
from isacsys.physics.gaussian import complex_normal
from isacsys.transmission import Beams, Combiner, Known, Situation, designing, known

Arriving = Callable[[slice], Complex]


def channels(situation: Situation, rng: np.random.Generator, link: Index, column: Index) -> Complex:
    """Draw the channels [..., M_t] of scheduled users ``link`` to stations in ``column`` of their surroundings."""
    antennas = situation.scenario.antennas.transmit
    if situation.sight is None:
        return complex_normal(rng, (*np.broadcast_shapes(link.shape, column.shape), antennas))
    return rician.channels(rng, situation.sight.cosine[link, column], situation.sight.share[link, column], antennas)


def aged(rng: np.random.Generator, situation: Situation, rows: Complex, link: Index, column: Index,
         rho: Array | None) -> Complex:
    """Channels of now ``rho h + sqrt(1 - rho^2) e``, e drawn by the law of the link; rho [...] or None: the same."""
    if rho is None:
        return rows
    error = channels(situation, rng, link, column)
    return np.asarray(rho[..., None] * rows + np.sqrt(ageing.leakage(rho))[..., None] * error)


def own_gains(situation: Situation, rows: Complex, beams: Beams, believed: Known
              ) -> tuple[Array, Array, Complex | None]:
    """Gains of a station's beams at the users it serves, whose channels are ``rows`` [stream, M_t]: of the one that is
    meant for the user, of the others, and the phase of the first where stations send together.

    Each station turns its beams so that what it believes to arrive is real: amplitudes add as far as that is so.
    """
    streams = situation.streams
    seen = known.by_stream(situation, rows).conj() @ beams.weighted  # [bs, user, beam]
    place = streams.station, streams.slot
    power = (seen.real**2 + seen.imag**2)[place]
    stream = np.arange(len(power))
    wanted = power[stream, streams.slot]
    power[stream, streams.slot] = 0
    if not situation.scenario.joint or believed.own is None:
        return wanted, power.sum(-1), None
    meant = np.einsum("bkm,bmk->bk", believed.own.conj(), beams.weighted[..., :believed.own.shape[1]])[place]
    turned = seen[(*place, streams.slot)] * meant.conj()
    return wanted, power.sum(-1), turned / np.maximum(np.abs(turned), np.finfo(float).tiny)


def echoes(situation: Situation, beams: Beams) -> Array:
    """Gains of all beams of a station towards its targets, [sensor, J]."""
    seen = bearings(situation).conj() @ beams.weighted[situation.sensors.station]
    return np.sum(seen.real**2 + seen.imag**2, axis=-1)


def adapted(situation: Situation, beams: Beams, combiner: Combiner, arriving: Arriving
            ) -> tuple[Array, Complex, Complex]:
    """Let a combiner look at what arrives, and return gains, filters and covariances of all sensing stations.

    Parameters
    ----------
    arriving : callable
        What arrives [sensor, near, S, M_r] at a slice of the sensing stations.
    """
    sensors, noise = situation.sensors, situation.scenario.station_noise
    active = np.count_nonzero(beams.transmitting) / max(situation.stations, 1)  # as the far field is thinned
    white = sensors.around.far_field * active + noise
    count, near = sensors.around.station.shape
    antennas, b = sensors.mrc.shape[-1], designing.steering(sensors)
    gains = np.empty((count, near, b.shape[1]))
    filters, covariance = np.empty(b.shape, complex), np.empty((count, antennas, antennas), complex)
    for rows in chunks(count, near * beams.power.shape[1] * antennas // 8):
        x = arriving(rows)
        covariance[rows] = receiving.covariance(x, sensors.around.path_gain[rows], white[rows])
        towards = b[rows]
        chosen = designing.filters(combiner, towards, covariance[rows])
        filters[rows] = sensors.mrc[rows] if chosen is towards else chosen
        gains[rows] = receiving.through(x, filters[rows])
    return gains, filters, covariance
