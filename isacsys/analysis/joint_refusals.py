"""Cost of refused requests with joint transmission: a member that refuses adds no signal, and interferes.

By Monte Carlo of the gamma model, from how often a member refuses alone. Rates are in nats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis._arguments import real, steepness, whole
from isacsys.analysis.cooperation import Sender, added, gains_of_members, stations_around
from isacsys.analysis.refusals import checked_table
from isacsys.analysis.sampling import DRAWN, batches
from isacsys.core.arrays import Array, Flags


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
