"""A network as an environment of Gymnasium: an agent decides before every frame."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import gymnasium
import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.learning.acts import ACTS, Act, Decision, checked_decision, in_short
from isacsys.learning.driver import Driver
from isacsys.learning.observations import OBSERVATIONS, REWARDS, Observation, Reward, checked_reward
from isacsys.learning.view import AgentView, Sizes
from isacsys.network import NetworkState, deploy
from isacsys.network.receivers import ReceiverType
from isacsys.scheduling import allocate
from isacsys.services import FrameRecord
from isacsys.simulation import check

ID, ENTRY_POINT = "isacsys/Network-v0", "isacsys.learning.environment:NetworkEnv"
T = TypeVar("T")


class NetworkEnv(gymnasium.Env[Any, Any]):
    """A network that one agent drives, a frame a step; registered as ``isacsys/Network-v0``.

    Draws are those of `isacsys.run`: an agent that chooses as a policy does gets that policy's numbers. An episode is a
    drop; it is never terminated, and truncated after its last frame.

    Parameters
    ----------
    scenario : Scenario or path
        Of a fixed number of cells, without lead. What it says beyond what the agent decides stays as it is.
    act : str, Act, or a sequence of them
        What the agent decides: "users", "targets" (scores, the lowest are served), "allocation" (K, L, J, Q),
        "sensing_power". Several are a ``Dict``.
    observe : str, Observation, or a sequence of them
        What it sees: "queues", "mean_sir", "channels", "tracks", "load"; a ``Dict``, with a mask of users or targets.
    reward : str or Reward
        "weighted_ase", "throughput" or "track_error".
    drops : iterable of int
        Which drops. ``reset(seed=s)`` begins ``drops[s mod n]``, ``reset()`` the next one,
        ``reset(options={"drop": d})`` drop d of them.
    users_at_most, targets_at_most : int, optional
        Slots of a cell; default: those of the largest cell over all drops, as they begin.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as Gymnasium has it

    def __init__(self, scenario: Scenario | str | Path, *, act: str | Act | Sequence[str | Act] = "users",
                 observe: str | Observation | Sequence[str | Observation] = "mean_sir",
                 reward: str | Reward = "throughput", drops: Iterable[int] = range(100),
                 users_at_most: int | None = None, targets_at_most: int | None = None) -> None:
        self.scenario = allocate(_scenario(scenario))
        self.drops = _drops(drops)
        check(self.scenario, drops=self.drops[:1])
        _check_fixed(self.scenario)
        self.sizes = _sizes(self.scenario, self.drops, users_at_most, targets_at_most)
        self.acts, self.seen = _named("act", act, ACTS, Act), _named("observe", observe, OBSERVATIONS, Observation)
        [self.reward] = _named("reward", _single(reward), REWARDS, Reward).values()
        self.reward.check(self.scenario)
        spaces = {name: one.space(self.sizes) for name, one in self.acts.items()}
        self._one = isinstance(act, str | Act)
        self.action_space = next(iter(spaces.values())) if self._one else gymnasium.spaces.Dict(spaces)
        self.observation_space = gymnasium.spaces.Dict(
            {name: one.space(self.sizes) for name, one in self.seen.items()}
            | {f"{kind.words}_mask": gymnasium.spaces.MultiBinary((self.sizes.cells, self.sizes.most(kind)))
               for kind in self._masks})
        self._next, self._driver = 0, None
        made = {"scenario": scenario, "act": act, "observe": observe, "reward": reward, "drops": self.drops,
                "users_at_most": users_at_most, "targets_at_most": targets_at_most}
        self.spec = gymnasium.envs.registration.EnvSpec(ID, ENTRY_POINT, kwargs=made)

    _driver: Driver | None

    @property
    def network(self) -> NetworkState:
        """The network before its next frame: stations, users and targets with their arrays."""
        return self._going().network

    @property
    def view(self) -> AgentView:
        """The same with the ids of the users and targets of every cell."""
        return self._view

    @property
    def record(self) -> FrameRecord | None:
        """The frame before."""
        return self._going().record

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin a drop."""
        super().reset(seed=seed)
        if not isinstance(options or {}, Mapping):
            raise ConfigError("options", options, "a mapping, {\"drop\": d}")
        self._driver = Driver(self.sizes, self._choose(seed, options or {}), channels=self._channels)
        return self._look()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Simulate a frame."""
        driver = self._going()
        if driver.ended:
            raise gymnasium.error.ResetNeeded(f"drop {driver.number} has no more frames: reset")
        record = driver.step(self.decide(action, self._view))
        observation, info = self._look()
        return observation, checked_reward(self.reward, record), False, driver.ended, info | _figures(record)

    @property
    def _masks(self) -> list[ReceiverType]:
        kinds = {one.kind for one in self.seen.values()}
        return [kind for kind in ReceiverType if kind in kinds]

    @property
    def _channels(self) -> bool:
        return any(one.needs_channels for one in self.seen.values())

    def _going(self) -> Driver:
        if self._driver is None:
            raise gymnasium.error.ResetNeeded("no drop has begun: reset")
        return self._driver

    def _choose(self, seed: int | None, options: Mapping[str, Any]) -> int:
        if "drop" in options:
            if options["drop"] not in self.drops:
                raise ConfigError("options: drop", options["drop"], "one of the drops of the environment")
            self._next = self.drops.index(options["drop"])
        elif seed is not None:
            self._next = seed % len(self.drops)
        drop = self.drops[self._next % len(self.drops)]
        self._next = (self._next + 1) % len(self.drops)
        return drop

    def decide(self, action: Any, view: AgentView) -> Decision:
        """Return what an action means for the next frame of a network."""
        parts = {next(iter(self.acts)): action} if self._one else action
        if not isinstance(parts, Mapping) or set(parts) != set(self.acts):
            raise ConfigError("action", in_short(parts), f"a mapping with {', '.join(self.acts)}")
        merged: dict[str, Any] = {}
        for name, act in self.acts.items():
            decided = checked_decision(act.decide(parts[name], view), name, view)
            merged |= {key: value for key, value in vars(decided).items() if value is not None}
        return Decision(**merged)

    def _look(self) -> tuple[dict[str, Any], dict[str, Any]]:
        driver = self._going()
        self._view = driver.view()
        return self.observed(self._view), {"drop": driver.number, "frame": driver.frame}

    def observed(self, view: AgentView) -> dict[str, Any]:
        """Return what is seen of a network before its next frame."""
        seen = {name: one.see(view) for name, one in self.seen.items()}
        return seen | {f"{kind.words}_mask": view.mask(kind).astype(np.int8) for kind in self._masks}


