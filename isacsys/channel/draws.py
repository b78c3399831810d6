"""Random numbers of the clusters and rays of a link, from a stream of its own, and the clusters made of them.

TR 38.901 section 7.5, steps 5 to 10; delays, powers and angles of clusters are steps 5 to 7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isacsys.channel import spatial_tables
from isacsys.channel.parameters import RAYS, Spreads, State
from isacsys.core.arrays import Array, Flags, Index

# Rays in the order of sub-clusters (from 0), and the sub-cluster of each place: a permutation that keeps to
# sub-clusters is one that keeps to these groups.
ORDER = np.array([ray - 1 for group in spatial_tables.SUB_CLUSTERS for ray in group])
GROUP = np.repeat(np.arange(3), [len(group) for group in spatial_tables.SUB_CLUSTERS])
AOD, AOA, ZOA, ZOD = range(4)


@dataclass(frozen=True)
class Draws:
    """The random numbers of links of one state, with N clusters of M = 20 rays.

    Attributes
    ----------
    delay : [link, N]
        X_n of (7.5-1), uniform.
    shadowing : [link, N]
        Z_n of (7.5-5) over zeta, normal.
    sign, jitter : [link, 4, N]
        X_n and Y_n (normal, over a seventh of the spread) of (7.5-11), (7.5-16), of AOD, AOA, ZOA, ZOD.
    keys : [link, 3, N, M]
        Uniform integers whose order couples AOA, ZOA and ZOD with AOD.
    phase : [link, N, M, pairs]
        Initial phases, turns: of theta-theta, theta-phi, phi-theta, phi-phi, or the first alone.
    cross_polar : [link, N, M] or None
        Normal.
    """

    delay: Array
    shadowing: Array
    sign: Array
    jitter: Array
    keys: Index
    phase: Array
    cross_polar: Array | None = None


def draw(streams: Iterable[np.random.Generator], count: int, clusters: int, polarised: bool = False) -> Draws:
    """Draw for ``count`` links, each from its own stream; what only polarised channels need is drawn last."""
    pairs, rays = 4 if polarised else 1, clusters * RAYS
    uniform = np.empty((count, clusters), np.float32)
    normal = np.empty((count, 5 * clusters), np.float32)
    bits = np.empty((count, 4 * clusters + (3 + pairs) * rays), np.uint32)
    cross = np.empty((count, rays), np.float32) if polarised else None
    for i, rng in enumerate(streams):
        rng.random(dtype=np.float32, out=uniform[i])
        rng.standard_normal(dtype=np.float32, out=normal[i])
        bits[i, :4 * clusters + 4 * rays] = _words(rng, 4 * clusters + 4 * rays)
        if cross is not None:
            bits[i, 4 * clusters + 4 * rays:] = _words(rng, 3 * rays)
            rng.standard_normal(dtype=np.float32, out=cross[i])
    return _arranged(uniform, normal, bits, cross, clusters, pairs)


def _words(rng: np.random.Generator, count: int) -> Index:
    return np.asarray(rng.bit_generator.random_raw((count + 1) // 2)).view(np.uint32)[:count]


def _arranged(uniform: Array, normal: Array, bits: Index, cross: Array | None, clusters: int, pairs: int) -> Draws:
    count, rays = len(uniform), clusters * RAYS
    sign = np.where(bits[:, :4 * clusters] >> 31, np.float32(-1), np.float32(1)).reshape(count, 4, clusters)
    rest = bits[:, 4 * clusters:]
    keys = rest[:, :3 * rays].reshape(count, 3, clusters, RAYS)
    turns = (rest[:, 3 * rays:] >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)  # exact
    phase = turns.reshape(count, pairs, clusters, RAYS)
    return Draws(1 - uniform, normal[:, :clusters], sign, normal[:, clusters:].reshape(count, 4, clusters), keys,
                 np.moveaxis(phase, 1, -1), None if cross is None else cross.reshape(count, clusters, RAYS))


def coupling(keys: Index, strongest: Index) -> Index:
    """Return which ray each of AOA, ZOA and ZOD is coupled with, [link, 3, N, M], in the order of `ORDER`.

    Random by ``keys`` [link, 3, N, M] within clusters, and within sub-clusters for the two strongest [link, 2]. Section
    7.5, step 8.
    """
    packed = (keys & np.uint32(0x3FFFFFE0)) | np.arange(RAYS, dtype=np.uint32)
    link = np.arange(len(keys))[:, None]
    packed[link, :, strongest] |= (GROUP << 30).astype(np.uint32)
    packed.sort(axis=-1)
    return np.asarray(packed & np.uint32(31))


@dataclass(frozen=True)
class RayClusters:
    """The clusters of links in one state, in order of delay.

    Attributes
    ----------
    delay : [link, N]
        s, scaled by the Rician factor.
    power : [link, N]
        Of (7.5-6), which add up to 1.
    kept : [link, N]
        Not more than 25 dB below the strongest.
    strongest : [link, 2]
        The clusters that are spread in delay.
    angle : [link, 4, N]
        Of AOD, AOA, ZOA, ZOD, degrees.
    share : [link]
        Of the power in the line of sight, ``K / (K + 1)``.
    """

    delay: Array
    power: Array
    kept: Flags
    strongest: Index
    angle: Array
    share: Array


def clusters(state: State, spreads: Spreads, sight: Array, draws: Draws, dtype: npt.DTypeLike = float) -> RayClusters:
    """Return the clusters of links.

    Parameters
    ----------
    sight : [link, 4]
        Directions AOD, AOA, ZOA, ZOD of the line of sight, degrees.
    dtype
        Of the arithmetic.
    """
    delay, power = _delays_and_powers(state, spreads, draws, dtype)
    ratio = power / power.max(-1, keepdims=True)
    kept = ratio >= 10 ** (spatial_tables.WEAKEST_CLUSTER / 10)
    strongest = np.argsort(-power, axis=-1, kind="stable")[:, :2]
    share = np.zeros(len(power), dtype)
    if state.has_sight:
        linear = 10 ** (spreads.factor.astype(dtype) / 10)
        share = (linear / (linear + 1)).astype(dtype)
        delay = delay / _polynomial(spatial_tables.DELAY_SCALING_LOS, spreads.factor).astype(dtype)[:, None]
    return RayClusters(delay, power, kept, strongest, _angles(state, spreads, sight, draws, power, share, dtype), share)


def _delays_and_powers(state: State, spreads: Spreads, draws: Draws, dtype: npt.DTypeLike) -> tuple[Array, Array]:
    """Return delays and powers by equations (7.5-1), (7.5-2), (7.5-5), (7.5-6)."""
    scaled = np.sort(-np.log(draws.delay.astype(dtype)), axis=-1)  # tau' over r_tau DS
    scaled -= scaled[:, :1]
    power = np.exp(-scaled * (state.delay_scaling - 1) - draws.shadowing.astype(dtype)
                   * np.asarray(state.shadowing * np.log(10) / 10, dtype))
    power /= power.sum(-1, keepdims=True)
    return scaled * (state.delay_scaling * spreads.delay).astype(dtype)[:, None], power


def _angles(state: State, spreads: Spreads, sight: Array, draws: Draws, power: Array, share: Array,
            dtype: npt.DTypeLike) -> Array:
    """Return angles by equations (7.5-9) to (7.5-12), (7.5-14) to (7.5-17), (7.5-19)."""
    seen = power * (1 - share)[:, None]
    seen[:, 0] += share
    logarithm = -np.log(seen / seen.max(-1, keepdims=True))
    c_phi, c_theta = (np.full(len(power), c) for c in state.scaling)
    if state.has_sight:
        c_phi *= _polynomial(spatial_tables.AZIMUTH_SCALING_LOS, spreads.factor)
        c_theta *= _polynomial(spatial_tables.ZENITH_SCALING_LOS, spreads.factor)
    spread = np.stack([spreads.departure, spreads.arrival, spreads.zenith_arrival, spreads.zenith_departure], -1)
    wide = np.stack([spread[:, 0] / 0.7 / c_phi, spread[:, 1] / 0.7 / c_phi, spread[:, 2] / c_theta,
                     spread[:, 3] / c_theta], -1).astype(dtype)
    angle = np.empty((len(power), 4, state.clusters), dtype)
    angle[:, :ZOA] = np.sqrt(logarithm)[:, None]
    angle[:, ZOA:] = logarithm[:, None]
    angle *= draws.sign * wide[..., None]
    angle += draws.jitter * (spread / 7).astype(dtype)[..., None]
    centre = np.array(sight, dtype)
    if state.has_sight:
        return np.asarray(angle - angle[..., :1] + centre[..., None])
    if state.name == "o2i":
        centre[:, ZOA] = 90
    centre[:, ZOD] += spreads.offset
    return np.asarray(angle + centre[..., None])


def _polynomial(coefficients: tuple[float, ...], factor_db: Array) -> Array:
    return np.asarray(np.polynomial.polynomial.polyval(factor_db, coefficients))
