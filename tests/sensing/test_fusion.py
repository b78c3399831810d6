"""Pairs of stations: information, bounds, and detection by the sum of all powers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys import analysis
from isacsys.sensing import accuracy, detection, fusion

LIGHT = 299_792_458.0  # m/s
MEDIANS = {4: 0.0352, 8: 0.0183, 16: 0.0117, 32: 0.0082, 64: 0.0062}  # of tr F^-1, of a million draws


def drawn(rng, samples, stations, beta):
    """SIR, 1 at unit distance, and directions of the nearest stations, density 1."""
    squares = np.cumsum(rng.standard_exponential((samples, stations)), axis=1) / np.pi
    angle = rng.uniform(0, 2 * np.pi, squares.shape)
    way = squares ** (-beta / 2)
    return way[:, :, None] * way[:, None, :], np.stack([np.cos(angle), np.sin(angle)], axis=-1), np.sqrt(squares)


@pytest.mark.parametrize("stations", [pytest.param(N, marks=[pytest.mark.slow] * (N > 16)) for N in MEDIANS])
def test_medians_of_the_bound_by_delays(stations):
    """With ``J_mn = gamma``: the kernel on drawn geometry, against figures and code of the analysis."""
    rng, samples = np.random.default_rng(2), 320_000 // stations
    unit = LIGHT / np.sqrt(2 * np.pi**2 / 3)  # bandwidth at which a delay at gamma = 1 tells one square metre
    sir, direction, _ = drawn(rng, samples, stations, 2.0)
    found = fusion.bound(fusion.delays(sir, direction, unit)) ** 2
    ordered = np.sort(found)
    spread = ordered[[int(samples / 2 + k * np.sqrt(samples) / 2) for k in (-4, 4)]]  # four standard errors of a median
    assert spread[0] < MEDIANS[stations] + 5e-5 and spread[1] > MEDIANS[stations] - 5e-5
    theirs = analysis.information_bound(analysis.sample_information(N=stations, samples=20_000, seed=7))
    assert spread[0] * 0.99 < np.median(theirs) < spread[1] * 1.01


def test_delays_of_two_stations_have_the_error_of_their_clocks():
    """``J_mn = 1/(c^2 (3/(2 pi^2 B^2 gamma) + t^2))``, the error t not for one station alone: all four by hand."""
    sir, width, t = np.array([[3.0, 0.7], [20.0, 5.0]]), 20e6, 4e-9
    u = np.array([[1.0, 0.0], [0.6, 0.8]])
    expected = np.zeros((2, 2))
    for m in range(2):
        for n in range(2):
            variance = 3 / (2 * np.pi**2 * width**2 * sir[m, n]) + (t**2 if m != n else 0)
            expected += np.outer(u[m] + u[n], u[m] + u[n]) / (LIGHT**2 * variance)
    assert fusion.delays(sir[None], u[None], width, t)[0] == pytest.approx(expected, rel=1e-12)


def test_alone_it_is_the_bound_of_one_look():
    sir, cosine, far, antennas, width = np.array([7.0, 0.3]), np.array([0.3, -0.8]), np.array([400.0, 90.0]), 6, 5e6
    direction = np.stack([cosine, np.sqrt(1 - cosine**2)], axis=-1)
    information = fusion.delays(sir[:, None, None], direction[:, None], width) + fusion.bearings(
        sir[:, None, None], direction[:, None], far[:, None], cosine[:, None], antennas)
    distance = accuracy.distance(sir, width)
    angle = accuracy.angle(accuracy.cosine(sir, antennas), cosine)
    assert fusion.bound(information) == pytest.approx(accuracy.position(distance, angle, far))
    radial, across = fusion.along(information, direction)
    assert radial == pytest.approx(distance) and across == pytest.approx(far * angle)


def test_likelihood_of_delays_has_this_curvature():
    """Least squares of all pairs' delays scatters as the bound says."""
    rng, width, target = np.random.default_rng(5), 20e6, np.array([310.0, -120.0])
    stations = np.array([[0.0, 0.0], [600.0, 50.0], [200.0, -700.0]])
    sir = np.array([[400.0, 100.0, 80.0], [100.0, 300.0, 50.0], [80.0, 50.0, 200.0]])
    way = target - stations
    length = np.linalg.norm(way, axis=1)
    direction = way / length[:, None]
    bound = fusion.bound(fusion.delays(sir, direction, width))
    deviation = np.sqrt(3 / (2 * np.pi**2 * width**2 * sir)) * LIGHT
    gradient = (direction[:, None] + direction[None]).reshape(-1, 2) / deviation.reshape(-1, 1)
    noise = rng.standard_normal((4000, 9))
    error = np.linalg.lstsq(gradient, noise.T, rcond=None)[0]
    found = np.mean(np.sum(error**2, axis=0))
    assert found == pytest.approx(bound**2, rel=4 * np.sqrt(2 / 4000))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10**6), st.floats(0, 1e-6))
def test_laws_of_information(stations, seed, timing):
    """More stations never know less; clocks that are off never help; turning everything turns the information."""
    rng = np.random.default_rng(seed)
    sir, direction, distance = drawn(rng, 1, stations, 2.0)
    cosine = direction[..., 0]
    full = fusion.delays(sir, direction, 1e7) + fusion.bearings(sir, direction, distance, cosine, 8)
    fewer = np.array(sir)
    fewer[:, -1] = fewer[:, :, -1] = 0
    less = fusion.delays(fewer, direction, 1e7) + fusion.bearings(fewer, direction, distance, cosine, 8)
    assert np.linalg.eigvalsh(full - less).min() > -1e-9 * np.trace(full[0])
    late = fusion.delays(sir, direction, 1e7, timing)
    assert np.linalg.eigvalsh(fusion.delays(sir, direction, 1e7) - late).min() > -1e-9 * np.trace(late[0])
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = fusion.delays(sir, direction @ turn.T, 1e7)
    assert turned == pytest.approx(turn @ fusion.delays(sir, direction, 1e7) @ turn.T, rel=1e-9)


def test_a_straight_line_tells_nothing_across():
    direction = np.array([[[1.0, 0.0], [-1.0, 0.0]]])
    information = fusion.delays(np.ones((1, 2, 2)), direction, 1e7)
    assert np.isinf(fusion.bound(information)).all()


@pytest.mark.parametrize(("pairs", "total", "false_alarm"), [
    (1, 6.0, 1e-3), (4, 8.0, 1e-2), (9, 3.0, 1e-3), (16, 30.0, 1e-4)])
def test_detection_by_the_sum_against_drawn_statistics(pairs, total, false_alarm):
    rng, draws = np.random.default_rng(3), 200_000
    share = rng.dirichlet(np.ones(pairs)) * total
    noise = rng.standard_normal((draws, pairs, 2)) @ [1, 1j] / np.sqrt(2)
    statistic = np.sum(np.abs(np.sqrt(share) + noise) ** 2, axis=1)
    from scipy.stats import gamma
    found = np.mean(statistic > gamma.isf(false_alarm, pairs))
    expected = fusion.detected(np.array([total]), np.array([pairs]), false_alarm)[0]
    assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / draws)
    if pairs == 1:
        assert expected == pytest.approx(float(detection.known_rcs(total, false_alarm)))
