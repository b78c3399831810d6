"""Filters, and what is left of them outside a span."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys.beamforming import filter_spans
from isacsys.channel import array_response
from tests.statistics import has_mean


def filters(cosine, antennas=10):
    return filter_spans.mrc_filters(np.asarray(cosine), antennas)


def gaussian(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


@given(st.floats(-1, 1), st.integers(1, 12))
def test_steering_has_unit_modulus_and_the_papers_phases(cosine, antennas):
    a = array_response.steering(cosine, antennas)
    assert a == pytest.approx(np.exp(1j * np.pi * np.arange(antennas) * cosine))
    assert np.linalg.norm(filter_spans.mrc_filters(cosine, antennas)) == pytest.approx(1)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.integers(2, 6))
def test_outside_span_is_the_orthogonal_projection(seed, count, dimension):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((3, count, dimension, 2)) @ [1, 1j]
    chosen = rng.random((3, count)) < 0.5
    residual, rank = filter_spans.outside_span(vectors, chosen)
    for v, mine, r, k in zip(vectors, chosen, residual, rank, strict=True):
        span = v[mine].T
        projection = span @ np.linalg.pinv(span) if mine.any() else np.zeros((dimension, dimension))
        expected = np.where(mine[:, None], 0, v - v @ projection.T)
        assert r.conj() @ r.T == pytest.approx(expected.conj() @ expected.T, abs=1e-9)
        assert k == (np.linalg.matrix_rank(span) if mine.any() else 0)


def test_coincident_bearings_count_once():
    v = filters([0.3, 0.3, 0.3 + 1e-12, -0.5])
    for chosen, expected in (([1, 1, 1, 0], 1), ([1, 0, 1, 1], 2), ([0, 0, 0, 0], 0)):
        _, rank = filter_spans.outside_span(v, np.array(chosen, bool))
        assert rank == expected
    residual, _ = filter_spans.outside_span(v, np.array([1, 0, 0, 0], bool))
    assert np.linalg.norm(residual, axis=1)[:3] == pytest.approx(0, abs=1e-9)  # refused, and nulled for free
    left, _ = filter_spans.outside_span(v, np.array([1, 1, 0, 0], bool))  # the dependent one takes no direction away
    assert np.linalg.norm(left, axis=1) == pytest.approx(np.linalg.norm(residual, axis=1))


def test_bearings_a_little_apart_count_twice_and_are_both_nulled():
    """A part of 1e-7 of the norm is no rounding: merging such filters would not null it, and save an antenna."""
    v = filters([0.3, 0.3 + 1e-8, -0.5])
    residual, rank = filter_spans.outside_span(v, np.array([1, 1, 0], bool))
    assert rank == 2
    assert 1e-9 < np.linalg.norm(filter_spans.outside_span(v, np.array([1, 0, 0], bool))[0][1]) < 1e-6
    assert filter_spans.span(v, np.array([1, 1, 0], bool))[1] == 2
    assert not residual[:2].any()


def test_more_targets_than_antennas_span_the_antennas():
    v = filters(np.linspace(-0.9, 0.9, 8), antennas=5)
    residual, rank = filter_spans.outside_span(v, np.arange(8) < 6)
    assert rank == 5 and np.linalg.norm(residual, axis=1) == pytest.approx(0, abs=1e-9)


def test_reduced_filters_keep_inner_products():
    v = filters([[0.3, 0.3, -0.7], [0.1, 0.2, 0.9]])
    reduced = filter_spans.reduced_filters(v)
    assert reduced.shape == (2, 3, 3) and filter_spans.reduced_filters(v[..., :5]).shape == (2, 3, 5)
    assert reduced.conj() @ reduced.swapaxes(1, 2) == pytest.approx(v.conj() @ v.swapaxes(1, 2), abs=1e-12)


@pytest.mark.parametrize(("granted", "left"), [(3, 0.615), (8, 0.147)])
def test_mean_residual_of_refused_filters(granted, left):
    """What other nulls leave of a refused filter, M_r = 10, uniform bearings: least squares gives the same."""
    rng = np.random.default_rng(1)
    v = filters(np.cos(2 * np.pi * rng.random((4000, 9))))
    residual, _ = filter_spans.outside_span(v, np.broadcast_to(np.arange(9) < granted, (4000, 9)))
    power = np.sum(np.abs(residual[:, -1]) ** 2, axis=-1)
    for one, mine in zip(v[:100], power, strict=False):
        span = one[:granted].T
        rest = one[-1] - span @ np.linalg.lstsq(span, one[-1])[0]
        assert mine == pytest.approx(np.linalg.norm(rest) ** 2, abs=1e-6)
    has_mean(power, left, bias=0.001)


def test_pattern_of_the_own_bearing_is_one():
    v = filters([[0.1, 0.5, -0.3]])
    assert np.diagonal(filter_spans.pattern(v)[0]) == pytest.approx(1)
    assert filter_spans.pattern(v)[0, 0, 1] == pytest.approx(abs(np.vdot(v[0, 0], v[0, 1])) ** 2)


@pytest.mark.parametrize("count", [3, 5])
def test_a_dependent_filter_between_independent_ones_does_not_turn_their_span(count):
    rng = np.random.default_rng(count)
    v = rng.standard_normal((count + 2, 8)) + 1j * rng.standard_normal((count + 2, 8))
    v[1] = v[0] * (2 - 1j)
    chosen = np.arange(count + 2) < count
    residual, rank = filter_spans.outside_span(np.stack([v, v[::-1]]), np.stack([chosen, chosen]))
    for left, k, vectors in zip(residual, rank, (v, v[::-1]), strict=True):
        u, s, _ = np.linalg.svd(vectors[chosen].T, full_matrices=False)
        span = u[:, s > 1e-8]
        outside = vectors - vectors @ span.conj() @ span.T
        assert k == span.shape[1] and left @ left.conj().T == pytest.approx(outside @ outside.conj().T, abs=1e-9)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_principal_directions_weigh_as_the_filters_do(count):
    """Whatever is dependent or left out: sums of outer products are the same, rows orthonormal, weights falling."""
    rng = np.random.default_rng(count)
    v = rng.standard_normal((2, count + 2, 5)) + 1j * rng.standard_normal((2, count + 2, 5))
    v[0, 1] = v[0, 0] * 1j
    chosen = np.broadcast_to(np.arange(count + 2) < count, (2, count + 2))
    basis, weight, rank = filter_spans.principal(v, chosen)
    for rows, s, k, vectors in zip(basis, weight, rank, v[:, :count], strict=True):
        assert k == np.linalg.matrix_rank(vectors) and np.all(np.diff(s) <= 1e-9 * s[0])
        assert s.sum() == pytest.approx(np.sum(np.abs(vectors) ** 2))
        assert rows[:k].conj() @ rows[:k].T == pytest.approx(np.eye(k), abs=1e-9)
        assert (rows[:k].T * s[:k]) @ rows[:k].conj() == pytest.approx(vectors.T @ vectors.conj(), abs=1e-9)


@pytest.mark.parametrize("near", [0.0, 1e-15, 3e-12, 1e-9, 1e-7])
@pytest.mark.parametrize("spans", [(), (0,), (0, 1), (0, 3)])
def test_coordinates_hang_on_no_direction_that_rounding_chooses(near, spans):
    """Filters that are close to others, moved by as much as rounding moves them: powers drawn in coordinates stay."""
    rng = np.random.default_rng(8)
    cosine = np.array([0.3, 0.3 + near, -0.5, -0.5 - near, 0.1])
    v, chosen = filters(cosine, 12)[None], np.isin(np.arange(5), spans)[None]
    moved = v * (1 + 3e-16 * gaussian(rng, *v.shape))
    z = gaussian(rng, 200, 12)

    def powers(vectors):
        residual, rank = filter_spans.outside_span(vectors, chosen)
        reduced = filter_spans.reduced_filters(vectors)[0]
        return np.abs(z @ residual[0].conj().T) ** 2, np.abs(z[:, :5] @ reduced.T) ** 2, rank

    for one, other in zip(powers(v), powers(moved), strict=True):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-7)


def test_nothing_is_left_of_what_lies_in_the_span_but_for_rounding():
    v = filters([0.2, 0.7, 0.2, -0.4, 0.7])[None]
    residual, rank = filter_spans.outside_span(v, np.array([[True, True, False, False, False]]))
    assert rank == 2 and not residual[0, [0, 1, 2, 4]].any() and residual[0, 3].any()
