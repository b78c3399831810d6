"""One run from its first drop to the one after which it may stop.

That is after a number of drops, or as soon as figures are known well enough. Whether they are is looked at after fixed
numbers of drops, so that the end does not depend on who simulated what when.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from isacsys.campaign.dispatcher import Crew, Dispatcher, Job
from isacsys.campaign.estimates import Estimate, estimate
from isacsys.campaign.store import Store
from isacsys.campaign.worker import Work
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Table
from isacsys.core.errors import ConfigError
from isacsys.metrics import METRICS, Estimator

FIRST_CHECK = 30  # fewer drops do not tell how far to trust their own spread
GROWTH = 1.2
DEFAULT = ("communication_ase", "sensing_ase")


class StoppingRule:
    """Stop at ``stop`` drops, or at the first check at which every metric is known to ``precision``.

    Parameters
    ----------
    stop : int
        Most drops.
    precision : float or None
        Half-width over mean that is enough; None: simulate all.
    metrics : sequence of str
        Names of metrics; none: the area spectral efficiencies that are not zero.
    known : mapping
        The metrics there are.
    """

    def __init__(self, stop: int, precision: float | None = None, metrics: Sequence[str] = (),
                 known: Mapping[str, Estimator] = METRICS) -> None:
        _check_arguments(precision, metrics, known)
        self._known = known
        self.stop, self._precision, self._metrics = stop, precision, tuple(metrics)
        self._checks = [] if precision is None else _checks(stop)

    @property
    def next_check(self) -> int | None:
        """The number of drops after which to look next."""
        return self._checks[0] if self._checks else None

    @property
    def horizon(self) -> int:
        """Drops before this one may be simulated now: up to the check after the next, so that no worker waits."""
        return self._checks[1] if len(self._checks) > 1 else self.stop

    def look(self, scenario: Scenario, drops: Table) -> bool:
        """Return whether ``drops``, as many as `next_check` returned, are enough."""
        del self._checks[0]
        return not self.unmet(scenario, drops)

    def unmet(self, scenario: Scenario, drops: Table) -> list[str]:
        """Return what is not known well enough from ``drops``, in words."""
        if self._precision is None:
            return []
        found = {name: estimate(scenario, drops, self._known[name]) for name in self._metrics or DEFAULT}
        reached = {name: _relative(e) for name, e in found.items() if self._metrics or e.mean}
        return [f"{name} is known to {value:.3g}, not to {self._precision:g}"
                for name, value in reached.items() if value > self._precision]


def _relative(estimate: Estimate) -> float:
    if not estimate.mean or estimate.half_width is None:
        return math.inf
    return estimate.half_width / abs(estimate.mean)


def _checks(stop: int) -> list[int]:
    found = [FIRST_CHECK]
    while found[-1] < stop:
        found.append(math.ceil(found[-1] * GROWTH))
    return [check for check in found if check < stop]


def _check_arguments(precision: float | None, metrics: Sequence[str], known: Mapping[str, Estimator]) -> None:
    if precision is not None and not (isinstance(precision, int | float) and 0 < precision < math.inf):
        raise ConfigError("precision", precision, "a number greater than 0: half-width over mean")
    for name in metrics:
        if name not in known:
            raise ConfigError("metric", name, f"one of {', '.join(known)}")
    if metrics and precision is None:
        raise ConfigError("metric", list(metrics), "something to be known to a --precision")


class Coordinator:
    """Simulates what a store does not have yet.

    Parameters
    ----------
    work : Work
    first : int
        The first drop.
    rule : StoppingRule
    store : Store
    crew : Crew
    """

    def __init__(self, work: Work, first: int, rule: StoppingRule, store: Store, crew: Crew) -> None:
        self.work, self.rule, self.store, self.crew = work, rule, store, crew
        self._job = Job(work, store, first, rule.stop)
        self._end: int | None = None

    def run(self) -> int:
        """Simulate, and return the drop after the last that counts.

        Raises
        ------
        IncompleteRun, IsacError
            Where it ends before; what is finished is in the store.
        """
        Dispatcher([self._job], self.crew, lambda: self.store.advice).simulate(self._enough)
        end = self.rule.stop if self._end is None else self._end
        self.crew.bar.spare(self.rule.stop - end)
        return end

    def _enough(self) -> bool:
        """Return whether the drops so far are enough, once everything before the next check is finished."""
        ready = self._job.front
        while (check := self.rule.next_check) is not None and check <= ready:
            if self.rule.look(self.work.scenario, self.store.drops(check)):
                self._end = max(check, self.store.kept)
                return True
        self._job.horizon = self.rule.horizon
        if ready >= self.rule.stop:
            self._end = ready
        return self._end is not None
