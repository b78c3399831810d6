"""Each misprint of the paper: the printed form fails a Monte Carlo that the corrected one passes.

Samples are drawn here from the model's definition, not from closed forms. "Fails" is by ten standard errors at least.
"""

import numpy as np
import pytest
from scipy import integrate
from scipy.optimize import brentq
from scipy.special import beta as complete_beta
from scipy.special import betainc, gamma, gammainc, gammaincc

from isacsys import analysis
from isacsys.analysis._numerics import FINE
from isacsys.analysis.communication_rates import mean_field_factor, mean_field_integral

N = 40_000
STATIONS = 60


def standing(sample, value):
    """Distance of ``value`` from the sample mean in standard errors."""
    return abs(sample.mean() - value) / (sample.std(ddof=1) / np.sqrt(sample.size))


def beyond(rng, first, alpha, K=None):
    """Interference of stations whose pi lambda distance^2 exceeds ``first``; gains Gamma(K), or 1."""
    squares = first[:, None] + np.cumsum(rng.standard_exponential((first.size, STATIONS)), axis=1)
    gains = 1.0 if K is None else rng.standard_gamma(K, squares.shape)
    far = (K or 1) * squares[:, -1] ** (1 - alpha / 2) / (alpha / 2 - 1)
    return np.sum(gains * squares ** (-alpha / 2), axis=1) + far


@pytest.fixture(scope="module")
def mean_field():
    """Interference over wanted mean of the typical user, gains replaced by their means, L = 1, alpha = 4."""
    rng = np.random.default_rng(1)
    nearest = rng.standard_exponential(N)
    return beyond(rng, nearest, 4.0) * nearest**2


def lower(z, delta):
    return z**delta * gamma(1 - delta) * gammainc(1 - delta, z)


def upper(z, delta):
    return z**delta * gamma(1 - delta) * gammaincc(1 - delta, z)


def test_theorem_1_has_the_lower_incomplete_gamma_and_no_minus_one(mean_field):
    for z in (0.3, 1.0, 3.0):
        transform = np.exp(-z * mean_field)
        assert standing(transform, 1 / (np.exp(-z) + lower(z, 0.5))) < 4
        for printed in (np.exp(-z) - 1 + upper(z, 0.5), np.exp(-z) + upper(z, 0.5), np.exp(-z) - 1 + lower(z, 0.5)):
            assert standing(transform, 1 / printed) > 10


def test_the_package_has_the_corrected_factor():
    grid, log_f = mean_field_factor(4.0, np.ones(1), FINE)
    z = np.exp(grid[grid < 6])
    assert np.exp(log_f[grid < 6]) == pytest.approx(np.exp(-z) + lower(z, 0.5), rel=1e-12)


def conditional_transform(z, R, r, K, one_way, echo):
    """E[exp(-z I_S) | R, r_Q] of (24) with bracket closed, lambda = 1; exponents of interference and echo as given."""
    q, delta = z * R ** (2 * echo) * r**-one_way, 2 / one_way
    crowd = K * z**delta * R ** (4 * echo / one_way) * complete_beta(1 - delta, K + delta)
    return np.exp(-np.pi * (r**2 * ((1 + q) ** -K - 1) + crowd * betainc(1 - delta, K + delta, q / (1 + q))))


def printed_bracket(z, R, r, K, one_way, echo):
    """As (14) has it: r_Q^2 (1 + ...)^-K - 1."""
    q, delta = z * R ** (2 * echo) * r**-one_way, 2 / one_way
    crowd = K * z**delta * R ** (4 * echo / one_way) * complete_beta(1 - delta, K + delta)
    return np.exp(-np.pi * (r**2 * (1 + q) ** -K - 1 + crowd * betainc(1 - delta, K + delta, q / (1 + q))))


@pytest.fixture(scope="module")
def conditional():
    """exp(-z I_S) given R = 0.4 and r_Q = 0.7, K = 2, alpha = 4, beta = 3, z = 5, lambda = 1."""
    rng = np.random.default_rng(2)
    heard = np.pi**2 * beyond(rng, np.full(N, np.pi * 0.49), 4.0, K=2)  # squares are pi r^2
    return np.exp(-5 * heard * 0.4**6)


CASE = {"z": 5.0, "R": 0.4, "r": 0.7, "K": 2}


def test_alpha_and_beta_are_interchanged_in_section_3b(conditional):
    assert standing(conditional, conditional_transform(**CASE, one_way=4.0, echo=3.0)) < 4
    assert standing(conditional, conditional_transform(**CASE, one_way=3.0, echo=4.0)) > 10


