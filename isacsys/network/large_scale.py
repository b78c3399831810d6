"""Mean gains between stations and receivers: the interface between a network and its propagation, and its fast form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from isacsys.channel import rician
from isacsys.config.scenario import Scenario
from isacsys.core import accounting, geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.network.deployment import Deployment
from isacsys.network.mobility import Attachment, Follower
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.station_status import StationStatus
from isacsys.network.surroundings import Horizon, Surroundings, UserSurroundings, serving_first
from isacsys.propagation import power_law
from isacsys.propagation.registry import find_model, heights, target_height


@dataclass(frozen=True)
class ReceiverPlaces:
    """What is known of the places of users or targets, each [n].

    Attributes
    ----------
    height : [n]
        m.
    indoor : [n]
    line_of_sight : [n]
        Of the link to the serving cell, as far as the building: 1 or 0; -1 where propagation knows no such state.
    """

    height: Array
    indoor: Flags
    line_of_sight: Index


class LargeScale(ABC):
    """Mean powers in one drop.

    Parameters
    ----------
    scenario : Scenario
    deployment : Deployment
    operating : Operating
    population : callable
        Gives the users, or the targets, once they are there.
    """

    def __init__(self, scenario: Scenario, deployment: Deployment, operating: StationStatus,
                 population: Callable[[ReceiverType], Population]) -> None:
        self.scenario, self.deployment, self.operating, self.population = scenario, deployment, operating, population
        self.stations = len(deployment.stations)

    @abstractmethod
    def attach(self, kind: ReceiverType, position: Array, ids: Index | None = None) -> tuple[Array, Index]:
        """Return distance (km, on the ground) and number [n] of the serving station at ``position`` [n, 2]; -1: none.

        ``ids`` [n] are the users or targets at these positions, where that matters.
        """

    @abstractmethod
    def around_users(self, users: Index) -> Surroundings:
        """Return the surroundings of users [user]; the first station is the serving one, the first L are the
        cluster.
        """

    @abstractmethod
    def user_gains(self, users: Index, station: Index, distance: Array) -> Array:
        """Return path gains [user, m] of stations at known ``distance`` [user, m], at the present positions of users
        [user].

        ``station`` [user, m].
        """

    def sight_share(self, users: Index, station: Index) -> Array:
        """Return the share [user, m] of mean power of stations [user, m] in the line of sight of users [user], now."""
        factor = self.scenario.propagation.rician_factor_db
        return np.full(station.shape, 0.0 if isinstance(factor, str) else float(rician.share(factor)))

    @abstractmethod
    def around_stations(self, stations: Index) -> Surroundings:
        """Return the surroundings of stations [n] as receivers of echoes, themselves left out; the first Q - 1: the
        cluster.
        """

    @abstractmethod
    def between(self, one: Index, other: Index) -> Array:
        """Return the path gain [pair] between stations ``one`` and ``other`` [pair]."""

    def places(self, kind: ReceiverType, ids: Index) -> ReceiverPlaces:
        """Return heights, buildings and states of the links of users, or targets, ``ids`` [n]."""
        model = find_model(self.scenario)
        height = heights(self.scenario, model)[1] if kind == ReceiverType.USER else target_height(self.scenario)
        return ReceiverPlaces(np.full(len(ids), height), np.zeros(len(ids), bool), np.full(len(ids), -1))

    def echo_gain(self, targets: Index, distance: Array) -> Array:
        """Return the echo power [target] of targets [target] from their station at ``distance`` [target], unit beam
        gain.
        """
        return self.two_ways(targets, self.population(ReceiverType.TARGET).station[targets], distance)

    @abstractmethod
    def two_ways(self, targets: Index, station: Index, distance: Array) -> Array:
        """Return the same for any ``station`` [target] that transmits and receives; targets [target], ``distance``
        [target].
        """

    @property
    def full_power(self) -> Array:
        """Full power of stations over that of the scenario, linear, [bs]."""
        return np.ones(self.stations)

    @property
    def clutter(self) -> Array:
        """What the ground sends back of a station's own signal, [bs]; nothing, where no model says it."""
        return np.zeros(self.stations)

    @abstractmethod
    def cluster_of(self, targets: Index, count: int) -> Index:
        """Return the ``count`` strongest stations [target, count] of targets [target]; the first is the serving one."""

    @abstractmethod
    def follower(self, kind: ReceiverType) -> Follower:
        """Return what keeps users, or targets, with the right station while they move."""

    @abstractmethod
    def moved(self, kind: ReceiverType, index: int) -> None:
        """Update for a user or target that was moved."""

    def came(self, kind: ReceiverType, ids: Index) -> None:
        """Update for users or targets ``ids`` [n] that have come."""
        for index in ids.tolist():
            self.moved(kind, index)

    @abstractmethod
    def forget(self) -> None:
        """Discard cached values that depend on which stations are on."""


