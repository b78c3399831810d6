"""Lines of sight: gains by their law, and from the channel vectors themselves."""

import numpy as np
import pytest

from isacsys.beamforming import linear_precoding
from isacsys.channel import pairs, rician
from isacsys.channel.array_response import steering
from tests.statistics import has_mean, same_law


def gaussian(rng, *shape):
    return rng.standard_normal((*shape, 2)) @ [1, 1j] / np.sqrt(2)


def beams(rng, stations=3, antennas=5, streams=2):
    return linear_precoding.unit(gaussian(rng, stations, antennas, streams)) / np.sqrt(streams)


def test_share_of_the_power():
    assert rician.share([-np.inf, 0, 10, np.inf]) == pytest.approx([0, 0.5, 10 / 11, 1])


@pytest.mark.parametrize("factor", [-np.inf, 0, 9])
def test_gains_have_the_law_of_those_of_vectors(factor):
    rng, n = np.random.default_rng(1), 6000
    weighted, station = beams(rng), rng.integers(0, 3, n)
    cosine, share = np.where(station == 1, 0.3, -0.8), rician.share(np.full(n, factor))
    h = rician.sight(cosine, share, rng.uniform(0, 2 * np.pi, n), 5)
    h += np.sqrt(1 - share)[:, None] * gaussian(rng, n, 5)
    explicit, drawn = pairs.gained(h, station, weighted), rician.gains(rng, weighted, station, cosine, share)
    for s in range(3):
        same_law(explicit[station == s], drawn[station == s])


def test_vectors_have_mean_and_covariance():
    """``E[h h^H] = s a a^H + (1 - s) I``, the phase of the line of sight being uniform."""
    rng, n, share = np.random.default_rng(6), 40_000, 0.7
    h = rician.channels(rng, np.full(n, -0.4), np.full(n, share), 4)
    a = steering(-0.4, 4)
    found, expected = h.T @ h.conj() / n, share * np.outer(a, a.conj()) + (1 - share) * np.eye(4)
    assert np.abs(found - expected).max() < 6 / np.sqrt(n)  # entries vary by 1 at most
    same_law(np.sum(np.abs(h) ** 2, axis=1), np.sum(np.abs(
        rician.sight(np.full(n, -0.4), np.full(n, share), rng.uniform(0, 2 * np.pi, n), 4)
        + np.sqrt(1 - share) * gaussian(rng, n, 4)) ** 2, axis=1))


def test_no_scattering_leaves_the_pattern():
    rng = np.random.default_rng(2)
    weighted, station = beams(rng), np.array([2, 0, 2, 1])
    cosine = rng.uniform(-1, 1, 4)
    pattern = [np.sum(np.abs(steering(c, 5).conj() @ weighted[s]) ** 2) for c, s in zip(cosine, station, strict=True)]
    assert rician.gains(rng, weighted, station, cosine, np.ones(4)) == pytest.approx(pattern)


def test_mean_gain():
    """``s |P^1/2 W^H a|^2 + (1 - s) tr P``."""
    rng, n = np.random.default_rng(3), 20000
    weighted = beams(rng, 1)
    drawn = rician.gains(rng, weighted, np.zeros(n, int), np.full(n, 0.2), np.full(n, 0.6))
    has_mean(drawn, 0.6 * np.sum(np.abs(steering(0.2, 5).conj() @ weighted[0]) ** 2) + 0.4)


def test_pairs_in_blocks(monkeypatch):
    rng = np.random.default_rng(4)
    weighted, station, h = beams(rng, 9), rng.integers(0, 9, 50), gaussian(rng, 50, 5)
    whole = pairs.gained(h, station, weighted)
    monkeypatch.setattr(pairs, "AT_ONCE", 50)
    assert pairs.gained(h, station, weighted) == pytest.approx(whole)
    one_by_one = [np.sum(np.abs(x.conj() @ weighted[s]) ** 2) for x, s in zip(h, station, strict=True)]
    assert whole == pytest.approx(one_by_one)
