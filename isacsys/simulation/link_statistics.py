"""Sums over classes of links, the input of the analysis from a drop, in a few rows.

Cluster members that did not null are the input of the prediction of their cost.
"""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import accounting
from isacsys.core.arrays import Array, Index, Table
from isacsys.recording.schema import MEMBER, NEXT, STRENGTHS
from isacsys.services import FrameRecord, LinkTerms


class LinkStatistics:
    """The links of a drop, counted and summed by kind, streams and degrees of freedom of their stations.

    The law of the degrees of freedom that typical users met is in it, and what rates would have been had every member
    of every cluster nulled, and no other station: with them a closed form can be held against a network in which
    requests are random, some are refused, and nulls for one target help another.

    Parameters
    ----------
    scenario : Scenario
    drops : int
        How many are simulated together.
    """

    def __init__(self, scenario: Scenario, drops: int = 1) -> None:
        self._antennas = scenario.antennas.transmit
        self._own_counts = (True, scenario.sensing.inter_target_echo)
        most = self._antennas if scenario.joint else scenario.allocation.users_per_bs
        self._shape = (most + 1, self._antennas + 2)
        kinds = MEMBER + 1 if scenario.joint else MEMBER
        self._sums = np.zeros((3, kinds, drops * self._shape[0] * self._shape[1]))

    def add(self, record: FrameRecord) -> None:
        """Add the links of a frame."""
        streams = record.frame_state.served.count
        freedom = self._antennas + 1 - streams - record.frame_state.nulls
        place = streams * self._shape[1] + freedom
        parts = record.frame_state.name.parts
        if parts is not None:
            place = place + parts.drop * (self._shape[0] * self._shape[1])
        for found in record.services.values():
            if not len(found.links):
                continue
            rate = nulled_rate(found.terms, self._own_counts[found.receiver], found.held_back)
            self._enter(found.receiver, place[found.links.station], found.terms.weight, rate)
        if len(self._sums[0]) > MEMBER:
            sent = record.frame_state.streams
            other = slice(len(record.users.rate), None)
            weight = record.users.weight[sent.link[other]]
            self._enter(MEMBER, place[sent.station[other]], weight, np.zeros_like(weight))

    def columns(self, drop: int = 0) -> Table:
        """Return the rows of table ``classes`` of one of the drops, but for its number."""
        sums = self._sums.reshape(3, len(self._sums[0]), -1, *self._shape)[:, :, drop]
        kind, streams, freedom = np.nonzero(sums[0])
        links, weight, rate = sums[:, kind, streams, freedom]
        return {"kind": kind, "streams": streams, "degrees_of_freedom": freedom, "links": links.astype(np.int64),
                "weight": weight, "weighted_rate_nulled": rate}

    def _enter(self, kind: int, place: Index, weight: Array, rate: Array) -> None:
        for sums, values in zip(self._sums[:, kind], (None, weight, weight * rate), strict=True):
            sums += np.bincount(place, values, len(sums))


def nulled_rate(terms: LinkTerms, own_counts: bool, held_back: Array) -> Array:
    """Return the rate [link], had all members of its cluster nulled perfectly, and no other station ``held_back``
    [link] power.
    """
    lost = np.flatnonzero(terms.interference_refused + terms.leakage_granted + held_back)
    if not len(lost):
        return terms.rate
    beyond = held_back if len(held_back) == 1 else held_back[lost]
    others = (terms.interference_other[lost], beyond, terms.far_field[lost], terms.noise[lost])
    rate = terms.rate.copy()
    rate[lost] = accounting.rate(accounting.sir(terms.signal[lost], terms.own[lost] * own_counts, *others))
    return rate


class RefusalStatistics:
    """Weights of typical users whose cluster member of a rank and strength refused, was asked too late, or never.

    The strength is ``(d_1 / d_i)^2``, squared distances of serving station and member, in bins of equal width; apart
    for every ratio of distances to the first station beyond the cluster, for those that refuse most have much room
    around them. A silent station counts as one that did not refuse.

    Parameters
    ----------
    scenario : Scenario
    drops : int
        How many are simulated together.
    """

    def __init__(self, scenario: Scenario, drops: int = 1) -> None:
        self._exponent = 2 / scenario.propagation.path_loss_exponent
        self._cluster = scenario.allocation.communication_cluster
        self._weight = np.zeros((drops, self._cluster + 1, STRENGTHS, NEXT))

    def add(self, record: FrameRecord) -> None:
        """Add the links of a frame."""
        frame_state = record.frame_state
        grants, around = frame_state.grants, frame_state.around_users
        if grants.granted.all():
            return
        link, column = np.nonzero(grants.user_asked & ~grants.user_granted)
        sends = ~frame_state.selection.silent[around.station[link, column]]
        link, column = link[sends], column[sends]
        strength = (around.path_gain[link, column] / around.path_gain[link, 0]) ** self._exponent
        beyond = np.zeros(len(link))
        if around.path_gain.shape[1] > self._cluster:
            beyond = (around.path_gain[link, self._cluster] / around.path_gain[link, 0]) ** self._exponent
        parts = frame_state.name.parts
        drop = np.zeros_like(link) if parts is None else parts.drop[frame_state.selection.users.station[link]]
        place = drop, column + 1, _bin(strength, STRENGTHS), _bin(np.sqrt(beyond), NEXT)
        np.add.at(self._weight, place, record.users.weight[link])

    def columns(self, drop: int = 0) -> Table:
        """Return the rows of table ``refusals`` of one of the drops, but for its number."""
        weight = self._weight[drop]
        rank, strength, beyond = np.nonzero(weight)
        return {"rank": rank, "strength": strength, "next": beyond, "weight": weight[rank, strength, beyond]}


def _bin(share: Array, count: int) -> Index:
    return np.minimum((share * count).astype(np.int64), count - 1)
