"""What stations find together, drawn: alone it is what exact formulas say of one look, and F is a sum over pairs."""

import numpy as np
import pytest

from isacsys import analysis
from isacsys.analysis import fused_bounds
from isacsys.analysis.fused_bounds import sample_fused_looks

SAMPLES, K = 30_000, 4
LOOK = {"alpha": 3.6, "beta": 2.2, "c": 30.0, "bs_density": 2.0}


def drawn(N, **changes):
    given = {"M_r": 5, "bandwidth": 20e6, "false_alarm": 1e-4, "shape": K, "samples": SAMPLES,
             "echo": lambda rng, size: rng.standard_gamma(K, size) / K, **LOOK, **changes}
    return sample_fused_looks(N=N, **given)


def below(values, limit):
    """Share of the draws, in standard errors from one half."""
    return (np.mean(values <= limit) - 0.5) / (0.5 / np.sqrt(SAMPLES))


def test_one_station_finds_what_one_look_tells():
    found = drawn(1)
    network = {"K": K, "Q": 1, **LOOK}
    assert abs(below(found.range_error, analysis.range_error_quantile(bandwidth=20e6, **network))) < 4
    assert abs(below(found.bearing_error, analysis.bearing_error_quantile(M_r=5, **network))) < 4
    detected = analysis.mean_detection_probability(false_alarm=1e-4, **network)
    error = found.detection_probability.std() / np.sqrt(SAMPLES)
    assert abs(found.detection_probability.mean() - detected) < 4 * error


def test_information_is_a_sum_over_pairs():
    """Loops over pairs and listeners, from the definition."""
    rng, M_r, N = np.random.default_rng(1), 6, 4
    place = (rng.standard_normal((5, N)) + 1j * rng.standard_normal((5, N))) / 2
    delay, gamma = rng.random((5, N, N)), 1e3 * rng.random((5, N, N))
    weight = np.pi**2 * (M_r**2 - 1) / 6
    radial, lateral, position = fused_bounds._errors(place, delay, gamma.sum(axis=1) * weight)
    for i in range(5):
        u = [-np.array([p.real, p.imag]) / abs(p) for p in place[i]]
        F = np.zeros((2, 2))
        for n in range(N):
            v, r = np.array([-u[n][1], u[n][0]]), 1e3 * abs(place[i, n])
            for m in range(N):
                F += delay[i, m, n] * np.outer(u[m] + u[n], u[m] + u[n])
                F += gamma[i, m, n] * weight * (1 - u[n][0] ** 2) / r**2 * np.outer(v, v)
        inverse, across = np.linalg.inv(F), np.array([-u[0][1], u[0][0]])
        assert position[i] == pytest.approx(np.sqrt(np.trace(inverse)))
        assert radial[i] == pytest.approx(np.sqrt(u[0] @ inverse @ u[0]))
        assert lateral[i] == pytest.approx(np.sqrt(across @ inverse @ across) / (1e3 * abs(place[i, 0])))


def test_more_stations_find_more_and_clocks_cost():
    medians = [np.median(drawn(N, samples=10_000).position_error) for N in (1, 2, 4, 8)]
    assert all(np.diff(medians) < 0)
    late = [np.median(drawn(4, samples=10_000, timing_error=t).position_error) for t in (0.0, 1e-9, 1e-7)]
    assert late[0] < late[1] < late[2] < medians[0]
