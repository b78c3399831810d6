"""The random numbers of the clusters and rays of a link, from a stream of its own. TR 38.901, steps 5 to 10."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from isacsys.channel import spatial_tables
from isacsys.channel.parameters import RAYS
from isacsys.core.arrays import Array, Index

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
