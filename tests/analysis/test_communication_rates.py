"""The typical user: known values, laws, and the Monte Carlo of the same model."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1

from isacsys import analysis
from isacsys.core.errors import ConfigError
from tests.statistics import has_mean

designs = {"K": st.integers(1, 80), "L": st.integers(1, 64), "alpha": st.floats(2.01, 12.0), "D": st.floats(0.5, 300.0)}


def test_known_values():
    """Andrews, Baccelli & Ganti (2011) for L = 1; nulling the nearest of a single-antenna network beyond."""
    single = {"K": 1, "D": 1, "L": [1, 2, 3, 4, 5]}
    rates = [1.48899, 1.93245, 2.22221, 2.43801, 2.61046]
    coverages = [0.56010, 0.66702, 0.72703, 0.76660, 0.79511]
    assert analysis.communication_rate(**single) == pytest.approx(rates, abs=5e-6)
    assert analysis.communication_coverage(threshold=1, **single) == pytest.approx(coverages, abs=5e-6)
    assert analysis.communication_rate(K=1, D=1, alpha=3) == pytest.approx(0.87126, abs=5e-6)
    assert analysis.communication_coverage(threshold=1, K=1, D=1, alpha=3) == pytest.approx(0.37435, abs=5e-6)


def test_the_papers_network():
    assert analysis.communication_rate(M_t=20, K=12) == pytest.approx(1.41444, abs=5e-6)
    assert analysis.communication_rate_approximate(M_t=20, K=12) == pytest.approx(1.42746, abs=5e-6)
    nominal = analysis.communication_rate(M_t=20, K=4, L=2, J=3, Q=3)
    assert nominal == pytest.approx(2.5347, abs=1e-4)
    assert analysis.communication_rate(M_t=20, K=1, L=1, J=9, Q=3) == pytest.approx(2.0464, abs=1e-4)


def test_best_number_of_users():
    for antennas, exact, approximate in ((5, 3, 4), (10, 6, 7), (20, 12, 12), (30, 18, 18)):
        K = np.arange(1, antennas + 1)
        assert K[np.argmax(K * analysis.communication_rate(M_t=antennas, K=K))] == exact
        assert K[np.argmax(K * analysis.communication_rate_approximate(M_t=antennas, K=K))] == approximate


def test_coverage_of_a_single_antenna_network():
    """1 / 2F1(1, -delta; 1 - delta; -theta)."""
    theta = np.array([0.01, 0.1, 0.5, 0.99])
    for alpha in (2.2, 3.0, 4.0, 6.0):
        expected = 1 / hyp2f1(1, -2 / alpha, 1 - 2 / alpha, -theta)
        found = analysis.communication_coverage(threshold=theta, K=1, D=1, alpha=alpha)
        assert found == pytest.approx(expected, rel=1e-9)


@given(**designs)
@settings(max_examples=30, deadline=None)
def test_every_valid_design_has_an_accurate_rate(K, L, alpha, D):
    """And it grows with D and L and falls with K."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rate = analysis.communication_rate(K=K, L=L, alpha=alpha, D=[D, 1.5 * D])
        more = analysis.communication_rate(K=[K, K + 1], L=[L + 1, L], alpha=alpha, D=D)
    assert np.all(np.isfinite(rate)) and 0 < rate[0] < rate[1]
    assert more[1] < rate[0] < more[0]


@pytest.mark.parametrize(("K", "L", "alpha", "D"), [(1, 1, 4.0, 1), (12, 1, 4.0, 9), (3, 2, 3.0, 20), (2, 5, 2.5, 6)])
def test_coverage_integrates_to_the_rate(K, L, alpha, D):
    """E[ln(1 + SIR)] is the integral of P(SIR > theta) / (1 + theta)."""
    u = np.arange(-45, 90, 0.25)
    coverage = analysis.communication_coverage(threshold=np.exp(u), K=K, L=L, alpha=alpha, D=D)
    rate = analysis.communication_rate(K=K, L=L, alpha=alpha, D=D)
    assert 0.25 * np.sum(coverage / (1 + np.exp(-u))) == pytest.approx(rate, rel=1e-6)
    assert np.all(np.diff(coverage) <= 1e-9)


@pytest.mark.parametrize(("K", "L", "alpha", "D"), [(12, 1, 4.0, 9), (2, 5, 2.1, 11), (8, 3, 6.0, 60), (1, 2, 3.0, 1)])
def test_monte_carlo(K, L, alpha, D):
    design = {"K": K, "L": L, "alpha": alpha, "D": D}
    sir = analysis.sample_communication_sir(**design, samples=30_000, seed=5)
    rate = analysis.communication_rate(**design)
    has_mean(np.log1p(sir), rate)
    for theta in np.expm1(rate * np.array([0.3, 1.0, 2.0])):
        has_mean(sir > theta, analysis.communication_coverage(threshold=theta, **design))


