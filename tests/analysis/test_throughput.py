"""Expected bits per symbol: published values, a quadrature written apart, Monte Carlo, limits known otherwise."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.special import hyp2f1, ndtr

from isacsys import analysis
from isacsys.analysis.beam_law import measured_communication_rate
from isacsys.analysis.line_process import Medium
from isacsys.analysis.link_laws import nr, shannon, truncated_shannon
from isacsys.analysis.throughput import expected_efficiency
from isacsys.core.errors import ConfigError
from tests.analysis.laws import uma, umi
from tests.statistics import has_mean

# Monte Carlo of the gamma model by two others, alpha = 4, bit per symbol, standard error 0.002.
PUBLISHED = [(16, 4, 1, 1, 8000, 2.581), (16, 4, 1, 1, 4000, 2.580), (16, 4, 1, 1, 500, 2.518),
             (16, 4, 1, 2, 8000, 2.726), (16, 4, 1, 2, 500, 2.665), (16, 4, 2, 1, 8000, 2.827),
             (20, 12, 1, 1, 8000, 1.480)]


@pytest.mark.parametrize(("M_t", "K", "L", "table", "symbols", "published"), PUBLISHED)
def test_published_values(M_t, K, L, table, symbols, published):
    found = expected_efficiency(nr(symbols, table=table), M_t=M_t, K=K, L=L)
    assert found == pytest.approx(published, abs=0.008)


QPSK_16_64 = [(2, (120, 157, 193, 251, 308, 379, 449, 526, 602, 679)), (4, (340, 378, 434, 490, 553, 616, 658)),
              (6, (438, 466, 517, 567, 616, 666, 719, 772, 822, 873, 910, 948))]


def pam_information(order, snr):
    """C and V [snr] by Gauss and Hermite: every level of one axis, every bit, every other level, in loops."""
    nodes, weights = np.polynomial.hermite.hermgauss(60)
    nodes = nodes[:, None]
    count = 2 ** (order // 2)
    levels = np.array([2 * i - count + 1 for i in range(count)]) * np.sqrt(1.5 / (count**2 - 1))  # mean square 1 / 2
    mean = square = 0.0
    for i in range(count):
        received = levels[i] + nodes / np.sqrt(snr)
        brought = np.zeros((len(nodes), len(snr)))
        for bit in range(order // 2):
            alike = other = 0.0
            for j in range(count):
                likely = np.exp(-snr * ((received - levels[j]) ** 2 - (received - levels[i]) ** 2))
                if (i ^ i >> 1) >> bit & 1 == (j ^ j >> 1) >> bit & 1:
                    alike = alike + likely
                else:
                    other = other + likely
            brought += 1 - np.log2(1 + other / alike)
        mean += weights @ brought / np.sqrt(np.pi) / count
        square += weights @ brought**2 / np.sqrt(np.pi) / count
    return 2 * mean, 2 * (square - mean**2)


def plain_nr(symbols, db):
    """Bits per symbol at each SINR in dB by MCS table 1, in loops."""
    grid = np.arange(-20.0, 40.0, 0.05)
    best, delivered = np.zeros(len(db)), np.zeros(len(db))
    for order, rates in QPSK_16_64:
        mean, variance = pam_information(order, 10 ** (grid / 10))
        for rate in rates:
            carried = int(symbols * order * rate / 1024 / 8) * 8
            whole = carried + (24 if carried > 3824 else 16)
            most = 3840 if carried <= 292 or rate <= 256 or (carried <= 3824 and rate <= 0.67 * 1024) else 8448
            number = 1 if whole <= most else -(-whole // (most - 24))
            k, n = whole / number + (24 if number > 1 else 0), symbols / number
            at = db - 0.85 - 2.3 / np.sqrt(k)
            C = np.interp(at, grid, mean)
            V = np.interp(at, grid, np.maximum(variance, 1e-12))
            success = (1 - ndtr(-(n * C - k + np.log2(n * order) / 2) / np.sqrt(n * V))) ** number
            for i in range(len(db)):
                if order * rate * success[i] > best[i]:
                    best[i], delivered[i] = order * rate * success[i], carried / symbols * success[i]
    return delivered


def plain_coverage(theta, K, L, D, delta=0.5):
    """P(SIR > theta), the Taylor coefficients by Cauchy's integral over a circle, t ~ Beta(1, L - 1) by Gauss."""
    circle = 0.7 * np.exp(2j * np.pi * np.arange(128) / 128)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    ratios = [((1 + x) ** 2 / 4, w * (1 + x) / 2 * (L - 1) * (1 - (1 + x) ** 2 / 4) ** (L - 2))
              for x, w in zip(nodes, weights, strict=True)] if L > 1 else [(1.0, 1.0)]
    total = 0.0
    for t, weight in ratios:
        values = hyp2f1(K, -delta, 1 - delta, -theta * (1 - circle) * t ** (1 / delta)) ** -L
        for j in range(D):
            total += weight * np.mean(values * circle**-j).real
    return total


@pytest.mark.parametrize(("M_t", "K", "L", "symbols"), [(16, 4, 1, 8000), (16, 4, 2, 500)])
def test_a_quadrature_written_apart(M_t, K, L, symbols):
    coarse, db = np.arange(-14.0, 33.0, 0.5), np.arange(-14.0, 32.0, 0.02)
    D = M_t - K * L + 1
    covered = CubicSpline(coarse, [plain_coverage(10 ** (x / 10), K, L, D) for x in coarse])(db + 0.01)
    values = plain_nr(symbols, db)
    total = values[0]
    for i in range(len(db) - 1):
        total += (values[i + 1] - values[i]) * covered[i]
    assert expected_efficiency(nr(symbols), M_t=M_t, K=K, L=L) == pytest.approx(total, abs=1e-4)


