"""Information that one QAM symbol carries to a decoder of bit-interleaved coded modulation, and its variance.

With the bits ``b`` of a Gray-labelled symbol and their log-likelihood ratios (positive where the bit that was sent is
the likelier one), the information density of a symbol is ``i = sum_b (1 - log2(1 + e^(-LLR_b)))``; C is its mean and V
its variance over bits and noise (Caire, Taricco and Biglieri, IEEE Trans. Inf. Theory 44(3), 1998; Martinez and
Guillen i Fabregas, 2011). A square QAM symbol is two independent PAM symbols, so both are twice those of a PAM symbol.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from isacsys.core.arrays import Array, Index

ORDERS = (2, 4, 6, 8)  # bits of a symbol: QPSK, 16-QAM, 64-QAM, 256-QAM
_NODES = 160  # of the Gauss-Hermite rule: C and V within 1e-7 of adaptive quadrature at every SINR of the table
_NEGLIGIBLE, _TINY = 1e-18, 1e-300  # a weight of the rule; a likelihood, at noise of 37 deviations or more
_LOWEST_DB, _HIGHEST_DB, _PER_DB = -50.0, 46.0, 10  # beyond, C is linear in the SINR, or Q_m within rounding
_PER_NEPER = 10 * _PER_DB / np.log(10)
_AT_ONCE = 8192  # symbols, so that intermediate values stay in the cache
_LOWEST = 10 ** (_LOWEST_DB / 10)
_INTERVALS = int((_HIGHEST_DB - _LOWEST_DB) * _PER_DB)


def mean_and_variance(order: Index, sinr: Array) -> tuple[Array, Array]:
    """Return C (bit) and V (bit^2) [...] of one symbol of ``order`` bits [...] at ``sinr`` [...], linear; they
    broadcast.

    Cubic Hermite interpolation over the SINR in dB, once continuously differentiable; C never decreases.
    """
    order, sinr = np.broadcast_arrays(np.asarray(order), np.asarray(sinr, float))
    mean, variance = np.empty(sinr.shape), np.empty(sinr.shape)
    orders, ratios, means, variances = order.reshape(-1), sinr.reshape(-1), mean.reshape(-1), variance.reshape(-1)
    for start in range(0, sinr.size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        _interpolate(orders[part], ratios[part], means[part], variances[part])
    return mean, variance


def _interpolate(order: Index, sinr: Array, mean: Array, variance: Array) -> None:
    """Enter C and V."""
    floored = np.maximum(sinr, _LOWEST)
    place = np.minimum(np.log(floored) * _PER_NEPER - _LOWEST_DB * _PER_DB, _INTERVALS)
    interval = np.minimum(place.astype(np.int64), _INTERVALS - 1)
    x = place - interval
    c = _coefficients().take(interval + (order // 2 - 1) * _INTERVALS, axis=0).T
    below = np.minimum(sinr, _LOWEST) / _LOWEST  # 1 within the table
    mean[:] = (((c[0] * x + c[1]) * x + c[2]) * x + c[3]) * below
    variance[:] = (((c[4] * x + c[5]) * x + c[6]) * x + c[7]) * below


@lru_cache(maxsize=1)
def _coefficients() -> Array:
    """Return the cubic polynomials of C and V, [order x interval, 8], highest powers first."""
    grid = np.linspace(_LOWEST_DB, _HIGHEST_DB, _INTERVALS + 1)
    found = []
    for order in ORDERS:
        mean, variance = quadrature(order, 10 ** (grid / 10))
        found.append(np.concatenate([_cubics(np.maximum.accumulate(mean)), _cubics(variance)], axis=1))
    return np.ascontiguousarray(np.concatenate(found))


def quadrature(order: int, sinr: Array) -> tuple[Array, Array]:
    """Return C and V of one symbol at every ``sinr`` [n], by a Gauss-Hermite rule over the noise."""
    levels = 2 ** (order // 2)
    amplitude = np.sqrt(3 / (levels**2 - 1))  # half the distance of neighbours, in deviations of the noise at SINR 1
    points = amplitude * (2 * np.arange(levels) - levels + 1)
    bits = _gray(levels)  # [bit, level]
    node, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    node, weight = node[weight > _NEGLIGIBLE], weight[weight > _NEGLIGIBLE] / weight.sum()
    first, second = np.zeros(len(sinr)), np.zeros(len(sinr))
    for sent in range(levels // 2):  # the others mirror these
        density = _density(points, bits, sent, np.sqrt(sinr), node)  # [sinr, node]
        first += density @ weight
        second += density**2 @ weight
    mean = first / (levels / 2)
    return 2 * mean, 2 * np.maximum(second / (levels / 2) - mean**2, 0)


def _density(points: Array, bits: Index, sent: int, scale: Array, noise: Array) -> Array:
    """Return ``sum_b (1 - log2(1 + e^(-LLR_b)))`` for y = scale x point + noise, [sinr, node]."""
    away = noise + (scale * (points[sent] - points)[:, None])[..., None]  # [level, sinr, node]
    exponent = -(away**2) / 2
    likelihood = np.exp(exponent - exponent.max(axis=0))
    density = np.zeros(away.shape[1:])
    for row in bits:
        alike = row == row[sent]
        same, other = (np.maximum(likelihood[label].sum(axis=0), _TINY) for label in (alike, ~alike))
        density += 1 - np.log2(1 + other / same)
    return density


def _gray(levels: int) -> Index:
    """Return the bits of the reflected Gray labels of PAM levels, [bit, level]."""
    label = np.arange(levels) ^ (np.arange(levels) >> 1)
    return (label >> np.arange(int(np.log2(levels)))[:, None]) & 1


def _cubics(values: Array) -> Array:
    """Return cubic Hermite polynomials through ``values`` at whole numbers, monotone where these are, [interval, 4].

    Slopes by fourth-order differences, held within three times both neighbouring steps (Fritsch and Carlson, 1980).
    """
    step = np.diff(values)
    slope = np.gradient(values)
    slope[2:-2] = (8 * (values[3:-1] - values[1:-3]) - (values[4:] - values[:-4])) / 12
    before, after = np.append(step[:1], step), np.append(step, step[-1:])
    most = 3 * np.where(before * after > 0, np.minimum(np.abs(before), np.abs(after)), 0)
    extremum = (before * after <= 0) & (values > 1e-9 * values.max())
    slope = np.where(extremum, slope, np.clip(slope, -most, most))
    left, right = slope[:-1], slope[1:]
    return np.stack([left + right - 2 * step, 3 * step - 2 * left - right, left, values[:-1]], axis=1)
