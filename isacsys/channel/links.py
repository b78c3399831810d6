"""The links of which channels are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from isacsys.core.arrays import Array, Index


@dataclass(frozen=True)
class ChannelLinks:
    """Links between arrays of stations and users (or stations that listen), as parallel arrays.

    Attributes
    ----------
    antennas, subbands : int
        M_t; S.
    cosine : [link]
        Of the angle between the array's axis and the other end.
    station, receiver : [link]
        Number of the station, and of the user, or of the station that listens.
    between_stations : bool
        Whether the other end is a station.
    distance : [link]
        On the ground, km.
    time : float
        s since the drop began, at which channels are asked for.
    walked : [link, 2]
        Way of the users since the drop began, m.
    position : [link, 2]
        Of the users now, km.
    pace : [link, 2]
        m a frame, of users who go straight on at all times; empty where nobody knows.
    frame : int or None
        Number of the frame at ``time``; None between frames.
    """

    antennas: int
    subbands: int
    cosine: Array
    station: Index
    receiver: Index
    between_stations: bool = False
    distance: Array = field(default_factory=lambda: np.empty(0))
    time: float = 0.0
    walked: Array = field(default_factory=lambda: np.empty((0, 2)))
    position: Array = field(default_factory=lambda: np.empty((0, 2)))
    pace: Array = field(default_factory=lambda: np.empty((0, 2)))
    frame: int | None = None

    def __len__(self) -> int:
        return len(self.station)
