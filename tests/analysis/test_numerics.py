"""Quadrature rules and the accuracy they promise."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

from isacsys.analysis._coverage import exponential, negative_power
from isacsys.analysis._fading import averaged, beam_law, gamma_law, gamma_nodes, mixture_law
from isacsys.analysis._numerics import FINE, AccuracyWarning, beta_nodes, checked, gauss_legendre, log_grid
from isacsys.core.errors import ConfigError


def test_a_value_that_misses_its_tolerance_warns():
    with pytest.warns(AccuracyWarning, match="the answer: estimated error .* exceeds 1e-04"):
        checked(lambda at: np.array([1 + at.step]), 1e-4, "the answer")
    with pytest.raises(ConfigError, match="nothing': what can be computed in double precision"):
        checked(lambda at: np.array([np.nan]), 1e-4, "nothing")


def test_a_value_within_its_tolerance_does_not():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checked(lambda at: np.array([1 + 1e-5 * at.step]), 1e-4, "the answer") == 1 + 1e-5 * FINE.step
        checked(lambda at: np.array([1e-9 * at.step]), 1e-4, "a probability", scale=1.0)


def test_a_coarse_value_is_refined():
    sharp = checked(lambda at: np.array([1 + 10 * np.exp(-4 / at.step)]), 1e-6, "the answer")
    assert sharp == pytest.approx(1, abs=1e-6)


@given(st.floats(-50, 50), st.floats(0, 50), st.floats(0.05, 2))
def test_log_grid_covers_the_interval_with_multiples(low, width, step):
    grid = log_grid(low, low + width, step)
    assert grid[0] <= low + 1e-9 and grid[-1] >= low + width - 1e-9
    assert grid / step == pytest.approx(np.round(grid / step))


@pytest.mark.parametrize("order", [1, 2, 11, 63])
def test_beta_nodes_have_the_moments_of_their_law(order):
    """E[t] = 1 / (order + 1), E[t^2] = 2 / ((order + 1) (order + 2))."""
    log_t, weights = beta_nodes(order, 0.42, -30.0, 21.0)
    t = np.exp(log_t)
    moments = [weights.sum(), weights @ t, weights @ t**2]
    assert moments == pytest.approx([1, 1 / (order + 1), 2 / ((order + 1) * (order + 2))], rel=1e-8)


@pytest.mark.parametrize("order", [1, 3, 64])
@pytest.mark.parametrize("exponent", [-0.9, 0.5, 3.0])
def test_gamma_nodes_have_the_moments_of_their_law(order, exponent):
    x, weights = gamma_nodes(order, exponent, 200.0, FINE)
    expected = np.exp(gammaln(order + exponent) - gammaln(order))
    assert weights @ np.exp(exponent * x) == pytest.approx(expected, rel=1e-7)


def test_gauss_legendre_integrates_from_every_node():
    r, w, above = gauss_legendre(20)
    assert w @ r**7 == pytest.approx(1 / 8)
    assert above @ r**7 == pytest.approx((1 - r**8) / 8)


def test_gain_laws():
    """1 - E[exp(-y g)] by sampling."""
    rng, y = np.random.default_rng(1), np.array([1e-3, 0.1, 1.0, 10.0])
    gains = {gamma_law(2.5): rng.standard_gamma(2.5, 200_000), beam_law(5): 5 * rng.beta(1, 4, 200_000),
             mixture_law(np.array([1.0, 4.0]), np.array([0.25, 0.75])):
                 rng.standard_gamma(rng.choice([1, 4, 4, 4], 200_000))}
    for law, g in gains.items():
        hits = -np.expm1(-y[:, None] * g)
        assert np.all(np.abs(law(np.log(y)) - hits.mean(axis=1)) < 4.5 * hits.std(axis=1) / np.sqrt(g.size))


def test_the_beam_law_saturates_and_is_linear_at_the_ends():
    law = beam_law(20)
    assert law(np.array([-60.0, 500.0])) == pytest.approx([np.exp(-60), 1.0])
    y = np.exp(np.linspace(-8, 20, 57))
    assert beam_law(2)(np.log(y)) == pytest.approx(1 - (1 - np.exp(-2 * y)) / (2 * y), rel=1e-8)
    assert beam_law(1)(np.array([0.3])) == pytest.approx(1 - np.exp(-np.exp(0.3)), rel=1e-7)


def test_averaged_law_by_sampling():
    rng = np.random.default_rng(2)
    w, y = rng.standard_gamma(3, 200_000), np.array([0.01, 1.0, 50.0])
    hits = 1 - (1 + y[:, None] * w**-0.8) ** -2
    law = averaged(gamma_law(2), 3, -0.8, (-5.0, 5.0), 21.0, FINE)
    assert np.all(np.abs(law(np.log(y)) - hits.mean(axis=1)) < 4.5 * hits.std(axis=1) / np.sqrt(w.size))


def test_power_series():
    """(3 - x - x^2 / 2)^-4 and exp(-1 + x + 2 x^2) at x = 0.1."""
    a, b = np.zeros(30), np.zeros(30)
    a[:3], b[:3] = (3, -1, -0.5), (-1, 1, 2)
    x = 0.1 ** np.arange(30)
    assert negative_power(a, 4) @ x == pytest.approx((3 - 0.1 - 0.005) ** -4)
    assert exponential(b) @ x == pytest.approx(np.exp(-1 + 0.1 + 0.02))
