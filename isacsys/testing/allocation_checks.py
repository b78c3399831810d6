"""The invariants of allocation policies."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.scheduling import AllocationPolicy, allocated_by
from isacsys.testing.harness import NETWORKS, hold, made, networks, run_everywhere

_MORE: Mapping[str, Mapping[str, Any]] = {
    **NETWORKS, "many antennas": {"antennas.transmit": 24}, "all weight on sensing": {"allocation.weight": 0.0}}


def check_allocation_policy(policy: type[AllocationPolicy] | AllocationPolicy, *, seed: int = 1) -> None:
    """Run an allocation policy through the invariants of all of them; say which one fails.

    It chooses whole numbers that a scenario accepts (for a frame: at most what it has), for keys that it may choose;
    the same ones whenever it is asked; it can be sent to another process; and what it chooses can be simulated. A
    scenario that it refuses with a ConfigError is passed over.

    Parameters
    ----------
    policy : AllocationPolicy or class of one
        A class is made without arguments.
    seed : int
        Of the networks.

    Raises
    ------
    PluginError, ConfigError
        Where it raises, or chooses what it may not.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Half(isacsys.AllocationPolicy):
    ...     def allocate(self, scenario):
    ...         return {"users_per_bs": max(1, scenario.antennas.transmit // 2)}
    >>> check_allocation_policy(Half)
    """
    found = made(policy, "allocation policy")
    for where, scenario in networks(_MORE, seed):
        if _refuses(copy.deepcopy(found), scenario):
            continue
        settled = [allocated_by(copy.deepcopy(found), scenario) for _ in range(2)]
        hold(settled[0] == settled[1], f"allocation policy {type(found).__name__} chooses something else when it is "
             f"asked again about {where}")
        run_everywhere(settled[0], allocation=copy.deepcopy(found))


def _refuses(policy: AllocationPolicy, scenario: Scenario) -> bool:
    try:
        policy.allocate(scenario)
    except ConfigError:
        return True
    except Exception:  # which is told with more words when it is asked again
        return False
    return False