def test_at_the_papers_own_exponents_the_printed_beta_function_is_infinite():
    assert np.isinf(complete_beta(1 - 2 / 2.0, 1 + 2 / 2.0))


def test_theorem_2_misplaces_a_bracket(conditional):
    assert standing(conditional, printed_bracket(**CASE, one_way=4.0, echo=3.0)) > 10


def test_theorem_2_lacks_density_and_targets():
    """ASE of J = 3 targets at 2 stations per km^2, hole ignored."""
    sir = analysis.sample_sensing_sir(K=1, Q=3, bs_density=2.0, hole=False, samples=N, seed=3)
    ase = 2 * 3 * np.log1p(sir)
    integral = analysis.sensing_rate_approximate(K=1, Q=3, bs_density=2.0)
    assert standing(ase, analysis.area_spectral_efficiency(integral, links=3, bs_density=2.0)) < 4
    assert standing(ase, integral) > 10


def proposition_2(limit, front, density_twice=False):
    """(10) at alpha = 4, beta = 2, K = c = 1, those two in their places: the exponent is R times e(z)."""
    t, weight = np.polynomial.legendre.leggauss(60)
    t, weight = limit * (1 + t) / 2, limit * weight / 2

    def integrand(u):
        z = np.exp(u)
        hole = front * np.sum(weight * np.arccos(t / 2) * t * (1 - 1 / (1 + z * t**-4)))
        e = np.sqrt(z) * complete_beta(0.5, 1.5) + 1 - hole
        return (1 - 1 / (1 + z)) / (e + density_twice)

    return integrate.quad(integrand, -30, 50, limit=200)[0]


def test_proposition_2_has_the_upper_limit_2_and_the_density_of_R_once():
    rate = np.log1p(analysis.sample_sensing_sir(K=1, samples=100_000, seed=4))
    assert standing(rate, proposition_2(2.0, 2 / np.pi)) < 4
    assert proposition_2(2.0, 2 / np.pi) == pytest.approx(analysis.sensing_rate_approximate(K=1), rel=1e-5)
    assert standing(rate, proposition_2(2 / np.pi, 1.0)) > 10
    assert standing(rate, proposition_2(2.0, 2 / np.pi, density_twice=True)) > 10


def rate_of_load(v, L=1, alpha=4.0):
    """The integral of (17) corrected, without the v in front."""
    gain = analysis.effective_gain(L=L, alpha=alpha) * (1 / v - L)
    return float(mean_field_integral(np.array([gain]), alpha, FINE)[0])


def printed_17(v, L=1):
    """What is printed as G(v), alpha = 4: also the left side of (18)."""
    grid, log_f = mean_field_factor(4.0, np.array([1e-3, 1e3]), FINE)
    z, y = np.exp(grid), 1 / v - L
    return (grid[1] - grid[0]) * np.sum((1 - np.exp(-z * y) - z * np.exp(-z * y) / v) * np.exp(-log_f))


def test_17_prints_the_derivative(mean_field):
    """ASE over lambda_b (M_t + 1), gains at their means: v ln(1 + (1 / v - 1) / I)."""
    for v in (0.2, 0.59):
        ase = v * np.log1p((1 / v - 1) / mean_field)
        assert standing(ase, v * rate_of_load(v)) < 4
        assert standing(ase, printed_17(v)) > 10


def test_18_drops_the_gain_of_nulling():
    """The printed root does not maximise the ASE of Theorem 1 at L = 3, the corrected one does."""
    found, printed = analysis.optimal_load(L=3), brentq(lambda v: printed_17(v, L=3), 0.01, 0.33)

    def ase(v):
        return v * rate_of_load(v, L=3)

    assert ase(found) > max(ase(found * 0.99), ase(found * 1.01), ase(printed))
    assert abs(printed / found - 1) > 0.04


def test_proposition_3_is_concave_so_its_second_derivative_is_negative(mean_field):
    v, h = 0.5, 0.1
    ase = [x * np.log1p((1 / x - 1) / mean_field) for x in (v - h, v, v + h)]
    second = (ase[0] - 2 * ase[1] + ase[2]) / h**2
    assert second.mean() < -10 * second.std() / np.sqrt(second.size)


def test_the_last_bound_of_19a_is_on_sensing():
    designs = analysis.design_space(M_t=8)
    bound = float(np.median(designs.sensing_ase))
    kept = analysis.restricted(designs, min_sensing_ase=bound)
    assert kept.sensing_ase.min() >= bound
    assert kept.communication_ase.min() < bound
