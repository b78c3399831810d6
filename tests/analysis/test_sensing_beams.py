"""Sensing beams: reference values, limits, drawn vectors, and a Monte Carlo of the network."""

import numpy as np
import pytest

from isacsys import analysis
from isacsys.analysis._sensing_beams import BeamPowers, beams_heard, echo_law
from isacsys.analysis.beam_law import SensingBeams, measured_sensing_rate
from isacsys.core.errors import ConfigError
from tests.analysis.laws import umi
from tests.statistics import has_mean


def complex_normal(rng, *shape):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


def drawn_beams(rng, samples, antennas, constraints, J):
    """Steering vectors of a linear array towards random bearings, projected on what random constraints leave free."""
    known = np.linalg.qr(complex_normal(rng, samples, antennas, constraints))[0]
    cosine = np.cos(rng.uniform(0, 2 * np.pi, (samples, 1, J)))
    steering = np.exp(1j * np.pi * np.arange(antennas)[:, None] * cosine)
    beams = steering - known @ (known.conj().swapaxes(1, 2) @ steering)
    return known, steering, beams / np.linalg.norm(beams, axis=1, keepdims=True)


def test_reference_values():
    rates = analysis.communication_rate_with_beams(M_t=16, K=4, sensing_power=[0.3, 0.0])
    assert rates == pytest.approx([2.1750, 2.4576], abs=1e-4)


@pytest.mark.parametrize(("J", "left"), [(1, 1), (1, 5), (4, 1), (3, 2), (4, 9)])
def test_what_is_heard_of_sensing_beams(J, left):
    """Independent beams, isotropic in the free dimensions, heard through explicit channels."""
    rng, samples = np.random.default_rng(J + left), 60_000
    beams = complex_normal(rng, samples, left, J)
    beams /= np.linalg.norm(beams, axis=1, keepdims=True)
    gain = (np.abs(np.einsum("smj,sm->sj", beams.conj(), complex_normal(rng, samples, left))) ** 2).sum(axis=1)
    for x in (0.05, 0.5, 5.0):
        has_mean(-np.expm1(-x * gain), beams_heard(J, left)(np.array([np.log(x)]))[0], bias=1e-7)


def test_limits_of_the_transform():
    """One beam or one dimension: exponential; few beams in many dimensions: a gamma law."""
    log_x = np.linspace(-8, 8, 33)
    x = np.exp(log_x)
    assert beams_heard(1, 7)(log_x) == pytest.approx(1 - 1 / (1 + x), rel=1e-6)
    assert beams_heard(5, 1)(log_x) == pytest.approx(1 - 1 / (1 + 5 * x), rel=1e-6)
    assert beams_heard(3, 4000)(log_x) == pytest.approx(1 - (1 + x) ** -3.0, rel=2e-3)


def test_echoes_and_interference_of_drawn_arrays():
    """The whole construction with real steering vectors: own beam's gain M_t - n on average, users hear them apart."""
    rng, samples, antennas, constraints, J = np.random.default_rng(3), 20_000, 12, 5, 2
    known, steering, beams = drawn_beams(rng, samples, antennas, constraints, J)
    echo = np.abs(np.einsum("saj,sak->sjk", beams.conj(), steering)) ** 2
    has_mean(echo[:, 0, 0], antennas - constraints)
    gain = antennas * rng.beta(antennas - constraints, constraints, 10**6)
    assert np.var(echo[:, 0, 0]) == pytest.approx(gain.var(), rel=0.05)
    assert np.abs(np.einsum("san,saj->snj", known.conj(), beams)).max() < 1e-10


@pytest.mark.parametrize(("M_t", "K", "J", "n"), [
    (16, 4, 1, 4), (8, 1, 2, 7), (14, 2, 6, 4), pytest.param(12, 2, 3, 9, marks=pytest.mark.slow),
    pytest.param(10, 1, 4, 0, marks=pytest.mark.slow)])
