"""The rate with refusals: its limits, and a Monte Carlo of the plane."""

import numpy as np
import pytest

from isacsys.analysis import communication_rate
from isacsys.analysis.refusals import rate_with_refusals
from tests.statistics import has_mean


def computed(L, K, D, table, alpha=4.0):
    return rate_with_refusals(L=L, alpha=alpha, D=[D], streams=[K], weights=[1], shape=K, refused=table)


@pytest.mark.parametrize(("L", "K", "D", "alpha"), [(2, 4, 13, 4.0), (3, 4, 9, 3.4), (5, 2, 11, 4.0)])
def test_nobody_and_everybody_refuses(L, K, D, alpha):
    nothing, everything = np.zeros((L - 1, 8, 4)), np.ones((L - 1, 8, 4))
    assert computed(L, K, D, nothing, alpha) == pytest.approx(communication_rate(K=K, L=L, D=D, alpha=alpha), rel=1e-4)
    assert computed(L, K, D, everything, alpha) == pytest.approx(communication_rate(K=K, L=1, D=D, alpha=alpha),
                                                                 rel=1e-4)


@pytest.mark.parametrize(("L", "alpha"), [(2, 4.0), (3, 4.0), (4, 3.4)])
def test_refusals_that_depend_on_rank_strength_and_the_next_station(L, alpha):
    """Stations by their order in the plane, gains Gamma, refusals independent with probabilities of a table."""
    rng, n, K, D, near = np.random.default_rng(L), 30_000, 3, 6, 60
    table = rng.random((L - 1, 16, 8))
    table = np.sort(table, axis=1)  # not too rough between the middles of bins
    square = np.cumsum(rng.exponential(size=(n, near)), axis=1)
    gain = (square / square[:, :1]) ** (-alpha / 2)
    ratio = square[:, :1] / square[:, 1:L]
    middles = (np.arange(16) + 0.5) / 16
    beyond = np.minimum((np.sqrt(square[:, 0] / square[:, L]) * 8).astype(int), 7)
    p = np.empty((n, L - 1))
    for rank in range(L - 1):
        for place in range(8):
            rows = beyond == place
            p[rows, rank] = np.interp(ratio[rows, rank], middles, table[rank, :, place])
    heard = rng.gamma(K, size=(n, near - 1)) * gain[:, 1:]
    heard[:, :L - 1] *= rng.random((n, L - 1)) < p
    far = K * 2 / (alpha - 2) * square[:, -1] ** (1 - alpha / 2) * square[:, 0] ** (alpha / 2)  # Campbell
    has_mean(np.log1p(rng.gamma(D, size=n) / (heard.sum(1) + far)), computed(L, K, D, table, alpha), bias=5e-4)
