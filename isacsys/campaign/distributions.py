"""Distributions and conditional means of typical links and of users, with drops as the units of replication."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from isacsys.campaign.estimates import student
from isacsys.campaign.result import Run
from isacsys.core.arrays import Array, Index, Table
from isacsys.network.receivers import ReceiverType
from isacsys.recording.schema import LEVELS

POINTS = 200
ENOUGH = 5  # drops from which a confidence band means something


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


class LinkSamples(NamedTuple):
    """The links of one kind: a name for people, their table, and the drops."""

    name: str
    kind: ReceiverType
    table: Table
    drops: Index  # [drop]
    colour: int

    def where(self) -> tuple[Array, Index, Index]:
        """Return the weight and drop of every link [link], and the drops [drop], for an estimate over drops."""
        return self.table["weight"], self.table["drop"], self.drops

    def distribution(self, column: str, points: int) -> tuple[Array, Averages] | None:
        """Return values [point] of a column and the share of links above each; None without any."""
        values = self.table[column].astype(float)
        counts = np.isfinite(values) & (self.table["weight"] > 0)
        if not counts.any():
            return None
        at = quantiles(values[counts], self.table["weight"][counts], points)
        return at, survival(values, *self.where(), at)

    def over_distance(self, bins: int) -> tuple[Array, Averages]:
        """Return the mean distance [bin], and the mean rate, in bins of distance with equally many links."""
        distance = self.table["distance"]
        edges = quantiles(distance, self.table["weight"], bins)[1:]
        place = np.searchsorted(edges, distance)
        centre, rate = (means_by(place, len(edges) + 1, of, *self.where()) for of in (distance, self.table["rate"]))
        return centre.mean, rate

    def shares(self, terms: Sequence[str]) -> Array:
        """Return the mean share of every one of ``terms`` in the interference of a link, [term]."""
        nothing = np.zeros(len(self.table["drop"]))
        powers = np.array([self.table.get(term, nothing) for term in terms]).reshape(len(terms), -1)
        total = powers.sum(axis=0)
        shares = np.divide(powers, total, out=np.zeros_like(powers), where=total > 0) @ self.table["weight"]
        return np.asarray(shares / self.table["weight"].sum())


class UserSamples(NamedTuple):
    """A column of all users of a run that have a value."""

    values: Array  # [user]
    at: Array  # [point]
    above: Averages  # share of the users above these
    drops: Index  # [drop]


def links_of(runs: Sequence[Run], names: Sequence[str]) -> list[LinkSamples]:
    """Return the links of every run that recorded any."""
    found = []
    for number, (run, name) in enumerate(zip(runs, names, strict=True)):
        if "links/communication" not in LEVELS[run.scenario.recording.level]:
            continue
        drops = np.unique(run.table("drops")["drop"])
        for kind in ReceiverType:
            table = run.table(f"links/{kind.service}")
            if len(table["drop"]):
                label, colour = (kind.words, int(kind)) if len(runs) == 1 else (f"{kind.words}, {name}", number)
                found.append(LinkSamples(label, kind, table, drops, colour))
    return found


def users_of(run: Run, column: str, points: int) -> UserSamples | None:
    """Return how a column of the users is distributed; None where none has a value."""
    table, drops = run.table("users/communication"), np.unique(run.table("drops")["drop"])
    kept = np.isfinite(table[column])
    values, drop = table[column][kept], table["drop"][kept]
    if not len(values):
        return None
    at = np.quantile(values, np.linspace(0, 1, points))
    return UserSamples(values, at, survival(values, np.ones(len(values)), drop, drops, at), drops)
