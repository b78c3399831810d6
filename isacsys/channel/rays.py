"""Rays of links, and their circular spreads. TR 38.901 section 7.5, steps 7 to 11."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isacsys.channel import spatial_tables
from isacsys.channel.draws import AOD, GROUP, ORDER, ZOA, ZOD, Draws, RayClusters, clusters, coupling
from isacsys.channel.parameters import RAYS, Spreads, State
from isacsys.core.arrays import Array, Flags

_OFFSET = np.array([sign * alpha for alpha in spatial_tables.RAY_OFFSETS for sign in (1, -1)])[ORDER]
_LATE = np.array(spatial_tables.SUB_CLUSTER_DELAYS)[GROUP]


@dataclass(frozen=True)
class Rays:
    """Rays of links, one row each; the last of a link is that in the line of sight.

    Attributes
    ----------
    power : [link, ray]
        They add up to less than 1 by what the weakest clusters had; 0 where there is no ray.
    delay : [link, ray]
        s after the first.
    angle : [link, 4, ray]
        AOD, AOA, ZOA, ZOD, degrees; zeniths from 0 to 180.
    phase : [link, ray, pairs]
        Turns, of theta-theta, theta-phi, phi-theta, phi-phi, or of the first alone; those across are left out of the
        line of sight.
    cross : [link, ray] or None
        ``sqrt(1 / kappa)``; 0 in the line of sight.
    """

    power: Array
    delay: Array
    angle: Array
    phase: Array
    cross: Array | None


def rays(state: State, spreads: Spreads, sight: Array, wavelengths: Array, draws: Draws,
         dtype: npt.DTypeLike = float) -> Rays:
    """Return the rays of links in one state.

    Parameters
    ----------
    sight : [link, 4]
        Directions AOD, AOA, ZOA, ZOD of the line of sight, degrees.
    wavelengths : [link]
        d_3D over the wavelength.
    """
    found = clusters(state, spreads, sight, draws, dtype)
    return expanded(state, spreads, sight, wavelengths, found, draws)


def expanded(state: State, spreads: Spreads, sight: Array, wavelengths: Array, found: RayClusters, draws: Draws
             ) -> Rays:
    """Return the rays of clusters ``found``. Parameters as of `rays`.

    ``sight`` [link, 4], degrees, is the line of sight and ``wavelengths`` [link] its length.
    """
    count, dtype = len(found.power), found.power.dtype
    many = state.clusters * RAYS
    power = np.zeros((count, many + state.has_sight), dtype)
    power[:, :many] = np.repeat(found.power * found.kept * (1 - found.share)[:, None] / RAYS, RAYS, axis=-1)
    delay = np.empty(power.shape, dtype)
    delay[:, :many] = _delays(state, found).reshape(count, many)
    angle = np.empty((count, 4, power.shape[1]), dtype)
    angle[..., :many] = _angles(state, spreads, found, draws).reshape(count, 4, many)
    pairs = draws.phase.shape[-1]
    phase = np.empty((*power.shape, pairs), dtype)
    phase[:, :many] = draws.phase.reshape(count, many, pairs)
    cross = None
    if draws.cross_polar is not None:
        cross = np.zeros(power.shape, dtype)
        mean, deviation = state.cross_polar
        cross[:, :many] = (10 ** ((mean + deviation * draws.cross_polar.astype(dtype)) / -20)).reshape(count, many)
    if state.has_sight:
        turn = -np.mod(wavelengths, 1.0)
        power[:, -1], delay[:, -1], angle[..., -1] = found.share, found.delay[:, 0], sight
        phase[:, -1] = turn[:, None] + np.array([0, 0, 0, 0.5])[:pairs]
    return Rays(power, delay, angle, phase, cross)


def _delays(state: State, found: RayClusters) -> Array:
    """Return the delays [link, N, M] with those of sub-clusters. (7.5-26)."""
    delay = np.repeat(found.delay[..., None], RAYS, axis=-1)
    link = np.arange(len(delay))[:, None]
    delay[link, found.strongest] += (_LATE * state.cluster_delay).astype(delay.dtype)
    return delay


def _angles(state: State, spreads: Spreads, found: RayClusters, draws: Draws) -> Array:
    """Return the angles [link, 4, N, M] of coupled rays. (7.5-13), (7.5-18), (7.5-20), and step 8."""
    dtype = found.angle.dtype
    offset = _OFFSET.astype(dtype)
    angle = np.empty((*found.angle.shape, RAYS), dtype)
    angle[:, AOD] = offset
    angle[:, 1:] = offset[coupling(draws.keys, found.strongest)]
    scale = np.empty((len(angle), 4), dtype)
    scale[:, :3] = state.cluster_spread
    scale[:, ZOD] = 3 / 8 * spreads.mean_zenith_departure
    if np.isnan(state.cluster_spread[2]):
        scale[:, ZOA] = scale[:, ZOD]
    angle *= scale[..., None, None]
    angle += found.angle[..., None]
    angle[:, 2:] = folded(angle[:, 2:])
    return angle


def folded(zenith: Array) -> Array:
    """Return ``zenith`` [...], degrees, mirrored at 0 and 180 into that range, [...]. Below (7.5-18)."""
    return np.asarray(np.abs(zenith - 360 * np.rint(zenith / 360)))


def circular_spread(power: Array, angle: Array) -> Array:
    """Return the circular spread, degrees [...], of ``angle``, degrees, with weights ``power`` [..., ray].

    ``sqrt(-2 ln |sum p e^(j phi)| / sum p)``. TR 38.901 annex A.
    """
    mean = np.abs(np.sum(power * np.exp(1j * np.radians(angle)), -1)) / power.sum(-1)
    return np.degrees(np.sqrt(-2 * np.log(np.minimum(mean, 1.0))))


def delay_spread(power: Array, delay: Array) -> Array:
    """Return the standard deviation [...] of ``delay`` with weights ``power`` [..., ray]."""
    total = power.sum(-1)
    mean = (power * delay).sum(-1) / total
    return np.asarray(np.sqrt(np.maximum((power * (delay - mean[..., None]) ** 2).sum(-1) / total, 0)))


def present(rays: Rays) -> Flags:
    """Return where there is a ray, [link, ray]."""
    return rays.power > 0
