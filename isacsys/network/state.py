"""The arrays of one drop that policies read, frames write, and kernels compute with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from isacsys.channel import rician
from isacsys.channel.gaussian import complex_normal
from isacsys.config.scenario import Scenario
from isacsys.core import accounting, geometry
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.random_streams import FrameName
from isacsys.network.association_by_power import AssociationByPower
from isacsys.network.deployment import Deployment
from isacsys.network.fading import drop_fading
from isacsys.network.large_scale import AssociationByDistance, LargeScale, bs_density
from isacsys.network.places import Box
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.station_status import StationStatus
from isacsys.network.surroundings import Surroundings
from isacsys.network.trajectories import presence
from isacsys.propagation.registry import find_model, heights, target_height
from isacsys.sensing.track_manager import TrackManager

Promise = Callable[[Array, Array, int, int], Array]


def zero_forcing_promise(sir: Array, power: Array, antennas: int, streams: int) -> Array:
    """Return the SIR [user] expected of users of mean ``sir`` [user] and channels of squared norm ``power`` [user]."""
    return np.asarray(power * (antennas - streams + 1) / (antennas * streams) * sir)


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
        self.channels: Complex | None = None
        self.channels_frame = -1  # in which they were drawn
        self.promised: Promise = zero_forcing_promise
        self.beliefs: TrackManager | None = None
        self.operating = StationStatus(deployment)
        chosen = AssociationByPower if scenario.built else AssociationByDistance
        self.large_scale: LargeScale = chosen(scenario, deployment, self.operating, self.population)
        self.fading = drop_fading(self)

    @cached_property
    def users(self) -> Population:
        """The users of the drop."""
        return self._attached(ReceiverType.USER, self.deployment.users)

    @cached_property
    def targets(self) -> Population:
        """The targets of the drop."""
        return self._attached(ReceiverType.TARGET, self.deployment.targets)

    def _attached(self, kind: ReceiverType, position: Array) -> Population:
        distance, station = self.large_scale.attach(kind, position, np.arange(len(position)))
        who = presence(self.scenario, kind)
        if who is not None:
            station = np.where(who.at(-self.scenario.lead_frames, len(station)), station, -1)
        return Population(position, station, distance, self.stations)

    def switch(self, station: int, *, on: bool) -> None:
        """Switch a station on or off: what it serves goes to the best that is on, what it is best for comes.

        A station that is off serves no user, and is silent.
        """
        kinds = ReceiverType if self.scenario.allocation.targets_per_bs else (ReceiverType.USER,)
        populations = [self.population(kind) for kind in kinds]  # attached before, if they have not been read yet
        if not self.operating.switch(int(station), on):
            return
        self.large_scale.forget()
        for kind, members in zip(kinds, populations, strict=True):
            distance, best = self.large_scale.attach(kind, members.position, np.arange(len(members)))
            moved = (best if on else members.station) == station
            moved &= members.station >= 0  # those that have left stay away
            members.distance = np.where(moved, distance, members.distance)
            members.station[moved] = best[moved]
            members.regroup()

    def population(self, kind: ReceiverType) -> Population:
        """Return the population of users, or of targets."""
        return self.users if kind == ReceiverType.USER else self.targets

    def frame_name(self, drop: int) -> FrameName:
        """Return the name of the frame that is on, of a drop of this number."""
        return FrameName(self.scenario.simulation.seed, drop, self.frame)

    @property
    def bs_density(self) -> float:
        """lambda_b of the layout: the scenario's where points are drawn by it, else that of the positions."""
        return bs_density(self.scenario, self.deployment)

    def around_users(self, users: Index) -> Surroundings:
        """Return the surroundings of users [user]; the first station is the serving one, the first L are the
        cluster.
        """
        return self.large_scale.around_users(users)

    def around_users_now(self, users: Index, around: Surroundings) -> tuple[Array, Surroundings]:
        """Return the distance [user] of the serving station, km, and path gains of the same stations at present
        positions.

        Of users [user].
        """
        d = self.deployment
        distance = geometry.distances(d.index, d.side, self.users.position[users], around.station)
        gain = self.large_scale.user_gains(users, around.station, distance)
        return distance[:, 0], Surroundings(around.station, np.where(around.path_gain > 0, gain, 0.0), around.far_field)

    def draw_channels(self, rng: np.random.Generator) -> None:
        """Draw the channels [user, M_t] between users and their stations, for policies that look at them.

        [user, subband, M_t] where there are several sub-bands.
        """
        antennas, users = self.scenario.antennas.transmit, np.arange(len(self.users))
        if self.fading is not None:
            drawn = self.fading.users(users, self.users.station[:, None], 0.0, rng)[:, 0]
            self.channels = drawn[:, 0] if self.scenario.fading.subbands == 1 else drawn
            return
        if not self.in_sight:
            self.channels = complex_normal(rng, (len(users), antennas))
            return
        serving = self.users.station[:, None]
        cosine, share = self.user_bearings(users, serving)[:, 0], self.large_scale.sight_share(users, serving)[:, 0]
        self.channels = rician.channels(rng, cosine, share, antennas)

    @cached_property
    def in_sight(self) -> bool:
        """Whether links of users have a line of sight that channels know of."""
        return self.scenario.propagation.rician_factor_db not in ("none", -np.inf)

    def user_bearings(self, users: Index, station: Index) -> Array:
        """Return the cosine of the bearing of users [n] at the arrays of stations [n, m]; of no station, 0."""
        d = self.deployment
        there = (station >= 0) & (station < self.stations)
        origin, end = d.stations[np.where(there, station, 0)], self.users.position[users][:, None]
        way = geometry.displacement(origin, end, d.side)
        length = geometry.length(way)
        sound = there & (length > 0)
        return np.where(sound, self.array_cosine(ReceiverType.USER, station, way, np.where(sound, length, 1.0)), 0.0)

    def array_cosine(self, kind: ReceiverType, station: Index, way: Array, length: Array) -> Array:
        """Return the cosine [link] of the angle between the axes of stations' arrays and the ways to receivers.

        ``station`` [link], ``way`` [link, 2] on the ground, km, of ``length`` [link]. The axis is that of x; of a
        cell of a site, at right angles to its boresight: ``sin(azimuth) cos(elevation)``.
        """
        if not self.scenario.built:
            return np.asarray(way[..., 0] / length)
        cell = np.clip(station, 0, self.stations - 1)
        boresight, height = self.antennas
        across = way[..., 1] * np.cos(boresight[cell]) - way[..., 0] * np.sin(boresight[cell])
        mast = height if isinstance(height, float) else height[cell]
        return np.asarray(across / np.sqrt(length**2 + ((self._heights[kind] - mast) / 1e3) ** 2))

    @cached_property
    def antennas(self) -> tuple[Array, Array | float]:
        """Boresights (rad) and heights (m) of the antennas of built networks, [bs]; a float where all are as high."""
        d = self.deployment
        return d.cells.boresight, d.masts.height_of(d.cells.mast)

    def station_cosine(self, station: Index, way: Array, length: Array) -> Array:
        """Return the same [link] towards other stations, of their own height: ``station``, ``length`` [link], ``way``
        [link, 2].
        """
        if not self.scenario.built:
            return np.asarray(way[..., 0] / length)
        boresight = self.deployment.cells.boresight[station]
        return np.asarray((way[..., 1] * np.cos(boresight) - way[..., 0] * np.sin(boresight)) / length)

    @cached_property
    def _heights(self) -> tuple[float, float]:
        """Heights of users and of targets, m."""
        return heights(self.scenario, find_model(self.scenario))[1], target_height(self.scenario)

    def mean_sir(self, users: Index) -> Array:
        """Return mean received power of users [user] over mean interference and noise, all stations sending, [user].

        No fading, no nulls.
        """
        around = self.around_users(users)
        others = around.path_gain[:, 1:].sum(-1) + around.far_field + self.scenario.user_noise
        return accounting.sir(around.path_gain[:, 0], others)

    def mean_echo_sir(self, targets: Index) -> Array:
        """Return the mean echo of targets [target] over mean interference and noise at their stations, [target].

        All stations send, without nulls.
        """
        around, scenario = self.around_stations(self.targets.station[targets]), self.scenario
        echo = self.large_scale.echo_gain(targets, self.targets.distance[targets])
        return accounting.sir(echo, around.path_gain.sum(-1) + around.far_field + scenario.station_noise)

    def place(self, kind: ReceiverType, index: int, position: Array) -> None:
        """Move a user or target to ``position`` [2], km; it stays with its station, and its distance is measured anew.

        Positions beyond an edge of a torus come back on the other side. Raises ConfigError for one beyond the edge of
        an open network.
        """
        members = self.population(kind)
        if self.deployment.ground is not None:
            Box(np.zeros(2), self.deployment.extent).place(position.reshape(1, 2), "position", lambda _: kind.word)
        members.position[index] = geometry.wrap(position, self.deployment.side)[0]
        station = int(members.station[index])
        if station >= 0:
            way = self.from_station(np.array([station]), members, np.array([index]))
            members.distance[index] = geometry.length(way)[0]
        self.large_scale.moved(kind, index)

    def around_stations(self, stations: Index) -> Surroundings:
        """Return the surroundings of stations [n] as receivers of echoes, themselves left out."""
        return self.large_scale.around_stations(stations)

    def target_clusters(self, targets: Index) -> Index:
        """Return the Q - 1 base stations [target, Q - 1] asked to null towards the receive filters of targets
        [target].
        """
        others = self.scenario.allocation.sensing_cluster - 1
        if not len(targets):
            return np.empty((0, others), np.int64)
        serving = self.targets.station[targets]
        if self.scenario.sensing.cluster_center == "serving_bs":
            return self.around_stations(serving).station[:, :others]
        return self.large_scale.cluster_of(targets, others + 1)[:, 1:]

    def from_station(self, station: Index, population: Population, ids: Index) -> Array:
        """Return the way from ``station`` to members ``ids`` [n] of a population, km, [n, 2]."""
        d = self.deployment
        return geometry.displacement(d.stations[station], population.position[ids], d.side)

    def path_gain(self, one: Index, other: Index) -> Array:
        """Return the path gain [pair] between stations ``one`` and ``other`` [pair]."""
        return self.large_scale.between(one, other)
