"""Monte Carlo of the gamma model: typical user and typical target among Poisson stations, gains drawn from gamma laws.

The second, independent road to every exact value of this package, and most likely what the paper's own simulation did.
Positions are drawn in the plane, stations in order of distance from the receiver; those beyond the last one drawn
enter by their mean. Everything is vectorised over samples and a function of the seed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis._arguments import choice, mixture, real, steepness, whole
from isacsys.analysis.sensing_rates import GEOMETRIES
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

DRAWN = 48  # stations beyond the cluster drawn one by one; the spread of the rest is far below any sampling error
BATCH = 1 << 20  # stations held at a time
TERMS = 8  # of the off-centre expansion of the far field


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