def test_the_law_of_the_echo(M_t, K, J, n):
    """Of drawn arrays, whose beams towards several targets overlap more than isotropic ones."""
    rng, samples, eta = np.random.default_rng(M_t), 20_000, 0.4
    beams = BeamPowers(K, J, M_t - n, eta / J * K / (1 - eta))
    _, steering, sent = drawn_beams(rng, samples, M_t, n, J)
    echo = np.abs(np.einsum("saj,sa->sj", sent.conj(), steering[..., 0])) ** 2
    gain = rng.standard_gamma(K, samples) + beams.ratio * echo.sum(axis=1)
    for y in (0.01, 0.1, 1.0):
        has_mean(-np.expm1(-y * gain), echo_law(beams, M_t)(np.array([np.log(y)]))[0], bias=2e-3)


def test_a_station_without_users_lights_its_targets_with_all_its_power():
    """One target, M_t antennas: an echo of M_t for sure, beside others that hear as much."""
    given = {"M_t": 10, "K": 2, "shape": 1.8, "sensing": SensingBeams(1, 8, 0.4)}
    dark = measured_sensing_rate(D=[11], streams=[0], **given)
    both = measured_sensing_rate(D=[11, 9], streams=[0, 2], weights=[1, 3], **given)
    usual = measured_sensing_rate(D=[9], streams=[2], **given)
    assert both == pytest.approx((dark + 3 * usual) / 4, rel=1e-4) and dark > usual
    gain = 0.6 / 1.8  # the unit: what a stream's part of the shape is, over the station's power
    law = echo_law(BeamPowers(1.8, 1, 10, 1 / gain), 10, np.zeros_like)
    assert law(np.log([0.1 * gain])) == pytest.approx(-np.expm1(-1.0), rel=1e-6)


@pytest.mark.parametrize(("M_t", "K", "L", "J", "Q", "eta"), [(16, 4, 1, 1, 1, 0.3), (14, 2, 2, 3, 2, 0.5),
                                                            (9, 2, 1, 3, 3, 0.7)])
def test_monte_carlo(M_t, K, L, J, Q, eta):
    """Gains of every station drawn: users' beams gamma, sensing beams by their overlaps."""
    rng, samples, stations = np.random.default_rng(5), 30_000, 40
    n = K * L + J * (Q - 1)
    D = M_t - n + 1
    squares = np.cumsum(rng.standard_exponential((samples, stations + L)), axis=1)

    def gains(shape):
        overlap = rng.beta(1, M_t - n - 1, (*shape, J)) if M_t - n > 1 else np.ones((*shape, J))
        sensing = eta / J * rng.standard_gamma(M_t - n, shape) * overlap.sum(axis=-1)
        return rng.standard_gamma(K, shape) * (1 - eta) / K + sensing

    interference = (gains((samples, stations)) * squares[:, L:] ** -2).sum(axis=1) + squares[:, -1] ** -1
    sir = rng.standard_gamma(D, samples) * (1 - eta) / K * squares[:, 0] ** -2 / interference
    design = {"M_t": M_t, "K": K, "L": L, "J": J, "Q": Q}
    rate = analysis.communication_rate_with_beams(sensing_power=eta, **design)
    has_mean(np.log1p(sir), rate)
    with pytest.raises(AssertionError):
        has_mean(np.log1p(sir), analysis.communication_rate_with_beams(sensing_power=0.75 * eta, **design))


@pytest.mark.parametrize(("J", "Q", "center"), [
    (1, 1, "serving_bs"), pytest.param(2, 3, "serving_bs", marks=pytest.mark.slow), (2, 3, "target")])
