"""Bounds against maximum likelihood on synthetic OFDM echoes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from isacsys.sensing import accuracy

TONES, SYMBOLS, ANTENNAS = 32, 16, 8
SPACING, DURATION = 312.5e3, 50e-6  # so B = 10 MHz and T = 0.8 ms
BANDWIDTH, TIME = TONES * SPACING, SYMBOLS * DURATION


def estimates(rng, sir, trials):
    """Errors [trial, 3] of delay, Doppler and cosine of the bearing: the joint maximum of the periodogram.

    The echo ``alpha exp(-2 pi i f tau + 2 pi i nu t + pi i m u)`` in white interference, its phase unknown.
    """
    shape = (TONES, SYMBOLS, ANTENNAS)
    axes = [2 * np.pi * (np.arange(n) - (n - 1) / 2) for n in shape]
    scale = np.array([-1 / SPACING, 1 / DURATION, 2.0])  # from cycles per sample to what is asked
    errors = np.empty((trials, 3))
    for trial in range(trials):
        true = rng.uniform(-0.5, 0.5, 3)
        amplitude = np.sqrt(sir / np.prod(shape)) * np.exp(2j * np.pi * rng.random())
        parts = [np.exp(1j * a * f) for a, f in zip(axes, true, strict=True)]
        noise = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
        seen = amplitude * np.einsum("f,t,m->ftm", *parts) + noise / np.sqrt(2)
        padded = [2 * n for n in shape]
        peak = np.unravel_index(np.argmax(np.abs(np.fft.fftn(seen, padded, (0, 1, 2)))), padded)
        found = climb(seen, axes, np.array(peak) / padded)
        errors[trial] = (np.remainder(found - true + 0.5, 1) - 0.5) * scale
    return errors


def climb(seen, axes, at):
    """Newton's steps to the top of the likelihood of three frequencies."""
    for _ in range(6):
        parts = [np.exp(-1j * a * f) for a, f in zip(axes, at, strict=True)]
        x = seen * np.einsum("f,t,m->ftm", *parts)
        ramps = [(-1j * a).reshape([-1 if k == i else 1 for k in range(3)]) for i, a in enumerate(axes)]
        value, first = x.sum(), np.array([(x * r).sum() for r in ramps])
        second = np.array([[(x * r * s).sum() for r in ramps] for s in ramps])
        slope = 2 * (first / value).real  # of the logarithm, which is concave around the top
        hessian = 2 * (second / value - np.outer(first, first) / value**2).real
        if np.linalg.eigvalsh(hessian).max() >= 0:
            return at  # not near a top: the grid's answer stands
        at = at - np.clip(np.linalg.solve(hessian, slope), -0.02, 0.02)
    return at


def bounds(sir):
    return np.array([accuracy.delay(sir, BANDWIDTH), accuracy.doppler(sir, TIME), accuracy.cosine(sir, ANTENNAS)])


@cache
def at_high_sir(trials):
    return estimates(np.random.default_rng(11), 1000.0, trials)


@pytest.mark.parametrize("trials", [400, pytest.param(4000, marks=pytest.mark.slow)])
def test_maximum_likelihood_reaches_the_bounds_at_high_sir(trials):
    errors = at_high_sir(trials)
    ratio = np.sqrt(np.mean(errors**2, axis=0)) / bounds(1000.0)
    discrete = 1 / np.sqrt(1 - 1 / np.array([TONES, SYMBOLS, np.inf]) ** 2)  # the bounds are those of a flat band
    assert np.all(np.abs(ratio / discrete - 1) <= 4 / np.sqrt(2 * trials)), ratio
    if trials >= 4000:  # where four standard errors are less than that
        assert np.all(np.abs(ratio - 1) <= 0.05), ratio


def test_maximum_likelihood_misses_the_bounds_below_the_threshold():
    errors = estimates(np.random.default_rng(12), 6.0, 200)
    ratio = np.sqrt(np.mean(errors**2, axis=0)) / bounds(6.0)
    assert np.all(ratio > 1.5), ratio


def test_errors_of_range_doppler_and_bearing_are_independent():
    errors = at_high_sir(400)
    assert np.all(np.abs(np.corrcoef(errors.T)[np.triu_indices(3, 1)]) <= 4 / np.sqrt(400))


def test_white_interference_is_coloured_interference_of_one_colour():
    sir, u = np.array([1.0, 50.0]), np.array([0.2, -0.9])
    assert np.allclose(accuracy.coloured_cosine(sir, u, np.broadcast_to(3.0 * np.eye(10), (2, 10, 10))),
                       accuracy.cosine(sir, 10))


def test_coloured_bound_is_reached_by_maximum_likelihood():
    rng, antennas, u, trials = np.random.default_rng(14), 8, 0.3, 4000
    place = np.arange(antennas)
    jammer = np.exp(1j * np.pi * place * 0.45)
    covariance = np.eye(antennas) + 20 * np.outer(jammer, jammer.conj())
    root, inverse = np.linalg.cholesky(covariance), np.linalg.inv(covariance)
    b = np.exp(1j * np.pi * place * u)
    sir = 3000.0
    amplitude = np.sqrt(sir / (b.conj() @ inverse @ b).real)
    noise = rng.standard_normal((trials, antennas)) + 1j * rng.standard_normal((trials, antennas))
    seen = amplitude * b + noise @ root.T / np.sqrt(2)
    grid = u + np.linspace(-0.03, 0.03, 1201)
    towards = np.exp(1j * np.pi * np.outer(grid, place))
    filters = towards.conj() @ inverse
    likelihood = np.abs(seen @ filters.T) ** 2 / np.einsum("gm,gm->g", filters, towards).real
    errors = grid[np.argmax(likelihood, axis=1)] - u
    ratio = np.sqrt(np.mean(errors**2)) / accuracy.coloured_cosine(sir, u, covariance)
    assert abs(ratio - 1) <= 4 / np.sqrt(2 * trials), ratio


def test_edges():
    assert np.isinf(accuracy.cosine(5.0, 1)) and np.isinf(accuracy.doppler(5.0, 0.0))
    assert np.isinf(accuracy.delay(0.0, 1e7)) and np.isinf(accuracy.angle(0.01, 1.0))
    assert accuracy.angle(0.01, 0.6) == pytest.approx(0.0125)
    assert accuracy.position(3.0, 0.004, 1000.0) == pytest.approx(5.0)
    assert accuracy.distance(7.0, 1e7) == pytest.approx(accuracy.LIGHT / 2 * accuracy.delay(7.0, 1e7))
    assert accuracy.speed(7.0, 1e-3, 3e9) == pytest.approx(accuracy.LIGHT / 6e9 * accuracy.doppler(7.0, 1e-3))
