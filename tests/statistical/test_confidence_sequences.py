"""Intervals that hold at all looks at once."""

import numpy as np
import pytest
from scipy import integrate, stats

from isacsys.statistics.confidence_sequences import (
    FIRST,
    GROWTH,
    SIZES,
    Moments,
    moments,
    next_size,
    one_sided,
    two_sided,
)

SKEWED = 2**0.5


def width(n, error, skewness=0.0):
    """Distance of a bound from the mean, in standard deviations, of samples of a skewness."""
    n = np.asarray(n)
    return one_sided(Moments(n, np.zeros(n.shape), np.ones(n.shape), np.full(n.shape, skewness)), error)


def share(n, error):
    """The part of the error that the look at n values may spend."""
    look = int(np.flatnonzero(n == SIZES)[0]) + 1
    return 2 * error / ((look + 1) * (look + 2))


def test_the_looks_share_the_error():
    assert SIZES[0] == FIRST
    assert (SIZES[1:] == np.ceil(GROWTH * SIZES[:-1])).all()
    assert (next_size(SIZES[:-1]) == SIZES[1:]).all()
    assert next_size(0) == FIRST
    assert sum(share(n, 0.05) for n in SIZES) == pytest.approx(0.05, rel=0.05)
    assert sum(share(n, 0.05) for n in SIZES) < 0.05


def test_few_values_exclude_nothing():
    assert np.isinf(width([0, 1, 4], 0.01)).all()
    sample = moments(np.arange(20.0), np.array(20))
    assert two_sided(sample, 0.1) == one_sided(sample, 0.05)


def test_moments_are_those_of_scipy():
    values = np.random.default_rng(1).gamma(2, size=(3, 4, 30))
    counts = np.array([5, 12, 30])[:, None]
    found = moments(values, counts)
    for i, n in enumerate((5, 12, 30)):
        x = values[i, :, :n]
        assert found.mean[i] == pytest.approx(x.mean(-1))
        assert found.deviation[i] == pytest.approx(x.std(-1, ddof=1))
        assert found.skewness[i] == pytest.approx(stats.skew(x, axis=-1))
    assert (moments(np.ones((2, 5)), np.array(5)).skewness == 0).all()


@pytest.mark.parametrize("n", [5, 12, 60])
def test_of_normal_values_each_look_spends_its_share_at_most(n):
    """By Student's density; as large a bound as is taken of a sample without any skew."""
    error = 0.01
    density = integrate.quad(stats.t(n - 1).pdf, width(n, error) * np.sqrt(n), np.inf)[0]
    assert density <= share(n, error)


@pytest.mark.parametrize("n", [5, 7, 12, 24, 48, 118])
@pytest.mark.parametrize("error", [0.1, 1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("shape", [2, 8])
def test_of_gamma_values_each_look_spends_its_share_at_most(n, error, shape):
    """Mean and coefficient of variation V are independent: P(mean (1 + w V) < true) is a mean over V."""
    draws = np.random.default_rng([n, shape]).gamma(shape, size=(4000, n))
    variation = draws.std(1, ddof=1) / draws.mean(1)
    lower = stats.gamma.cdf(n * shape / (1 + width(n, error, SKEWED) * variation), n * shape)
    standard_error = lower.std(ddof=1) / np.sqrt(len(lower))
    assert lower.mean() <= share(n, error) + 4 * standard_error
    if shape == 2 and n >= 24:  # and it is not idle: Student's bound spends more, and the widest less than half of it
        student = stats.t.isf(share(n, error), n - 1) / np.sqrt(n)
        assert stats.gamma.cdf(n * shape / (1 + student * variation), n * shape).mean() > 1.3 * share(n, error)


def ever_outside(bound, draw, looks=14, sequences=4000, seed=1):
    """Share of sequences of values with mean 0 whose interval misses 0 at any look."""
    x = draw(np.random.default_rng(seed), (sequences, SIZES[looks]))
    missed = np.zeros(sequences, bool)
    for n in SIZES[:looks]:
        sample = moments(x[:, :n], np.full(sequences, n))
        missed |= np.abs(sample.mean) > bound(sample)
    return missed.mean()


def gamma(rng, size):
    return rng.gamma(2, size=size) - 2


@pytest.mark.parametrize("draw", [np.random.Generator.standard_normal, gamma])
def test_they_hold_at_all_looks_where_intervals_of_a_fixed_size_do_not(draw):
    def student(sample):
        return stats.t.ppf(0.95, sample.n - 1) * sample.deviation / np.sqrt(sample.n)

    assert ever_outside(lambda sample: two_sided(sample, 0.1), draw) < 0.1
    assert ever_outside(student, draw) > 0.3
