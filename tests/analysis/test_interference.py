"""F_K and its Taylor coefficients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1

from isacsys.analysis._interference import (
    factor_series,
    heard,
    largest_log_s,
    log_interference_factor,
    negative_binomial,
)

streams = st.integers(1, 200)
exponents = st.floats(2.001, 20.0)
log_s = st.floats(-50, 60)


@pytest.mark.parametrize("K", [1, 2, 12])
@pytest.mark.parametrize("alpha", [2.5, 3.0, 4.0, 6.0])
def test_factor_is_the_hypergeometric_function(K, alpha):
    s = np.array([1e-6, 1e-2, 0.3, 0.9])
    expected = hyp2f1(K, -2 / alpha, 1 - 2 / alpha, -s)
    assert np.exp(log_interference_factor(np.log(s), K, alpha)) == pytest.approx(expected, rel=1e-12)


def test_factor_at_alpha_4_with_one_stream():
    """1 + sqrt(s) arctan(sqrt(s))."""
    s = np.logspace(-10, 10, 41)
    assert np.exp(log_interference_factor(np.log(s), 1, 4.0)) == pytest.approx(1 + np.sqrt(s) * np.arctan(np.sqrt(s)))


@given(streams, exponents, log_s)
def test_factor_obeys_its_differential_equation(K, alpha, v):
    """s F' = delta (F - (1 + s)^-K)."""
    h = 1e-4
    low, mid, high = log_interference_factor(np.array([v - h, v, v + h]), K, alpha)
    slope = (high - low) / (2 * h)
    alone = np.exp(-K * np.logaddexp(0, v) - mid)
    assert slope == pytest.approx(2 / alpha * (1 - alone), rel=1e-4, abs=1e-9)


@given(streams, exponents, st.floats(0.01, 40))
def test_largest_log_s_is_large_enough(K, alpha, margin):
    assert log_interference_factor(np.array(largest_log_s(K, alpha, margin)), K, alpha) >= margin * (1 - 1e-9)


@given(streams, st.floats(-20, 20))
def test_negative_binomial_is_its_law(K, v):
    p = negative_binomial(np.array(v), K, 60)
    assert p[0] == pytest.approx(1 - heard(np.array(v), K), rel=1e-9, abs=1e-12)
    assert np.all(p >= 0) and p.sum() <= 1 + 1e-9


@given(streams, exponents, st.floats(-10, 10))
@settings(max_examples=30)
def test_factor_series_sums_to_the_factor(K, alpha, v):
    """f(x) = F(s (1 - x)) at x = 0.2, and only the first coefficient is positive."""
    series = factor_series(np.array(v), K, alpha, 400)
    expected = np.exp(log_interference_factor(np.array(v) + np.log(0.8), K, alpha))
    assert np.polynomial.polynomial.polyval(0.2, series) == pytest.approx(expected, rel=1e-10)
    assert series[0] > 0 and np.all(series[1:] <= 0)
