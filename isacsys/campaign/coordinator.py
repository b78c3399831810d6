"""One run from its first drop to the one after which it may stop."""

from __future__ import annotations

from isacsys.campaign.dispatcher import Crew, Dispatcher, Job
from isacsys.campaign.stopping import StoppingRule
from isacsys.campaign.store import Store
from isacsys.campaign.worker import Work


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