def test_monte_carlo_of_targets(J, Q, center):
    """Stations in the plane around the target, the disc nearest to it empty, and arrays that light it."""
    rng, samples, stations, M_t, K, eta, c = np.random.default_rng(6), 20_000, 60, 14, 3, 0.4, 0.8
    n = K + J * (Q - 1)
    radius = np.sqrt(np.cumsum(rng.standard_exponential((samples, stations)), axis=1) / np.pi)
    position = radius * np.exp(1j * rng.uniform(0, 2 * np.pi, radius.shape))
    distance = np.abs(position[:, 1:] - position[:, :1])
    distance = distance[:, Q - 1:] if center == "target" else np.sort(distance, axis=1)[:, Q - 1:]
    shape = distance.shape
    overlap = rng.beta(1, M_t - n - 1, (*shape, J))
    gain = rng.standard_gamma(K, shape) * (1 - eta) / K \
        + eta / J * rng.standard_gamma(M_t - n, shape) * overlap.sum(axis=-1)
    interference = (gain * distance**-4.0).sum(axis=1) + np.pi * radius[:, -1] ** -2
    _, steering, sent = drawn_beams(rng, samples, M_t, n, J)
    lit = (np.abs(np.einsum("saj,sa->sj", sent.conj(), steering[..., 0])) ** 2).sum(axis=1)
    echo = rng.standard_gamma(K, samples) * (1 - eta) / K + eta / J * lit
    rate = analysis.sensing_rate_with_beams(M_t=M_t, K=K, J=J, Q=Q, c=c, sensing_power=eta, cluster_center=center)
    has_mean(np.log1p(c * echo * radius[:, 0] ** -4.0 / interference), rate, bias=1e-3 * rate)


def test_without_power_it_is_the_model_without_beams():
    design = {"M_t": 16, "K": 4, "L": 2, "J": 2, "Q": 3}
    rate = analysis.communication_rate_with_beams(sensing_power=[0, 1e-7], **design)
    assert rate == pytest.approx(analysis.communication_rate(**design), rel=1e-5)
    sensed = analysis.sensing_rate_with_beams(sensing_power=[0, 1e-7], c=2.0, **design)
    assert sensed == pytest.approx(analysis.sensing_rate(K=4, Q=3, c=2.0), rel=2e-5)
    full = analysis.communication_rate_with_beams(M_t=4, K=4, J=1, sensing_power=0.5)  # no dimension is left
    assert full == pytest.approx(analysis.communication_rate(M_t=4, K=4), rel=1e-6)


def test_any_law_and_noise():
    design = {"M_t": 16, "K": 4, "L": 2, "J": 2, "Q": 2}
    plain = analysis.communication_rate_with_beams(sensing_power=0.3, **design)
    quiet = analysis.communication_rate_with_beams(sensing_power=0.3, noise=1e-15, **design)
    assert quiet == pytest.approx(plain, rel=1e-5)
    there = {"bs_density": 28.87, "noise": 1e-12, "law": umi()}
    none = analysis.communication_rate_with_beams(sensing_power=0, **there, **design)
    assert none == pytest.approx(analysis.propagation_rate(umi(), bs_density=28.87, noise=1e-12, **design), rel=1e-6)
    assert analysis.communication_rate_with_beams(sensing_power=0.3, **there, **design) < none


@pytest.mark.parametrize(("B", "M_t"), [(0, 2), (3, 4), (6, 3)])
def test_limited_feedback(B, M_t):
    rng, samples = np.random.default_rng(B), 20_000
    words = complex_normal(rng, samples, 2**B, M_t)
    words /= np.linalg.norm(words, axis=2, keepdims=True)
    has_mean(1 - (np.abs(words[..., 0]) ** 2).max(axis=1), analysis.quantisation_error(B=B, M_t=M_t))


@pytest.mark.parametrize(("arguments", "named"), [({"sensing_power": 1.0}, "sensing_power"),
                                                  ({"sensing_power": -0.1}, "sensing_power"), ({"M_t": 3}, "M_t")])
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(ConfigError, match=f"^{named} = "):
        analysis.communication_rate_with_beams(**{"M_t": 16, "K": 4, "sensing_power": 0.3, **arguments})
