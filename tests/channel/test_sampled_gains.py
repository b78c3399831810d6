"""The short forms against full channel vectors, jointly where it matters."""

import numpy as np
import pytest

from isacsys.beamforming import filter_spans
from isacsys.channel import array_response, sampled_gains
from tests.beamforming.test_zero_forcing import explicit, gaussian
from tests.statistics import has_mean, same_law

N = 4000


def beams(rng, antennas=8, users=3):
    zf, w = explicit(gaussian(rng, users, antennas), gaussian(rng, 2, antennas))
    return zf.eigenvalues()[0], w


def test_total_gain_of_an_unknown_channel():
    rng = np.random.default_rng(1)
    mu, w = beams(rng)
    full = np.sum(np.abs(gaussian(rng, N, 8) @ w) ** 2, axis=-1)
    station = np.zeros((N, 1), int)
    same_law(full, sampled_gains.total_gains(rng, mu[None], station))


def test_total_gains_do_not_depend_on_the_chunk(monkeypatch):
    mu, station = np.ones((3, 4)), np.arange(60).reshape(20, 3) % 3
    once = sampled_gains.total_gains(np.random.default_rng(2), mu, station)
    monkeypatch.setattr(sampled_gains, "CHUNK", 7)
    assert np.array_equal(once, sampled_gains.total_gains(np.random.default_rng(2), mu, station))


@pytest.mark.parametrize("granted", [[0, 0, 0], [1, 0, 1], [0, 1], [0], [1, 0, 0, 0, 0, 0]])
def test_gains_through_filters_jointly(granted):
    """Also for the last case's fourth filter, which coincides with a granted one and is nulled for free."""
    rng = np.random.default_rng(3)
    mu, w = beams(rng)
    chosen, antennas = np.array(granted, bool), 5
    v = filter_spans.mrc_filters(np.array([0.1, 0.25, -0.6, 0.1, 0.8, -0.2])[:len(granted)], antennas)
    span = v[chosen].T
    residual = v - (v @ np.linalg.pinv(span).T) @ span.T if chosen.any() else v
    seen = np.einsum("nma,ja->nmj", gaussian(rng, N, 8, antennas), residual)  # G times what is left of v
    full = np.sum(np.abs(np.einsum("nmj,mk->njk", seen.conj(), w)) ** 2, axis=-1)
    reduced = filter_spans.reduced_filters(v)
    left, _ = filter_spans.outside_span(reduced, chosen)
    rows = np.arange(N) if chosen.any() else np.zeros(0, int)
    drawn = sampled_gains.filtered_gains(
        rng,
        mu[None],
        np.zeros((N, 1), int),
        np.broadcast_to(reduced, (N, *reduced.shape)),
        (rows, 0 * rows),
        np.broadcast_to(left, (len(rows), *left.shape)),
    )[:, 0]
    full, drawn = np.round(full, 20), np.round(drawn, 20)
    for j in range(len(granted)):
        same_law(full[:, j], drawn[:, j])
        same_law(full[:, j] * full[:, 0] + full[:, -1], drawn[:, j] * drawn[:, 0] + drawn[:, -1])
    assert np.all(drawn[:, chosen] == 0)


@pytest.mark.parametrize(("antennas", "users", "cosines"), [
    pytest.param(8, 3, [0.2], marks=pytest.mark.slow), (8, 3, [0.2, 0.3, -0.5]), (5, 1, [0.1, 0.15]),
    (4, 4, [0.2, 0.9]), (1, 1, [0.4])])
def test_gains_towards_bearings_jointly(antennas, users, cosines):
    rng = np.random.default_rng(4)
    a = array_response.steering(np.array(cosines), antennas)
    full, mu = [], []
    for _ in range(N):
        zf, w = explicit(gaussian(rng, users, antennas), np.zeros((0, antennas)))
        full.append(np.sum(np.abs(a.conj() @ w) ** 2, axis=-1))
        mu.append(zf.eigenvalues()[0])
    full = np.array(full)
    drawn = sampled_gains.beam_gains(rng, np.array(mu), np.broadcast_to(a, (N, *a.shape)))
    has_mean(drawn, users)
    if antennas > 1:
        for j in range(len(cosines)):
            same_law(full[:, j], drawn[:, j])
            same_law(full[:, j] * full[:, -1], drawn[:, j] * drawn[:, -1])
