"""Gain of a triangular lattice of stations over a Poisson network, by the mean interference-to-signal ratio.

Number of links of a station: cells of a Poisson network have many sizes, and the smallest have few to serve.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc

from isacsys.analysis._arguments import by_key, real, steepness, whole
from isacsys.analysis._numerics import gauss_legendre
from isacsys.core.arrays import Array

REACH = 40.0  # distances of neighbours that are summed one by one
NODES = 12
_DENSITY = 2 / np.sqrt(3)  # neighbours at the distance 1
SHAPE = 3.5  # of the gamma law of the areas of Voronoi cells in the plane (Ferenc and Neda 2007)


def lattice_gain(*, alpha: ArrayLike = 4.0) -> Array:
    """Return the SIR gain of the triangular lattice over the Poisson network, linear (3.61 dB at alpha = 4).

    ``G = (2 / (alpha - 2)) / E[sum_{x != 0} (|u| / |u - x|)^alpha]``, x the points of the lattice, u uniform in the
    cell of 0: the ratio of the mean interference-to-signal ratios. The coverage of a lattice is about that of the
    Poisson network at threshold / G. Relative error below 1e-5 at alpha = 4.

    Parameters
    ----------
    alpha : array_like [...]
        Path-loss exponent, above 2.

    Notes
    -----
    M. Haenggi, "The mean interference-to-signal ratio and its key role in cellular and amorphous networks",
    IEEE Wireless Commun. Lett., 2014.
    """
    def gains(alpha: float, _: Array) -> Array:
        u, weights = _cell()
        x = _neighbours()
        far = 2 * np.pi * _DENSITY * REACH ** (2 - alpha) / (alpha - 2)
        near = (np.abs(u[:, None] - x) ** -alpha).sum(axis=1)
        return np.array([2 / (alpha - 2) / (weights @ (np.abs(u) ** alpha * (near + far)))])

    return by_key(gains, (steepness("alpha", alpha),), np.zeros(()))


def _neighbours() -> Array:
    """Return the points of the lattice but 0 within reach, as complex numbers."""
    i = np.arange(-2 * REACH, 2 * REACH + 1)
    x = (i[:, None] + i * np.exp(1j * np.pi / 3)).ravel()
    return np.asarray(x[(np.abs(x) > 0.5) & (np.abs(x) < REACH)])


def _cell() -> tuple[Array, Array]:
    """Return nodes and weights that average over a twelfth of the cell: apothem 1/2, angles up to 30 degrees."""
    r, w, _ = gauss_legendre(NODES)
    along, angle = r / 2, np.pi / 6 * r
    u = along[:, None] * (1 + 1j * np.tan(angle))
    weights = (w * along)[:, None] * (w / np.cos(angle) ** 2)
    return u.ravel(), weights.ravel() / weights.sum()


def share_without(population: float) -> float:
    """Return the share of empty cells, of a mean ``population``: ``(1 + population / 3.5)^-3.5``."""
    return float((1 + real("population", population, minimum=0) / SHAPE) ** -SHAPE)


def links_per_station(*, links: int, population: float, beside: float = np.inf) -> float:
    """Return ``E[min(links, N)]`` over the cells of a Poisson network, N ~ Poisson(population x area).

    With areas Gamma(3.5, 1 / 3.5), N is negative binomial, ``P(N > j) = I_p(j + 1, 3.5)``,
    ``p = population / (population + 3.5)``.

    Parameters
    ----------
    links : int
        Most links of a station: K, or J.
    population : float
        Mean number of users (targets) in a cell.
    beside : float
        Mean number of those without one of whom a station stays silent: users, where targets are counted.
    """
    most, mean = int(whole("links", links, 0)), float(real("population", population, minimum=0))
    j = np.arange(1, most + 1)
    expected = betainc(j, SHAPE, mean / (mean + SHAPE)).sum()
    if np.isfinite(beside):  # less those of cells without users, of areas Gamma(3.5, 1 / (3.5 + m))
        other = SHAPE + float(real("beside", beside, minimum=0))
        expected -= (SHAPE / other) ** SHAPE * betainc(j, SHAPE, mean / (mean + other)).sum()
    return float(expected)
