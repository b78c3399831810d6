"""Joint transmission and multistatic information: reference values, the formula by hand, Monte Carlo."""

import numpy as np
import pytest
from scipy import integrate
from scipy.special import hyp2f1

from isacsys import analysis
from isacsys.analysis import coherent_joint_rate, joint_rate
from isacsys.analysis.cooperation import Sender, measured_coherent_rate, measured_joint_rate
from tests.analysis.laws import umi
from tests.statistics import has_mean


def test_reference_values():
    """M_t = 20, K = 4."""
    rates = analysis.joint_rate(K=4, M_t=20, L=[1, 2, 3])
    assert rates == pytest.approx([2.6838, 2.6794, 2.4742], abs=1e-4)
    for L, expected in ((1, 2.684), (2, 3.097), (3, 3.093)):
        mean, error = analysis.coherent_joint_rate(K=4, L=L, D=21 - 4 * L, samples=50_000)
        assert abs(mean - expected) < 4 * error + 0.004


@pytest.mark.parametrize(("K", "L", "D", "alpha"), [(4, 2, 13, 4.0), (2, 3, 5, 3.0), (1, 5, 2, 5.0)])
def test_against_its_own_formula_by_quadrature(K, L, D, alpha):
    def integrand(v):
        s = np.exp(v)
        members = integrate.quad(lambda u: np.exp(u) * (1 + s * np.exp(-alpha / 2 * u)) ** -D, -50, 0, limit=200)[0]
        factor = hyp2f1(K * L, -2 / alpha, 1 - 2 / alpha, -s)
        return factor**-L * (1 - (1 + s) ** -D * members ** (L - 1))

    expected = integrate.quad(integrand, -50, 10, limit=400, epsrel=1e-7)[0]
    assert analysis.joint_rate(K=K, L=L, D=D, alpha=alpha) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("K", "L", "D", "alpha"), [(4, 3, 9, 4.0), (3, 2, 5, 3.0)])
def test_monte_carlo(K, L, D, alpha):
    design = {"K": K, "L": L, "D": D, "alpha": alpha}
    rates = np.log1p(analysis.sample_joint_sir(samples=60_000, seed=4, **design))
    has_mean(rates, analysis.joint_rate(**design))
    with pytest.raises(AssertionError):
        has_mean(rates, analysis.joint_rate(**{**design, "K": K + 1}))


def test_a_member_of_one_is_a_user_served_alone():
    assert analysis.joint_rate(K=3, D=[2, 7]) == pytest.approx(analysis.communication_rate(K=3, D=[2, 7]), rel=1e-6)
    alone = analysis.propagation_rate(umi(), K=3, D=7, bs_density=28.87, noise=1e-12)
    assert analysis.joint_rate(K=3, D=7, bs_density=28.87, noise=1e-12, law=umi()) == pytest.approx(alone, rel=1e-9)


def test_joint_transmission_with_noise():
    rng, samples, K, L, D, noise = np.random.default_rng(2), 60_000, 2, 2, 5, 0.5
    squares = np.cumsum(rng.standard_exponential((samples, 50)), axis=1)
    heard = (rng.standard_gamma(K * L, (samples, 48)) * squares[:, L:] ** -2.0).sum(axis=1) \
        + K * L * squares[:, -1] ** -1.0
    wanted = (rng.standard_gamma(D, (samples, L)) * squares[:, :L] ** -2.0).sum(axis=1)
    rate = analysis.joint_rate(K=K, L=L, D=D, noise=noise, bs_density=1 / np.pi)
    has_mean(np.log1p(wanted / (heard + K * L * noise)), rate)


def test_the_median_of_the_fused_bound():
    """tr F^-1 by delays at beta = 2 for unit density; medians to 4 standard errors of a median."""
    for N, expected in ((4, 0.0352), (8, 0.0183), (16, 0.0117), (32, 0.0082), (64, 0.0062)):
        samples = 20_000
        bounds = np.sort(analysis.information_bound(analysis.sample_information(N=N, samples=samples, seed=3)))
        low, high = bounds[[round(samples / 2 + k * 2 * np.sqrt(samples)) for k in (-1, 1)]]
        assert low - 5e-5 < expected < high + 5e-5