def _figures(record: FrameRecord) -> dict[str, Any]:
    area = record.frame_state.area
    return {"communication_ase": float(record.users.rate.sum()) / area,
            "sensing_ase": float(record.targets.rate.sum()) / area}


def _scenario(subject: Scenario | str | Path) -> Scenario:
    if isinstance(subject, Scenario):
        return subject
    if not isinstance(subject, str | Path):
        raise ConfigError("scenario", subject, "an isacsys.Scenario, or the path of a TOML file")
    return Scenario.load(subject)


def _drops(drops: Iterable[int]) -> list[int]:
    found = list(drops) if isinstance(drops, Iterable) else []
    whole = all(isinstance(d, int) and not isinstance(d, bool) and 0 <= d < 2**53 for d in found)
    if not found or not whole:
        raise ConfigError("drops", found or drops, "numbers of drops, from 0 on, at least one")
    return found


def _check_fixed(scenario: Scenario) -> None:
    """Refuse what has no fixed shape, or is decided before it can be seen."""
    if scenario.network.layout == "poisson":
        raise ConfigError("network.layout", "poisson", "\"fixed_count\", \"hexagonal\" or \"file\": spaces have a "
                          "fixed number of cells")
    if scenario.lead_frames:
        raise ConfigError("backhaul.lead", scenario.lead_frames * scenario.simulation.frame_duration,
                          "0: an agent decides when a frame begins")


def _sizes(scenario: Scenario, drops: Sequence[int], users: int | None, targets: int | None) -> Sizes:
    given = {ReceiverType.USER: users, ReceiverType.TARGET: targets}
    for kind, most in given.items():
        if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
            raise ConfigError(f"{kind.words}_at_most", most, "a whole number, at least 1")
    found, cells = {kind: most or 0 for kind, most in given.items()}, set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for drop in drops if None in given.values() else drops[:1]:
            state = NetworkState(scenario, deploy(scenario, drop))
            cells.add(state.stations)
            for kind in (kind for kind, most in given.items() if most is None):
                station = state.population(kind).station
                count = np.bincount(station[station >= 0], minlength=state.stations)
                found[kind] = max(found[kind], int(count.max(initial=0)))
    if len(cells) != 1:
        raise ConfigError("drops", sorted(cells), "drops that all have the same number of cells")
    return Sizes(scenario, cells.pop(), max(found[ReceiverType.USER], 1), max(found[ReceiverType.TARGET], 1))


def _single(reward: Any) -> Any:
    """Return a reward. Raises ConfigError for several: they would have to be weighed."""
    if isinstance(reward, list | tuple):
        raise ConfigError("reward", reward, "one: the name of a reward, or an object of a subclass of "
                          "isacsys.learning.Reward")
    return reward


def _named(argument: str, given: Any, known: Mapping[str, T], base: type[T]) -> dict[str, T]:
    """Return objects by name: built-in ones, and those of a user's own by the names of their classes."""
    found: dict[str, T] = {}
    for one in given if isinstance(given, list | tuple) else [given]:
        if isinstance(one, str) and one in known:
            found[one] = known[one]
        elif isinstance(one, base):
            found[type(one).__name__] = one
        else:
            raise ConfigError(argument, one, f"one of {', '.join(known)}, or an object of a subclass of "
                              f"isacsys.learning.{base.__name__}")
    if not found:
        raise ConfigError(argument, given, "at least one")
    return found
