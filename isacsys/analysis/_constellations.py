"""Information that a Gray QAM symbol brings to a bit-interleaved code, in white Gaussian noise.

A symbol of Q_m bits sent and received at y brings ``i = sum_b (1 - log2(1 + exp(-LLR_b))) = sum_b (1 + log2 P(b | y))``
with LLR_b > 0 where bit b looks as it was sent, P(b | y) its posterior probability. Mean C and variance V of i enter
the law of a code block. Square QAM is two independent Gray PAM of half the bits at the same ratio of energy to noise,
so C and V are twice theirs. Quadrature: the trapezoidal rule over the noise, whose integrand is analytic and falls off
like a Gaussian.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from isacsys.core.arrays import Array

REACH, NOISE_STEP = 9.0, 0.1  # of the noise, in standard deviations
LOWEST_DB, GRID_DB = -32.0, 0.25
SATURATED = 1e-11  # bits short of Q_m at which a table ends
LEAST_VARIANCE = 1e-30


class Information(NamedTuple):
    """Mean and variance of the information of a symbol, bit and bit^2, as functions of 10 lg SNR."""

    mean: Callable[[Array], Array]
    variance: Callable[[Array], Array]


def symbol_information(order: int, snr: float) -> tuple[float, float]:
    """Return C and V of a QAM symbol of ``order`` bits (2, 4, 6, 8) at a linear SNR, without a table."""
    bits = order // 2
    place = np.arange(2**bits)
    levels = (2.0 * place - len(place) + 1) * np.sqrt(3 * snr / (len(place) ** 2 - 1))  # noise of variance 1
    gray = (place ^ place >> 1)[:, None] >> np.arange(bits) & 1  # [level, bit]
    noise = np.arange(-REACH, REACH + NOISE_STEP / 2, NOISE_STEP)
    sent = place[: max(1, len(place) // 2)]  # the others are their mirror images
    off = levels[sent, None, None] + noise[:, None] - levels  # [sent, node, level]
    likely = np.exp((np.min(off**2, axis=-1, keepdims=True) - off**2) / 2)
    alike = (gray[sent][:, None, :] == gray[None]).astype(float)  # [sent, level, bit]
    posterior = likely @ alike / likely.sum(axis=-1)[..., None]  # [sent, node, bit]
    value = (1 + np.log2(posterior)).sum(axis=-1)
    weights = NOISE_STEP * np.exp(-(noise**2) / 2) / np.sqrt(2 * np.pi)
    mean = float((value @ weights).mean())
    variance = float(((value - mean) ** 2 @ weights).mean())
    return 2 * mean, 2 * variance


@lru_cache(maxsize=4)
def information(order: int) -> Information:
    """Return C and V of a QAM symbol of ``order`` bits as splines over 10 lg SNR.

    Proportional to the SNR below the table, Q_m and 0 above.
    """
    points: list[tuple[float, float]] = []
    at = LOWEST_DB
    while not points or points[-1][0] < order - SATURATED:
        points.append(symbol_information(order, 10 ** (at / 10)))
        at += GRID_DB
    db = LOWEST_DB + GRID_DB * np.arange(len(points))
    mean, variance = np.array(points).T
    return Information(_table(db, mean, float(order)),
                       _table(db, np.maximum(variance, LEAST_VARIANCE), LEAST_VARIANCE))


def _table(db: Array, values: Array, above: float) -> Callable[[Array], Array]:
    """Return a spline of the logarithm, linear below the first point, constant above the last."""
    spline = CubicSpline(db, np.log(values))

    def value(at: Array) -> Array:
        inside = np.exp(spline(np.clip(at, db[0], db[-1])) + np.minimum(at - db[0], 0.0) * np.log(10) / 10)
        return np.where(at > db[-1], above, inside)

    return value
