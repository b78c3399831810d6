"""Actions: the decisions of an agent before every frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium
import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Flags
from isacsys.core.errors import ConfigError
from isacsys.learning.view import AgentView, Sizes
from isacsys.network.receivers import ReceiverType


@dataclass(frozen=True)
class Decision:
    """What an action means for the next frame; what is None stays with the scenario's policies.

    Attributes
    ----------
    users, targets : [user], [target]
        Scores of all users, or targets: those with the lowest are served, ties go to the lower id.
    chosen_users, chosen_targets : mapping
        Instead of scores: from a cell to the ids that it serves.
    sizes : mapping
        K, L, J, Q under the names of section ``allocation``.
    sensing_power : float
    """

    users: Array | None = None
    targets: Array | None = None
    chosen_users: Mapping[int, Any] | None = None
    chosen_targets: Mapping[int, Any] | None = None
    sizes: Mapping[str, int] | None = None
    sensing_power: float | None = None


class Act(ABC):
    """What an agent decides: a space, and what an action in it means.

    Attributes
    ----------
    per_cell : bool
        Whether row c of an action is that of cell c, so that every cell may have an agent of its own.
    """

    per_cell: ClassVar[bool] = False

    @abstractmethod
    def space(self, sizes: Sizes) -> gymnasium.Space[Any]:
        """Return the space of actions."""

    @abstractmethod
    def decide(self, action: Any, view: AgentView) -> Decision:
        """Return what an action means. Raises ConfigError for what is no action."""


class Scores(Act):
    """Scores in [0, 1], float64 [cell, most], of the users (or targets) of every cell: only their order counts.

    Those with the lowest scores are served; slot j of a cell is the j-th of ``view.users``. What stands in slots of
    nobody is ignored.
    """

    per_cell = True

    def __init__(self, kind: ReceiverType) -> None:
        self._kind = kind

    def space(self, sizes: Sizes) -> gymnasium.Space[Any]:
        """Return ``Box(0, 1, [cell, most])``."""
        return gymnasium.spaces.Box(0.0, 1.0, (sizes.cells, sizes.most(self._kind)), np.float64)

    def decide(self, action: Any, view: AgentView) -> Decision:
        """Return the scores of all users or targets."""
        ids = view.ids(self._kind)
        given = checked(action, self._kind.words, ids.shape, 0.0, 1.0)
        score = np.zeros(len(view.network.population(self._kind)))
        score[ids[ids >= 0]] = given[ids >= 0]
        return Decision(users=score) if self._kind == ReceiverType.USER else Decision(targets=score)


class SizesOfFrame(Act):
    """K, L, J and Q of the next frame, for all cells, at most the scenario's: integers."""

    keys: ClassVar = ("users_per_bs", "communication_cluster", "targets_per_bs", "sensing_cluster")
    least: ClassVar = (1, 1, 0, 1)

    def space(self, sizes: Sizes) -> gymnasium.Space[Any]:
        """Return ``MultiDiscrete`` from (1, 1, 0, 1) on."""
        most = [int(getattr(sizes.scenario.allocation, key)) for key in self.keys]
        counts = [high - low + 1 for high, low in zip(most, self.least, strict=True)]
        return gymnasium.spaces.MultiDiscrete(counts, start=list(self.least))

    def decide(self, action: Any, view: AgentView) -> Decision:
        """Return the sizes. Raises ConfigError where K L + J (Q - 1) + 1 > M_t, Meng & Masouros (16a)."""
        scenario = view.sizes.scenario
        most = [float(getattr(scenario.allocation, key)) for key in self.keys]
        K, L, J, Q = checked(action, "allocation", (4,), np.array(self.least), np.array(most), whole=True)
        demand, antennas = int(K * L + J * (Q - 1) + 1), scenario.antennas.transmit
        if demand > antennas:
            raise ConfigError("action (allocation): K L + J (Q - 1) + 1", demand,
                              f"at most antennas.transmit = {antennas}")
        return Decision(sizes=dict(zip(self.keys, map(int, (K, L, J, Q)), strict=True)))