def test_rate_quantiles_invert_the_coverage():
    design = {"K": 12, "M_t": 20}
    rates = analysis.communication_rate_quantile(probability=[0.05, 0.5, 0.95], **design)
    coverage = analysis.communication_coverage(threshold=np.expm1(rates), **design)
    assert coverage == pytest.approx([0.95, 0.5, 0.05], abs=1e-7)
    sample = np.log1p(analysis.sample_communication_sir(K=12, D=9, samples=30_000))
    has_mean(sample < rates[0], 0.05)
    has_mean(sample < rates[1], 0.5)


def test_mean_over_a_law_of_D():
    D, weights = [3, 8, 15], [1, 2, 5]
    rates = analysis.communication_rate(K=4, L=2, D=D)
    mean = analysis.mean_communication_rate(K=4, L=2, D=D, weights=weights)
    assert mean == pytest.approx(np.average(rates, weights=weights), rel=1e-9)
    sir = analysis.sample_communication_sir(K=4, L=2, D=D, weights=weights, samples=30_000)
    has_mean(np.log1p(sir), mean)


def test_effective_gain():
    """G_1 = 1, and (L + 1) / 2 at alpha = 4."""
    L = np.arange(1, 9)
    assert analysis.effective_gain(L=1, alpha=[2.1, 3.0, 6.0]) == pytest.approx(1)
    assert analysis.effective_gain(L=L, alpha=4) == pytest.approx((L + 1) / 2)


def test_theorem_1_depends_on_the_gain_alone():
    one = analysis.communication_rate_approximate(K=2, L=3, D=4)
    other = analysis.communication_rate_approximate(K=1, L=1, D=4 * 2 / 2)
    assert one == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize("L", [1, 2, 5])
@pytest.mark.parametrize("alpha", [2.2, 4.0, 6.0])
def test_optimal_load_maximises_theorem_1(L, alpha):
    """v R((1 / v - L) G_L) is smaller on either side."""
    v = analysis.optimal_load(L=L, alpha=alpha)
    loads = v * np.array([0.999, 1.0, 1.001])
    ase = loads * analysis.communication_rate_approximate(K=1, L=L, D=1 / loads - L, alpha=alpha)
    assert 0 < v < 1 / L and ase[1] > max(ase[0], ase[2])


def test_optimal_load_of_the_paper():
    assert analysis.optimal_load() == pytest.approx(0.5920, abs=5e-5)
    assert analysis.optimal_load(L=[1, 2])[1] == analysis.optimal_load(L=2)


def test_broadcasting():
    grid = analysis.communication_rate(M_t=20, K=np.arange(1, 5)[:, None], L=[1, 2, 3])
    assert grid.shape == (4, 3)
    assert grid[2, 1] == analysis.communication_rate(M_t=20, K=3, L=2)
    assert np.isscalar(analysis.communication_rate(M_t=20, K=3))
    assert analysis.communication_rate(K=1, D=np.ones(0)).shape == (0,)


@pytest.mark.parametrize(("arguments", "named"), [
    ({"K": 0, "D": 1}, "K"), ({"K": 1.5, "D": 1}, "K"), ({"K": "many", "D": 1}, "K"), ({"K": 1, "D": 0}, "D"),
    ({"K": 1, "D": np.nan}, "D"), ({"K": 1, "D": 1, "L": 0}, "L"), ({"K": 1, "D": 1, "alpha": 2}, "alpha"),
    ({"K": 1, "D": 1, "alpha": np.inf}, "alpha"), ({"K": 1}, "D"), ({"K": 1, "D": 1, "M_t": 4}, "D"),
    ({"K": 5, "M_t": 4}, "M_t"), ({"K": 1, "M_t": 4, "J": -1}, "J"), ({"K": 1, "M_t": 4, "Q": 0}, "Q"),
])
def test_bad_arguments_are_named(arguments, named):
    for function in (analysis.communication_rate, analysis.communication_rate_approximate):
        with pytest.raises(ValueError, match=f"^{named} = ") as caught:
            function(**arguments)
        assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize(("function", "arguments", "named"), [
    (analysis.communication_coverage, {"threshold": 0, "K": 1, "D": 1}, "threshold"),
    (analysis.communication_coverage, {"threshold": 1, "K": 1, "D": 1.5}, "D"),
    (analysis.communication_rate_quantile, {"probability": 0.9999, "K": 1, "D": 1}, "probability"),
    (analysis.mean_communication_rate, {"K": 1, "D": [1, 2], "weights": [1]}, "weights"),
    (analysis.mean_communication_rate, {"K": 1, "D": [1, 2], "weights": [0, 0]}, "weights"),
    (analysis.sample_communication_sir, {"K": 1, "D": [1, 2], "weights": [1]}, "weights"),
    (analysis.sample_communication_sir, {"K": 1, "D": 1, "seed": -1}, "seed"),
    (analysis.sample_communication_sir, {"K": 1, "D": 1, "samples": 0}, "samples"),
    (analysis.effective_gain, {"L": 0.5}, "L"),
    (analysis.optimal_load, {"L": 0}, "L"),
    (analysis.area_spectral_efficiency, {"rate": 1.0, "links": 1, "bs_density": 0}, "bs_density"),
])
def test_bad_arguments_of_the_others_are_named(function, arguments, named):
    with pytest.raises(ValueError, match=f"^{named} = "):
        function(**arguments)
