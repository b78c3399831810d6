"""The plain values that one step of a frame passes to the next, up to the beams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from isacsys.beamforming import filter_spans, streams
from isacsys.beamforming.multistatic_helpers import Helpers
from isacsys.beamforming.streams import Streams
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.core.random_streams import FrameName
from isacsys.network.selection import Links, NullRequests, Selection
from isacsys.network.surroundings import Surroundings


class ChannelSource(Protocol):
    """Channels of single links in a drop, as they are in its current frame."""

    @property
    def remembers(self) -> bool:
        """Whether channels go on from frame to frame."""

    def users(self, users: Index, station: Index, age: float, rng: np.random.Generator) -> Complex:
        """Return h [user, near, subband, M_t] of users [user] to stations [user, near], ``age`` s ago; 0 if none."""

    def stations(self, listening: Index, station: Index, rng: np.random.Generator) -> Complex:
        """Return G^T [sensor, near, subband, M_r, M_t] to ``listening`` [sensor] from stations [sensor, near]; 0 if
        none.
        """


@dataclass(frozen=True)
class Sensors:
    """The stations that sense in a frame, each with up to J receive filters that share one channel.

    Attributes
    ----------
    station : [sensor]
        Stations with at least one scheduled target.
    row : [link]
        Row of each scheduled target's station in these arrays; its filter is the link's slot.
    around : Surroundings [sensor, near]
        What interferes; columns are added for cluster members that are not near.
    cosine : [sensor, J]
        Bearings of the targets, zero where a station has fewer than J.
    active : [sensor, J]
        Where it has one.
    mrc : [sensor, J, M_r]
        MRC filters ``b / sqrt(M_r)``, zero where not active.
    named : [sensor, J, M_r]
        Filters that null requests name: those of MRC, or what depends on bearings alone; None: those of MRC.
    believed : [sensor, J] or None
        Estimated bearings of the targets, for filters, sensing beams and null requests;
        None: where they are.
    """

    station: Index
    row: Index
    around: Surroundings
    cosine: Array
    active: Flags
    mrc: Complex
    named: Complex | None = None
    believed: Array | None = None

    @property
    def aimed(self) -> Array:
        """Bearings that filters, sensing beams and null requests point at, [sensor, J]."""
        return self.cosine if self.believed is None else self.believed

    @property
    def receive(self) -> Complex:
        """The filters that null requests name, [sensor, J, M_r]."""
        return self.mrc if self.named is None else self.named

    @cached_property
    def filters(self) -> Complex:
        """The same in reduced coordinates, [sensor, J, m]."""
        return self.active[..., None] + 0j if self.active.shape[1] == 1 else filter_spans.reduced_filters(self.receive)


@dataclass(frozen=True)
class Sight:
    """Lines of sight between scheduled users and the stations around them.

    Attributes
    ----------
    cosine : [link, near]
        Cosine of the bearing of the user at the station's array.
    share : [link, near]
        Share of the mean power in the line of sight, ``k / (k + 1)``.
    """

    cosine: Array
    share: Array


@dataclass(frozen=True)
class Grants:
    """What was granted, and which constraints follow.

    Attributes
    ----------
    granted : [request]
        Which null requests were granted.
    user_asked, user_granted : [link, L]
        Stations of its cluster that a scheduled user asked, and those that granted.
    target_asked, target_granted : [sensor, near, J]
        Likewise for the receive filters, and all stations around.
    pairs : two arrays [pair]
        Sensor and column of pairs of stations of which one nulls towards filters of the other.
    residual : [pair, J, m]
        What is left of the filters outside the span of the granted ones.
    constraints : [bs]
        Independent constraints towards users and targets of others.
    """

    granted: Flags
    user_asked: Flags
    user_granted: Flags
    target_asked: Flags
    target_granted: Flags
    pairs: tuple[Index, Index]
    residual: Complex
    constraints: Index


@dataclass(frozen=True)
class Schedule:
    """What is fixed when a frame is scheduled, which may be some frames before it is sent.

    Attributes
    ----------
    frame : int
        The frame that is scheduled.
    selection, around_users, sensors : Selection, Surroundings, Sensors
        Who is served, and what was known of their places.
    requests : NullRequests
    weights : two arrays [link]
        Population of the cell over number scheduled in it, of users and of targets.
    channels : [user link, M_t] or None
        Own channels, where the scheduler looked at them: the design is to use these.
    """

    frame: int
    selection: Selection
    around_users: Surroundings
    sensors: Sensors
    requests: NullRequests
    weights: tuple[Array, Array]
    channels: Complex | None


@dataclass(frozen=True)
class Bundle:
    """The null requests of a frame on their way.

    Attributes
    ----------
    frame : int
        The frame they are for.
    travel : [request]
        Seconds from when they were written to when they come; infinite for those that are lost.
    arrived : [request]
        Which are there by now.
    """

    frame: int
    travel: Array
    arrived: Flags


@dataclass(frozen=True)
class FrameState:
    """Everything about a frame that is settled before a channel is drawn.

    Attributes
    ----------
    name : FrameName
    scenario : Scenario
    area : float
        km^2.
    schedule : Schedule
    around_users, sensors : Surroundings, Sensors
        Where they are now.
    distances : two arrays [link]
        Of users and of targets to their serving stations, km.
    speed : [user link]
        m/s.
    present : [target link]
        Targets that have not left since the frame was scheduled.
    grants : Grants
    arrived : [request]
        Which null requests came in time for the frame.
    travel : [request]
        Seconds on the backhaul; infinite for those that are lost.
    sight : Sight or None
        Lines of sight, where there are any.
    echo_gain : [target link] or None
        Of the echo with unit gain of the beams, where distances and exponents do not say it.
    clutter : [target link] or None
        What the ground sends back, where it counts.
    helpers : Helpers or None
        Who senses targets together with their stations, where any do.
    queue : [user link] or None
        Bits that wait when the frame begins; None: any number.
    users : int
        Users of the drop.
    fading : ChannelSource or None
        Where channels of single links come from; None: independent ones.
    """

    name: FrameName
    scenario: Scenario
    area: float
    schedule: Schedule
    around_users: Surroundings
    sensors: Sensors
    distances: tuple[Array, Array]
    speed: Array
    present: Flags
    grants: Grants
    arrived: Flags
    travel: Array
    sight: Sight | None = None
    echo_gain: Array | None = None
    clutter: Array | None = None
    helpers: Helpers | None = None
    queue: Array | None = None
    users: int = 0
    fading: ChannelSource | None = None

    @property
    def selection(self) -> Selection:
        """Who is served."""
        return self.schedule.selection

    @property
    def stations(self) -> int:
        """Number of stations."""
        return self.selection.users.stations

    @cached_property
    def streams(self) -> Streams:
        """Who sends to whom."""
        users = self.selection.users
        if not self.scenario.joint:
            return streams.own(users)
        return streams.joint(users, self.grants.user_granted, self.around_users.station)

    @property
    def served(self) -> Links | Streams:
        """Station, slot and count of all that is sent: of the scheduled users alone, where no other station sends."""
        return self.streams if self.scenario.joint else self.selection.users

    @property
    def nulls(self) -> Index:
        """Independent constraints towards receivers to which a station sends nothing, [bs]."""
        if not self.scenario.joint:
            return self.grants.constraints
        return self.grants.constraints + self.selection.users.count - self.streams.count

    @property
    def requests(self) -> NullRequests:
        """All null requests of the frame."""
        return self.schedule.requests

    @property
    def refused(self) -> Flags:
        """Null requests that came in time and were refused, [request]."""
        return self.arrived & ~self.grants.granted

    @property
    def lost(self) -> Flags:
        """Null requests that never came, [request]."""
        return np.isinf(self.travel)

    @property
    def late(self) -> Flags:
        """Null requests that came after the frame had begun, [request]."""
        return ~self.arrived & ~self.lost
