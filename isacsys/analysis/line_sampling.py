"""Monte Carlo of the gamma model under any isotropic law of propagation, independent of `line_process`.

Stations are drawn in the plane, each with its state and its shadowing; those beyond the last one drawn enter by their
mean. Nothing of the table of Lambda is used.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from isacsys.analysis._arguments import real, whole
from isacsys.analysis.sampling import batches
from isacsys.core.arrays import Array
from isacsys.core.propagation_law import PropagationLaw

DRAWN = 200  # stations drawn one by one
RINGS = 4000  # of the plane beyond
FURTHEST = 1e7  # distances of the last station drawn that the plane beyond reaches to


class _Network(NamedTuple):
    """A law among stations of a density, with what the receivers of a station have in common."""

    law: PropagationLaw
    density: float
    correlation: float


def sample_propagation_sinr(law: PropagationLaw, *, K: int, L: int = 1, D: float, bs_density: float = 1.0,
                            noise: float = 0.0, site_correlation: float = 0.0, samples: int = 20_000,
                            seed: int = 1) -> Array:
    """Draw the SINR of the typical user, ``(g / l_1) / (sum_{i > L} g_i / l_i + K N)``.

    l_i are the losses in ascending order, g ~ Gamma(D, 1), g_i ~ Gamma(K, 1).

    Parameters
    ----------
    law, K, L, D, bs_density, noise, site_correlation
        As in `propagation_rate`, scalars.
    samples, seed : int
        Number of independent draws; the seed determines all of them.

    Returns
    -------
    ndarray [samples]
        Linear SINR.
    """
    K, L, D = int(whole("K", K)), int(whole("L", L)), float(real("D", D, above=0))
    network = _Network(law, float(real("bs_density", bs_density, above=0)), float(site_correlation))
    rng = np.random.default_rng(int(whole("seed", seed, 0)))
    parts = []
    for size in batches(samples, L + DRAWN):
        common = rng.standard_normal(size)
        loss, last = _losses(rng, network, common, L + DRAWN)
        heard = rng.standard_gamma(K, (size, DRAWN)) / loss[:, L:]
        outside = K * (_beyond(network, last, common) + float(real("noise", noise, minimum=0)))
        parts.append(rng.standard_gamma(D, size) / loss[:, 0] / (heard.sum(axis=1) + outside))
    return np.concatenate(parts)


def _losses(rng: np.random.Generator, network: _Network, common: Array, number: int) -> tuple[Array, Array]:
    """Return linear losses in ascending order [sample, station] and the largest distance drawn [sample]."""
    law, shape = network.law, (common.size, number)
    squares = np.cumsum(rng.standard_exponential(shape), axis=1) / (np.pi * network.density)
    r = np.sqrt(squares + law.minimum_distance**2)
    chosen, shadow = rng.random(shape), rng.standard_normal(shape)
    z = np.sqrt(network.correlation) * common[:, None] + np.sqrt(1 - network.correlation) * shadow
    loss, probability = np.full(shape, np.inf), np.zeros(shape)
    for state in law.states:
        mine = (chosen >= probability) & (chosen < probability + state.probability(r))
        probability += state.probability(r)
        loss = np.where(mine, state.loss_db(r) + z * state.sigma_db(r), loss)
    return np.sort(10 ** (loss / 10), axis=1), r[:, -1]


def _beyond(network: _Network, last: Array, common: Array) -> Array:
    """Return the mean received power from beyond a distance [sample], given the common part of the shadowing."""
    law, rho = network.law, network.correlation
    edges = np.log(last.min()) + np.linspace(0, np.log(FURTHEST), RINGS + 1)
    r, width = np.exp((edges[1:] + edges[:-1]) / 2), edges[1] - edges[0]
    total = np.zeros(common.size)
    for state in law.states:
        sigma = np.log(10) / 10 * state.sigma_db(r)
        power = state.probability(r) * 10 ** (-state.loss_db(r) / 10) * np.exp((1 - rho) * sigma**2 / 2)
        ring = 2 * np.pi * network.density * r**2 * power * width
        beyond = np.concatenate([np.cumsum(ring[::-1])[::-1], [0.0]])
        spread = ring @ sigma / max(ring.sum(), 1e-300)  # as a state has it on average
        total += np.interp(np.log(last), edges, beyond) * np.exp(-np.sqrt(rho) * spread * common)
    return total
