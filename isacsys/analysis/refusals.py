"""Cost of refused requests to the typical user, from how often a member of its cluster refuses alone.

A member that refuses interferes as any other station does, but from inside the disc that the cluster would have nulled.
Rates are in nats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import factorial

from isacsys.analysis._arguments import real, whole
from isacsys.analysis._fading import GainLaw, gamma_law
from isacsys.analysis._interference import log_interference_factor
from isacsys.analysis._numerics import Resolution, checked, gauss_legendre, log_grid
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

TOLERANCE = 1e-3  # of the rate that is left


def rate_with_refusals(*, L: int, alpha: float, D: ArrayLike, streams: ArrayLike, weights: ArrayLike, shape: float,
                       refused: ArrayLike) -> float:
    """Return the rate of the typical user in nats when members of its cluster refuse now and then.

    ``int E_D[1 - (1+z)^-D]/z E_u[F_K(z x)^-(L+1) (1 + z x)^-K prod_{i>=2} (1 - p_i + p_i (1 + z x_i)^-K)] dz`` with
    ``u_i = (d_i/d_{L+1})^2``, i = 1 ... L, ordered uniforms, ``x_i = (u_1/u_i)^(alpha/2)`` the strength of member i and
    ``x = u_1^(alpha/2)`` that of the first station beyond the cluster, relative to the serving station. Without the
    dependence of p on that station it is the same with L and u_L = 1 in its place; with it, that those refuse most
    which have much room around them is in it.

    Parameters
    ----------
    L : int
        Stations in the cluster, at least 2.
    alpha : float
    D, streams, weights : array_like [n]
        As in `beams.measured_communication_rate`.
    shape : float
        K above: of the gamma law of an interfering gain of mean 1.
    refused : array_like [L - 1, bins, next]
        p_i for ranks i = 2 ... L over ``(d_1/d_i)^2`` and ``d_1/d_{L+1}``, in bins of equal width from 0 to 1;
        linear between the middles of bins of the former. An estimate may exceed 1.
    """
    order, K = int(whole("L", L, 2)), float(real("shape", shape, above=0))
    table = checked_table(refused, order)
    values = [np.atleast_1d(real(name, given, minimum=0)) for name, given in
              (("D", D), ("streams", streams), ("weights", weights))]
    law = _wanted(values[0], K / values[1], values[2] / values[2].sum())
    return float(checked(lambda at: np.array([_rate(order, float(alpha), K, law, table, at)]), TOLERANCE,
                         f"rate with refusals, L={L}, alpha={alpha}")[0])


def checked_table(refused: ArrayLike, order: int) -> Array:
    """Return ``refused`` [L - 1, bins, next], a table of refusals for each rank from 2 on, or raise a ConfigError."""
    table = np.asarray(real("refused", refused, minimum=0))
    if table.ndim != 3 or len(table) != order - 1:
        raise ConfigError("refused", f"shape {table.shape}", "a table for each rank from 2 to L")
    return table


def _rate(order: int, alpha: float, K: float, law: GainLaw, table: Array, at: Resolution) -> float:
    log_z = log_grid(-at.margin - 20.0, at.margin * alpha / 2 + 20.0, at.step)  # [z]
    bins = table.shape[-1]
    r, w, _ = gauss_legendre(max(3, at.nodes // bins))  # in each bin: from one to the next p jumps
    r, w = ((np.arange(bins)[:, None] + r) / bins).ravel(), np.tile(w / bins, bins)
    a, weight = r**2, 2 * r * w * order * (1 - r**2) ** (order - 1)  # a = u_1 ~ Beta(1, L)
    log_x = log_z[:, None] + alpha / 2 * np.log(a)
    beyond = -(order + 1) * log_interference_factor(log_x, K, alpha) - K * np.logaddexp(0, log_x)
    inside = np.stack([_members(order, alpha, K, table, log_z, one, at) for one in a], axis=1)
    return float(at.step * np.sum(law(log_z) * ((np.exp(beyond) * inside) @ weight)))


def _members(order: int, alpha: float, K: float, table: Array, log_z: Array, a: float, at: Resolution) -> Array:
    """Return the mean product over the members, [z]: given u_1 = a, the others are ordered uniforms on (a, 1)."""
    v, w, above = gauss_legendre(at.nodes)
    ratio = a / (a + (1 - a) * v)  # u_1 / u
    p = table[..., min(int(np.sqrt(a) * table.shape[-1]), table.shape[-1] - 1)]
    product, lost = np.ones((len(log_z), len(v))), _lost(log_z, ratio, alpha, K)
    for rank in range(order, 2, -1):
        product = (_heard(lost, ratio, p[rank - 2]) * product) @ above.T
    return np.asarray((_heard(lost, ratio, p[0]) * product) @ w * factorial(order - 1))


def _lost(log_z: Array, ratio: Array, alpha: float, K: float) -> Array:
    """Return ``(1 + z x)^-K - 1`` of a station at ``x = ratio^(alpha/2)``, [z, ratio]."""
    return np.asarray(np.expm1(-K * np.logaddexp(0, log_z[:, None] + alpha / 2 * np.log(ratio))))


def _heard(lost: Array, ratio: Array, refused: Array) -> Array:
    """Return ``1 - p + p (1 + z x)^-K`` of a member, [z, ratio]; ``lost`` [z, ratio] as of `_lost`."""
    middles = (np.arange(len(refused)) + 0.5) / len(refused)
    return 1 + np.interp(ratio, middles, refused) * lost


def _wanted(shapes: Array, scales: Array, weights: Array) -> GainLaw:
    parts = [(weight, float(np.log(scale)), gamma_law(shape))
             for shape, scale, weight in zip(shapes, scales, weights, strict=True)]
    return lambda log_y: np.sum([weight * law(log_y + shift) for weight, shift, law in parts], axis=0)
