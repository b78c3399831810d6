"""Intervals that hold at all sample sizes at once."""

import numpy as np
import pytest
from scipy import integrate, stats

from isacsys.statistics.confidence_sequences import PRECISION, half_width, one_sided, two_sided


def evidence(n, width):
    """M_n for a sample mean that is off by ``width`` standard deviations of the sample."""
    u = n * width**2 / (n - 1)
    return np.sqrt(PRECISION / (n + PRECISION)) * ((1 + u) / (1 + u * PRECISION / (n + PRECISION))) ** (n / 2)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 100])
def test_the_evidence_against_the_true_mean_has_mean_one(n):
    """Exactly, by Student's law; Ville's inequality then bounds how often it ever exceeds 1/a."""
    def integrand(t):
        return evidence(n, t / np.sqrt(n)) * stats.t.pdf(t, n - 1)

    assert integrate.quad(integrand, -np.inf, np.inf)[0] == pytest.approx(1)


@pytest.mark.parametrize("error", [0.05, 0.05 / 299])
def test_at_the_bound_the_evidence_is_one_over_the_error(error):
    n = np.arange(12, 2000)
    width = two_sided(n, error)
    assert np.isfinite(width[n >= 12]).all()
    assert evidence(n, width) == pytest.approx(np.full(len(n), 1 / error))
    assert (np.diff(width) < 0).all()


def test_few_values_exclude_nothing():
    assert np.isinf(two_sided([0, 1, 2], 0.01)).all()
    assert one_sided(20, 0.05) == two_sided(20, 0.1)


def ever_outside(factor, n=300, sequences=4000, seed=1):
    """Share of sequences of standard normal values whose interval misses 0 at any of 2..n values."""
    x = np.random.default_rng(seed).standard_normal((sequences, n))
    count = np.arange(1, n + 1)
    mean = x.cumsum(1) / count
    deviation = np.sqrt(np.maximum((x**2).cumsum(1) - count * mean**2, 0) / np.maximum(count - 1, 1))
    return (np.abs(mean) > half_width(deviation, factor(count)))[:, 1:].any(1).mean()


def test_they_hold_at_all_sizes_where_intervals_of_a_fixed_size_do_not():
    share = ever_outside(lambda n: two_sided(n, 0.1))
    assert share < 0.1
    assert share > 0.03  # and are not idle
    assert ever_outside(lambda n: stats.t.ppf(0.95, np.maximum(n - 1, 1)) / np.sqrt(n)) > 0.3
