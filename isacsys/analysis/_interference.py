"""The interference of Poisson base stations beyond a disc, in the gamma model: gains Gamma(K, 1).

``F_K(s) = 2F1(K, -delta; 1 - delta; -s)`` with delta = 2 / alpha is defined by
``E[exp(-s I)] = exp(-pi lambda (F_K(s) - 1))`` for I the interference from beyond the unit disc.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, TypeAlias

import numpy as np
from scipy.special import betainc, betaln, expit, gammaln

from isacsys.analysis._numerics import LARGEST_EXPONENT, gauss_legendre
from isacsys.core.arrays import Array

LOWEST = -36.0  # ln of what a mean gain brings, below which it counts in proportion
PANEL_NODES = 8


class Gains(Protocol):
    """A law of interfering gains other than Gamma(K, 1): what Gamma(K, 1) and something beside it bring."""

    @property
    def K(self) -> float:
        """Shape of the gamma part."""

    @property
    def mean(self) -> float:
        """E[g]."""

    def __hash__(self) -> int:
        """Return what tables are kept by."""

    def heard(self, log_q: Array) -> Array:
        """Return ``1 - E[exp(-q g)]``."""


Law: TypeAlias = float | Gains


def mean_gain(K: Law) -> float:
    """Return E[g]."""
    return K if isinstance(K, float | int) else K.mean


def log_interference_factor(log_s: Array, K: float, alpha: float) -> Array:
    """Return ln F_K(s), ``F_K(s) = (1 + s)^-K + K s^delta B(s / (1 + s); 1 - delta, K + delta)``.

    This form has positive terms only: full precision for every K, s and alpha > 2.
    """
    delta = 2 / alpha
    alone = -K * np.logaddexp(0, log_s)
    share = betainc(1 - delta, K + delta, expit(log_s))
    crowd = np.log(K) + delta * log_s + betaln(1 - delta, K + delta)
    return np.logaddexp(alone, crowd + np.log(np.maximum(share, np.finfo(float).tiny)))


@lru_cache(maxsize=512)
def log_factor_on_grid(first: int, last: int, step: float, K: Law, alpha: float) -> Array:
    """Return ln F at ``exp(step * [first, ..., last])``; kept, for tables ask often."""
    if isinstance(K, float | int):
        return log_interference_factor(step * np.arange(first, last + 1), K, alpha)
    return _log_factor_of(K, first, last, step, 2 / alpha)


def _log_factor_of(gains: Gains, first: int, last: int, step: float, delta: float) -> Array:
    """Return ln F of any law of gains, ``F(s) = 1 + delta s^delta int_0^s (1 - E[exp(-q g)]) q^(-delta - 1) dq``.

    By panels in ln q, from where the integrand is proportional to q.
    """
    start = min(first, int((LOWEST - np.log(gains.mean)) / step))
    edges = step * np.arange(start, last + 1)
    r, w, _ = gauss_legendre(PANEL_NODES)
    u = edges[:-1, None] + step * r
    panels = step * (gains.heard(u) * np.exp(-delta * u)) @ w
    least = gains.heard(edges[:1]) * np.exp(-delta * edges[:1]) / (1 - delta)
    integral = np.cumsum(np.concatenate([least, panels]))
    return np.asarray(np.log1p(delta * np.exp(delta * edges) * integral)[first - start :])


def largest_log_s(K: Law, alpha: float, margin: float) -> float:
    """Return an upper bound of the ln s at which ln F_K(s) reaches ``margin``.

    From ``F_K(s) >= 1 + ((s K)^delta - 1) / 2``.
    """
    return alpha / 2 * np.log1p(2 * np.expm1(margin)) - np.log(K if isinstance(K, float | int) else K.K)


def heard(log_q: Array, K: Law) -> Array:
    """Return ``1 - (1 + q)^-K``: what one interferer of mean strength q takes away from E[exp(-I)]."""
    if not isinstance(K, float | int):
        return K.heard(log_q)
    return -np.expm1(-K * np.log1p(np.exp(np.minimum(log_q, LARGEST_EXPONENT))))


def negative_binomial(log_s: Array, K: float, count: int) -> Array:
    """Return ``p_j = C(K + j - 1, j) x^j (1 - x)^K``, x = s / (1 + s), j < count on a new last axis.

    These are the Taylor coefficients of ``(1 + s (1 - x))^-K`` in x.
    """
    ratios = np.empty((*np.shape(log_s), count))
    ratios[..., 0] = np.exp(-K * np.logaddexp(0, log_s))
    j = np.arange(1, count)
    ratios[..., 1:] = expit(log_s)[..., None] * ((K + j - 1) / j)
    return np.multiply.accumulate(ratios, axis=-1)


def factor_series(log_s: Array, K: float, alpha: float, count: int) -> Array:
    """Return the first ``count`` Taylor coefficients of ``F_K(s (1 - x))`` in x, on a new last axis.

    ``f_0 = F_K(s)`` and ``f_j = -delta U_j``, ``U_j = ((j + 1) U_{j+1} + p_j) / (j - delta)``, p_j as in
    `negative_binomial`: positive terms only, run from the incomplete beta function at the largest j downwards.
    """
    delta, top = 2 / alpha, count
    p = negative_binomial(log_s, K, count)
    share = betainc(top - delta, K + delta, expit(log_s))
    scale = gammaln(top - delta) - gammaln(top + 1) + gammaln(K + delta) - gammaln(K)
    upper = np.exp(scale + delta * log_s) * share
    series = np.empty_like(p)
    for j in range(count - 1, 0, -1):
        upper = ((j + 1) * upper + p[..., j]) / (j - delta)
        series[..., j] = -delta * upper
    series[..., 0] = np.exp(log_interference_factor(log_s, K, alpha))
    return series