class SensingPower(Act):
    """The share of the power on sensing beams in the next frame, at most the scenario's."""

    def space(self, sizes: Sizes) -> gymnasium.Space[Any]:
        """Return ``Box(0, most, [1])``."""
        most = sizes.scenario.precoding.sensing_power
        if not most:
            raise ConfigError("precoding.sensing_power", most, "above 0: it is the most that an agent may choose")
        return gymnasium.spaces.Box(0.0, most, (1,), np.float64)

    def decide(self, action: Any, view: AgentView) -> Decision:
        """Return the share."""
        most = view.sizes.scenario.precoding.sensing_power
        return Decision(sensing_power=float(checked(action, "sensing_power", (1,), 0.0, most)[0]))


def checked(action: Any, name: str, shape: tuple[int, ...], low: npt.ArrayLike, high: npt.ArrayLike, *,
            whole: bool = False) -> Array:
    """Return an action as an array [shape]; ConfigError for a wrong shape, for what is no number, or not in
    [low, high].

    ``low``, ``high`` broadcast to the shape.
    """
    key, low, high = f"action ({name})", np.asarray(low, float), np.asarray(high, float)
    given = numbers(action, key, shape)
    _refuse(key, given, ~np.isfinite(given), lambda: "finite numbers")
    _refuse(key, given, (given < low) | (given > high) | (whole & (given != np.round(given))), lambda:
            f"{'whole ' * whole}numbers from {low.tolist()} to {high.tolist()}")
    return given


def _refuse(key: str, given: Array, wrong: Flags, allowed: Callable[[], str]) -> None:
    """Raise ConfigError that names the first value that is wrong, and its place."""
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0].tolist())
        raise ConfigError(f"{key}{list(place)}", given[place].item(), allowed())


def numbers(action: Any, key: str, shape: tuple[int, ...]) -> Array:
    """Return an action as an array [shape] of float64. Raises ConfigError that names ``key`` where it is none."""
    try:
        given = np.asarray(action)
        if given.dtype.kind not in "buifO":
            raise TypeError
        given = given.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(key, in_short(action), f"real numbers of shape {shape}") from None
    if given.shape != shape:
        raise ConfigError(key, f"of shape {given.shape}", f"real numbers of shape {shape}")
    return given


def in_short(action: Any) -> Any:
    """Return what a message says of an action: of an array type and shape, of a mapping its keys."""
    if isinstance(action, np.ndarray):
        return f"of shape {action.shape} and type {action.dtype}"
    return f"a mapping with {', '.join(map(str, action)) or 'no key'}" if isinstance(action, Mapping) else action


def checked_decision(decision: Any, name: str, view: AgentView) -> Decision:
    """Return a decision. Raises ConfigError for what is none, for scores of others, and for cells that do not exist."""
    key = f"act ({name})"
    if not isinstance(decision, Decision):
        raise ConfigError(key, decision, "an isacsys.learning.Decision")
    for kind, scores in ((ReceiverType.USER, decision.users), (ReceiverType.TARGET, decision.targets)):
        shape = (len(view.network.population(kind)),)
        if scores is not None and np.shape(scores) != shape:
            raise ConfigError(key, f"scores of shape {np.shape(scores)}",
                              f"a score of each of the {shape[0]} {kind.words}")
    strange = {*(decision.chosen_users or {}), *(decision.chosen_targets or {})} - set(range(view.sizes.cells))
    if strange:
        raise ConfigError(key, next(iter(strange)), f"cells from 0 to {view.sizes.cells - 1}")
    return decision


ACTS: dict[str, Act] = {"users": Scores(ReceiverType.USER), "targets": Scores(ReceiverType.TARGET),
                        "allocation": SizesOfFrame(), "sensing_power": SensingPower()}
