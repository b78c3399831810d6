"""The arrays of one drop that policies read, frames write, and kernels compute with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.arrays import Array, Index
from isacsys.network.deployment import Deployment
from isacsys.physics import geometry, propagation
from isacsys.scenario import Scenario


@dataclass
class Population:
    """The users, or the targets, of a drop, as parallel arrays; ids are positions in them.

    Attributes
    ----------
    station, distance : [n]
        Serving station (-1: none) and its distance, km.
    stations : int
        How many stations there are.
    position : [n, 2]
        km.
    last_served : [n]
        Frame in which each was last scheduled, -1 if never.
    turn : [n]
        The same plus the place within the frame, as a fraction: the order in which they were served.
    """

    position: Array
    station: Index
    distance: Array
    stations: int
    last_served: Index = field(init=False)
    turn: Array = field(init=False)
    order: Index = field(init=False)
    start: Index = field(init=False)

    def __post_init__(self) -> None:
        self.last_served = np.full(len(self.station), -1)
        self.turn = np.full(len(self.station), -1.0)
        attached = np.flatnonzero(self.station >= 0)
        self.order = attached[group_order(self.station[attached], self.stations)]
        self.start = np.searchsorted(self.station[self.order], np.arange(self.stations + 1))

    @property
    def count(self) -> Index:
        """Population of every cell, [bs]."""
        return np.diff(self.start)

    def of(self, station: int) -> Index:
        """Return the ids attached to ``station``."""
        return self.order[self.start[station]:self.start[station + 1]]


def group_order(group: Index, groups: int) -> Index:
    """Sort by group number, stably; numpy sorts short integers by radix, ten times faster than long ones."""
    return np.argsort(group if groups > 2**15 else group.astype(np.int16), kind="stable")


@dataclass(frozen=True)
class Surroundings:
    """What a receiver hears of the base stations around it, nearest first.

    Attributes
    ----------
    station : [receiver, near]
        Base stations drawn one by one; the number of stations where there are no more.
    path_gain : [receiver, near]
        Zero for those that are not drawn one by one.
    far_field : [receiver]
        Mean power of all base stations beyond, were none silent.
    """

    station: Index
    path_gain: Array
    far_field: Array

    def __getitem__(self, rows: Index) -> Surroundings:
        return Surroundings(np.take(self.station, rows, axis=0), np.take(self.path_gain, rows, axis=0),
                            np.take(self.far_field, rows))


class NetworkState:
    """All arrays of one drop.

    Parameters
    ----------
    scenario : Scenario
    deployment : Deployment
    """

    def __init__(self, scenario: Scenario, deployment: Deployment) -> None:
        self.scenario, self.deployment = scenario, deployment
        self.stations = len(deployment.stations)
        self.frame = 0
        self._horizon = _Horizon(self)
        self._user_cache = _Cache(len(deployment.users), self._horizon.users_near)
        self._station_cache: Surroundings | None = None

    @cached_property
    def users(self) -> Population:
        """The users of the drop."""
        distance, station = self.deployment.user_attachment
        return Population(self.deployment.users, station, distance, self.stations)

    @cached_property
    def targets(self) -> Population:
        """The targets of the drop."""
        distance, station = self.deployment.target_attachment
        return Population(self.deployment.targets, station, distance, self.stations)

    @property
    def bs_density(self) -> float:
        """lambda_b of the layout: the scenario's where points are drawn by it, else that of the positions."""
        if self.scenario.network.layout in ("poisson", "fixed_count"):
            return self.scenario.network.bs_density
        return self.stations / self.deployment.area

    def around_users(self, users: Index) -> Surroundings:
        """Surroundings of users; the first station is the serving one, the first L are the cluster."""
        if self.scenario.simulation.frames == 1:
            return self._query_users(users)
        return self._user_cache.get(users, self._query_users)

    def around_stations(self, stations: Index) -> Surroundings:
        """Surroundings of stations as receivers of echoes, themselves left out."""
        if self._station_cache is None:
            distance, number = geometry.nearest_others(self.deployment.index, self._horizon.stations_near)
            cluster = self.scenario.allocation.sensing_cluster - 1
            self._station_cache = self._horizon.surroundings(distance, number, cluster, self.stations - 1)
        return self._station_cache[stations]

    def target_clusters(self, targets: Index) -> Index:
        """Return the Q - 1 base stations [target, Q - 1] asked to null towards each target's receive filter."""
        others = self.scenario.allocation.sensing_cluster - 1
        if not len(targets):
            return np.empty((0, others), np.int64)
        if self.scenario.sensing.cluster_center == "serving_bs":
            return self.around_stations(self.targets.station[targets]).station[:, :others]
        position = self.deployment.targets[targets]
        return geometry.nearest(self.deployment.index, position, others + 1)[1][:, 1:]

    def target_cosines(self, targets: Index) -> Array:
        """Return the cosine of the true bearing of targets from their serving stations."""
        d = self.deployment
        step = geometry.displacement(d.stations[self.targets.station[targets]], d.targets[targets], d.side)
        return step[:, 0] / np.hypot(step[:, 0], step[:, 1])

    def path_gain(self, one: Index, other: Index) -> Array:
        """Path gain between pairs of stations."""
        d = self.deployment
        step = geometry.displacement(d.stations[one], d.stations[other], d.side)
        return propagation.path_gain(np.hypot(step[:, 0], step[:, 1]), self.scenario.propagation.path_loss_exponent)

    def _query_users(self, users: Index) -> Surroundings:
        distance, number = geometry.nearest(self.deployment.index, self.deployment.users[users],
                                            self._horizon.users_near)
        cluster = self.scenario.allocation.communication_cluster
        return self._horizon.surroundings(distance, number, cluster, self.stations)


