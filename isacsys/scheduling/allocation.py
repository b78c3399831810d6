"""How many users and targets a station serves, and how large clusters are: policies that settle it.

They do so once, before anything is simulated (`AllocationPolicy.allocate`), or frame by frame (`allocate_frame`).
"""

from __future__ import annotations

import operator
from abc import ABC
from collections.abc import Mapping
from typing import Any, ClassVar

from isacsys.config.scenario import Scenario
from isacsys.core.errors import SchedulingError
from isacsys.core.lazy import LazyModule
from isacsys.network.state import NetworkState
from isacsys.plugins.loading import calling

# What a policy may choose: K, J, L, Q.
CHOSEN = ("users_per_bs", "targets_per_bs", "communication_cluster", "sensing_cluster")
LEAST = {"users_per_bs": 1, "targets_per_bs": 0, "communication_cluster": 1, "sensing_cluster": 1}
_KEPT = 1000  # scenarios of frames


class AllocationPolicy(ABC):  # noqa: B024 - either of its methods is overridden
    """Base of every allocation policy: override `allocate`, or `allocate_frame`, or both.

    Examples
    --------
    >>> class AsManyAsWait(AllocationPolicy):
    ...     def allocate_frame(self, network):
    ...         return {"users_per_bs": max(1, int(network.users.count.mean()) // 4)}
    """

    def allocate(self, scenario: Scenario) -> Mapping[str, int]:
        """Choose values for keys of section ``allocation``, out of `CHOSEN`; what is left out stays."""
        return {}

    def allocate_frame(self, network: NetworkState) -> Mapping[str, int]:
        """Choose likewise for the frame that is about to be scheduled, for all stations, at most the scenario's.

        ``network`` is as it is then: ``network.frame``, ``network.users`` and ``network.targets`` with their arrays.
        """
        return {}

    @property
    def every_frame(self) -> bool:
        """Whether `allocate_frame` chooses anything."""
        return type(self).allocate_frame is not AllocationPolicy.allocate_frame


class FrameAllocation:
    """The sizes of a frame, as an allocation policy chooses them from frame to frame.

    Parameters
    ----------
    policy : AllocationPolicy
    scenario : Scenario
        What it may choose at most.
    """

    def __init__(self, policy: AllocationPolicy, scenario: Scenario) -> None:
        self.policy, self._scenario = policy, scenario
        self._drop: Scenario | None = None  # that of the drop, which has a warm-up in its frames
        self._known: dict[tuple[tuple[str, Any], ...], Scenario] = {}

    def scenario(self, network: NetworkState) -> tuple[Scenario, bool]:
        """Return the scenario of the next frame, and whether anything is sensed in it.

        Where nothing is, the scenario keeps its targets: columns and processes of a drop do not change.
        """
        self._drop = self._drop or network.scenario
        with calling(self.policy, "allocation policy", f"choosing sizes in frame {network.frame}"):
            chosen = self.policy.allocate_frame(network)
        sizes = checked_sizes(chosen, self._scenario, f"allocation policy {type(self.policy).__name__}")
        sensing = sizes.get("targets_per_bs", self._scenario.allocation.targets_per_bs) > 0
        kept = {f"allocation.{key}": value for key, value in sizes.items() if sensing or key != "targets_per_bs"}
        return self._placed(kept | dict(self.settings())), sensing

    def settings(self) -> Mapping[str, Any]:
        """Return other settings that change with the frame; none unless overridden."""
        return {}

    def _placed(self, changes: Mapping[str, Any]) -> Scenario:
        key = tuple(sorted(changes.items()))
        if key not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[key] = (self._drop or self._scenario).replace(changes)
        return self._known[key]


def checked_sizes(chosen: Any, scenario: Scenario, name: str) -> dict[str, int]:
    """Return the checked sizes of a policy for a frame. Raises SchedulingError, naming it, for invalid ones."""
    if not isinstance(chosen, Mapping) or set(chosen) - set(CHOSEN):
        raise SchedulingError(f"{name} chose {chosen!r} for a frame, not a mapping of some of {', '.join(CHOSEN)}")
    sizes = {}
    for key, value in chosen.items():
        most = getattr(scenario.allocation, key)
        try:
            sizes[key] = operator.index(value)
        except TypeError:
            sizes[key] = -1
        if not LEAST[key] <= sizes[key] <= most:
            raise SchedulingError(f"{name} chose {key} = {value!r} for a frame, not a whole number from {LEAST[key]} "
                                  f"to the scenario's {most}")
    return sizes


class Fixed(AllocationPolicy):
    """What the scenario says."""

    def allocate(self, scenario: Scenario) -> Mapping[str, int]:
        """Choose nothing."""
        return {}


# Imported where an allocation asks for it: what simulates does without the analysis, which checks it.
analysis, analysis_of_scenarios = LazyModule("isacsys.analysis"), LazyModule("isacsys.analysis.scenarios")


class Optimal(AllocationPolicy):
    """The maximum of P1, ``rho T_c + (1 - rho) T_s``, over all sizes, by the exact analysis.

    With the scenario's share of the power on sensing beams; a transmit or receive design without a formula is refused.
    """

    METHOD: ClassVar[str] = "exact"

    def allocate(self, scenario: Scenario) -> Mapping[str, int]:
        """Choose K, J, L and Q. Meng & Masouros (15), (16)."""
        designs = analysis_of_scenarios.designs_of(scenario, method=self.METHOD)
        found = analysis.best(designs, rho=scenario.allocation.weight)
        return dict(zip(CHOSEN, (int(found.K), int(found.J), int(found.L), int(found.Q)), strict=True))


class Approximate(Optimal):
    """The maximum of P1 by the approximations of the paper."""

    METHOD = "approximate"


ALLOCATION_POLICIES: dict[str, type[AllocationPolicy]] = {
    "fixed": Fixed, "optimal": Optimal, "approximate": Approximate}
