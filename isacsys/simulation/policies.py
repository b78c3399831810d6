"""The policies of a simulation: schedulers, grants, precoder, combiner, engine, link and energy models."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from isacsys.beamforming import COMBINER, PRECODER, Combiner, Precoder
from isacsys.beamforming.combiners import Mrc
from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.coupling import Engine, find_engine
from isacsys.link import LINK_MODEL, LinkModel
from isacsys.plugins.loading import calling, calling_theirs
from isacsys.scheduling import (
    GRANT_POLICY,
    SCHEDULER,
    FrameAllocation,
    GrantPolicy,
    Scheduler,
    frame_allocation,
    target_scheduler,
)

_OF_BLOCKS = {"link.adaptation": "ideal", "link.harq": "none"}


@dataclass(frozen=True)
class Policies:
    """The policies of a frame.

    Attributes
    ----------
    scheduler : Scheduler
    grants : GrantPolicy
    target_scheduler : Scheduler or None
        Chooses the targets, where that is not the scheduler.
    precoder : Precoder
    combiner : Combiner
    engine : Engine
    link_model : LinkModel
    allocation : FrameAllocation or None
        Chooses K, L, J and Q of every frame; None: they are the scenario's.
    """

    scheduler: Scheduler
    grants: GrantPolicy
    target_scheduler: Scheduler | None
    precoder: Precoder
    combiner: Combiner
    engine: Engine
    link_model: LinkModel
    allocation: FrameAllocation | None = None

    @property
    def look_at_channels(self) -> bool:
        """Whether a scheduler wants to see channels."""
        return self.scheduler.needs_channels or bool(self.target_scheduler and self.target_scheduler.needs_channels)


def find_policies(scenario: Scenario, scheduler: Scheduler | None = None, grants: GrantPolicy | None = None,
                  precoder: Precoder | None = None, combiner: Combiner | None = None,
                  engine: Engine | None = None, link_model: LinkModel | None = None) -> Policies:
    """Return what a scenario names; objects passed in Python take its place, as copies."""
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
        find_link_model(scenario, link_model), frame_allocation(scenario))


def find_link_model(scenario: Scenario, given: LinkModel | None = None) -> LinkModel:
    """Return the link model that a scenario names, or a copy of one that is given, with its settings.

    Raises
    ------
    ConfigError
        For settings that the model has no use for.
    """
    model = LINK_MODEL.of(scenario) if given is None else copy.deepcopy(given)
    for key, without in _OF_BLOCKS.items():
        if not model.blocks and scenario.get(key) != without:
            raise ConfigError(key, scenario.get(key), f"\"{without}\" but with a link.model that sends blocks, as "
                              f"\"nr\" does; {scenario.link.model} does not")
    with calling_theirs(model, "link model", "reading the scenario"):
        model.prepare(scenario.link, scenario.radio.bandwidth, scenario.simulation.frame_duration)
    return model


def _prepared(precoder: Precoder, scenario: Scenario) -> Precoder:
    with calling(precoder, "precoder", "reading the scenario"):
        precoder.prepare(scenario)
    return precoder
