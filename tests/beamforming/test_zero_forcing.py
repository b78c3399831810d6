"""Zero forcing: nulls are null, beams have norm one, and the drawn form has the law of the explicit one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from isacsys.beamforming import zero_forcing, zero_forcing_explicit
from isacsys.core.errors import InfeasibleDesign
from tests.statistics import has_law, same_law


def gaussian(rng, *shape):
    return rng.standard_normal((*shape, 2)) @ [1, 1j] / np.sqrt(2)


def explicit(own, others):
    """Zero-forcing beams of one station for explicit channels."""
    beams, vectors = zero_forcing_explicit.beams(own[None], np.array([len(own)]), others[None], np.array([len(others)]))
    return beams, vectors[0]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 4))
def test_beams_null_all_constraints_and_are_the_normalised_projections(seed, users, nulls):
    rng = np.random.default_rng(seed)
    own, others = gaussian(rng, users, 10), gaussian(rng, nulls, 10)
    zf, w = explicit(own, others)
    seen = np.concatenate([own, others]).conj() @ w
    assert np.linalg.norm(w, axis=0) == pytest.approx(1)
    assert seen - np.pad(np.diag(np.diag(seen)), ((0, nulls), (0, 0))) == pytest.approx(0, abs=1e-9)
    assert np.abs(np.diag(seen)) ** 2 == pytest.approx(zf.gain[0])
    assert zf.factor[0].conj().T @ zf.factor[0] == pytest.approx(w.conj().T @ w, abs=1e-9)
    for k in range(users):  # the projection of h_k on the null space of everything else
        rest = np.delete(np.concatenate([own, others]), k, axis=0).T
        projected = own[k] - rest @ np.linalg.pinv(rest) @ own[k]
        assert zf.gain[0, k] == pytest.approx(np.linalg.norm(projected) ** 2, rel=1e-6)


def test_dependent_users_are_infeasible():
    rng = np.random.default_rng(0)
    own, null = gaussian(rng, 3, 8), gaussian(rng, 1, 8)
    for users in (np.repeat(own, 2, axis=0), gaussian(rng, 9, 8), null):
        with pytest.raises(InfeasibleDesign, match="station 0"):
            explicit(users, null)


@pytest.mark.parametrize(("antennas", "users", "nulls"), [
    (8, 3, 4), (6, 6, 0), (1, 1, 0), pytest.param(20, 12, 0, marks=pytest.mark.slow),
    pytest.param(4, 1, 3, marks=pytest.mark.slow)])
def test_drawn_beams_have_the_law_of_explicit_ones(antennas, users, nulls):
    rng = np.random.default_rng(7)
    n = 1500
    found = [explicit(gaussian(rng, users, antennas), gaussian(rng, nulls, antennas))[0]
             for _ in range(n)]
    drawn = zero_forcing.draw(rng, np.full(n, antennas - nulls), np.full(n, users), users)
    gain = np.concatenate([e.gain for e in found])
    eigenvalues = np.concatenate([e.eigenvalues() for e in found])
    for column in {0, users - 1}:
        same_law(drawn.gain[:, column], gain[:, column])
        has_law(drawn.gain[:, column], stats.gamma(antennas - nulls - users + 1).cdf)
        if users > 1:
            same_law(drawn.eigenvalues()[:, column], eigenvalues[:, column])
    assert drawn.eigenvalues().sum(-1) == pytest.approx(users)


def test_padding_changes_no_law_and_adds_no_power():
    rng = np.random.default_rng(3)
    streams = np.array([0, 1, 3] * 2000)
    zf = zero_forcing.draw(rng, np.full(6000, 7), streams, 5)
    assert np.count_nonzero(zf.gain, axis=1).tolist() == streams.tolist()
    assert zf.eigenvalues().sum(-1) == pytest.approx(streams)
    has_law(zf.gain[2::3, 1], stats.gamma(5).cdf)


@pytest.mark.parametrize("angle", [1e-3, 1e-5, 1e-7, 1e-9])
def test_users_that_are_nearly_in_line_still_get_beams_of_norm_one(angle):
    """Two users an angle apart: each beam is what one has across the other, ``sin^2`` of its power."""
    rng = np.random.default_rng(3)
    own, null = gaussian(rng, 3, 8), gaussian(rng, 1, 8)
    across = gaussian(rng, 8)
    for known in (own[0], null[0]):
        across -= known * (known.conj() @ across) / np.linalg.norm(known) ** 2
    own[1] = own[0] + angle * across
    zf, w = explicit(own, null)
    assert np.linalg.norm(w, axis=0) == pytest.approx(1, rel=1e-12)
    assert np.abs(null.conj() @ w) == pytest.approx(0, abs=1e-12)
    assert np.sqrt(zf.gain[0, 0]) < 2 * angle * np.linalg.norm(across)
    assert np.abs(own[2].conj() @ w[:, :2]) == pytest.approx(0, abs=1e-12 + 1e-15 / angle)


def test_one_close_pair_changes_no_other_station():
    rng = np.random.default_rng(4)
    own, others = gaussian(rng, 3, 2, 6), gaussian(rng, 3, 1, 6)
    alone = zero_forcing_explicit.beams(own[1:2], np.array([2]), others[1:2], np.array([1]))
    own[0, 1] = own[0, 0] + 1e-8 * own[0, 1]
    zf, w = zero_forcing_explicit.beams(own, np.full(3, 2), others, np.full(3, 1))
    assert w[1] == pytest.approx(alone[1][0]) and zf.gain[1] == pytest.approx(alone[0].gain[0])


@pytest.mark.parametrize("padded", [1, 4])
def test_a_network_without_stations(padded):
    found = zero_forcing.draw(np.random.default_rng(0), np.empty(0, int), np.empty(0, int), padded)
    assert found.gain.shape == (0, padded) and found.eigenvalues().shape == (0, padded)