@pytest.mark.parametrize("setting", [
    {"N": 5, "beta": 2.0, "minimum_distance": 0.3}, {"N": 1, "beta": 2.5, "minimum_distance": 0.3},
    {"N": 5, "beta": 1.5, "bearings": 0.7, "minimum_distance": 0.3, "bs_density": 2.0}, {"N": 4, "beta": 0.7}])
def test_mean_information(setting):
    information = analysis.sample_information(samples=50_000, seed=9, **setting)
    has_mean(np.trace(information, axis1=1, axis2=2), analysis.mean_information(**setting))
    has_mean(information[:, 0, 1], 0)


def test_information_is_the_sum_over_pairs():
    rng = np.random.default_rng(np.random.default_rng(1).integers(1))
    information = analysis.sample_information(N=3, beta=1.7, delays=0.8, bearings=0.3, samples=1, seed=0)[0]
    squares = np.cumsum(rng.standard_exponential((1, 3)), axis=1)[0] / np.pi
    angle = rng.uniform(0, 2 * np.pi, (1, 3))[0]
    expected = np.zeros((2, 2))
    for m in range(3):
        for n in range(3):
            u = [np.array([np.cos(a), np.sin(a)]) for a in (angle[m], angle[n])]
            v, both = np.array([-u[1][1], u[1][0]]), u[0] + u[1]
            gain = squares[m] ** -0.85 * squares[n] ** -0.85
            expected += gain * (0.8 * np.outer(both, both) + 0.3 * np.outer(v, v) / squares[n])
    assert information == pytest.approx(expected, rel=1e-9)


def test_what_has_no_mean():
    assert analysis.mean_information(N=4, beta=2.0) == np.inf
    assert analysis.information_bound(np.zeros((1, 2, 2)))[0] == np.inf


@pytest.mark.parametrize("L", [1, 3])
def test_measured_laws_that_are_all_alike_are_the_nominal_rate(L):
    K, D = 4, 6
    alike = Sender(D, K * L)
    rate = measured_joint_rate(L=L, serving=alike, member=alike, shape=K * L)
    assert rate == pytest.approx(float(joint_rate(K=K, L=L, D=D)), rel=2e-5)
    mean, error = coherent_joint_rate(K=K, L=L, D=D, samples=100_000)
    found = measured_coherent_rate(L=L, serving=alike, member=alike, shape=K * L, seed=3, samples=100_000)
    assert abs(found - mean) < 5.7 * error


def test_members_of_another_law():
    """Two members by simulation of the gamma model, the nearest with a mixture of its own."""
    serving, member = Sender([9, 5], [3, 7], [1, 2]), Sender([4], [8])
    rng, size, alpha, shape = np.random.default_rng(8), 100_000, 3.5, 5.0
    squares = np.cumsum(rng.standard_exponential((size, 60)), axis=1)
    first = rng.random(size) < 1 / 3
    nearest = np.where(first, rng.standard_gamma(9, size) / 3, rng.standard_gamma(5, size) / 7)
    wanted = nearest * squares[:, 0] ** (-alpha / 2)
    wanted += (rng.standard_gamma(4, (size, 2)) / 8 * squares[:, 1:3] ** (-alpha / 2)).sum(axis=1)
    heard = (rng.standard_gamma(shape, (size, 57)) / shape * squares[:, 3:] ** (-alpha / 2)).sum(axis=1)
    heard += squares[:, -1] ** (1 - alpha / 2) / (alpha / 2 - 1)
    drawn = np.log1p(wanted / heard)
    rate = measured_joint_rate(L=3, alpha=alpha, serving=serving, member=member, shape=shape)
    assert abs(drawn.mean() - rate) < 4 * drawn.std() / np.sqrt(size)
