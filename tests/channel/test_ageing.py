"""Aged channels in short form against explicit channel vectors; beams for given channels against explicit ones."""

import numpy as np
import pytest

from isacsys.beamforming import zero_forcing, zero_forcing_explicit
from isacsys.channel import ageing
from tests.beamforming.test_zero_forcing import explicit, gaussian
from tests.statistics import has_mean, same_law

N = 3000


def test_correlation_is_that_of_clarke():
    """The mean of exp(i 2 pi f_D tau cos(angle)) over angles of arrival."""
    angle = np.linspace(0, 2 * np.pi, 100_001)
    for speed, age in ((1.0, 0.01), (30.0, 0.002), (50.0, 0.02)):
        phase = 2 * np.pi * speed * 3.5e9 / 299792458 * age * np.cos(angle)
        expected = np.trapezoid(np.cos(phase), angle) / (2 * np.pi)
        assert ageing.correlation(speed, 3.5e9, age) == pytest.approx(expected, abs=1e-9)
    assert ageing.correlation(0.0, 3.5e9, 1.0) == 1 and ageing.correlation(9.0, 3.5e9, 0.0) == 1


@pytest.mark.parametrize("rho", [0.0, 0.7, 0.99, 1.0, -0.3])
def test_own_gains_have_the_law_of_explicit_channels(rho):
    rng = np.random.default_rng(1)
    antennas, users = 6, 3
    known = gaussian(rng, users, antennas)
    zf, w = explicit(known, gaussian(rng, 2, antennas))
    aged = rho * known + np.sqrt(1 - rho**2) * gaussian(rng, N, users, antennas)
    power = np.abs(np.einsum("nua,ak->nuk", aged.conj(), w)) ** 2
    station, slot = np.repeat(np.arange(N), users), np.tile(np.arange(users), N)
    factor = np.broadcast_to(zf.factor[0], (N, users, users))
    amplitude, unwanted = ageing.own_gains(rng, np.tile(zf.gain[0], N), factor, station, slot, np.full(N * users, rho))
    wanted = np.abs(amplitude) ** 2
    wanted, unwanted = wanted.reshape(N, users), unwanted.reshape(N, users)
    for k in range(users):
        mine = power[:, k, k]
        others = power[:, k].sum(-1) - mine
        if abs(rho) == 1:
            assert wanted[:, k] == pytest.approx(mine, rel=1e-9) and np.all(unwanted[:, k] < 1e-12)
        else:
            same_law(mine, wanted[:, k])
            same_law(others, unwanted[:, k])
            same_law(mine * others, wanted[:, k] * unwanted[:, k])


def test_beams_for_given_channels_are_zero_forcing():
    rng = np.random.default_rng(2)
    own = gaussian(rng, 5, 3, 8)
    streams, nulls = np.array([3, 3, 2, 0, 1]), np.array([0, 4, 2, 7, 3])
    own *= (np.arange(3) < streams[:, None])[..., None]
    beams, w = zero_forcing_explicit.beams(own, streams, gaussian(rng, 5, 7, 8), nulls)
    amplitude = own.conj() @ w
    for i, k in enumerate(streams):
        got = amplitude[i, :k, :k]
        assert np.abs(got - np.diag(np.diag(got))).max(initial=0) < 1e-12
        assert np.abs(np.diag(got)) ** 2 == pytest.approx(beams.gain[i, :k])
        assert np.linalg.norm(w[i, :, :k], axis=0) == pytest.approx(np.ones(k))
        assert not w[i, :, k:].any() and not beams.gain[i, k:].any()
        assert w[i].conj().T @ w[i] == pytest.approx(beams.factor[i].conj().T @ beams.factor[i])


def test_given_random_channels_have_the_law_of_drawn_ones():
    rng = np.random.default_rng(3)
    streams, nulls = np.full(N, 3), np.full(N, 2)
    given, _ = zero_forcing_explicit.beams(gaussian(rng, N, 3, 7), streams, gaussian(rng, N, 2, 7), nulls)
    drawn = zero_forcing.draw(rng, np.full(N, 5), streams, 3)
    for mine, theirs in ((given.gain, drawn.gain), (given.eigenvalues(), drawn.eigenvalues())):
        for k in range(3):
            same_law(mine[:, k], theirs[:, k])


def test_gains_of_given_beams_towards_bearings():
    rng = np.random.default_rng(4)
    _, w = zero_forcing_explicit.beams(gaussian(rng, N, 2, 6), np.full(N, 2), gaussian(rng, N, 1, 6), np.full(N, 1))
    steering = np.exp(1j * rng.uniform(0, 6, (N, 3, 6)))
    gains = zero_forcing_explicit.beam_gains(w, steering)
    assert gains[7, 1] == pytest.approx(np.sum(np.abs(steering[7, 1].conj() @ w[7]) ** 2))
    has_mean(gains[:, 0], 2.0)
