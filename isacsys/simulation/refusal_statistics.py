"""Cluster members that did not null: the input of the prediction of their cost."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index, Table
from isacsys.recording.schema import NEXT, STRENGTHS
from isacsys.services import FrameRecord


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
