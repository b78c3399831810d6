"""Handing out drops, collecting what is finished, and knowing when to stop."""

from __future__ import annotations

import warnings
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import NoReturn

from isacsys.campaign.drop_ranges import Finished, Range, Waiting, missing
from isacsys.campaign.executors import Executor
from isacsys.campaign.interrupt import interruption
from isacsys.campaign.progress_bar import Bar
from isacsys.campaign.stopping import StoppingRule
from isacsys.campaign.store import Store
from isacsys.campaign.worker import SECONDS, Batch, Said, Work, go_on, simulate_batch
from isacsys.core.errors import IncompleteRun, IsacError

MOST_DEATHS = 3
LEAST_SECONDS = 0.25  # a batch is synced to disk: do not sync for less


@dataclass(frozen=True)
class Crew:
    """Who simulates, and who is told."""

    executor: Executor
    bar: Bar


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
        self.work, self.first, self.rule, self.store, self.crew = work, first, rule, store, crew
        self._waiting = Waiting(missing(store.done, first, rule.stop))
        self._finished = Finished(first)
        for drops in store.done:
            self._finished.add(*drops)
        self._flying: dict[Future[Batch], Range] = {}
        self._deaths: Counter[int] = Counter()
        self._seconds_per_drop: float | None = None
        self._failure: IsacError | None = None
        self._warned: set[Said] = set()

    def run(self) -> int:
        """Simulate, and return the drop after the last that counts.

        Raises
        ------
        IncompleteRun, IsacError
            Where it ends before; what is finished is in the store.
        """
        go_on()
        with interruption(self.crew.executor.interrupt) as interrupted:
            while (end := self._end()) is None:
                if interrupted.requested or self._failure is not None:
                    self._land()
                self._hand_out()
                self._collect()
            self._finish_flying()
        self.crew.bar.spare(self.rule.stop - end)
        return end

    def _end(self) -> int | None:
        """Return the drop after the last that counts, once everything before it is finished."""
        ready = self._finished.front
        while (check := self.rule.next_check) is not None and check <= ready:
            if self.rule.look(self.work.scenario, self.store.drops(check)):
                return max(check, self.store.kept)
        return ready if ready >= self.rule.stop else None

    def _hand_out(self) -> None:
        while len(self._flying) < self.crew.executor.slots:
            drops = self._waiting.take(self._size(), self.rule.horizon)
            if drops is None:
                return
            self._flying[self.crew.executor.submit(simulate_batch, self.work, *drops)] = drops

    def _size(self) -> int:
        """How many drops make a batch: as many as fit the time, and few enough to leave some for the others."""
        if self._seconds_per_drop is None:
            return 1
        fair = max(self._waiting.count / (2 * self.crew.executor.slots), LEAST_SECONDS / self._seconds_per_drop)
        return max(1, int(min(SECONDS / self._seconds_per_drop, fair)))

    def _collect(self) -> None:
        for future in wait(self._flying, return_when=FIRST_COMPLETED).done:
            drops = self._flying.pop(future)
            try:
                self._keep(future.result(), drops)
            except self.crew.executor.lost:
                self._mourn(drops)
            except IsacError as error:
                self._failure = self._failure or error
            except Exception as error:
                self._failure = self._failure or IncompleteRun(f"{_words(drops)}: {type(error).__name__}: {error}")

    def _keep(self, batch: Batch, drops: Range) -> None:
        batch.warn(self._warned)
        self.store.add(batch)
        self._finished.add(batch.first, batch.stop)
        self.crew.bar.advance(batch.stop - batch.first)
        self._waiting.put_back(batch.stop, drops[1])
        self._failure = self._failure or batch.failure
        if batch.stop > batch.first:
            self._seconds_per_drop = max(batch.seconds / (batch.stop - batch.first), 1e-6)

    def _mourn(self, drops: Range) -> None:
        self._waiting.put_back(*drops)
        self._deaths[drops[0]] += 1
        if self._deaths[drops[0]] == MOST_DEATHS:
            self._failure = self._failure or IncompleteRun(
                f"{MOST_DEATHS} workers died in {_words(drops)} (killed, or out of memory?)")
        else:
            warnings.warn(f"a worker died in {_words(drops)} (killed, or out of memory?); they run again", stacklevel=2)

    def _finish_flying(self) -> None:
        """Ask what is under way to end early, and keep it."""
        if self._flying:
            self.crew.executor.interrupt()
        while self._flying:
            self._collect()

    def _land(self) -> NoReturn:
        """Wait for what is under way, then raise why we stop."""
        self._finish_flying()
        failure = self._failure or IncompleteRun("interrupted")
        raise _with(failure, self.store.advice)


def _words(drops: Range) -> str:
    first, stop = drops
    return f"drop {first}" if stop == first + 1 else f"drops {first} to {stop - 1}"


def _with(failure: IsacError, advice: str) -> IsacError:
    """Add what became of the run to why it ended."""
    if isinstance(failure, IncompleteRun):
        return IncompleteRun(f"{failure}; {advice}")
    failure.add_note(advice)
    return failure
