"""Distributions and conditional means of typical links, with drops as the units of replication."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from isacsys.campaign.estimates import student
from isacsys.core.arrays import Array, Index

POINTS = 200


class Averages(NamedTuple):
    """Weighted means, one a column, with what every drop does to them."""

    mean: Array  # [column]
    influence: Array  # [drop, column]

    @property
    def half_width(self) -> Array:
        """Half-width [point] of the 95 % interval of every mean; NaN for a single drop."""
        n = len(self.influence)
        if n < 2:
            return np.full(self.influence.shape[1], np.nan)
        return np.asarray(student(n - 1) * self.influence.std(axis=0, ddof=1) / np.sqrt(n))


def survival(values: Array, weight: Array, drop: Index, drops: Index, thresholds: Array) -> Averages:
    """Estimate P(X > threshold) at ascending ``thresholds`` [threshold]: a ratio of sums over drops, linearised.

    ``values``, ``weight``, ``drop`` [row]; ``drops`` [drop] are all there are.
    """
    beyond = np.searchsorted(thresholds, values, side="left")  # how many thresholds are below the value
    mass = _table(np.searchsorted(drops, drop), beyond, weight, (len(drops), len(thresholds) + 1))
    above = mass[:, ::-1].cumsum(axis=1)[:, -2::-1]  # [drop, threshold]
    total = np.broadcast_to(mass.sum(axis=1, keepdims=True), above.shape)
    return _ratio(above, total)


def means_by(group: Index, groups: int, values: Array, weight: Array, drop: Index, drops: Index) -> Averages:
    """Estimate the weighted mean of ``values`` [row] within each ``group`` [row].

    ``weight``, ``drop`` [row]; ``drops`` [drop] are all there are.
    """
    shape, row = (len(drops), groups), np.searchsorted(drops, drop)
    return _ratio(_table(row, group, weight * values, shape), _table(row, group, weight, shape))


def quantiles(values: Array, weight: Array, count: int = POINTS) -> Array:
    """Return at most ``count`` quantiles [point] of ``values`` with ``weight`` [row], without repetition."""
    order = np.argsort(values)
    share = np.cumsum(weight[order]) / weight.sum()
    place = np.searchsorted(share, (np.arange(count) + 0.5) / count)
    return np.unique(values[order][np.minimum(place, len(order) - 1)])


def _table(row: Index, column: Index, weight: Array, shape: tuple[int, int]) -> Array:
    return np.bincount(row * shape[1] + column, weight, shape[0] * shape[1]).reshape(shape).astype(float, copy=False)


def _ratio(numerator: Array, denominator: Array) -> Averages:
    total = denominator.sum(axis=0)
    ratio = np.divide(numerator.sum(axis=0), total, out=np.full(total.shape, np.nan), where=total > 0)
    return Averages(ratio, (numerator - denominator * ratio) / np.where(total > 0, total, 1) * len(numerator))
