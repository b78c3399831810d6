"""Limited feedback of a channel: random vector quantisation of its direction.

A codebook of ``2^B`` independent isotropic directions is searched for the one closest to h. The squared sine of the
angle to each is Beta(M_t - 1, 1), so that of the best is the least of ``2^B`` such numbers, and what is off is
isotropic in the directions across h: no codebook need be drawn.
"""

from __future__ import annotations

import numpy as np

from isacsys.channel.gaussian import complex_normal
from isacsys.core.arrays import Array, Complex


def squared_sine(rng: np.random.Generator, bits: int, antennas: int, count: int) -> Array:
    """Draw the squared sine between a direction and its quantised one, ``(1 - U^(2^-B))^(1 / (M_t - 1))``, [count].

    From ``P(sin^2 > x) = (1 - x^(M_t - 1))^(2^B)``; zero for one antenna, which has no direction.
    """
    if antennas == 1:
        return np.zeros(count)
    uniform = np.log1p(-rng.random(count))  # of a uniform number that is never zero
    return np.asarray((-np.expm1(uniform * 2.0**-bits)) ** (1 / (antennas - 1)))


def quantised(rng: np.random.Generator, channels: Complex, bits: int) -> Complex:
    """Return quantised channels [n, M_t] of given ones: their norm, and a direction of ``bits`` bits."""
    count, antennas = channels.shape
    squared = np.sum(channels.real**2 + channels.imag**2, axis=-1, keepdims=True)
    sine2 = squared_sine(rng, bits, antennas, count)[:, None]
    across = complex_normal(rng, channels.shape)
    if antennas == 1:
        return channels
    along = np.sum(channels.conj() * across, axis=-1, keepdims=True)
    across -= channels * (along / np.where(squared > 0, squared, 1.0))
    across *= np.sqrt(squared * sine2 / np.sum(across.real**2 + across.imag**2, axis=-1, keepdims=True))
    return channels * np.sqrt(1 - sine2) + across
