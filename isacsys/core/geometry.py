"""Distances and nearest neighbours on a torus."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Index
from isacsys.core.lazy import spatial

# What is equal in law, as distances in a lattice or gains behind an antenna, differs by some 1e-15 on a computer, on
# each processor otherwise. Which comes first is then said by number: each number more makes this share of difference.
TIE = 2.0**-36
LATTICE = 18  # points more than asked for: so many of a lattice may be at the same distance as the last
_HALF_WAY = 1 + TIE  # what is opposite on the torus is reached without crossing the seam


def wrap(positions: npt.ArrayLike, side: Array) -> Array:
    """Return positions [n, 2] modulo ``side`` [2]: on the torus [0, side)."""
    wrapped = np.mod(np.asarray(positions, float).reshape(-1, 2), side)
    return np.where(wrapped < side, wrapped, 0.0)  # -1e-17 % 1 == 1


def displacement(start: Array, end: Array, side: Array) -> Array:
    """Return the shortest vector from ``start`` to ``end`` on the torus of ``side``, [..., 2]."""
    step = np.asarray(end - start)
    for axis, length in enumerate(side.tolist()):
        step[..., axis] -= length * np.round(step[..., axis] / (length * _HALF_WAY))
    return step


def length(step: Array) -> Array:
    """Return the length [...] of ``step`` [..., 2]; ``np.hypot``, safe at extremes, takes five times as long."""
    x, y = step[..., 0], step[..., 1]
    return np.asarray(np.sqrt(x * x + y * y))


def tree(points: Array, side: Array) -> spatial.cKDTree:
    """Return an index of points [n, 2] on the torus of ``side`` [2], for nearest-neighbour queries."""
    return spatial.cKDTree(points, boxsize=side)


def nearest(index: spatial.cKDTree, positions: Array, count: int) -> tuple[Array, Index]:
    """Return distances and numbers [n, count] of the points nearest to ``positions`` [n, 2], nearest first.

    Where there are fewer than ``count`` points, the rest has distance inf and number ``index.n``.
    """
    if index.n == 0 or len(positions) == 0:
        shape = (len(positions), count)
        return np.full(shape, np.inf), np.full(shape, index.n, np.int64)
    distance, number = index.query(positions, k=np.arange(1, count + 1))
    return np.asarray(distance), np.asarray(number, np.int64)


def nearest_others(index: spatial.cKDTree, count: int) -> tuple[Array, Index]:
    """Return distances and numbers [index.n, count] of the nearest other points of every point of the tree."""
    points = np.asarray(index.data)
    found = nearest(index, points, count + 2) if _last_alone(*nearest(index, points[:1], count + 2)) else None
    if found is None or not _last_alone(*found):
        found = nearest(index, points, count + 1 + LATTICE)
    return without_itself(*found, count)


def _last_alone(distance: Array, number: Index) -> bool:
    """Return whether the last but one of every row of ``distance`` [point, m] is closer than all that follow, ties and
    all; ``number`` [point, m].
    """
    return bool(np.all(distance[:, -1] > distance[:, -2] * (1 + TIE * (number.max(initial=0) + 1))))


def without_itself(distance: Array, number: Index, count: int) -> tuple[Array, Index]:
    """Return distance and number [point, count] of the first ``count`` points other than itself, ties by number.

    Parameters
    ----------
    distance, number : [point, more than count]
        The nearest of each point, among which are all that may be as far as the last that is wanted.
    """
    own = number == np.arange(len(number))[:, None]
    order = np.lexsort((number, np.where(own, np.inf, distance * (1 + TIE * number)), own), axis=-1)[:, :count]
    return np.take_along_axis(distance, order, 1), np.take_along_axis(number, order, 1)


def largest(values: Array, count: int) -> tuple[Index, Array]:
    """Return the ``count`` largest of every row of ``values`` [n, m], largest first, ties by column: columns, and them.

    Values are not negative.
    """
    columns = values.shape[1]
    rank = values * ties(columns)
    if count < columns:
        column = np.argpartition(rank, columns - count, axis=1)[:, columns - count:]
        column.sort(axis=1)  # for zeros, which no factor tells apart
    else:
        column = np.broadcast_to(np.arange(columns), values.shape)
    row = np.arange(len(values))[:, None]
    column = column[row, np.argsort(-rank[row, column], axis=1, kind="stable")]
    return column, values[row, column]


def ties(columns: int) -> Array:
    """Return factors [columns] that let the lower number come first where values, not negative, are equal in law."""
    return 1 - TIE * np.arange(columns)


def distances(index: spatial.cKDTree, side: Array, positions: Array, number: Index) -> Array:
    """Return distances [n, m] of positions [n, 2] to points ``number`` [n, m]; inf where that is ``index.n`` or -1:
    none.

    ``side`` [2] is that of the torus.
    """
    if not index.n:
        return np.full(number.shape, np.inf)
    squares = []
    for axis, coordinates in enumerate(_coordinates(index)):
        gap = np.take(coordinates, number)
        gap -= positions[:, axis, None]
        np.abs(gap, out=gap)
        np.minimum(gap, side[axis] - gap, out=gap)
        squares.append(np.square(gap, out=gap))
    return np.sqrt(np.add(*squares))


@lru_cache(maxsize=4)
def _coordinates(index: spatial.cKDTree) -> Array:
    """Return the coordinates of the points of a tree, [2, n + 1]; infinite for the one that is none."""
    return np.append(index.data, [[np.inf, np.inf]], axis=0).T.copy()
