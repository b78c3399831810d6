"""Distribute drops of one or several runs to free workers, and keep finished ones.

Ctrl-C once: finish the write. Twice: stop at once.
"""

from __future__ import annotations

import signal
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

from isacsys.campaign.executors import Executor
from isacsys.campaign.progress import Bar
from isacsys.campaign.store import Store
from isacsys.campaign.worker import (
    SECONDS,
    Finished,
    FinishedDrops,
    Range,
    Said,
    Waiting,
    Work,
    go_on,
    missing,
    simulate_batch,
)
from isacsys.core.errors import IncompleteRun, IsacError

MOST_DEATHS = 3
LEAST_SECONDS = 0.25  # a batch is synced to disk: do not sync for less


class Interruption:
    """Whether the user (or a batch system that is about to end the job) wants us to stop."""

    def __init__(self) -> None:
        self.requested = False


@contextmanager
def interruption(notify: Callable[[], None]) -> Iterator[Interruption]:
    """Turn the first SIGINT or SIGTERM into a request that ``notify`` passes on; the second is a KeyboardInterrupt."""
    state = Interruption()

    def handle(number: int, frame: FrameType | None) -> None:
        if state.requested:
            raise KeyboardInterrupt
        state.requested = True
        print("\nisacsys: finishing the drops in hand (once more: stop at once)", file=sys.stderr)  # noqa: T201
        notify()

    if threading.current_thread() is not threading.main_thread():
        yield state
        return
    before: dict[int, Any] = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class Crew:
    """Who simulates, and who is told."""

    executor: Executor
    bar: Bar


class Job:
    """Drops ``first`` up to ``stop`` of a run, those in its store excepted.

    Attributes
    ----------
    horizon : int
        Drops before this one may be simulated now.
    front : int
        All drops before this one are finished.
    failed : int or None
        The first drop known to fail, for the reason ``failure``: no drop after it is begun any more, and all before it
        are finished, so that what is kept, and which failure is told, do not depend on who was faster.
    """

    def __init__(self, work: Work, store: Store, first: int, stop: int) -> None:
        self.work, self.store, self._first = work, store, first
        self.deaths: Counter[int] = Counter()
        self.failed: int | None = None
        self.failure: IsacError | None = None
        self._finished = Finished(first)
        for drops in store.done:
            self._finished.add(*drops)
        self.extend(stop)

    def extend(self, stop: int) -> None:
        """Request all drops up to ``stop``."""
        self.waiting, self.horizon = Waiting(missing(self.store.done, self._first, stop)), stop

    @property
    def front(self) -> int:
        """The first drop that is not finished."""
        return self._finished.front

    def keep(self, batch: FinishedDrops, drops: Range) -> None:
        """Store what is finished of ``drops``, and let the rest wait again."""
        self.store.add(batch)
        self._finished.add(batch.first, batch.stop)
        self.waiting.put_back(batch.stop, drops[1])
        if batch.failure is not None and (self.failed is None or batch.stop < self.failed):
            self.failed, self.failure = batch.stop, batch.failure

    def take(self, size: int) -> Range | None:
        """Take up to ``size`` drops to simulate; None where there are none now."""
        return self.waiting.take(size, self.horizon if self.failed is None else min(self.horizon, self.failed))

    @property
    def over(self) -> bool:
        """Whether a drop failed, and all before it are finished."""
        return self.failed is not None and self.front >= self.failed


