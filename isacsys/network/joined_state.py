"""Several drops as one network: their stations, users and targets numbered on, and no drop near another."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from typing import cast

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.core.drop_parts import Parts
from isacsys.core.errors import IsacError
from isacsys.core.joined_streams import JoinedGenerator
from isacsys.core.random_streams import FrameName
from isacsys.network.large_scale import LargeScale
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState, zero_forcing_promise
from isacsys.network.surroundings import Surroundings


class UnlikeDrops(IsacError):
    """Drops whose arrays cannot be one: each is simulated by itself."""


class JoinedState(NetworkState):
    """The arrays of several drops in which nobody moves, comes or goes, end to end.

    Coordinates stay those of each drop; who is near to whom, and how strong, is asked of the drops one by one, and
    kept. A station of no drop has the number of all stations.

    Parameters
    ----------
    scenario : Scenario
    drops : tuple of int
        Their numbers.
    states : sequence of NetworkState

    Raises
    ------
    UnlikeDrops
        Where areas, or antennas, are not the same.
    """

    def __init__(self, scenario: Scenario, drops: tuple[int, ...], states: Sequence[NetworkState]) -> None:
        self.scenario, self.drops, self.states = scenario, drops, states
        self.parts = Parts.of(state.stations for state in states)
        self.stations, self.frame = int(self.parts.first[-1]), 0
        self.channels, self.channels_frame = None, -1
        self.promised, self.beliefs, self.fading = zero_forcing_promise, None, None
        first = states[0].deployment
        if any(state.deployment.area != first.area or (state.deployment.side != first.side).any() for state in states):
            raise UnlikeDrops("drops of different areas")
        stations = np.concatenate([state.deployment.stations for state in states])
        self.deployment = dataclasses.replace(first, stations=stations)
        self.large_scale = cast(LargeScale, _Joined(self))

    def frame_name(self, drop: int) -> FrameName:
        """Return the name of the frame that is on, of all drops."""
        return FrameName(self.scenario.simulation.seed, self.drops[0], self.frame, 0, 0, self.drops, self.parts)

    @cached_property
    def users(self) -> Population:
        """The users of all drops."""
        return self._population([state.users for state in self.states])

    @cached_property
    def targets(self) -> Population:
        """The targets of all drops."""
        return self._population([state.targets for state in self.states])

    def _population(self, members: Sequence[Population]) -> Population:
        station = np.concatenate([np.where(some.station < 0, -1, some.station + first)
                                  for some, first in zip(members, self.parts.first, strict=False)])
        position, distance = (np.concatenate([getattr(some, name) for some in members])
                              for name in ("position", "distance"))
        return Population(position, station, distance, self.stations)

    @cached_property
    def first(self) -> tuple[Index, Index]:
        """First user, and first target, of every drop, and how many there are in all, [drop + 1] each."""
        sensing = self.scenario.allocation.targets_per_bs > 0  # else nobody asks where targets are
        targets = [len(state.targets) if sensing else 0 for state in self.states]
        return np.cumsum([0, *(len(state.users) for state in self.states)]), np.cumsum([0, *targets])

    def members(self, kind: ReceiverType, part: int) -> slice:
        """Return the users, or targets, of one of the drops."""
        first = self.first[kind]
        return slice(int(first[part]), int(first[part + 1]))

    @cached_property
    def antennas(self) -> tuple[Array, Array | float]:
        """Boresights (rad) and heights (m) of the antennas of built networks, [bs]; a float where all are as high."""
        boresight, height = zip(*(state.antennas for state in self.states), strict=True)
        same = all(isinstance(one, float) and one == height[0] for one in height)
        return np.concatenate(boresight), height[0] if same else np.concatenate(
            [np.broadcast_to(one, len(angle)) for one, angle in zip(height, boresight, strict=True)])

    def draw_channels(self, rng: np.random.Generator) -> None:
        """Draw the channels of all users, those of every drop from its own stream."""
        super().draw_channels(cast(np.random.Generator, cast(JoinedGenerator, rng).over(self.first[0])))

    def around_users(self, users: Index) -> Surroundings:
        """Surroundings of users; the first station is the serving one, the first L are the cluster."""
        if self.scenario.simulation.frames == 1:  # none is asked for twice
            return self._asked(users)
        missing = users[~self._known[users]]
        if len(missing):
            found = self._asked(missing)
            if self._around is None:
                near, count = found.station.shape[1], len(self.users)
                self._around = Surroundings(np.empty((count, near), np.int64), np.empty((count, near)), np.empty(count))
            for name in ("station", "path_gain", "far_field"):
                getattr(self._around, name)[missing] = getattr(found, name)
            self._known[missing] = True
        return self._asked(users) if self._around is None else self._around[users]

    _around: Surroundings | None = None

    @cached_property
    def _known(self) -> Index:
        return np.zeros(len(self.users), bool)

    def around_stations(self, stations: Index) -> Surroundings:
        """Surroundings of stations as receivers of echoes, themselves left out."""
        return self._around_stations[stations]

    @cached_property
    def _around_stations(self) -> Surroundings:
        return self._joined([state.around_stations(np.arange(state.stations)) for state in self.states])

    def _asked(self, users: Index) -> Surroundings:
        """Ask every drop for the surroundings of its own among ``users``, who are in the order of the drops."""
        first = self.first[ReceiverType.USER]
        ends = np.searchsorted(users, first).tolist()  # sorted as far as drops go
        return self._joined([state.around_users(users[a:b] - first[i])
                             for i, (state, a, b) in enumerate(zip(self.states, ends, ends[1:], strict=False))])

    def _joined(self, each: Sequence[Surroundings]) -> Surroundings:
        """Return surroundings as one, stations numbered on."""
        if len({one.station.shape[1] for one in each}) > 1:
            raise UnlikeDrops("drops that hear different numbers of stations one by one")
        station = [np.where(one.station < size, one.station + first, self.stations) for one, size, first in zip(
            each, self.parts.sizes, self.parts.first, strict=False)]
        return Surroundings(np.concatenate(station), np.concatenate([one.path_gain for one in each]),
                            np.concatenate([one.far_field for one in each]))


class _Joined:
    """Echo gains and clutter of several drops, asked of each and kept: nothing changes."""

    def __init__(self, joined: JoinedState) -> None:
        self._joined = joined

    def echo_gain(self, targets: Index, distance: Array) -> Array:
        """Echo [target] of a target lit by its station, with unit gain of the beams; distances are known here."""
        return self._echo_gain[targets]

    @cached_property
    def _echo_gain(self) -> Array:
        return np.concatenate([state.large_scale.echo_gain(np.arange(len(state.targets)), state.targets.distance)
                               for state in self._joined.states])

    @cached_property
    def clutter(self) -> Array:
        """What the ground sends back of a station's own signal, [bs]."""
        return np.concatenate([state.large_scale.clutter for state in self._joined.states])
