"""The selection of a frame, and its requests to other base stations."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from isacsys.core.arrays import Array, Flags, Index, read_only


@dataclass(frozen=True)
class Links:
    """The scheduled users, or targets, of a frame, grouped by serving station.

    Attributes
    ----------
    ids, station : [link]
        Who, and by which station; stations ascend.
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
    """The requests of a frame to the other stations of the clusters of scheduled users and targets.

    Attributes
    ----------
    kind : [request]
        `Kind`: towards a user, or towards the receive filter of a target.
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

    def shown(self) -> NullRequests:
        """Return the same as views that cannot be written, for policies to look at."""
        return NullRequests(*(read_only(getattr(self, f.name)) for f in fields(self)))

    def __getitem__(self, rows: Index) -> NullRequests:
        return NullRequests(*(getattr(self, f.name)[rows] for f in fields(self)))