class Dispatcher:
    """Simulates jobs, those of several runs side by side.

    Parameters
    ----------
    jobs : sequence of Job
    crew : Crew
    advice : callable
        Returns what to tell a user where it is cut short.
    """

    def __init__(self, jobs: Sequence[Job], crew: Crew, advice: Callable[[], str]) -> None:
        self.jobs, self.crew, self._advice = jobs, crew, advice
        self._under_way: dict[Future[FinishedDrops], tuple[Job, Range]] = {}
        self._seconds: dict[int, float] = {}  # a drop, by the number of the job
        self._failure: IsacError | None = None
        self._warned: set[Said] = set()

    def simulate(self, enough: Callable[[], bool] | None = None) -> None:
        """Simulate until there is enough, or all drops of all jobs.

        Raises
        ------
        IncompleteRun, IsacError
            Where it ends before; what is finished is in the stores.
        """
        enough = enough or self._all_done
        go_on()
        with interruption(self.crew.executor.interrupt) as interrupted:
            while not enough():
                if interrupted.requested or self._failure is not None or any(job.over for job in self.jobs):
                    self._give_up()
                self._hand_out()
                self._collect()
            self._finish_early()

    def _all_done(self) -> bool:
        return not self._under_way and not any(job.waiting.count for job in self.jobs)

    def _hand_out(self) -> None:
        while len(self._under_way) < self.crew.executor.slots:
            if not self._hand_out_one():
                return

    def _hand_out_one(self) -> bool:
        """Submit a batch of the first job that has one; where one has failed, of that one alone."""
        failed = any(job.failed is not None for job in self.jobs)
        for number, job in enumerate(self.jobs):
            drops = None if failed and job.failed is None else job.take(self._size(number))
            if drops is not None:
                self._under_way[self.crew.executor.submit(simulate_batch, job.work, *drops)] = job, drops
                return True
        return False

    def _size(self, number: int) -> int:
        """Return how many drops make a batch: as many as fit the time, and few enough to leave some for the others."""
        waiting, together = sum(job.waiting.count for job in self.jobs), self.jobs[number].work.together
        least = min(together, -(-waiting // self.crew.executor.slots))  # drops that share a frame come together
        return max(least, self._in_time(number, waiting))

    def _in_time(self, number: int, waiting: int) -> int:
        seconds = self._seconds.get(number) or max(self._seconds.values(), default=0.0)
        if not seconds:
            return 1
        fair = max(waiting / (2 * self.crew.executor.slots), LEAST_SECONDS / seconds)
        return max(1, int(min(SECONDS / seconds, fair)))

    def _collect(self) -> None:
        for future in wait(self._under_way, return_when=FIRST_COMPLETED).done:
            job, drops = self._under_way.pop(future)
            try:
                self._keep(job, future.result(), drops)
            except self.crew.executor.lost:
                self._repeat(job, drops)
            except IsacError as error:
                self._failure = self._failure or error
            except Exception as error:
                self._failure = self._failure or IncompleteRun(f"{_words(drops)}: {type(error).__name__}: {error}")

    def _keep(self, job: Job, batch: FinishedDrops, drops: Range) -> None:
        batch.warn(self._warned)
        job.keep(batch, drops)
        self.crew.bar.advance(batch.stop - batch.first)
        if isinstance(batch.failure, IncompleteRun):  # it could not be written: no other will be
            self._failure = self._failure or batch.failure
        elif batch.failure is not None:
            self.crew.executor.interrupt()
        if batch.stop > batch.first:
            self._seconds[self.jobs.index(job)] = max(batch.seconds / (batch.stop - batch.first), 1e-6)

    def _repeat(self, job: Job, drops: Range) -> None:
        """Repeat drops whose worker died, unless that happened too often."""
        job.waiting.put_back(*drops)
        job.deaths[drops[0]] += 1
        if job.deaths[drops[0]] == MOST_DEATHS:
            self._failure = self._failure or IncompleteRun(
                f"{MOST_DEATHS} workers died in {_words(drops)} (killed, or out of memory?)")
        else:
            warnings.warn(f"a worker died in {_words(drops)} (killed, or out of memory?); they run again", stacklevel=2)

    def _finish_early(self) -> None:
        """Interrupt running batches, and keep their finished drops."""
        if self._under_way:
            self.crew.executor.interrupt()
        while self._under_way:
            self._collect()

    def _give_up(self) -> NoReturn:
        """Wait for what is under way, then raise why it ends."""
        self._finish_early()
        told = (job.failure for job in self.jobs if job.over)
        failure = self._failure or next(told, None) or IncompleteRun("interrupted")
        raise _with(failure, self._advice())


def _words(drops: Range) -> str:
    first, stop = drops
    return f"drop {first}" if stop == first + 1 else f"drops {first} to {stop - 1}"


def _with(failure: IsacError, advice: str) -> IsacError:
    """Add what became of the run to why it ended."""
    if isinstance(failure, IncompleteRun):
        return IncompleteRun(f"{failure}; {advice}")
    failure.add_note(advice)
    return failure