class _Horizon:
    """Where a receiver's stations stop being drawn one by one, and what comes after (see MODEL: far field)."""

    def __init__(self, state: NetworkState) -> None:
        scenario, side = state.scenario, state.deployment.side
        self.alpha = scenario.propagation.path_loss_exponent
        self.near = scenario.network.near_stations
        self.users_near = max(self.near, scenario.allocation.communication_cluster)
        self.stations_near = max(self.near, scenario.allocation.sensing_cluster - 1)
        self.density, self.half = state.bs_density, float(min(side)) / 2
        self.torus = scenario.network.far_field == "torus"
        self.outside = propagation.outside_rectangle(self.density, side, self.alpha) if self.torus else 0.0

    def surroundings(self, distance: Array, station: Index, cluster: int, everybody: int) -> Surroundings:
        """Cut off what lies beyond ``side / 2`` and is not of the cluster, and replace it by its mean.

        On a finite torus on which ``everybody`` is near, nobody is left to be replaced.
        """
        complete = self.torus and everybody <= distance.shape[1]
        drawn = (distance <= self.half) | complete
        drawn[:, :cluster] = True
        gain = np.where(drawn, propagation.path_gain(distance, self.alpha), 0.0)
        rho = np.minimum(distance[:, -1], self.half)
        far = propagation.plane_far_field(self.density, rho, self.alpha) - self.outside
        return Surroundings(station, gain, np.maximum(far, 0.0) * (not complete))


class _Cache:
    """Rows of `Surroundings`, filled in for those who are asked for."""

    def __init__(self, rows: int, near: int) -> None:
        self.known = np.zeros(rows, bool)
        self.table = Surroundings(np.empty((rows, near), np.int64), np.empty((rows, near)), np.empty(rows))

    def get(self, rows: Index, query: Any) -> Surroundings:
        missing = rows[~self.known[rows]]
        if len(missing):
            found = query(missing)
            for mine, theirs in self._pairs(found):
                mine[missing] = theirs
            self.known[missing] = True
        return self.table[rows]

    def _pairs(self, found: Surroundings) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        t = self.table
        yield from ((t.station, found.station), (t.path_gain, found.path_gain), (t.far_field, found.far_field))
