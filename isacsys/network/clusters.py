"""Clusters of base stations as handles: receiver, requested members, and members that granted."""

from __future__ import annotations

from dataclasses import dataclass

from isacsys.core.arrays import Flags
from isacsys.network.entities import BaseStation, Receiver, Target, User
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import NullRequests, Selection
from isacsys.network.state import NetworkState


@dataclass(frozen=True)
class Clusters:
    """The clusters of a frame as a sequence of handles: first those of the users, then those of the targets."""

    state: NetworkState
    selection: Selection
    requests: NullRequests
    granted: Flags  # [request]

    def __len__(self) -> int:
        return len(self.selection.users) + len(self.selection.targets)

    def __getitem__(self, index: int) -> Cluster:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return Cluster(self, index)

    def receiver(self, index: int) -> Receiver:
        """Return the user or target of a cluster."""
        users = self.selection.users.ids
        if index < len(users):
            return User(self.state, users[index])
        return Target(self.state, self.selection.targets.ids[index - len(users)])

    def members(self, index: int, *, granted_only: bool) -> list[BaseStation]:
        """Return the stations that were asked for a null in the interest of a cluster's receiver, or that granted
        it.
        """
        receiver = self.receiver(index)
        kind = ReceiverType.USER if isinstance(receiver, User) else ReceiverType.TARGET
        rows = (self.requests.kind == kind) & (self.requests.receiver == receiver.index)
        if granted_only:
            rows &= self.granted
        return [BaseStation(self.state, i) for i in self.requests.asked[rows]]


class Cluster:
    """The base stations that cooperate for one scheduled user or target in one frame.

    A handle on `Clusters`: who is served, which stations were asked for a null, and which granted it.
    """

    __slots__ = ("clusters", "index")

    def __init__(self, clusters: Clusters, index: int) -> None:
        self.clusters, self.index = clusters, index

    @property
    def receiver(self) -> Receiver:
        """The user or target in whose interest the cluster was formed."""
        return self.clusters.receiver(self.index)

    @property
    def serving(self) -> BaseStation:
        """Its serving base station."""
        return self.receiver.station

    @property
    def asked(self) -> list[BaseStation]:
        """Base stations that were asked for a null."""
        return self.clusters.members(self.index, granted_only=False)

    @property
    def granted(self) -> list[BaseStation]:
        """Base stations that granted it."""
        return self.clusters.members(self.index, granted_only=True)
