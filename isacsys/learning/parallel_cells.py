"""A network as an environment of PettingZoo: an agent a cell, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.learning.acts import in_short, numbers
from isacsys.learning.environment import NetworkEnv

try:
    from pettingzoo import ParallelEnv
except ImportError:
    raise ImportError("environments need pettingzoo: pip install \"isacsys[learn]\"") from None


class CellsEnv(ParallelEnv):  # type: ignore[misc]  # it has no types
    """A network in which every cell has an agent of its own, ``"cell_0"`` and so on.

    Each decides and sees its own row of what `NetworkEnv` has, and gets its own share of the reward where there is one.
    """

    def __init__(self, env: NetworkEnv) -> None:
        shared = [name for name, act in env.acts.items() if not act.per_cell]
        if shared:
            raise ConfigError("act", shared[0], "what every cell can decide by itself: users, targets")
        self.env = env
        self.metadata = {"render_modes": [], "name": "isacsys_network_v0"}
        self.possible_agents = [f"cell_{i}" for i in range(env.sizes.cells)]
        self.agents: list[str] = []
        acts = {name: _row(act.space(env.sizes)) for name, act in env.acts.items()}
        self._shapes = {name: tuple(space.shape or ()) for name, space in acts.items()}
        self._act = next(iter(acts.values())) if env._one else gymnasium.spaces.Dict(acts)
        seen: Any = env.observation_space
        self._see = gymnasium.spaces.Dict({name: _row(space) for name, space in seen.items()})
        self.action_spaces = {agent: _copy(self._act) for agent in self.possible_agents}
        self.observation_spaces = {agent: _copy(self._see) for agent in self.possible_agents}

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        """Return the space of an agent's actions."""
        return self.action_spaces[agent]

    def observation_space(self, agent: str) -> gymnasium.Space[Any]:
        """Return the space of what an agent sees."""
        return self.observation_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None
              ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin a drop."""
        self.agents = list(self.possible_agents)
        seen, info = self.env.reset(seed=seed, options=options)
        return self._rows(seen), {agent: dict(info) for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """Simulate a frame."""
        if not self.agents:
            raise gymnasium.error.ResetNeeded("no drop has begun, or it has no more frames: reset")
        if not isinstance(actions, dict) or set(actions) != set(self.agents):
            given = sorted(actions) if isinstance(actions, dict) else actions
            raise ConfigError("actions", given, "one of every agent")
        seen, _, _, truncated, info = self.env.step(self._joined(actions))
        record = self.env.record
        assert record is not None
        rewards = self.env.reward.per_cell(record)
        agents = self.agents
        found = (self._rows(seen), dict(zip(agents, rewards.tolist(), strict=True)), dict.fromkeys(agents, False),
                 dict.fromkeys(agents, truncated), {agent: dict(info) for agent in agents})
        if truncated:
            self.agents = []
        return found

    def render(self) -> None:
        """Do nothing: pictures are made of a log."""

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def _rows(self, seen: dict[str, Any]) -> dict[str, Any]:
        return {agent: {name: values[i] for name, values in seen.items()}
                for i, agent in enumerate(self.possible_agents)}

    def _joined(self, actions: dict[str, Any]) -> Any:
        """Return the actions of all agents as rows of one."""
        rows = [self._checked(agent, actions[agent]) for agent in self.possible_agents]
        joined = {name: np.stack([row[name] for row in rows]) for name in self.env.acts}
        return next(iter(joined.values())) if self.env._one else joined

    def _checked(self, agent: str, action: Any) -> dict[str, Array]:
        """Return what an agent decides, by act. Raises ConfigError that names the agent."""
        names, key = list(self.env.acts), f"action of {agent}"
        parts = {names[0]: action} if self.env._one else action
        if not isinstance(parts, Mapping) or set(parts) != set(names):
            raise ConfigError(key, in_short(parts), f"a mapping with {', '.join(names)}")
        return {name: numbers(parts[name], f"{key} ({name})", shape) for name, shape in self._shapes.items()}

def parallel_env(scenario: Any, **options: Any) -> CellsEnv:
    """Return an environment with an agent a cell; arguments are those of `NetworkEnv`."""
    return CellsEnv(NetworkEnv(scenario, **options))


def _row(space: gymnasium.Space[Any]) -> gymnasium.Space[Any]:
    """Return the space of a row."""
    if isinstance(space, gymnasium.spaces.MultiBinary):
        return gymnasium.spaces.MultiBinary(space.shape[1:])
    assert isinstance(space, gymnasium.spaces.Box)
    return gymnasium.spaces.Box(space.low[0], space.high[0], dtype=space.dtype.type)


def _copy(space: gymnasium.Space[Any]) -> gymnasium.Space[Any]:
    if isinstance(space, gymnasium.spaces.Dict):
        return gymnasium.spaces.Dict({name: _copy(one) for name, one in space.items()})
    if isinstance(space, gymnasium.spaces.MultiBinary):
        return gymnasium.spaces.MultiBinary(space.shape)
    assert isinstance(space, gymnasium.spaces.Box)
    return gymnasium.spaces.Box(space.low, space.high, dtype=space.dtype.type)
