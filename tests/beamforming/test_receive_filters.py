"""Receive filters: what they let through, and that none does better."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys.beamforming import receive_filters
from isacsys.beamforming.filter_spans import mrc_filters
from isacsys.channel.array_response import steering
from tests.statistics import has_mean, same_law


def gaussian(rng, *shape):
    return rng.standard_normal((*shape, 2)) @ [1, 1j] / np.sqrt(2)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_nulling_filters_hear_their_own_target_only(seed, targets):
    rng = np.random.default_rng(seed)
    b = steering(rng.uniform(-1, 1, (3, targets)), 6)
    b[0, -1] = 0
    v = receive_filters.nulling_filters(b)
    share = receive_filters.response(v, b)
    assert share - share * np.eye(targets) == pytest.approx(0, abs=1e-9)
    assert np.linalg.norm(v, axis=-1) == pytest.approx(b.any(-1).astype(float))


def test_one_target_is_maximum_ratio_and_so_is_one_that_stands_in_line():
    cosine = np.array([[0.1], [-0.4]])
    assert receive_filters.nulling_filters(steering(cosine, 7)) == pytest.approx(mrc_filters(cosine, 7))
    twins = steering(np.array([0.1, 0.1]), 7)
    assert receive_filters.nulling_filters(twins) == pytest.approx(twins / np.sqrt(7))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_no_filter_beats_mvdr(seed, antennas):
    rng = np.random.default_rng(seed)
    arriving, gain, white = gaussian(rng, 2, 3, 2, antennas), rng.exponential(1, (2, 3)), rng.exponential(1, 2)
    c = receive_filters.covariance(arriving, gain, white)
    b = steering(rng.uniform(-1, 1, (2, 2)), antennas)
    v = receive_filters.mvdr_filters(b, c)

    def sir(filters):
        interference = np.einsum("sqj,sq->sj", receive_filters.through(arriving, filters), gain) + white[:, None]
        return np.einsum("sjj->sj", receive_filters.response(filters, b)) / interference

    best = sir(v)
    assert best == pytest.approx(np.einsum("sjm,smn,sjn->sj", b.conj(), np.linalg.inv(c), b).real / antennas)
    for other in (mrc_filters(rng.uniform(-1, 1, (2, 2)), antennas), b / np.sqrt(antennas)):
        assert np.all(sir(other) <= best * (1 + 1e-9))
    if antennas == 1:
        assert sir(b) == pytest.approx(best)


def test_covariance_without_noise_is_singular_and_filters_still_exist():
    rng = np.random.default_rng(2)
    arriving, b = gaussian(rng, 1, 1, 2, 6), steering(np.array([[0.3]]), 6)
    v = receive_filters.mvdr_filters(b, receive_filters.covariance(arriving, np.ones((1, 1)), np.zeros(1)))
    assert receive_filters.through(arriving, v) == pytest.approx(0, abs=1e-9)
    assert receive_filters.mvdr_filters(b, np.zeros((1, 6, 6), complex)) == pytest.approx(b / np.sqrt(6))


def test_arrivals_have_the_law_of_explicit_channels_and_nulls_hold():
    rng, n, antennas = np.random.default_rng(3), 3000, 4
    w = gaussian(rng, 6, 3) / 3
    channel = gaussian(rng, n, 6, antennas)
    explicit = w.T @ channel.conj()  # [n, beam, M_r]: G^H w
    mu = np.linalg.eigvalsh(w.conj().T @ w)
    drawn = receive_filters.arrivals(rng, np.broadcast_to(mu, (n, 3)), antennas)
    v = mrc_filters(np.array([0.2, -0.5]), antennas)
    left = [receive_filters.without(x, v[None, :1]) for x in (explicit, drawn)]
    for one, other in ((explicit, drawn), left):
        gains = [receive_filters.through(x[:, None], np.broadcast_to(v, (n, 2, antennas)))[:, 0] for x in (one, other)]
        same_law(gains[0][:, 1], gains[1][:, 1])
        same_law(gains[0].sum(-1), gains[1].sum(-1))
    assert gains[1][:, 0] == pytest.approx(0, abs=1e-12)
    has_mean(receive_filters.through(drawn[:, None], np.broadcast_to(v, (n, 2, antennas)))[:, 0, 1], mu.sum())
