"""A drop whose decisions come from outside, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.learning.acts import Decision
from isacsys.learning.view import AgentView, Sizes, view_of
from isacsys.network.entities import BaseStation, Members
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState
from isacsys.recording import MemoryRecorder
from isacsys.scheduling import AllocationPolicy, FrameAllocation, Ranked, Scheduler
from isacsys.services import FrameRecord
from isacsys.simulation.drop import Drop
from isacsys.simulation.frame import see_channels
from isacsys.simulation.policies import Policies, find_policies


class Driver:
    """A drop that waits before every frame.

    Parameters
    ----------
    sizes : Sizes
    drop : int
    channels : bool
        Whether the channels of a frame are drawn before it is seen.

    Attributes
    ----------
    recorder : MemoryRecorder
        Has what a run of the drop would record.
    record : FrameRecord or None
        The frame before.
    """

    def __init__(self, sizes: Sizes, drop: int, *, channels: bool) -> None:
        scenario = sizes.scenario
        self.number, self._sizes, self._channels = drop, sizes, channels
        self._hand, self.recorder = Hand(), MemoryRecorder(scenario.recording.level)
        self._drop = Drop(scenario, drop, self.recorder, driven(scenario, self._hand))
        self.record: FrameRecord | None = None
        self._drop.begin()
        for _ in range(scenario.simulation.warm_up):  # before the first action
            self.record = self._drop.step()

    @property
    def ended(self) -> bool:
        """Whether every frame is simulated."""
        return self._drop.ended

    @property
    def network(self) -> NetworkState:
        """The network, as it is before its next frame."""
        return self._drop.stage.state

    @property
    def frame(self) -> int:
        """Number of the next frame; 0 is the first after the warm-up."""
        return self.network.frame - self._sizes.scenario.simulation.warm_up

    def view(self) -> AgentView:
        """Return the network before its next frame."""
        state = self.network
        state.frame = 0 if self.record is None else self.record.frame_state.name.frame + 1
        state.scenario = self._drop.stage.scenario
        if self._channels:
            see_channels(state, self.number)
        return view_of(self._sizes, state, self.record)

    def step(self, decision: Decision) -> FrameRecord:
        """Simulate the next frame as it was decided."""
        self._hand.decision = decision
        self.record = self._drop.step()
        assert self.record is not None
        return self.record


class Hand:
    """Where policies find what was decided."""

    decision = Decision()


def driven(scenario: Scenario, hand: Hand, *, sizes: bool = True) -> Policies:
    """Return the scenario's policies, that do what was decided where anything was: ``sizes`` of a frame, too."""
    own = find_policies(scenario)
    targets = own.target_scheduler or own.scheduler
    return replace(own, scheduler=Driven(own.scheduler, hand, ReceiverType.USER),
                   target_scheduler=Driven(targets, hand, ReceiverType.TARGET),
                   allocation=DrivenAllocation(own.allocation, scenario, hand) if sizes else own.allocation)


class Driven(Scheduler):
    """Serves whom an agent ranks first, or chose; otherwise whom another scheduler chooses."""

    def __init__(self, other: Scheduler, hand: Hand, kind: ReceiverType) -> None:
        self._other, self._hand, self._kind = other, hand, kind
        self.needs_channels = other.needs_channels

    def select_users(self, station: BaseStation, count: int, rng: np.random.Generator) -> Any:
        """Choose those that the agent chose for a station."""
        return (self._hand.decision.chosen_users or {}).get(station.index, [])

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Any:
        """Choose those that the agent chose for a station."""
        return (self._hand.decision.chosen_targets or {}).get(station.index, [])

    def select_all_users(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Rank, or take what was chosen, or ask the other scheduler."""
        return self._source("users", super()).select_all_users(network, counts, rng)

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Rank, or take what was chosen, or ask the other scheduler."""
        return self._source("targets", super()).select_all_targets(network, counts, rng)

    def _source(self, words: str, chosen: Any) -> Any:
        scores = getattr(self._hand.decision, words)
        if scores is not None:
            return Given(scores)
        return self._other if getattr(self._hand.decision, f"chosen_{words}") is None else chosen


class Given(Ranked):
    """Ranks by scores [user or target] that are given."""

    def __init__(self, scores: Array) -> None:
        self._scores = scores

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Return the given scores."""
        return np.asarray(self._scores[members.ids])


class DrivenAllocation(FrameAllocation):
    """The sizes that an agent decided; otherwise those of the scenario's policy."""

    def __init__(self, own: FrameAllocation | None, scenario: Scenario, hand: Hand) -> None:
        super().__init__(_Decided(own, hand), scenario)
        self._hand = hand

    def settings(self) -> Mapping[str, Any]:
        """Return the share of the power on sensing beams, where it was decided."""
        share = self._hand.decision.sensing_power
        return {} if share is None else {"precoding.sensing_power": share}


class _Decided(AllocationPolicy):
    def __init__(self, own: FrameAllocation | None, hand: Hand) -> None:
        self._own, self._hand = own, hand

    def allocate_frame(self, network: NetworkState) -> Mapping[str, int]:
        """Return what was decided."""
        sizes = self._hand.decision.sizes
        if sizes is not None:
            return sizes
        return {} if self._own is None else self._own.policy.allocate_frame(network)
