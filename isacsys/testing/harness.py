"""Common parts of the checks of plug-ins: test networks, and error messages."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import cloudpickle
import numpy.typing as npt

from isacsys.config.scenario import Scenario
from isacsys.core.columns import Column
from isacsys.scheduling import AllocationPolicy, FrameAllocation
from isacsys.simulation import simulate_drop
from isacsys.simulation.drop import Drop
from isacsys.simulation.policies import find_policies

T = TypeVar("T")

# Networks a policy has to cope with: ordinary, crowded, almost empty, without sensing, one stream.
NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "an ordinary network": {},
    "more users than can be served": {"network.users_per_cell": 30, "network.targets_per_cell": 20},
    "cells with nobody in them": {"network.users_per_cell": 0.7, "network.targets_per_cell": 0.7},
    "no sensing": {"allocation.targets_per_bs": 0},
    "one user at a time": {"allocation.users_per_bs": 1, "antennas.transmit": 1},
}
SMALL = {"network.area": 12, "network.users_per_cell": 6, "network.targets_per_cell": 4, "antennas.transmit": 6,
          "allocation.users_per_bs": 3, "allocation.targets_per_bs": 2, "simulation.frames": 4, "simulation.drops": 1}
TIME = {"traffic.model": "poisson", "traffic.arrival_rate": 20.0, "mobility.user_speed": 30.0,
         "mobility.target_speed": 30.0, "targets.lifetime": 0.1, "targets.revisit_period": 0.05,
         "backhaul.latency": 0.01}


class Silent:
    """A recorder that keeps nothing."""

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Discard rows ``columns`` [row]."""

    def declare(self, table: str, columns: Iterable[Column]) -> None:
        """Discard columns."""


def hold(invariant: bool, otherwise: str) -> None:
    """Raise AssertionError, saying ``otherwise``, unless an invariant holds."""
    if not invariant:
        raise AssertionError(otherwise)


def made(plugin: type[T] | T, word: str) -> T:
    """Return the object to check (a class is made without arguments), having seen that it can travel."""
    found: T = plugin() if isinstance(plugin, type) else plugin
    try:
        copy.deepcopy(found)
        cloudpickle.dumps(found)
    except Exception as error:
        raise AssertionError(f"{word} {type(found).__name__} cannot be sent to another process: {error}") from error
    return found


def networks(those: Mapping[str, Mapping[str, Any]], seed: int) -> Iterator[tuple[str, Scenario]]:
    """Yield what a network is called, and its scenario, small."""
    for where, changes in those.items():
        yield where, Scenario().replace({**SMALL, **changes, "simulation.seed": seed})


def run_everywhere(scenario: Scenario, *, allocation: AllocationPolicy | None = None, **plugins: Any) -> None:
    """Simulate a drop that stands still, and one that moves and has queues and schedules that are fixed ahead."""
    for changes in ({}, TIME):
        changed = scenario.replace(changes)
        if allocation is None or not allocation.every_frame:
            simulate_drop(changed, 0, Silent(), **plugins)
        else:
            policies = replace(find_policies(changed), allocation=FrameAllocation(allocation, changed))
            Drop(changed, 0, Silent(), policies).run()
