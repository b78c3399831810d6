"""What a frame comes to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from isacsys.beamforming import FrameState
from isacsys.core.arrays import Array, Flags, Index, Table
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import Links
from isacsys.services.link_terms import LinkTerms


@dataclass(frozen=True)
class TrackFrame:
    """The tracks of a frame.

    Attributes
    ----------
    present : [target]
        Targets that are there.
    live : [target]
        Those of them that have a track.
    error : [target]
        How far they are from where their tracks say, m; of no use without a track.
    result : [target link]
        Of every look: 1 detected, 0 missed, -1 a false alarm.
    started, found, lost : int
        Tracks that began (found: of targets that had been lost), and that were lost.
    """

    present: Flags
    live: Flags
    error: Array
    result: Index
    started: int
    found: int
    lost: int


@dataclass(frozen=True)
class FrameRecord:
    """All that there is to know of a frame; logs and summaries are made from it.

    Attributes
    ----------
    power : [bs, S]
        Of every beam.
    users, targets : LinkTerms
        Of the scheduled users and targets.
    degrees_of_freedom : [user]
        Of the serving station.
    held_back : [target]
        Power of stations outside a target's cluster that nulls for its station's other targets took away.
    pairs : table or None
        Target link, transmitter, receiver and sir of every pair of stations that sense a target together.
    tracks : TrackFrame or None
        What the tracks were like when the frame was over, where targets are followed.
    """

    frame_state: FrameState
    power: Array
    users: LinkTerms
    degrees_of_freedom: Index
    targets: LinkTerms
    held_back: Array
    pairs: Table | None = None
    tracks: TrackFrame | None = None

    @cached_property
    def transmitting(self) -> Flags:
        """Stations that send anything, [bs]."""
        return np.asarray(self.power.any(-1))

    @property
    def links(self) -> tuple[tuple[ReceiverType, Links, LinkTerms], ...]:
        """Kind, who, and terms of the two kinds of links."""
        selection = self.frame_state.selection
        return (ReceiverType.USER, selection.users, self.users), (ReceiverType.TARGET, selection.targets, self.targets)
