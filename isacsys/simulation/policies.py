"""Everything that is chosen, not given: who is served, who is granted, how beams are made, where gains come from."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from isacsys.beamforming import COMBINER, PRECODER, Combiner, Precoder
from isacsys.beamforming.combiners import Mrc
from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.coupling import Engine, find_engine
from isacsys.plugins.loading import calling
from isacsys.scheduling import (
    GRANT_POLICY,
    SCHEDULER,
    FrameAllocation,
    GrantPolicy,
    Scheduler,
    frame_allocation,
    target_scheduler,
)


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
    combiner : Combiner
    engine : Engine
    allocation : FrameAllocation or None
        Chooses K, L, J and Q of every frame; None: they are the scenario's.
    """

    scheduler: Scheduler
    grants: GrantPolicy
    target_scheduler: Scheduler | None
    precoder: Precoder
    combiner: Combiner
    engine: Engine
    allocation: FrameAllocation | None = None

    @property
    def look_at_channels(self) -> bool:
        """Whether a scheduler wants to see channels."""
        return self.scheduler.needs_channels or bool(self.target_scheduler and self.target_scheduler.needs_channels)


def find_policies(scenario: Scenario, scheduler: Scheduler | None = None, grants: GrantPolicy | None = None,
                  precoder: Precoder | None = None, combiner: Combiner | None = None,
                  engine: Engine | None = None) -> Policies:
    """Return what a scenario names; objects handed in take its place, as copies."""
    chosen = SCHEDULER.of(scenario) if scheduler is None else copy.deepcopy(scheduler)
    if combiner is not None and scenario.multistatic and not isinstance(combiner, Mrc):
        raise ConfigError("combiner", combiner, "none with cooperation.sensing = \"multistatic\", where every station "
                          "combines by maximum ratio")
    return Policies(
        chosen,
        GRANT_POLICY.of(scenario) if grants is None else copy.deepcopy(grants),
        target_scheduler(scenario, chosen),
        _prepared(PRECODER.of(scenario) if precoder is None else copy.deepcopy(precoder), scenario),
        COMBINER.of(scenario) if combiner is None else copy.deepcopy(combiner), engine or find_engine(scenario),
        frame_allocation(scenario))


def _prepared(precoder: Precoder, scenario: Scenario) -> Precoder:
    with calling(precoder, "precoder", "reading the scenario"):
        precoder.prepare(scenario)
    return precoder
