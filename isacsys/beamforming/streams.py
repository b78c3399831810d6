"""Streams: a station's own users, and users of others that it was granted to serve with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Flags, Index
from isacsys.network.selection import Links


@dataclass(frozen=True)
class Streams:
    """The streams of a frame: those of the serving stations first, in the order of scheduled users.

    Attributes
    ----------
    station, slot : [stream]
        Who sends it, and with which of its beams; own users come first.
    link, column : [stream]
        Scheduled user that it is meant for, and the station's column in that user's surroundings.
    count : [bs]
        Streams of every station.
    """

    station: Index
    slot: Index
    link: Index
    column: Index
    count: Index

    @property
    def most(self) -> int:
        """Largest number of streams of a station."""
        return int(self.count.max(initial=0))


def own(users: Links) -> Streams:
    """Return one stream for each scheduled user, from its serving station."""
    link = np.arange(len(users))
    return Streams(users.station, users.slot, link, np.zeros_like(link), users.count)


def joint(users: Links, granted: Flags, around: Index) -> Streams:
    """Return the streams where members of clusters send as well.

    Parameters
    ----------
    granted : [link, L]
        Which stations of a user's cluster granted it a stream.
    around : [link, near]
        Stations of its surroundings.
    """
    link, column = np.nonzero(granted)
    station = np.concatenate([users.station, around[link, column]])
    order = np.argsort(station, kind="stable")
    count = np.bincount(station, minlength=users.stations)
    slot = np.empty_like(station)
    slot[order] = np.arange(len(order)) - (np.cumsum(count) - count)[station[order]]
    return Streams(station, slot, np.concatenate([np.arange(len(users)), link]),
                   np.concatenate([np.zeros(len(users), np.int64), column]), count)
