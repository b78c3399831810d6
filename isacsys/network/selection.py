"""Who is served in a frame, what they ask of other base stations, and what they are granted."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from isacsys.arrays import Array, Flags, Index
from isacsys.network.entities import BaseStation, Cluster, Receiver, Target, User
from isacsys.network.state import NetworkState

USER, TARGET = 0, 1


@dataclass(frozen=True)
class Links:
    """The scheduled users, or targets, of a frame, grouped by serving station.

    Attributes
    ----------
    ids, station : [link]
        Who, and by whom; stations ascend.
    stations : int
        Number of stations.
    """

    ids: Index
    station: Index
    stations: int

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def count(self) -> Index:
        """Links of every station, [bs]."""
        return np.bincount(self.station, minlength=self.stations)

    @cached_property
    def slot(self) -> Index:
        """Number of each link within its station (its stream, or its receive filter), [link]."""
        first = np.cumsum(self.count) - self.count
        return np.arange(len(self.ids)) - first[self.station]


@dataclass(frozen=True)
class Selection:
    """Who is served in a frame."""

    users: Links
    targets: Links

    @property
    def silent(self) -> Flags:
        """Stations without a user to serve, [bs]."""
        return self.users.count == 0


@dataclass(frozen=True)
class NullRequests:
    """What the scheduled users and targets of a frame ask of the other stations of their clusters.

    Attributes
    ----------
    kind : [request]
        0 towards a user, 1 towards the receive filter of a target.
    link : [request]
        Row in the selection's users or targets.
    column : [request]
        Column of the asked station in the surroundings of the receiver.
    receiver, station, asked : [request]
        Number of the user or target, its serving station, the station asked.
    strength : [request]
        Interference relative to the mean wanted power.
    """

    kind: Index
    link: Index
    column: Index
    receiver: Index
    station: Index
    asked: Index
    strength: Array

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, rows: Index) -> NullRequests:
        return NullRequests(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True)
class Clusters:
    """The clusters of a frame as a sequence of handles: first those of the users, then those of the targets."""

    state: NetworkState
    selection: Selection
    requests: NullRequests
    granted: Flags

    def __len__(self) -> int:
        return len(self.selection.users) + len(self.selection.targets)

    def __getitem__(self, index: int) -> Cluster:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return Cluster(self, index)

    def receiver(self, index: int) -> Receiver:
        """The user or target of a cluster."""
        users = self.selection.users.ids
        if index < len(users):
            return User(self.state, users[index])
        return Target(self.state, self.selection.targets.ids[index - len(users)])

    def members(self, index: int, *, granted_only: bool) -> list[BaseStation]:
        """Stations that were asked for a null in the interest of a cluster's receiver, or that granted it."""
        receiver = self.receiver(index)
        kind = USER if isinstance(receiver, User) else TARGET
        rows = (self.requests.kind == kind) & (self.requests.receiver == receiver.index)
        if granted_only:
            rows &= self.granted
        return [BaseStation(self.state, i) for i in self.requests.asked[rows]]
