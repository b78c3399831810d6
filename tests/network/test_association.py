"""Cell association: the grid and the tree say what looking at every station says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isacsys.core import geometry
from isacsys.network.association import FEW, StationGrid, attach
from tests import naive

SIDES = st.tuples(*[st.sampled_from([1.0, 3.0, 10.0, 47.0])] * 2).map(np.array)


def tree(rng, count, side, spread):
    """Stations that fill the torus, or (spread < 1) crowd in one of its corners."""
    stations = rng.random((count, 2)) * side * spread
    return geometry.tree(stations, side), stations


@given(SIDES, st.integers(80, 400), st.sampled_from([1.0, 0.3, 0.02]), st.integers(0, 2**32))
def test_the_grid_finds_the_nearest_station(side, count, spread, seed):
    rng = np.random.default_rng(seed)
    index, stations = tree(rng, count, side, spread)
    points = rng.random((300, 2)) * side
    points[:4] = [[0, 0], [0, side[1] * (1 - 1e-16)], side * (1 - 1e-16), side / 2]
    assert np.array_equal(StationGrid(index, side).nearest(points), naive.attach(points, stations, side))


def test_a_lattice_has_ties_and_no_surprises():
    side = np.array([10.0, 10.0])
    lattice = np.indices((10, 10)).reshape(2, -1).T + 0.5
    points = np.random.default_rng(0).random((1000, 2)) * side
    points[:100] = lattice  # on the stations
    points[100:200] = lattice - 0.5  # as far as can be from four of them
    index = geometry.tree(lattice, side)
    number = StationGrid(index, side).nearest(points)
    assert np.array_equal(number[:100], np.arange(100)) and np.array_equal(
        number[200:], naive.attach(points[200:], lattice, side))
    assert naive.distance(points[100:200], lattice[number[100:200]], side) == pytest.approx(np.full(100, np.sqrt(0.5)))


@pytest.mark.parametrize("count", [1, 3, 63, 64, 200])
def test_few_points_and_many_are_attached_alike(count):
    side, rng = np.array([7.0, 4.0]), np.random.default_rng(count)
    index, stations = tree(rng, count, side, 1)
    points = rng.random((FEW * count + 1, 2)) * side
    distance, station = attach(index, side, points)
    assert np.array_equal(station, naive.attach(points, stations, side))
    assert distance == pytest.approx(naive.distance(points, stations[station], side))
    one_by_one = [attach(index, side, points[i:i + 1]) for i in range(len(points))]
    assert np.array_equal(np.concatenate([d for d, _ in one_by_one]), distance)  # bit for bit
    assert np.array_equal(np.concatenate([s for _, s in one_by_one]), station)


def test_nobody_is_attached_where_there_is_no_station():
    side = np.array([2.0, 2.0])
    distance, station = attach(geometry.tree(np.empty((0, 2)), side), side, np.ones((5, 2)))
    assert np.array_equal(station, np.full(5, -1)) and np.all(np.isinf(distance))
