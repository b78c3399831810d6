"""The three kinds of policies, and the scenario with the sizes of an allocation policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.plugins.kinds import PluginKind, register
from isacsys.plugins.loading import calling, written
from isacsys.scheduling.allocation import ALLOCATION_POLICIES, CHOSEN, AllocationPolicy, FrameAllocation
from isacsys.scheduling.base import GrantPolicy, Scheduler
from isacsys.scheduling.grant_policies import GRANT_POLICIES
from isacsys.scheduling.schedulers import SCHEDULERS

SCHEDULER = register(
    PluginKind("scheduler", Scheduler, "scheduling.policy", SCHEDULERS, also=("scheduling.target_policy",))
)
GRANT_POLICY = register(PluginKind("grant policy", GrantPolicy, "nulling.policy", GRANT_POLICIES))
ALLOCATION_POLICY = register(
    PluginKind("allocation policy", AllocationPolicy, "allocation.policy", ALLOCATION_POLICIES)
)
find_scheduler, find_grant_policy = SCHEDULER.find, GRANT_POLICY.find
available = SCHEDULER.available


def allocate(scenario: Scenario) -> Scenario:
    """Return the scenario with K, J, L and Q as its allocation policy chooses them.

    They are fixed from then on, or, where the policy chooses for every frame, the most that it may choose.
    """
    if scenario.allocation.policy == "fixed":
        return scenario
    return allocated_by(ALLOCATION_POLICY.of(scenario), scenario)


def frame_allocation(scenario: Scenario) -> FrameAllocation | None:
    """Return what chooses K, J, L and Q in every frame of an allocated scenario; None where they are fixed."""
    if scenario.allocation.policy == "fixed":
        return None
    policy = ALLOCATION_POLICY.of(scenario)
    return FrameAllocation(policy, scenario) if policy.every_frame else None


def allocated_by(policy: AllocationPolicy, scenario: Scenario) -> Scenario:
    """Return the scenario with K, J, L and Q as ``policy`` chooses them. Raises ConfigError for what it may not choose.
    """
    with calling(policy, "allocation policy", ""):
        chosen = policy.allocate(scenario)
    _check_chosen(type(policy).__name__, chosen)
    fixed = {} if policy.every_frame else {"allocation.policy": "fixed", "allocation.parameters": {}}
    return scenario.replace({**{f"allocation.{key}": value for key, value in chosen.items()}, **fixed})


def target_scheduler(scenario: Scenario, scheduler: Scheduler) -> Scheduler | None:
    """Return the scheduler that chooses targets, where that is another one than ``scheduler``, which chooses users.

    Raises
    ------
    ConfigError
        Where both want to: ``scheduling.target_policy`` and a method of the user's own scheduler.
    """
    name = scenario.scheduling.target_policy
    if not name:
        return None
    method = written(scheduler, "select_targets", "select_all_targets")
    if method and name != scenario.scheduling.policy:
        raise ConfigError("scheduling.target_policy", name, f"empty with a scheduler that chooses targets itself: "
                          f"{type(scheduler).__name__}.{method} would never be called")
    return SCHEDULER.of(scenario, "scheduling.target_policy", "scheduling.target_parameters")


def _check_chosen(name: str, chosen: Any) -> None:
    if not isinstance(chosen, Mapping):
        raise ConfigError("allocation.policy", name, f"a policy that returns a mapping of some of {', '.join(CHOSEN)} "
                          f"to whole numbers, not {chosen!r}")
    strangers = set(chosen) - set(CHOSEN)
    if strangers:
        raise ConfigError("allocation.policy", name, f"a policy that chooses {', '.join(CHOSEN)} only, "
                          f"not {', '.join(sorted(map(str, strangers)))}")
