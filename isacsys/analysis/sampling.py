"""Monte Carlo of the gamma model: typical user and typical target among Poisson stations, gains drawn from gamma laws.

The second, independent road to every exact value of this package, and most likely what the paper's own simulation did.
Positions are drawn in the plane, stations in order of distance from the receiver; those beyond the last one drawn
enter by their mean. Everything is vectorised over samples and a function of the seed. `sample_propagation_sinr` takes
any isotropic law of propagation, each station with its state and its shadowing, and nothing of the table of Lambda.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis._arguments import choice, mixture, real, steepness, whole
from isacsys.analysis.sensing_rates import GEOMETRIES
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.propagation_law import PropagationLaw

DRAWN = 48  # stations beyond the cluster drawn one by one; the spread of the rest is far below any sampling error
BATCH = 1 << 20  # stations held at a time
TERMS = 8  # of the off-centre expansion of the far field
SINGLE = 200  # stations drawn one by one
RINGS = 4000  # of the plane beyond
FURTHEST = 1e7  # distances of the last station drawn that the plane beyond reaches to


def sample_communication_sir(*, K: int, L: int = 1, alpha: float = 4.0, D: ArrayLike, weights: ArrayLike | None = None,
                             samples: int = 100_000, seed: int = 1) -> Array:
    """Draw the SIR of the typical user, Meng & Masouros (2), in the gamma model.

    ``g r_1^-alpha / sum_{i > L} g_i r_i^-alpha``, ``pi lambda r_i^2`` the points of a Poisson process of unit rate,
    g ~ Gamma(D, 1), g_i ~ Gamma(K, 1).

    Parameters
    ----------
    K, L, alpha
        Streams, cluster size, path-loss exponent.
    D, weights : array_like [n] or scalar
        Shape of the wanted gain; several with weights are drawn as a mixture.
    samples, seed : int
        Number of independent draws; the seed determines all of them.

    Returns
    -------
    ndarray [samples]
        Linear SIR.
    """
    K, L, alpha = int(whole("K", K)), int(whole("L", L)), float(steepness("alpha", alpha))
    shapes, chances = mixture(D, np.ones(np.shape(D)) if weights is None else weights)
    rng = np.random.default_rng(int(whole("seed", seed, 0)))
    parts = []
    for size in batches(samples, L + DRAWN):
        squares = np.cumsum(rng.standard_exponential((size, L + DRAWN)), axis=1)  # pi lambda r^2 [sample, station]
        heard = rng.standard_gamma(K, (size, DRAWN)) * squares[:, L:] ** (-alpha / 2)
        far = K * squares[:, -1] ** (1 - alpha / 2) / (alpha / 2 - 1)
        wanted = rng.standard_gamma(rng.choice(shapes, size=size, p=chances))
        parts.append(wanted * squares[:, 0] ** (-alpha / 2) / (heard.sum(axis=1) + far))
    return np.concatenate(parts)


def sample_sensing_sir(*, K: int, Q: int = 1, alpha: float = 4.0, beta: float = 2.0, c: float = 1.0,
                       bs_density: float = 1.0, cluster_center: str = "serving_bs", hole: bool = True,
                       M_t: int | None = None, samples: int = 100_000, seed: int = 1) -> Array:
    """Draw the SIR of the typical target, Meng & Masouros (5), in the gamma model.

    ``c h R^(-2 beta) / sum g_q D_q^-alpha`` with the target at the origin, R the distance of the nearest station, D_q
    the distances of the others from that one, all but the Q - 1 nulled; h, g_q ~ Gamma(K, 1).

    Parameters
    ----------
    K, Q, alpha, beta, c, bs_density, cluster_center
        As in `sensing.sensing_rate`.
    hole : bool
        False draws the D_q as if the stations around the serving one knew nothing of the target (Theorem 2).
    M_t : int, optional
        With K = 1: draw the echo from the exact beam law, h ~ M_t Beta(1, M_t - 1).
    samples, seed : int
        Number of independent draws; the seed determines all of them.

    Returns
    -------
    ndarray [samples]
        Linear SIR.
    """
    K, Q, alpha = int(whole("K", K)), int(whole("Q", Q)), float(steepness("alpha", alpha))
    beta, c, density = (float(real(name, value, above=0)) for name, value in
                        (("beta", beta), ("c", c), ("bs_density", bs_density)))
    if M_t is not None and K != 1:
        raise ConfigError("M_t", M_t, "the beam law is that of one stream: K = 1")
    around_target = choice("cluster_center", cluster_center, tuple(GEOMETRIES)) == "target"
    rng = np.random.default_rng(int(whole("seed", seed, 0)))
    parts = []
    for size in batches(samples, DRAWN + 4 * Q):
        own, distance, last, offset = _stations(rng, size, Q, density, hole)
        heard = _without_cluster(distance, Q, around_target)
        interference = np.sum(rng.standard_gamma(K, heard.shape) * heard**-alpha, axis=1)
        interference += K * density * far_field(last, offset, alpha)
        parts.append(c * _echo(rng, size, K, M_t) * own ** (-2 * beta) / interference)
    return np.concatenate(parts)


def _stations(rng: np.random.Generator, size: int, Q: int, density: float, hole: bool) -> tuple[Array, ...]:
    """Return R, the distances of the others from the serving station, the radius drawn, and how far off its centre."""
    squares = np.cumsum(rng.standard_exponential((size, DRAWN + 4 * Q)), axis=1)
    radius = np.sqrt(squares / (np.pi * density))  # [sample, station], from the target
    if not hole:
        return np.sqrt(rng.standard_exponential(size) / (np.pi * density)), radius, radius[:, -1], np.zeros(size)
    own, others = radius[:, :1], radius[:, 1:]
    angle = rng.uniform(0, 2 * np.pi, others.shape)
    distance = np.hypot(others * np.cos(angle) - own, others * np.sin(angle))
    return own[:, 0], distance, radius[:, -1], own[:, 0]


def _echo(rng: np.random.Generator, size: int, K: int, M_t: int | None) -> Array:
    if M_t is None:
        return rng.standard_gamma(K, size)
    return M_t * rng.beta(1, M_t - 1, size) if M_t > 1 else np.ones(size)


def batches(samples: int, width: int) -> Iterator[int]:
    """Yield how many samples of ``width`` stations to draw at a time."""
    left = int(whole("samples", samples))
    while left > 0:
        yield min(left, max(1, BATCH // width))
        left -= max(1, BATCH // width)


def _without_cluster(distance: Array, Q: int, around_target: bool) -> Array:
    """Drop the Q - 1 nulled stations: columns are in order of distance from the target."""
    return distance[:, Q - 1:] if around_target else np.partition(distance, Q - 1, axis=1)[:, Q - 1:]


def far_field(radius: Array, offset: Array, alpha: float) -> Array:
    """Return the integral [...] of |x - d|^-alpha over |x| > ``radius`` [...], |d| = ``offset`` [...] < radius.

    ``2 pi sum_k ((alpha / 2)_k / k!)^2 d^(2k) radius^(2 - alpha - 2k) / (alpha - 2 + 2k)``.
    """
    total, coefficient = np.zeros_like(radius), 1.0
    for k in range(TERMS):
        total += coefficient * (offset / radius) ** (2 * k) / (alpha - 2 + 2 * k)
        coefficient *= ((alpha / 2 + k) / (k + 1)) ** 2
    return 2 * np.pi * radius ** (2 - alpha) * total


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
    for size in batches(samples, L + SINGLE):
        common = rng.standard_normal(size)
        loss, last = _losses(rng, network, common, L + SINGLE)
        heard = rng.standard_gamma(K, (size, SINGLE)) / loss[:, L:]
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
