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


@settings(max_examples=30)
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


@pytest.mark.parametrize("count", [1, 5, 16, 30])
@pytest.mark.parametrize("points", [
    np.random.default_rng(1).random((40, 2)), np.random.default_rng(2).integers(0, 4, (40, 2)) / 4,
    np.r_[np.random.default_rng(3).random((30, 2)), np.full((10, 2), 0.5)]], ids=["random", "lattice", "coincident"])
def test_nearest_others_are_those_of_all_points(points, count):
    index = geometry.tree(points * SIDE, SIDE)
    every = geometry.without_itself(*geometry.nearest(index, points * SIDE, len(points) + 1), count)
    for found, wanted in zip(geometry.nearest_others(index, count), every, strict=True):
        np.testing.assert_array_equal(found, wanted)


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


def test_ties_of_a_lattice_are_broken_by_number_and_not_by_rounding():
    rng, side = np.random.default_rng(2), np.array([6.0, 6.0])
    points = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), axis=-1).reshape(-1, 2)[rng.permutation(36)]
    exact = geometry.displacement(points[:, None], points[None], side)
    every = np.sum(exact**2, axis=-1) + 100 * np.eye(36)
    wanted = np.lexsort((np.broadcast_to(np.arange(36), (36, 36)), every), axis=-1)
    for count in (3, 8, 10):
        for _ in range(3):
            moved = np.abs(points * (1 + 2e-16 * rng.standard_normal((36, 2))))
            _, number = geometry.nearest_others(geometry.tree(moved, side), count)
            np.testing.assert_array_equal(number, wanted[:, :count])


@pytest.mark.parametrize("count", [1, 3, 5, 8])
def test_largest_of_equal_ones_are_the_first_whatever_rounding_does(count):
    rng = np.random.default_rng(3)
    values = rng.integers(0, 3, (200, 8)) / 3 + 0.0
    moved = values * (1 + 4e-16 * rng.standard_normal(values.shape))
    column, found = geometry.largest(moved, count)
    wanted = np.argsort(-values, axis=1, kind="stable")[:, :count]
    np.testing.assert_array_equal(np.where(found > 0, column, -1), np.where(found > 0, wanted, -1))
    np.testing.assert_array_equal(found, np.take_along_axis(moved, column, 1))


def test_what_is_opposite_on_the_torus_is_reached_on_one_side_whatever_rounding_does():
    a, b = np.array([[0.3, 0.3]]), np.array([[1.8, 1.3]])
    for way in (1e-16, -1e-16, 4e-16):
        step = geometry.displacement(a, b + way, SIDE)
        assert step == pytest.approx(np.array([[1.5, 1.0]]))
        assert geometry.displacement(b + way, a, SIDE) == pytest.approx(-step)
