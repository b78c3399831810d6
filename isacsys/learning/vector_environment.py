"""Several networks at once as a vector environment of Gymnasium: their drops share every frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.vector.utils import batch_space

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError, DropError
from isacsys.learning.acts import Act, Decision, Scores, checked
from isacsys.learning.driver import Hand, driven
from isacsys.learning.environment import NetworkEnv
from isacsys.learning.observations import (
    Load,
    MeanSir,
    Observation,
    QueueObservation,
    Reward,
    ThroughputReward,
    WeightedAse,
)
from isacsys.learning.view import Sizes, view_of
from isacsys.recording import MemoryRecorder
from isacsys.services import FrameRecord
from isacsys.simulation.batch import Batch
from isacsys.simulation.batch_rules import one_by_one

VECTOR_ENTRY_POINT = "isacsys.learning.vector_environment:NetworkVectorEnv"
_INSTEAD = "for others use vectorization_mode=\"sync\""
_SHARED: Mapping[str, tuple[type, ...]] = {  # what is known of several drops at once
    "act": (Scores,), "observe": (QueueObservation, MeanSir, Load), "reward": (WeightedAse, ThroughputReward)}


class NetworkVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Networks of one scenario, each with a drop of its own, a frame of all of them a step.

    Observations, rewards and draws are those of as many `NetworkEnv`, bit for bit. All drops end in the same frame: the
    step after it begins new drops, whatever the actions, with reward 0 (``AutoresetMode.NEXT_STEP``).

    Parameters
    ----------
    num_envs : int
        How many networks.
    scenario, act, observe, reward, drops, users_at_most, targets_at_most
        As of `NetworkEnv`. The scenario's drops must be able to share a frame (``simulation.batch``); ``act`` is
        "users", "targets" or both, ``observe`` "queues", "mean_sir" and "load", ``reward`` "throughput" or
        "weighted_ase". ``reset(seed=s)`` begins ``drops[(s + i) mod n]`` in network i, ``reset(seed=[...])`` that of
        each number, ``reset()`` the next drops.

    Raises
    ------
    ConfigError
        For what several drops at once do not know.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium has it
        "autoreset_mode": gymnasium.vector.AutoresetMode.NEXT_STEP, "render_modes": []}

    def __init__(self, num_envs: int, scenario: Scenario | str | Path, *,
                 act: str | Act | Sequence[str | Act] = "users",
                 observe: str | Observation | Sequence[str | Observation] = "mean_sir",
                 reward: str | Reward = "throughput", drops: Iterable[int] = range(100),
                 users_at_most: int | None = None, targets_at_most: int | None = None) -> None:
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < 1:
            raise ConfigError("num_envs", num_envs, "a whole number, at least 1")
        self.num_envs = num_envs
        self._one = NetworkEnv(scenario, act=act, observe=observe, reward=reward, drops=drops,
                               users_at_most=users_at_most, targets_at_most=targets_at_most)
        for argument, given in (("act", self._one.acts.values()), ("observe", self._one.seen.values()),
                                ("reward", [self._one.reward])):
            _check_shared(argument, given)
        why = one_by_one(self._one.scenario)
        if why:
            raise ConfigError("scenario", why, f"one whose drops share frames; {_INSTEAD}")
        self.single_action_space, self.single_observation_space = self._one.action_space, self._one.observation_space
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        sizes = self._one.sizes
        self._sizes = Sizes(sizes.scenario, num_envs * sizes.cells, sizes.users, sizes.targets)
        self._hand = Hand()
        self._next, self._frame, self._batch = 0, 0, None

    _batch: Batch | None

    def reset(self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
              ) -> tuple[Any, dict[str, Any]]:
        """Begin a drop in every network."""
        drops, s = self._choose(seed, options or {}), self._one.scenario.simulation
        recorders = [MemoryRecorder("summary") for _ in drops]
        self._batch = Batch(self._one.scenario, drops, recorders, driven(self._one.scenario, self._hand, sizes=False))
        self._hand.decision, self._record = Decision(), None
        for self._frame in range(s.warm_up):  # before anybody decides
            self._record = self._simulated(self._batch)
        self._frame = s.warm_up
        return self._look(self._batch)

    def step(self, actions: Any) -> tuple[Any, npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], dict[str, Any]]:
        """Simulate a frame of all networks, or, after the last one, begin new drops; rewards and flags [network]."""
        if self._batch is None:
            raise gymnasium.error.ResetNeeded("no drop has begun: reset")
        s, never = self._one.scenario.simulation, np.zeros(self.num_envs, bool)
        if self._frame == s.warm_up + s.frames:
            observation, info = self.reset()
            return observation, np.zeros(self.num_envs), never, never.copy(), info
        self._hand.decision = self._one.decide(self._flat(actions), self._view)
        record = self._record = self._simulated(self._batch)
        self._frame += 1
        observation, info = self._look(self._batch)
        over = np.full(self.num_envs, self._frame == s.warm_up + s.frames)
        return observation, self._one.reward.values(record), never, over, info

    def _simulated(self, batch: Batch) -> FrameRecord:
        """Simulate the next frame. Raises DropError where a drop would have drawn other numbers by itself."""
        record = batch.frame(self._frame)
        if len(batch.odd):
            raise DropError(f"drop {batch.odd[0]} senses fewer targets a cell than others in frame {self._frame}, and "
                            f"draws other numbers by itself: {_INSTEAD}")
        return record

    def _choose(self, seed: int | Sequence[int | None] | None, options: Mapping[str, Any]) -> tuple[int, ...]:
        """Return a drop for every network."""
        if options:
            raise ConfigError("options", options, "none: a seed says which drops begin")
        drops, count = self._one.drops, self.num_envs
        if seed is None or isinstance(seed, int | np.integer):
            seed = [None if seed is None else int(seed) + i for i in range(count)]
        given = list(seed) if isinstance(seed, Sequence | np.ndarray) else []
        if len(given) != count or not all(
                one is None or (isinstance(one, int | np.integer) and one >= 0) for one in given):
            raise ConfigError("seed", seed, f"a whole number from 0 on, or {count} of them")
        places = [self._next + i if one is None else int(one) for i, one in enumerate(given)]
        self._next = (places[-1] + 1) % len(drops)
        return tuple(drops[place % len(drops)] for place in places)

    def _flat(self, actions: Any) -> Any:
        """Return the actions [network, cell, most] of all networks as of one network of all their cells."""
        spaces = self.single_action_space
        if not isinstance(spaces, gymnasium.spaces.Dict):
            return self._rows(actions, next(iter(self._one.acts)), spaces)
        if not isinstance(actions, Mapping):
            return actions  # refused where it is read
        return {name: self._rows(action, name, spaces[name]) if name in spaces.spaces else action
                for name, action in actions.items()}

    def _rows(self, action: Any, name: str, space: gymnasium.Space[Any]) -> Array:
        """Return an action as rows of all cells. Raises ConfigError where it is none of as many networks."""
        assert isinstance(space, gymnasium.spaces.Box)
        given = checked(action, name, (self.num_envs, *space.shape), space.low.min(), space.high.max())
        return given.reshape(-1, *given.shape[2:])

    def _look(self, batch: Batch) -> tuple[dict[str, Any], dict[str, Any]]:
        state = batch.state
        state.frame = self._frame
        self._view = view_of(self._sizes, state, self._record)
        seen = {name: values.reshape(self.num_envs, -1, *values.shape[1:])
                for name, values in self._one.observed(self._view).items()}
        drop: Index = np.array(state.drops)
        every = np.ones(self.num_envs, bool)
        return seen, {"drop": drop, "_drop": every, "_frame": every,
                      "frame": np.full(self.num_envs, self._frame - self._one.scenario.simulation.warm_up)}


def _check_shared(argument: str, given: Iterable[object]) -> None:
    for one in given:
        if type(one) not in _SHARED[argument]:
            raise ConfigError(argument, type(one).__name__, f"one of "
                              f"{', '.join(kind.__name__ for kind in _SHARED[argument])}; {_INSTEAD}")
