"""How many links stations have: against cells of drawn networks, and in the limits."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from isacsys.analysis.lattices import links_per_station


def cells(rng, stations, population):
    """How many of a Poisson number of points are nearest to each station of a unit torus."""
    points = rng.random((rng.poisson(population * len(stations)), 2))
    return np.bincount(cKDTree(stations, boxsize=1).query(points)[1], minlength=len(stations))


@pytest.mark.parametrize(("users", "K", "targets", "J"), [(12.0, 8, 6.0, 2), (4.0, 3, 4.0, 3), (60.0, 12, 60.0, 1)])
def test_means_over_drawn_cells(users, K, targets, J):
    """Areas are nearly Gamma(3.5): what is missing of K and J is right to 1.5 % of K, and for many users to 0.1 %."""
    rng, served, sensed = np.random.default_rng(3), [], []
    for _ in range(30):
        stations = rng.random((300, 2))
        u, t = cells(rng, stations, users), cells(rng, stations, targets)
        served.append(np.minimum(u, K).mean())
        sensed.append((np.minimum(t, J) * (u > 0)).mean())
    bias = 0.001 if users > 20 else 0.015
    for found, expected, most in ((served, links_per_station(links=K, population=users), K),
                                  (sensed, links_per_station(links=J, population=targets, beside=users), J)):
        error = np.std(found, ddof=1) / np.sqrt(len(found))
        assert abs(np.mean(found) - expected) < 4 * error + bias * most, (np.mean(found), expected, error)


def test_limits():
    assert links_per_station(links=5, population=1e6) == pytest.approx(5)
    assert links_per_station(links=5, population=0) == 0
    assert links_per_station(links=0, population=9) == 0
    assert links_per_station(links=500, population=7) == pytest.approx(7)  # all of them
    assert links_per_station(links=500, population=7, beside=0) == pytest.approx(0, abs=1e-12)
    assert links_per_station(links=1, population=3) == pytest.approx(1 - (1 + 3 / 3.5) ** -3.5)
