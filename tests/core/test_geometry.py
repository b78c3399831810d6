"""Distances on the torus against all images."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys.core import geometry

SIDE = np.array([3.0, 2.0])


def by_images(a, b):
    shifts = np.array(list(itertools.product((-1, 0, 1), repeat=2))) * SIDE
    return min(np.linalg.norm(b + s - a) for s in shifts)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_nearest_are_the_nearest_images(seed, count):
    rng = np.random.default_rng(seed)
    points, users = rng.random((5, 2)) * SIDE, rng.random((4, 2)) * SIDE
    distance, number = geometry.nearest(geometry.tree(points, SIDE), users, count)
    for user, d, n in zip(users, distance, number, strict=True):
        every = sorted(by_images(user, p) for p in points)[:count]
        assert d[:5] == pytest.approx(every)
        assert all(np.isinf(d[5:])) and all(n[5:] == 5)


def test_displacement_is_the_shortest_way():
    rng = np.random.default_rng(0)
    a, b = rng.random((50, 2)) * SIDE, rng.random((50, 2)) * SIDE
    step = geometry.displacement(a, b, SIDE)
    assert np.linalg.norm(step, axis=1) == pytest.approx([by_images(x, y) for x, y in zip(a, b, strict=True)])
    assert geometry.wrap(a + step, SIDE) == pytest.approx(b)


def test_nearest_others_leave_oneself_out_even_among_coincident_points():
    points = np.array([[0.5, 0.5], [0.5, 0.5], [1.0, 1.0]])
    _, number = geometry.nearest_others(geometry.tree(points, SIDE), 2)
    assert all(i not in row for i, row in enumerate(number.tolist()))


def test_wrap_never_reaches_the_far_edge():
    assert np.all(geometry.wrap([[-1e-20, 3.0], [6.0, -2.0]], SIDE) < SIDE)


def test_distances_are_the_shortest_ways_and_infinite_to_nobody():
    rng, side = np.random.default_rng(5), np.array([3.0, 8.0])
    points, positions = rng.random((20, 2)) * side, rng.random((50, 2)) * side
    number = rng.integers(0, 20, (50, 4))
    index = geometry.tree(points, side)
    way = geometry.displacement(positions[:, None], points[number], side)
    assert geometry.distances(index, side, positions, number) == pytest.approx(np.hypot(way[..., 0], way[..., 1]))
    assert np.all(np.abs(way) <= side / 2) and geometry.length(way) == pytest.approx(np.hypot(way[..., 0], way[..., 1]))
    assert np.all(np.isinf(geometry.distances(index, side, positions, np.full((50, 2), [20, -1]))))
    empty = geometry.tree(np.empty((0, 2)), side)
    assert np.all(np.isinf(geometry.distances(empty, side, positions, np.zeros((50, 1), int))))
