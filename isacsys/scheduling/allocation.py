"""How many users and targets a station serves, and how large clusters are: policies that settle it beforehand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from isacsys.config.scenario import Scenario
from isacsys.core.lazy import LazyModule

# What a policy may choose: K, J, L, Q.
CHOSEN = ("users_per_bs", "targets_per_bs", "communication_cluster", "sensing_cluster")


class AllocationPolicy(ABC):
    """Base of every allocation policy: override `allocate`."""

    @abstractmethod
    def allocate(self, scenario: Scenario) -> Mapping[str, int]:
        """Choose values for keys of section ``allocation``, out of `CHOSEN`; what is left out stays."""


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
