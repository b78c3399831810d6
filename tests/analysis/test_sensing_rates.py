"""The typical target: known values, laws, and the Monte Carlo of the same model."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.special import beta as complete_beta

from isacsys import analysis
from isacsys.analysis._cluster import hole_nodes, outside_nodes
from tests.statistics import has_mean

CENTERS = ("serving_bs", "target")
links = {"K": st.integers(1, 64), "Q": st.integers(1, 64), "alpha": st.floats(2.1, 6.0), "beta": st.floats(2.0, 4.0),
         "c": st.floats(-9.2, 9.2).map(np.exp), "bs_density": st.floats(-4.6, 4.6).map(np.exp)}


def test_known_values():
    assert analysis.sensing_rate(K=1, Q=[1, 3]) == pytest.approx([1.34164, 2.2006], abs=5e-5)
    assert analysis.sensing_rate(K=1, Q=3, cluster_center="target") == pytest.approx(2.0451, abs=1e-3)
    assert analysis.sensing_rate_approximate(K=1, Q=3) == pytest.approx(2.0538, abs=1e-4)
    assert analysis.sensing_rate_beam_law(M_t=20) == pytest.approx(1.35065, abs=1e-5)


@given(**links)
@settings(max_examples=5, deadline=None)
def test_every_valid_link_has_an_accurate_rate(K, Q, alpha, beta, c, bs_density):
    """And it grows with Q and with the echo; nulls around the serving station take away more than around the target."""
    link = {"K": K, "alpha": alpha, "beta": beta, "bs_density": bs_density}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rate = analysis.sensing_rate(Q=[Q, Q + 1, Q], c=[c, c, 1.1 * c], **link)
        target = analysis.sensing_rate(Q=Q, c=c, cluster_center="target", **link)
        paper = analysis.sensing_rate_approximate(Q=Q, c=c, **link)
    assert np.all(np.isfinite(rate)) and 0 < rate[0] < min(rate[1:])
    assert 0 < target <= rate[0] * (1 + 1e-6) and 0 < paper <= rate[0] * (1 + 1e-6)


@given(st.floats(2.1, 6.0), st.floats(2.0, 4.0), st.floats(0.01, 100.0))
@settings(max_examples=20, deadline=None)
def test_density_scales_the_echo(alpha, beta, density):
    """R_s(lambda, c) = R_s(1, c lambda^(beta - alpha / 2))."""
    one = analysis.sensing_rate(K=2, Q=3, alpha=alpha, beta=beta, c=0.7, bs_density=density)
    other = analysis.sensing_rate(K=2, Q=3, alpha=alpha, beta=beta, c=0.7 * density ** (beta - alpha / 2))
    assert one == pytest.approx(other, rel=1e-9)


@pytest.mark.parametrize("center", CENTERS)
@pytest.mark.parametrize("Q", [1, 3])
def test_rates_are_continuous_at_2_beta_equal_alpha(center, Q):
    """There the closed form takes over."""
    exponents = np.array([1 - 1e-6, 1, 1 + 1e-6])
    rates = analysis.sensing_rate(K=3, Q=Q, alpha=3.4, beta=1.7 * exponents, cluster_center=center)
    assert rates[1] == pytest.approx((rates[0] + rates[2]) / 2, rel=1e-7)


def test_proposition_2_in_its_own_form():
    """(10) corrected, alpha = 4, beta = 2: a single integral over the hole."""
    def integrand(u):
        z = np.exp(u)
        hole = integrate.quad(lambda t: np.arccos(t / 2) * t * (1 - (1 + z * t**-4) ** -3), 0, 2)[0]
        return (1 - (1 + z) ** -3) / (plane(z) + 1 - 2 / np.pi * hole)

    def plane(z):
        return 3 * np.sqrt(z) * complete_beta(0.5, 3.5)

    expected = integrate.quad(integrand, -25, 45, limit=300)[0]
    assert analysis.sensing_rate(K=3) == pytest.approx(expected, rel=1e-6)
    assert analysis.sensing_rate_approximate(K=3) == analysis.sensing_rate(K=3)


def test_theorem_2_in_its_own_form():
    """(14), (24) corrected, alpha = 4, beta = 2, K = 1, Q = 2, where F = 1 + sqrt(s) arctan sqrt(s)."""
    step = 0.4
    u, x = np.arange(-24, 44, step)[:, None, None], np.arange(-20, 4, step)
    w, m = np.exp(x[:, None]), np.exp(x)  # pi lambda x^2 and pi lambda R^2, both Exp(1)
    root = np.exp(u / 2) * m / w
    transform = np.sum(w * m * np.exp(-m - w * (1 + root * np.arctan(root))), axis=(1, 2))
    expected = step**3 * np.sum(transform / (1 + np.exp(-u[:, 0, 0])))
    assert analysis.sensing_rate_approximate(K=1, Q=2) == pytest.approx(expected, rel=1e-5)


def test_hole_nodes_integrate_over_what_is_outside_the_hole():
    """l(1) = 3, and the integrals from t to 1 of 1 and of t^2."""
    t, weights, area, above = hole_nodes(40)
    assert weights.sum() == pytest.approx(3, rel=1e-12)
    assert above @ np.ones(40) == pytest.approx(3 - area, abs=1e-9)
    square = [integrate.quad(lambda x: 8 * x**3 * (1 - np.arccos(x) / np.pi), low, 1)[0] for low in t]
    assert above @ t**2 == pytest.approx(square, abs=1e-9)


@pytest.mark.parametrize("kappa2", [1e-6, 0.3, 0.9, 0.9999])
def test_outside_nodes_measure_the_area(kappa2):
    """What lies within 2 of a point inside the unit disc, less the disc: 4 - 1 in units of pi."""
    distance, weights = outside_nodes(np.array([np.log(kappa2)]), 24)
    assert weights.sum() == pytest.approx(3, rel=1e-5)
    assert np.all((distance >= 1 - np.sqrt(kappa2) - 1e-12) & (distance <= 2))


CASES = [
    {"K": 1, "Q": 1}, {"K": 1, "Q": 3}, {"K": 4, "Q": 2, "alpha": 2.4, "beta": 3.0, "c": 0.02, "bs_density": 5.0},
    {"K": 2, "Q": 8, "alpha": 5.0, "beta": 2.0, "c": 30.0, "bs_density": 0.2},
]


@pytest.mark.parametrize(("case", "center"), [
    pytest.param(case, center, marks=[pytest.mark.slow] * ((i + j) % 2))
    for i, case in enumerate(CASES) for j, center in enumerate(CENTERS)])
def test_monte_carlo(case, center):
    link = {**case, "cluster_center": center}
    sir = analysis.sample_sensing_sir(**link, samples=25_000, seed=6)
    rate = analysis.sensing_rate(**link)
    has_mean(np.log1p(sir), rate)
    for theta in np.expm1(rate * np.array([0.4, 1.5])):
        has_mean(sir > theta, analysis.sensing_coverage(threshold=theta, **link))


@pytest.mark.parametrize(("M_t", "Q"), [(1, 1), (2, 3), (20, 1), (20, 3)])
def test_monte_carlo_of_the_beam_law(M_t, Q):
    sir = analysis.sample_sensing_sir(K=1, Q=Q, M_t=M_t, beta=2.3, samples=25_000, seed=7)
    has_mean(np.log1p(sir), analysis.sensing_rate_beam_law(M_t=M_t, Q=Q, beta=2.3))


def test_the_beam_law_tends_to_the_gamma_law():
    gamma = analysis.sensing_rate(K=1, Q=[1, 4])
    assert analysis.sensing_rate_beam_law(M_t=20_000, Q=[1, 4]) == pytest.approx(gamma, rel=1e-4)


@pytest.mark.parametrize("Q", [2, 5])
def test_monte_carlo_of_theorem_2(Q):
    link = {"K": 2, "Q": Q, "alpha": 3.5, "beta": 2.0, "bs_density": 3.0}
    sir = analysis.sample_sensing_sir(**link, hole=False, samples=25_000, seed=8)
    has_mean(np.log1p(sir), analysis.sensing_rate_approximate(**link))


@pytest.mark.parametrize("center", CENTERS)
@pytest.mark.parametrize("case", [{"K": 3, "Q": 3}, pytest.param(
    {"K": 2, "Q": 2, "alpha": 3.5, "c": 5.0}, marks=pytest.mark.slow)])
def test_coverage_integrates_to_the_rate(case, center):
    u = np.arange(-24, 25, 2.0)
    coverage = analysis.sensing_coverage(threshold=np.exp(u), **case, cluster_center=center)
    rate = analysis.sensing_rate(**case, cluster_center=center)
    assert 2.0 * np.sum(coverage / (1 + np.exp(-u))) == pytest.approx(rate, rel=1e-3)


def test_rate_quantiles_invert_the_coverage():
    link = {"K": 3, "Q": 2, "beta": 2.2, "c": 0.4}
    rates = analysis.sensing_rate_quantile(probability=[0.05, 0.5], **link)
    assert analysis.sensing_coverage(threshold=np.expm1(rates), **link) == pytest.approx([0.95, 0.5], abs=1e-7)


def test_echo_gain():
    assert analysis.echo_gain() == 1
    assert analysis.echo_gain(M_r=[4, 8], xi=0.5, kappa=0.5, delta_T=10) == pytest.approx([10, 20])


def test_broadcasting():
    grid = analysis.sensing_rate(K=[[1], [2]], Q=[1, 2, 3], c=0.5)
    assert grid.shape == (2, 3)
    assert grid[1, 2] == analysis.sensing_rate(K=2, Q=3, c=0.5)
    assert np.isscalar(analysis.sensing_rate(K=2))


@pytest.mark.parametrize(("arguments", "named"), [
    ({"K": 0}, "K"), ({"K": 1, "Q": 0}, "Q"), ({"K": 1, "alpha": 2.0}, "alpha"), ({"K": 1, "beta": 0}, "beta"),
    ({"K": 1, "c": -1}, "c"), ({"K": 1, "bs_density": 0}, "bs_density"), ({"K": 1, "c": np.nan}, "c"),
    ({"K": 1, "cluster_center": "user"}, "cluster_center"),
])
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=f"^{named} = "):
        analysis.sensing_rate(**arguments)
    with pytest.raises(ValueError, match=f"^{named} = "):
        analysis.sensing_coverage(threshold=1.0, **arguments)
    with pytest.raises(ValueError, match=f"^{named} = "):
        analysis.sample_sensing_sir(**arguments, samples=10)
