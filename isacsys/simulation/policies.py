"""Everything that is chosen, not given: who is served, who is granted, how beams are made, where gains come from."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from isacsys.engines import Engine, find_engine
from isacsys.scenario import Scenario
from isacsys.scheduling import GrantPolicy, Scheduler, find_grant_policy, find_scheduler
from isacsys.transmission import Precoder, ZeroForcing


@dataclass(frozen=True)
class Policies:
    """What a frame asks for its decisions.

    Attributes
    ----------
    scheduler : Scheduler
    grants : GrantPolicy
    target_scheduler : Scheduler or None
        Chooses the targets, where that is not the scheduler.
    precoder : Precoder
    engine : Engine
    """

    scheduler: Scheduler
    grants: GrantPolicy
    target_scheduler: Scheduler | None
    precoder: Precoder
    engine: Engine

    @property
    def look_at_channels(self) -> bool:
        """Whether a scheduler wants to see channels."""
        return self.scheduler.needs_channels or bool(self.target_scheduler and self.target_scheduler.needs_channels)


def find_policies(scenario: Scenario, scheduler: Scheduler | None = None, grants: GrantPolicy | None = None,
                  precoder: Precoder | None = None, engine: Engine | None = None) -> Policies:
    """Return what a scenario names; objects handed in take its place, as copies."""
    target_policy = scenario.scheduling.target_policy
    return Policies(
        copy.deepcopy(scheduler) if scheduler else find_scheduler(scenario.scheduling.policy),
        copy.deepcopy(grants) if grants else find_grant_policy(scenario.nulling.policy),
        find_scheduler(target_policy, "scheduling.target_policy") if target_policy else None,
        copy.deepcopy(precoder) if precoder else ZeroForcing(), engine or find_engine(scenario))
