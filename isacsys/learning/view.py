"""The view of acts, observations and rewards: a network before its next frame, and the frame before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.errors import ConfigError
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState
from isacsys.services import FrameRecord


@dataclass(frozen=True)
class Sizes:
    """What fixes the shapes of spaces.

    Attributes
    ----------
    scenario : Scenario
    cells, users, targets : int
        Number of cells, and the most users and targets that a cell may have.
    """

    scenario: Scenario
    cells: int
    users: int
    targets: int

    def most(self, kind: ReceiverType) -> int:
        """Return the most users, or targets, of a cell."""
        return self.users if kind == ReceiverType.USER else self.targets


@dataclass(frozen=True)
class AgentView:
    """A network before its next frame.

    Attributes
    ----------
    sizes : Sizes
    network : NetworkState
    users, targets : [cell, most]
        Ids of those who are attached to each cell, ascending; -1 where there are no more.
    record : FrameRecord or None
        The frame before; None before the first.
    """

    sizes: Sizes
    network: NetworkState
    users: Index
    targets: Index
    record: FrameRecord | None

    def ids(self, kind: ReceiverType) -> Index:
        """Return `users` or `targets`, [n]."""
        return self.users if kind == ReceiverType.USER else self.targets

    def by_slot(self, kind: ReceiverType, values: Array) -> Array:
        """Return values [user or target, ...] as [cell, most, ...], zero in empty places."""
        ids = self.ids(kind)
        there = (ids >= 0).reshape(*ids.shape, *[1] * (values.ndim - 1))
        if not len(values):
            return np.zeros((*ids.shape, *values.shape[1:]))
        return np.where(there, values[np.maximum(ids, 0)], 0.0)

    def mask(self, kind: ReceiverType) -> Flags:
        """Return which places hold one who can be chosen, [cell, most]: attached, and with data waiting."""
        ids, queue = self.ids(kind), self.network.population(kind).queue
        return (ids >= 0) & (queue[np.maximum(ids, 0)] > 0) if len(queue) else np.zeros(ids.shape, bool)


def view_of(sizes: Sizes, network: NetworkState, record: FrameRecord | None) -> AgentView:
    """Return a network before its next frame. Raises ConfigError where a cell has more users than shapes allow."""
    users, targets = (slots(network, kind, sizes.most(kind)) for kind in ReceiverType)
    return AgentView(sizes, network, users, targets, record)


def slots(network: NetworkState, kind: ReceiverType, most: int) -> Index:
    """Return the ids [cell, most] of those who are attached to each cell, ascending, -1 where there are no more."""
    found = np.full((network.stations, most), -1)
    if not most:
        return found
    station = network.population(kind).station
    ids = np.argsort(station, kind="stable")[np.count_nonzero(station < 0):]
    cell, count = station[ids], np.bincount(station[ids], minlength=network.stations)
    if count.max(initial=0) > most:
        worst = int(np.argmax(count))
        raise ConfigError(f"{kind.words}_at_most", most, f"at least {count[worst]}, the {kind.words} of cell {worst} "
                          f"in frame {network.frame}")
    found[cell, np.arange(len(ids)) - (np.cumsum(count) - count)[cell]] = ids
    return found
