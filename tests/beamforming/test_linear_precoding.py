"""Designs on given channels: limits, optimality, and what they must not hear."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys.beamforming import linear_precoding, zero_forcing_explicit
from tests.statistics import has_mean

BATCH = 6


def gaussian(rng, *shape):
    return rng.standard_normal((*shape, 2)) @ [1, 1j] / np.sqrt(2)


def network(seed, users=3, nulls=2, antennas=8):
    """Channels of stations with fewer users, or nulls, than the largest: padded with rows of zeros."""
    rng = np.random.default_rng(seed)
    own, granted = gaussian(rng, BATCH, users, antennas), gaussian(rng, BATCH, nulls, antennas)
    streams, held = rng.integers(1, users + 1, BATCH), rng.integers(0, nulls + 1, BATCH)
    own[np.arange(users) >= streams[:, None]] = 0
    granted[np.arange(nulls) >= held[:, None]] = 0
    return own, streams, granted, held


def alike(one, other, tolerance):
    """Beams [bs, M_t, K] point the same way, whatever their phase; unused ones are zero in both."""
    overlap = np.abs(np.einsum("bmk,bmk->bk", one.conj(), other))
    assert overlap == pytest.approx(np.linalg.norm(other, axis=1), abs=tolerance)
    assert np.linalg.norm(one, axis=1) == pytest.approx(np.linalg.norm(other, axis=1), abs=tolerance)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 4))
def test_regularisation_goes_from_zero_forcing_to_maximum_ratio(seed, users, nulls):
    own, streams, granted, held = network(seed, users, nulls)
    little, much = (np.full(own.shape[:2], x) for x in (1e-13, 1e13))
    _, zero_forcing = zero_forcing_explicit.beams(own, streams, granted, held)
    alike(linear_precoding.regularized(own, little, granted, np.full(granted.shape[:2], 1e-13)), zero_forcing, 1e-6)
    alike(linear_precoding.regularized(own, 0 * little, granted, np.zeros(granted.shape[:2])), zero_forcing, 1e-6)
    alike(
        linear_precoding.regularized(own, much, granted, np.full(granted.shape[:2], 1e13)),
        linear_precoding.maximum_ratio(own),
        1e-6,
    )
    huge = np.full(own.shape[:2], 1e300)
    alike(linear_precoding.regularized(own, huge), linear_precoding.maximum_ratio(own), 1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_granted_receivers_without_load_hear_nothing(seed, load):
    own, _, granted, _ = network(seed)
    w = linear_precoding.regularized(own, np.full(own.shape[:2], load), granted, np.zeros(granted.shape[:2]))
    assert granted.conj() @ w == pytest.approx(0, abs=1e-9)


def test_finite_loads_maximise_signal_over_leakage():
    rng = np.random.default_rng(3)
    own, _, granted, _ = network(3)
    loads = rng.uniform(0.1, 5, own.shape[:2]), rng.uniform(0.1, 5, granted.shape[:2])
    w = linear_precoding.regularized(own, loads[0], granted, loads[1])

    def slnr(beam, b, k):
        heard = [np.abs(h.conj() @ beam) ** 2 / x for h, x in zip(np.vstack([own[b], granted[b]]),
                                                                np.append(loads[0][b], loads[1][b]), strict=True)]
        return heard[k] / (np.linalg.norm(beam) ** 2 + sum(heard) - heard[k])

    for b in range(BATCH):
        for k in np.flatnonzero(own[b].any(-1)):
            best = slnr(w[b, :, k], b, k)
            assert all(slnr(w[b, :, k] + 0.03 * gaussian(rng, 8), b, k) <= best * (1 + 1e-12) for _ in range(20))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_sensing_beams_are_projections_that_known_receivers_do_not_hear(seed, targets):
    own, _, granted, _ = network(seed)
    known = linear_precoding.stacked(own, granted)
    rng = np.random.default_rng([seed, 1])
    bearings = gaussian(rng, BATCH, targets, 8)
    bearings[0, -1] = 0
    w, there = linear_precoding.toward(bearings, known)
    assert known.conj() @ w == pytest.approx(0, abs=1e-12)
    assert np.linalg.norm(w, axis=1) == pytest.approx(there.astype(float))
    assert there.sum() == BATCH * targets - 1
    for b, j in np.argwhere(there):
        rows = known[b][known[b].any(-1)]
        projected = bearings[b, j] - rows.T @ np.linalg.pinv(rows.T) @ bearings[b, j]
        assert w[b, :, j] == pytest.approx(projected / np.linalg.norm(projected), abs=1e-9)


def test_where_no_dimension_is_left_there_is_no_sensing_beam():
    rng = np.random.default_rng(1)
    known = gaussian(rng, 2, 4, 4)
    known[1, 3] = 0
    w, there = linear_precoding.toward(gaussian(rng, 2, 1, 4), known)
    assert there[:, 0].tolist() == [False, True]
    assert not w[0].any()


def test_a_stranger_hears_the_eigenvalues():
    """``|P^1/2 W^H h|^2`` of independent h has mean sum mu and variance sum mu^2, for any beams."""
    rng = np.random.default_rng(5)
    w, power = linear_precoding.unit(gaussian(rng, 1, 6, 4)), rng.dirichlet(np.ones(4))[None]
    mu = linear_precoding.eigenvalues(w, power)[0]
    assert mu.sum() == pytest.approx(1)
    gain = np.sum(np.abs(gaussian(rng, 40000, 6).conj() @ (w * np.sqrt(power)[:, None])[0]) ** 2, axis=-1)
    has_mean(gain, 1)
    has_mean((gain - 1) ** 2, np.sum(mu**2))


def test_known_channels_that_are_nearly_in_line_hear_nothing_either():
    rng = np.random.default_rng(6)
    known, bearings = gaussian(rng, 2, 4, 6), gaussian(rng, 2, 2, 6)
    known[0, 1] = known[0, 0] + 1e-7 * known[0, 1]
    known[1, 2] = known[1, 1]
    known[1, 3] = 0
    w, there = linear_precoding.toward(bearings, known)
    assert there.all() and np.linalg.norm(w, axis=1) == pytest.approx(1)
    assert known.conj() @ w == pytest.approx(0, abs=1e-12)
    across = known[0, 1] - known[0, 0]
    assert across.conj() @ w[0] / np.linalg.norm(across) == pytest.approx(0, abs=1e-7)
