"""The base stations drawn one by one for a receiver, and the mean power of all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Index
from isacsys.network.deployment import Deployment
from isacsys.network.population import Population
from isacsys.network.station_status import StationStatus
from isacsys.propagation import power_law

SPARE = 3  # candidates beyond the near stations of a moving receiver, so that it need not look them up every frame


@dataclass(frozen=True)
class Surroundings:
    """Path gains of the base stations around receivers, nearest first.

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
        return Surroundings(self.station.take(rows, axis=0), self.path_gain.take(rows, axis=0),
                            self.far_field.take(rows))


class Horizon:
    """Where a receiver's stations stop being drawn one by one, and what comes after."""

    def __init__(self, scenario: Scenario, density: float, side: Array) -> None:
        self.alpha = scenario.propagation.path_loss_exponent
        self.near = scenario.network.near_stations
        self.users_near = max(self.near, scenario.allocation.communication_cluster)
        self.stations_near = max(self.near, scenario.allocation.sensing_cluster - 1)
        self.density, self.half = density, float(min(side)) / 2
        self.torus = scenario.network.far_field == "torus"
        self.outside = power_law.outside_rectangle(self.density, side, self.alpha) if self.torus else 0.0

    def surroundings(self, distance: Array, station: Index, cluster: int, count: int) -> Surroundings:
        """Replace stations beyond ``side / 2`` outside the cluster by their mean power.

        ``distance``, ``station`` [n, near]. On a finite torus whose ``count`` stations are all near, none is left to be
        replaced.
        """
        complete = self.torus and count <= distance.shape[1]
        drawn = (distance <= self.half * (1 + geometry.TIE)) | complete  # in a lattice some are at just that distance
        drawn[:, :cluster] = True
        gain = np.where(drawn, power_law.path_gain(distance, self.alpha), 0.0)
        rho = np.minimum(distance[:, -1], self.half)
        far = power_law.plane_far_field(self.density, rho, self.alpha) - self.outside
        return Surroundings(station, gain, np.maximum(far, 0.0) * (not complete))


class UserSurroundings:
    """Surroundings of users, worked out for those who are asked for, and followed while they move.

    A user's near stations are found once, with some to spare. As long as the farthest of the near ones is closer than
    the farthest spare one was, less the way made since, no station from outside can have come between.
    """

    def __init__(self, scenario: Scenario, users: Population, deployment: Deployment, operating: StationStatus,
                 horizon: Horizon) -> None:
        self._users, self._operating, self._horizon = users, operating, horizon
        self._index, self._side, self._switched = deployment.index, deployment.side, 0
        self._near = horizon.users_near
        self._cluster = scenario.allocation.communication_cluster
        self._once = scenario.simulation.frames == 1
        self._moving = scenario.moving
        if not (self._once or self._moving):
            self._known = np.zeros(len(users), bool)
            self._table = Surroundings(*(np.empty(shape, dtype) for shape, dtype in (
                ((len(users), self._near), np.int64), ((len(users), self._near), float), (len(users), float))))
        if self._moving:
            self._candidates = np.full((len(users), self._near + SPARE), self._index.n)
            self._reach = np.full(len(users), -np.inf)
            self._origin = np.zeros((len(users), 2))

    def get(self, rows: Index) -> Surroundings:
        """Return the surroundings of users ``rows`` [user]; the first station is the serving one."""
        if self._switched != self._operating.switched:
            self._forget()
        if self._once or self._moving:  # none is asked for twice
            return self._find(rows)
        missing = rows[~self._known[rows]]
        if len(missing):
            found = self._find(missing)
            self._table.station[missing] = found.station
            self._table.path_gain[missing] = found.path_gain
            self._table.far_field[missing] = found.far_field
            self._known[missing] = True
        return self._table[rows]

    def _find(self, rows: Index) -> Surroundings:
        distance, station = self._follow(rows) if self._moving else self._look_up(rows, self._near)
        if self._switched and not self._moving:
            distance, station = serving_first(distance, station, self._users, rows)
        return self._horizon.surroundings(distance, station, self._cluster, self._index.n)

    def _look_up(self, rows: Index, count: int) -> tuple[Array, Index]:
        return self._operating.nearest(self._users.position[rows], count)

    def forget(self, row: int) -> None:
        """Discard the near stations of one user that was moved."""
        if self._moving:
            self._reach[row] = -np.inf
        elif not self._once:
            self._known[row] = False

    def _forget(self) -> None:
        """Discard all near stations: a station was switched on or off."""
        self._switched = self._operating.switched
        if self._moving:
            self._reach[:] = -np.inf
        elif not self._once:
            self._known[:] = False

    def _follow(self, rows: Index) -> tuple[Array, Index]:
        """Return the distances and numbers [row, near] of the near stations of users that move, the serving one
        first.
        """
        distance, station, sound = self._from_candidates(rows)
        if not sound.all():
            lost = rows[~sound]
            found, number = self._look_up(lost, self._near + SPARE)
            self._candidates[lost], self._reach[lost] = number, found[:, -1]
            self._origin[lost] = self._users.position[lost]
            distance[~sound], station[~sound] = found[:, :self._near], number[:, :self._near]
        return serving_first(distance, station, self._users, rows)

    def _from_candidates(self, rows: Index) -> tuple[Array, Index, Any]:
        position, station = self._users.position[rows], np.take(self._candidates, rows, axis=0)
        distance = geometry.distances(self._index, self._side, position, station)
        mixed = np.flatnonzero(np.any(distance[:, 1:] < distance[:, :-1], axis=1))  # few: they were in order before
        order = np.argsort(distance[mixed], axis=1, kind="stable")
        distance[mixed] = np.take_along_axis(distance[mixed], order, 1)
        station[mixed] = self._candidates[rows[mixed]] = np.take_along_axis(station[mixed], order, 1)
        distance, station = distance[:, :self._near], station[:, :self._near]
        gone = geometry.displacement(self._origin[rows], position, self._side)
        return distance, station, distance[:, -1] <= self._reach[rows] - geometry.length(gone)


def serving_first(distance: Array, station: Index, who: Population, ids: Index) -> tuple[Array, Index]:
    """Put the serving station first, in place, where hysteresis has kept one that is not the nearest.

    ``distance``, ``station`` [n, near], of ids [n] of a population; returned as well, [n, near].
    """
    rows = np.flatnonzero(station[:, 0] != who.station[ids])
    if not len(rows):
        return distance, station
    near, number, own = distance[rows], station[rows], who.station[ids[rows]]
    absent = np.flatnonzero(~np.any(number == own[:, None], axis=1))
    if len(absent):
        number[absent, -1], near[absent, -1] = own[absent], who.distance[ids[rows[absent]]]
    order = np.argsort(np.where(number == own[:, None], -1.0, near), axis=1, kind="stable")
    distance[rows], station[rows] = np.take_along_axis(near, order, 1), np.take_along_axis(number, order, 1)
    return distance, station
