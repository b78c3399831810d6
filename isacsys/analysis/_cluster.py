"""The cluster geometries, each reduced to a sum over nodes and a line integral.

Distances squared enter through pi lambda (distance)^2, gamma variables of integer order; the common scale of a drop
is integrated out in closed form. What is left of every rate is

``int dv sum_i weight_i mass_i(v) A(c (pi lambda)^-eta argument_i(v))``, eta = alpha / 2 - beta,

with A the law of the wanted gain (`_fading`), averaged over w ~ Gamma(order, 1) at argument times w^eta.
`mean_log` has E[ln(1 + SIR)] from a geometry and the laws of the wanted gain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from isacsys.analysis._fading import GainLaw, averaged
from isacsys.analysis._interference import Law, heard, largest_log_s, log_factor_on_grid, mean_gain
from isacsys.analysis._numerics import Resolution, beta_nodes, gauss_legendre
from isacsys.core.arrays import Array

QUIET = 1e-14  # of an interference that does not matter


class Link(NamedTuple):
    """Law of an interfering gain, size of the cluster, one-way exponent alpha, echo exponent beta.

    K is a gamma shape, where rates alone are asked for also another law (`_interference.Law`).
    """

    K: Any
    order: int
    alpha: float
    beta: float

    @property
    def eta(self) -> float:
        """``alpha / 2 - beta``: how echo over interference scales with the squared distance."""
        return self.alpha / 2 - self.beta


class ClusterGrid(NamedTuple):
    """The multiples ``step * [first, ..., last]`` of the logarithmic variable v, and the least ln t of a node."""

    first: int
    last: int
    step: float
    least: float

    @property
    def v(self) -> Array:
        """The points, as a column."""
        return self.step * np.arange(self.first, self.last + 1)[:, None]


class Terms(NamedTuple):
    """Weights [node], ln mass and ln argument [v, node or 1]."""

    weights: Array
    log_mass: Array
    log_argument: Array


Geometry: TypeAlias = Callable[[Link, ClusterGrid, Resolution], list[Terms]]


def line_grid(link: Link, log_gain: float, at: Resolution) -> ClusterGrid:
    """Return the grid of v outside of which the integrand adds less than exp(-margin).

    Below both the knee of the interference and exp(-log_gain) it falls off as a power of exp(v); above, ln mass falls
    at least like -(order - 1) ln F_K. Ends are rounded outwards, so that neighbouring designs share a grid.
    """
    K, order, alpha, beta = link
    knee = -alpha / 2 * np.log(order * alpha / (alpha - 2)) - np.log(mean_gain(K))
    rate = min(1.0, 1 / beta) if order > 1 else min(1.0, 1 / max(-link.eta, 1.0))
    reach = at.margin + np.log(order) - min(0.0, knee + log_gain) * rate  # a small rate needs its tails further out
    high = largest_log_s(K, alpha, reach / max(order - 1, 1))
    low = min(-log_gain, knee) - (at.margin + (1 + abs(link.eta)) * np.log(order)) / rate
    step = at.step / max(1.0, 2 * beta / alpha)
    tile = max(1, int(8 / step))
    return ClusterGrid(int(np.floor(low / step / tile)) * tile, int(np.ceil(high / step / tile)) * tile, step,
                float(-8 * np.ceil(reach / 8)))


def nulled_disc(link: Link, grid: ClusterGrid, at: Resolution) -> list[Terms]:
    """Return the terms of a receiver with interference only from beyond its own order-th station.

    t ~ Beta(1, order - 1) is the squared ratio of the distances of the first and the order-th station;
    mass ``F_K(s)^-order``, argument ``s t^-beta`` with s = exp(v).
    """
    log_f = _log_factor(link.K, link.alpha, grid)
    log_t, weights = _ratio_nodes(link.order - 1, link.beta, grid.least, at)
    return [Terms(weights, -link.order * log_f, grid.v - link.eta * log_f - link.beta * log_t)]


def around_serving_station(link: Link, grid: ClusterGrid, at: Resolution) -> list[Terms]:
    """Return the terms of a target whose cluster are the stations nearest to its serving one, hole included.

    In units of twice the target distance R, at angle psi = arccos t from the target, the hole ends at t. Stations
    nearer to the serving one than t number ``m l(t)`` on average, m = pi lambda R^2, ``l' = 8 t (1 - psi / pi)``,
    ``l(1) = 3``; those beyond give ``exp(-m H(v, t))``; mass ``l^(order - 2) l' (1 + l + H)^-order``. Beyond t = 1
    the hole is inside the disc and the terms are those of `nulled_disc`, for y = (2 t)^-2 < 1/4.
    """
    log_f = _log_factor(link.K, link.alpha, grid)
    slope, area, log_g, whole = _hole(link.K, link.alpha, grid, at.nodes)
    shift = grid.v + link.alpha * np.log(2)
    if link.order == 1:
        return [Terms(np.ones(1), -whole, shift - link.eta * whole)]
    near = (link.order - 2) * np.log(area) - link.order * log_g
    log_t, weights = _ratio_nodes(1, link.beta, grid.least, at)
    log_y = log_t - np.log(4)
    far = (link.order - 1) * weights / 4 * np.exp((link.order - 2) * np.log1p(-np.exp(log_y)))
    return [Terms((link.order - 1) * slope, near, shift - link.eta * log_g),
            Terms(far, -link.order * log_f, grid.v - link.eta * log_f - link.beta * log_y)]


def around_target(link: Link, grid: ClusterGrid, at: Resolution) -> list[Terms]:
    """Return the terms of a target whose cluster are the stations nearest to itself.

    Interferers lie outside the disc of radius r_Q around the target, its serving station at kappa r_Q inside,
    kappa^2 ~ Beta(1, order - 1). A ray from the station at angle phi leaves the disc at
    ``tau = kappa cos phi + sqrt(1 - kappa^2 sin^2 phi)``, so
    ``g = 1 + int (1 - (1 + s t^-alpha)^-K) dA / pi = (1 / pi) int_0^pi tau^2 F_K(s tau^-alpha) dphi``
    over the plane outside; mass ``g^-order``, argument ``s kappa^(-2 beta) g^-eta``.
    """
    if link.order == 1:
        return around_serving_station(link, grid, at)
    log_t, weights = _ratio_nodes(link.order - 1, link.beta, grid.least, at)
    log_g = _outside(link.K, link.alpha, link.beta, grid, at)
    shift = grid.v + link.alpha * np.log(2)
    return [Terms(weights, -link.order * log_g, shift - link.beta * log_t - link.eta * log_g)]


def without_hole(link: Link, grid: ClusterGrid, at: Resolution) -> list[Terms]:
    """Return the terms of `around_serving_station` with the hole ignored (Meng & Masouros, Theorem 2), order >= 2.

    ``u = (x / R)^2 F_K``, x the radius of the disc around the serving station, has the law of
    Gamma(order - 1) / Gamma(1); mass ``F_K^(1 - order)``, argument ``s (u / F_K)^(alpha / 2) (1 + u)^-eta``.
    """
    log_f = _log_factor(link.K, link.alpha, grid)
    steepest = max(link.alpha, link.beta)
    log_t, weights = _ratio_nodes(link.order - 1, steepest, grid.least, at)  # t = 1 / (1 + u)
    log_u = np.log1p(-np.exp(log_t)) - log_t
    log_argument = grid.v + link.alpha / 2 * (log_u - log_f) + link.eta * log_t
    return [Terms(weights, (1 - link.order) * log_f, log_argument)]


def _log_factor(K: Law, alpha: float, grid: ClusterGrid) -> Array:
    """Return ln F_K(exp(v)) as a column."""
    return log_factor_on_grid(grid.first, grid.last, grid.step, K, alpha)[:, None]


def _ratio_nodes(order: int, exponent: float, least: float, at: Resolution) -> tuple[Array, Array]:
    """Return ln t and weights of t ~ Beta(1, order) for integrands that are functions of t^exponent."""
    return beta_nodes(order, at.step * min(1.0, 2 / exponent), least, at.margin)


def hole_nodes(nodes: int) -> tuple[Array, Array, Array, Array]:
    """Return t in (0, 1), weights ``l'(t) dt``, ``l(t)`` and the matrix of the integrals of ``f l'`` from t to 1.

    ``t = sin(pi r^2 / 2)`` takes away the square root at t = 1 and crowds the nodes near t = 0.
    """
    r, w, above = gauss_legendre(nodes)
    t, psi = np.sin(np.pi / 2 * r**2), np.pi / 2 * (1 - r**2)
    density = 8 * t * (1 - psi / np.pi) * np.pi * r * np.sin(psi)
    area = 4 * t**2 * (1 - psi / np.pi) - 2 / np.pi * (np.pi / 2 - psi - t * np.sin(psi))
    return t, w * density, area, above * density


@lru_cache(maxsize=64)
def _hole(K: Law, alpha: float, grid: ClusterGrid, nodes: int) -> tuple[Array, Array, Array, Array]:
    """Return weights and areas of `hole_nodes`, ln(1 + l + H) [v, node] and ln(1 + H) without disc [v, 1]."""
    t, slope, area, above = hole_nodes(nodes)
    inside = heard(grid.v - alpha * np.log(t), K)
    beyond = 4 * np.expm1(_log_factor(K, alpha, grid))
    log_g = np.log1p(area + beyond + inside @ above.T)
    return slope, area, log_g, np.log1p(beyond + (inside @ slope)[:, None])


def outside_nodes(log_t: Array, nodes: int) -> tuple[Array, Array]:
    """Return distances and weights [node, t] that integrate over what is outside the unit disc, in units of pi.

    Seen from a point at kappa = sqrt(t) from the centre, up to the distance 2. A ray at angle phi to the centre leaves
    the disc at ``kappa cos phi + root``, ``root^2 = 1 - t sin^2 phi``; up to 1 + kappa the share of directions that
    are outside is 1 - phi / pi.
    """
    r, w, _ = gauss_legendre(nodes)
    kappa, rest = np.exp(log_t / 2), -np.expm1(log_t)
    phi = np.pi / 2 * np.concatenate([1 - r**2, 1 + r**2])[:, None]  # crowded where tau nearly vanishes at kappa = 1
    along, root = kappa * np.cos(phi), np.sqrt(rest + (kappa * np.cos(phi)) ** 2)
    tau = np.where(along > 0, root + along, rest / (root - np.minimum(along, 0.0)))
    edge = 2 * kappa * np.sin(phi) * tau**2 / root * (1 - phi / np.pi) * (np.pi * np.tile(r * w, 2))[:, None]
    ring = 1 + kappa + np.outer(r, 1 - kappa)
    return np.concatenate([tau, ring]), np.concatenate([edge, 2 * ring * np.outer(w, 1 - kappa)])


@lru_cache(maxsize=16)
def _outside(K: Law, alpha: float, beta: float, grid: ClusterGrid, at: Resolution) -> Array:
    """Return ln g [v, t] of `around_target`, the same nodes for every order."""
    log_t, _ = _ratio_nodes(1, beta, grid.least, at)
    g = np.tile(1 + 4 * np.expm1(_log_factor(K, alpha, grid)), log_t.size)
    v = grid.v + alpha * np.log(2)
    loud = v[:, 0] > alpha / 2 * np.log(QUIET * (1 - 2 / alpha)) - np.log(mean_gain(K))  # elsewhere g - 1 < QUIET
    for tau, weight in zip(*outside_nodes(log_t, at.nodes // 2), strict=True):
        g[loud] += weight * heard(v[loud] - alpha * np.log(tau), K)
    return np.log(g)


def mean_log(link: Link, geometry: Geometry, laws: Sequence[GainLaw], mean_gain: float, log_c: float,
             at: Resolution) -> Array:
    """Return ``E[ln(1 + SIR)]`` in nats for each law: the sum over nodes and the line integral of `_cluster`.

    Parameters
    ----------
    laws : sequence of callables
        ``1 - E[exp(-y g)]`` of ln y.
    mean_gain : float
        E[g], the largest of the laws.
    log_c : float
        ln of the factor in front of g, ``c (pi lambda)^-eta``.
    """
    grid = line_grid(link, log_c + np.log(mean_gain), at)
    terms = [term._replace(log_argument=term.log_argument + log_c) for term in geometry(link, grid, at)]
    span = min(term.log_argument.min() for term in terms), max(term.log_argument.max() for term in terms)
    gains = [averaged(law, link.order, link.eta, span, -grid.least, at) for law in laws]
    return grid.step * np.array([sum(_integral(term, gain) for term in terms) for gain in gains])


def _integral(term: Terms, gain: GainLaw) -> float:
    return float(np.sum(np.exp(term.log_mass) * gain(term.log_argument), axis=0) @ term.weights)
