"""P(SIR > theta) for a wanted gain g ~ Gamma(n, 1), n whole.

``P(g > x) = sum_{j<n} x^j exp(-x) / j!``, so with x = s I the coverage is the sum of the first n Taylor coefficients
of ``E[exp(-s (1 - x) I)]`` in x. All of them are positive and so is every term of the recursions below: nothing
cancels. (Toeplitz form of multi-antenna coverage, e.g. C. Li, J. Zhang, K. B. Letaief, IEEE Trans. Wireless Commun.,
2014.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from isacsys.analysis._arguments import real
from isacsys.analysis._cluster import Link, hole_nodes, outside_nodes
from isacsys.analysis._fading import gamma_nodes
from isacsys.analysis._interference import factor_series, heard, negative_binomial
from isacsys.analysis._numerics import Resolution, beta_nodes
from isacsys.core.arrays import Array

LEAST_PROBABILITY = 1e-3
GRID = 0.1  # of ln s between nodes that are looked up
BLOCK = 2000  # Taylor coefficients per node held at a time


class Nodes(NamedTuple):
    """Weights [node] and, per threshold, the Taylor coefficients of g_i(s (1 - x)) [threshold, node, order]."""

    weights: Array
    series: Array


Discs: TypeAlias = Callable[[Link, Array, int, Resolution], list[Nodes]]


def covered(link: Link, discs: Discs, count: int, log_s: Array, at: Resolution) -> Array:
    """Return P(SIR > theta) for each ``log_s = ln(theta / c) + eta ln(pi lambda)``, where the wanted g is Gamma(count).
    """
    return np.minimum(1.0, coverage_terms(link, discs, count, log_s, at).sum(axis=-1))


def coverage_terms(link: Link, discs: Discs, count: int, log_s: Array, at: Resolution) -> Array:
    """Return P(exactly j points of a Poisson process of mean s I) [threshold, j < count]; see above.

    With m ~ the squared distance, s = theta / c (m / pi lambda)^-eta: where eta = 0, m integrates out and leaves
    ``g^-order``; elsewhere it is one more sum.
    """
    parts = np.array_split(log_s, max(1, log_s.size * count // BLOCK))
    return np.concatenate([_terms(link, discs, count, part, at) for part in parts])


def _terms(link: Link, discs: Discs, count: int, log_s: Array, at: Resolution) -> Array:
    if link.eta == 0:
        parts = discs(link, log_s, count, at)
        return np.sum([_weighed(negative_power(part.series, link.order), part.weights) for part in parts], axis=0)
    growth = max(abs(link.eta), 4 * link.beta / link.alpha * (link.eta < 0))  # m s^(2 / alpha) goes like m^growth / 2
    log_m, mass = gamma_nodes(link.order, -growth, at.margin, at)
    parts = _looked_up(link, discs, count, (log_s[:, None] - link.eta * log_m).ravel(), at)
    total = np.zeros((log_s.size, log_m.size, count))
    m = np.exp(log_m)[:, None, None]
    for weights, series in parts:
        series[..., 0] -= 1  # exp(-m) is in the mass
        shaped = series.reshape(log_s.size, log_m.size, *series.shape[1:])
        total += _weighed(exponential(-m * shaped), weights)
    return _weighed(total, mass)


def _weighed(series: Array, weights: Array) -> Array:
    """Return the sum over nodes of ``series`` [..., node, order]."""
    return np.asarray(weights @ series)


def _looked_up(link: Link, discs: Discs, count: int, log_v: Array, at: Resolution) -> list[Nodes]:
    """Return the nodes for each ``log_v``; many of them by a spline over fewer, to 1e-7."""
    number = int(np.ceil(np.ptp(log_v) / GRID)) + 1
    if log_v.size < 3 * number:
        return discs(link, log_v, count, at)
    grid = log_v.min() + GRID * np.arange(number)
    return [Nodes(weights, CubicSpline(grid, series)(log_v)) for weights, series in discs(link, grid, count, at)]


def beyond_disc(link: Link, log_s: Array, count: int, at: Resolution) -> list[Nodes]:
    """Return the nodes of `_cluster.nulled_disc`."""
    log_t, weights = _ratio_nodes(link, link.order - 1, at)
    return [Nodes(weights, factor_series(log_s[:, None] + link.beta * log_t, link.K, link.alpha, count))]


def beyond_hole(link: Link, log_s: Array, count: int, at: Resolution) -> list[Nodes]:
    """Return the nodes of `_cluster.around_serving_station`."""
    t, slope, area, above = hole_nodes(at.nodes)
    log_v = log_s - link.alpha * np.log(2)
    inside = _heard(log_v[:, None] - link.alpha * np.log(t), link.K, count)
    plane = _plane(log_v, link, count)
    if link.order == 1:
        return [Nodes(np.ones(1), (plane + np.einsum("t,stj->sj", slope, inside))[:, None])]
    near = plane[:, None] + np.einsum("at,stj->saj", above, inside)
    near[..., 0] += area
    log_t, weights = _ratio_nodes(link, 1, at)
    log_y = log_t - np.log(4)
    far = (link.order - 1) * weights / 4 * np.exp((link.order - 2) * np.log1p(-np.exp(log_y)))
    return [Nodes((link.order - 1) * slope * area ** (link.order - 2), near),
            Nodes(far, factor_series(log_s[:, None] + link.beta * log_y, link.K, link.alpha, count))]


def outside_disc(link: Link, log_s: Array, count: int, at: Resolution) -> list[Nodes]:
    """Return the nodes of `_cluster.around_target`."""
    if link.order == 1:
        return beyond_hole(link, log_s, count, at)
    log_t, weights = _ratio_nodes(link, link.order - 1, at)
    log_v = log_s[:, None] + link.beta * log_t
    series = _plane(log_v - link.alpha * np.log(2), link, count)
    for tau, weight in zip(*outside_nodes(log_t, at.nodes // 2), strict=True):
        series += weight[:, None] * _heard(log_v - link.alpha * np.log(tau), link.K, count)
    return [Nodes(weights, series)]


def _ratio_nodes(link: Link, order: int, at: Resolution) -> tuple[Array, Array]:
    return beta_nodes(order, at.step * min(1.0, 1 / link.beta), -at.margin - np.log(link.order), at.margin)


def _plane(log_v: Array, link: Link, count: int) -> Array:
    """Return the series of 1 + what lies beyond the distance 2: ``4 F_K(exp(v)) - 3``."""
    series = 4 * factor_series(log_v, link.K, link.alpha, count)
    series[..., 0] -= 3
    return series


def _heard(log_q: Array, K: float, count: int) -> Array:
    """Return the series of ``1 - (1 + q (1 - x))^-K``."""
    series = -negative_binomial(log_q, K, count)
    series[..., 0] = heard(log_q, K)
    return series


def negative_power(series: Array, power: int) -> Array:
    """Return the series of ``a(x)^-power``, a_0 > 0 and a_j <= 0 for j > 0, along the last axis."""
    result = np.empty_like(series)
    result[..., 0] = series[..., 0] ** -power
    for j in range(1, series.shape[-1]):
        i = np.arange(1, j + 1)
        terms = -((power - 1) * i + j) * series[..., 1 : j + 1] * result[..., j - 1 :: -1]
        result[..., j] = terms.sum(axis=-1) / (j * series[..., 0])
    return result


def exponential(series: Array) -> Array:
    """Return the series of ``exp(a(x))``, a_j >= 0 for j > 0, along the last axis."""
    result = np.empty_like(series)
    result[..., 0] = np.exp(series[..., 0])
    for j in range(1, series.shape[-1]):
        i = np.arange(1, j + 1)
        result[..., j] = (i * series[..., 1 : j + 1] * result[..., j - 1 :: -1]).sum(axis=-1) / j
    return result


def tail_probability(probability: ArrayLike) -> Array:
    """Return probabilities that a coverage of limited accuracy can tell from 0 and 1, or raise a ConfigError."""
    return real("probability", probability, minimum=LEAST_PROBABILITY, maximum=1 - LEAST_PROBABILITY)


def quantile(coverage: Callable[[float], float], probability: float) -> float:
    """Return the theta at which P(SIR > theta) = 1 - probability, to a relative 1e-10."""
    def excess(log_theta: float) -> float:
        return coverage(log_theta) - (1 - probability)

    low, high = -8.0, 8.0
    while excess(low) < 0:
        low *= 2
    while excess(high) > 0:
        high *= 2
    return float(np.exp(brentq(excess, low, high, xtol=1e-10)))
