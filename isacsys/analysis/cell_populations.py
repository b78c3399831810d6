"""Number of links of a station: cells of a Poisson network have many sizes, and the smallest have few to serve."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc

from isacsys.analysis._arguments import real, whole

SHAPE = 3.5  # of the gamma law of the areas of Voronoi cells in the plane (Ferenc and Neda 2007)


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