class AssociationByDistance(LargeScale):
    """Association under the power law, the same in all directions: gains follow from distances."""

    @cached_property
    def _horizon(self) -> Horizon:
        return Horizon(self.scenario, bs_density(self.scenario, self.deployment), self.deployment.side)

    @cached_property
    def _near_users(self) -> UserSurroundings:
        return UserSurroundings(self.scenario, self.population(ReceiverType.USER), self.deployment, self.operating,
                                self._horizon)

    @cached_property
    def _around_stations(self) -> Surroundings:
        distance, number = self.operating.others(self._horizon.stations_near)
        cluster = self.scenario.allocation.sensing_cluster - 1
        return self._horizon.surroundings(distance, number, cluster, self.stations - 1)

    def attach(self, kind: ReceiverType, position: Array, ids: Index | None = None) -> tuple[Array, Index]:
        """Return the nearest station."""
        return self.operating.attach(position)

    def around_users(self, users: Index) -> Surroundings:
        """Return the surroundings, nearest first."""
        return self._near_users.get(users)

    def user_gains(self, users: Index, station: Index, distance: Array) -> Array:
        """Return ``d^-alpha``."""
        return power_law.path_gain(distance, self.scenario.propagation.path_loss_exponent)

    def around_stations(self, stations: Index) -> Surroundings:
        """Return the surroundings, nearest first."""
        return self._around_stations[stations]

    def between(self, one: Index, other: Index) -> Array:
        """Return ``d^-alpha`` [pair]."""
        d = self.deployment
        step = geometry.displacement(d.stations[one], d.stations[other], d.side)
        return power_law.path_gain(geometry.length(step), self.scenario.propagation.path_loss_exponent)

    def two_ways(self, targets: Index, station: Index, distance: Array) -> Array:
        """Return ``c R^(-2 beta)``."""
        return accounting.echo_power(np.ones(len(distance)), distance, self.scenario.propagation.echo_exponent,
                                     self.scenario.echo_gain)

    def cluster_of(self, targets: Index, count: int) -> Index:
        """Return the nearest stations."""
        members = self.population(ReceiverType.TARGET)
        distance, station = self.operating.nearest(members.position[targets], count)
        return serving_first(distance, station, members, targets)[1]

    def follower(self, kind: ReceiverType) -> Follower:
        """Return what knows when a station can have become the nearest."""
        return Attachment(self.scenario, self.population(kind), self.deployment, self.operating)

    def moved(self, kind: ReceiverType, index: int) -> None:
        """Update the surroundings of a user or target that was moved."""
        if kind == ReceiverType.USER:
            self._near_users.forget(index)

    def forget(self) -> None:
        """Do nothing: users' surroundings are updated when read."""
        vars(self).pop("_around_stations", None)


def bs_density(scenario: Scenario, deployment: Deployment) -> float:
    """Return lambda_b of the layout: the scenario's where points are drawn by it, else that of the positions."""
    if scenario.network.layout in ("poisson", "fixed_count"):
        return scenario.network.bs_density
    return len(deployment.stations) / deployment.area
