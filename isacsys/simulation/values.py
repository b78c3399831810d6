"""The plain values that one step of a frame hands to the next, from grants on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from isacsys.arrays import Array, Complex, Flags, Index
from isacsys.network.selection import Clusters, Links, NullRequests, Selection
from isacsys.network.state import NetworkState
from isacsys.network.surroundings import Surroundings
from isacsys.physics import combining
from isacsys.physics.precoding import ZeroForcing


@dataclass(frozen=True)
class Receivers:
    """The stations that sense in a frame, each with up to J receive filters that share one channel.

    Attributes
    ----------
    station : [receiver]
        Stations with at least one scheduled target.
    row : [link]
        Row of each scheduled target's station in these arrays; its filter is the link's slot.
    around : Surroundings [receiver, near]
        Who interferes; columns are added for cluster members that are not near.
    cosine : [receiver, J]
        Bearings of the targets, zero where a station has fewer than J.
    active : [receiver, J]
        Where it has one.
    mrc : [receiver, J, M_r]
        MRC filters, zero where not active.
    """

    station: Index
    row: Index
    around: Surroundings
    cosine: Array
    active: Flags
    mrc: Complex

    @cached_property
    def filters(self) -> Complex:
        """The filters in reduced coordinates, [receiver, J, m]."""
        return self.active[..., None] + 0j if self.active.shape[1] == 1 else combining.reduced_filters(self.mrc)


@dataclass(frozen=True)
class Grants:
    """What was granted, and which constraints follow.

    Attributes
    ----------
    granted : [request]
        Which null requests were granted.
    user_asked, user_granted : [link, L]
        Stations of its cluster that a scheduled user asked, and those that granted.
    target_asked, target_granted : [receiver, near, J]
        Likewise for the receive filters, and all stations around.
    pairs : two arrays [pair]
        Receiver and column of pairs of stations of which one nulls towards filters of the other.
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
class Plan:
    """What is fixed when a frame is scheduled, which may be some frames before it is sent.

    Attributes
    ----------
    frame : int
        The frame that is planned.
    selection, around_users, receivers : Selection, Surroundings, Receivers
        Who is served, and what was known of everybody's place.
    requests : NullRequests
    weights : two arrays [link]
        Population of the cell over number scheduled in it, of users and of targets.
    channels : [user link, M_t] or None
        Own channels, where the scheduler looked at them: the design is to use these.
    """

    frame: int
    selection: Selection
    around_users: Surroundings
    receivers: Receivers
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
class Situation:
    """Everything about a frame that is settled before a channel is drawn.

    Attributes
    ----------
    distances : two arrays [link]
        Of users and of targets to their serving stations, km.
    arrived : [request]
        Which null requests came in time for the frame.
    travel : [request]
        Seconds on the backhaul; infinite for those that are lost.
    """

    state: NetworkState
    plan: Plan
    around_users: Surroundings
    receivers: Receivers
    distances: tuple[Array, Array]
    grants: Grants
    clusters: Clusters
    arrived: Flags
    travel: Array

    @property
    def selection(self) -> Selection:
        """Who is served."""
        return self.plan.selection

    @cached_property
    def speed(self) -> Array:
        """Of the scheduled users, m/s, [link]."""
        return self.state.users.speed_of(self.selection.users.ids)

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


@dataclass(frozen=True)
class Design:
    """The beams of all stations.

    Attributes
    ----------
    beams : ZeroForcing
        [bs, K].
    power : [bs + 1, K]
        Eigenvalues of ``W^H W`` over the number of streams: how a station's power of 1 is spread; zero for silent
        stations and in the last row, which stands for no station.
    vectors : [bs, M_t, K] or None
        The beams themselves, where own channels are given.
    """

    beams: ZeroForcing
    power: Array
    vectors: Complex | None = None


@dataclass(frozen=True)
class LinkTerms:
    """Accounted power terms of links of one kind, each [link]."""

    distance: Array
    signal: Array
    own: Array
    leakage_granted: Array
    interference_refused: Array
    interference_other: Array
    far_field: Array
    noise: Array
    sir: Array
    rate: Array
    weight: Array

    def items(self) -> Iterable[tuple[str, Array]]:
        """Return names and values, as a log has them."""
        return vars(self).items()


NO_LINKS = LinkTerms(*[np.empty(0)] * len(fields(LinkTerms)))


@dataclass(frozen=True)
class FrameRecord:
    """All that there is to know of a frame; logs and summaries are made from it.

    Attributes
    ----------
    users, targets : LinkTerms
        Of the scheduled users and targets.
    degrees_of_freedom : [user]
        Of the serving station.
    held_back : [target]
        Power of stations outside a target's cluster that nulls for its station's other targets took away.
    """

    situation: Situation
    users: LinkTerms
    degrees_of_freedom: Index
    targets: LinkTerms
    held_back: Array

    @property
    def links(self) -> tuple[tuple[str, Links, LinkTerms], ...]:
        """Kind, who, and terms of the two kinds of links."""
        selection = self.situation.selection
        return ("communication", selection.users, self.users), ("sensing", selection.targets, self.targets)