@pytest.mark.parametrize(("K", "L", "D", "alpha"), [(4, 1, 13, 4.0), (12, 1, 9, 4.0), (3, 3, 6, 3.2), (1, 1, 1, 2.5)])
def test_shannon_is_the_rate(K, L, D, alpha):
    rate = analysis.communication_rate(K=K, L=L, D=D, alpha=alpha) / np.log(2)
    assert expected_efficiency(shannon, K=K, L=L, D=D, alpha=alpha) == pytest.approx(rate, rel=3e-5)


@pytest.mark.parametrize(("L", "noise", "correlation"), [
    (1, 10**-13.1, 0.0), pytest.param(2, 10**-12.0, 0.0, marks=pytest.mark.slow),
    pytest.param(1, 0.0, 0.5, marks=pytest.mark.slow)])
def test_shannon_is_the_rate_under_a_law_of_propagation(L, noise, correlation):
    found = expected_efficiency(shannon, K=4, L=L, M_t=16, medium=Medium(uma(), noise, correlation), bs_density=4.6188)
    rate = analysis.propagation_rate(uma(), K=4, L=L, M_t=16, noise=noise, site_correlation=correlation,
                                     bs_density=4.6188)
    assert found == pytest.approx(rate / np.log(2), rel=5e-5)


@pytest.mark.parametrize("L", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_power_law_as_a_law_of_propagation(L):
    law = nr(2000, table=2)
    medium = Medium(analysis.power_law(3.5))
    assert expected_efficiency(law, K=4, L=L, M_t=20, medium=medium, bs_density=7.0) == pytest.approx(
        expected_efficiency(law, K=4, L=L, M_t=20, alpha=3.5), abs=1e-4)


@pytest.mark.parametrize("threshold", [0.2, 3.0, 50.0])
def test_a_step_is_the_coverage(threshold):
    found = expected_efficiency(lambda sinr: 2.0 * (sinr > threshold), K=3, L=2, D=5)
    assert found == pytest.approx(2 * analysis.communication_coverage(threshold=threshold, K=3, L=2, D=5), abs=2e-4)


def test_what_does_not_rise_is_what_it_is():
    assert expected_efficiency(lambda sinr: np.full(sinr.shape, 1.5), K=3, D=5) == 1.5
    with pytest.raises(ConfigError, match="efficiency"):
        expected_efficiency(lambda sinr: np.full(sinr.shape, np.nan), K=3, D=5)


@pytest.mark.parametrize(("law", "K", "L", "D"), [
    (nr(8000), 4, 1, 13), (nr(500, table=2), 4, 2, 9), (nr(1000, table=3), 12, 1, 9), (truncated_shannon(), 6, 3, 4)])
def test_drawn_users(law, K, L, D):
    sir = analysis.sample_communication_sir(K=K, L=L, D=D, samples=25_000, seed=11)
    has_mean(law(sir), expected_efficiency(law, K=K, L=L, D=D))


@pytest.mark.parametrize(("propagation", "density", "L", "noise"), [
    (uma, 4.6188, 1, 10**-11.0), pytest.param(umi, 28.87, 2, 1e-12, marks=pytest.mark.slow)])
def test_drawn_users_under_a_law_of_propagation(propagation, density, L, noise):
    link = {"K": 4, "L": L, "D": 13 - 4 * (L - 1)}
    sinr = analysis.sample_propagation_sinr(propagation(), bs_density=density, noise=noise, samples=10_000, seed=5,
                                            **link)
    law = nr(8000)
    has_mean(law(sinr), expected_efficiency(law, medium=Medium(propagation(), noise), bs_density=density, **link))


def test_a_mixture_of_stations():
    """Of degrees of freedom, of users served beside, and interference of another spread, drawn in a loop of classes."""
    law, shape, alpha = nr(4000), 2.7, 3.5
    rng, count = np.random.default_rng(3), 30_000
    squares = np.cumsum(rng.standard_exponential((count, 60)), axis=1)
    heard = rng.standard_gamma(shape, (count, 59)) / shape * squares[:, 1:] ** (-alpha / 2)
    beyond = heard.sum(axis=1) + squares[:, -1] ** (1 - alpha / 2) / (alpha / 2 - 1)
    chosen = rng.choice(3, count, p=(0.2, 0.3, 0.5))
    wanted = np.empty(count)
    for index, (D, streams) in enumerate(((4, 2), (7, 4), (6, 4))):
        here = chosen == index
        wanted[here] = rng.standard_gamma(D, here.sum()) / streams
    found = expected_efficiency(law, K=4, alpha=alpha, D=(4, 7, 6), weights=(2, 3, 5), streams=(2, 4, 4), shape=shape)
    has_mean(law(wanted * squares[:, 0] ** (-alpha / 2) / beyond), found)
    rate = measured_communication_rate(K=4, alpha=alpha, D=(4, 7, 6), weights=(2, 3, 5), streams=(2, 4, 4),
                                       shape=shape) / np.log(2)
    assert expected_efficiency(shannon, K=4, alpha=alpha, D=(4, 7, 6), weights=(2, 3, 5), streams=(2, 4, 4),
                               shape=shape) == pytest.approx(rate, rel=3e-5)


def test_whole_degrees_of_freedom():
    with pytest.raises(ConfigError, match="D = .*2.5"):
        expected_efficiency(shannon, K=3, D=2.5)
