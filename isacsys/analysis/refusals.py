"""Cost of refused requests to the typical user, from how often a member of its cluster refuses alone.

A member that refuses interferes as any other station does, but from inside the disc that the cluster would have nulled.
With joint transmission, by Monte Carlo of the gamma model, it adds no signal, and interferes. Rates are in nats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import factorial

from isacsys.analysis._arguments import real, steepness, whole
from isacsys.analysis._fading import GainLaw, gamma_law
from isacsys.analysis._interference import log_interference_factor
from isacsys.analysis._numerics import Resolution, checked, gauss_legendre, log_grid
from isacsys.analysis.cooperation import Sender, added, gains_of_members, stations_around
from isacsys.analysis.sampling import DRAWN, batches
from isacsys.core.arrays import Array, Flags
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


class JointRates(NamedTuple):
    """Rates of the typical user in nats: all of its cluster send; those that refuse are silent; or they interfere."""

    all_send: float
    silent: float
    heard: float


def joint_rates_with_refusals(*, L: int, alpha: float = 4.0, serving: Sender, member: Sender, shape: float,
                              refused: ArrayLike, coherent: bool = False, samples: int = 400_000,
                              seed: int = 1) -> JointRates:
    """Return what a typical user gets where members of its cluster refuse now and then, from the same draws thrice.

    ``S / (I + sum_i q_i g'_i r_i^-alpha)`` with ``S = sum_i (1 - q_i) g_i r_i^-alpha`` or, coherent,
    ``(sum_i ((1 - q_i) g_i r_i^-alpha)^1/2)^2``; q_i = 1 with probability p_i for i > 1, g_i a member's gain,
    g'_i ~ Gamma(shape, 1) / shape that of any station that sends to others.

    Parameters
    ----------
    L : int
        Stations in the cluster, at least 2.
    alpha, serving, member, shape
        As in `cooperation.measured_joint_rate`.
    refused : array_like [L - 1, bins, next]
        p_i for ranks i = 2 ... L over ``(d_1/d_i)^2`` and ``d_1/d_{L+1}``, in bins of equal width from 0 to 1. An
        estimate may exceed 1.
    coherent : bool
        Whether amplitudes add, or powers.
    samples, seed : int
        Number of independent draws; the seed determines all of them.

    Raises
    ------
    ConfigError
        For a table of another shape.
    """
    order, alpha, unit = int(whole("L", L, 2)), float(steepness("alpha", alpha)), float(real("shape", shape, above=0))
    table = checked_table(refused, order)
    rng = np.random.default_rng(int(whole("seed", seed, 0)))
    sums = np.zeros(3)
    for size in batches(samples, order + DRAWN):
        squares, beyond = stations_around(rng, size, order, alpha, unit)
        loss = squares[:, :order] ** (-alpha / 2)
        powers = gains_of_members(rng, (size, order), serving, member) * loss
        refuses = _refuses(rng, squares, table)
        inside = np.sum(rng.standard_gamma(unit, loss.shape) / unit * loss * refuses, axis=1)
        left = added(powers * ~refuses, coherent)
        for place, sir in enumerate((added(powers, coherent) / beyond, left / beyond, left / (beyond + inside))):
            sums[place] += np.log1p(sir).sum()
    return JointRates(*(sums / samples))


def _refuses(rng: np.random.Generator, squares: Array, table: Array) -> Flags:
    """Draw which members refuse, [sample, L]; the serving station never does."""
    ranks, strengths, nexts = table.shape
    near = squares[:, :1]
    strength = np.minimum((near / squares[:, 1:ranks + 1] * strengths).astype(np.int64), strengths - 1)
    beyond = np.sqrt(near / squares[:, ranks + 1:ranks + 2])
    chance = table[np.arange(ranks), strength, np.minimum((beyond * nexts).astype(np.int64), nexts - 1)]
    return np.concatenate([np.zeros(near.shape, bool), rng.random(chance.shape) < chance], axis=1)
