"""The work of a worker: simulate a range of drops, and write them safely; sets of drops as sorted, disjoint ranges."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from isacsys.campaign.payload import Payload
from isacsys.campaign.plan import one_thread
from isacsys.config.input_files import pin
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Table
from isacsys.core.errors import DropError, IncompleteRun, IsacError
from isacsys.network.joined_state import UnlikeDrops
from isacsys.plugins.loading import fault
from isacsys.recording import MemoryRecorder, PendingRows, Tables, write_part
from isacsys.simulation.batch import simulate_together

SECONDS = 5.0  # what a batch should take; one that turns out longer ends early
BYTES = 64e6  # what it may hold in memory

Simulate = Callable[..., None]
Said = tuple[str, type[Warning], str, int]  # a warning: text, category, file, line


class _Flag:
    """A flag without a lock: a signal may come while an earlier one is answered, and a lock would wait for itself."""

    up = False


_stop = _Flag()


@dataclass(frozen=True)
class Work:
    """What all batches of a campaign have in common.

    Attributes
    ----------
    scenario : Scenario
    handed : Handed
    simulate : callable
        `isacsys.simulation.simulate_drop`, or what stands in for it.
    campaign : str
        Fingerprint of what is simulated.
    directory : Path or None
        Where the worker puts finished batches; None: it returns them.
    inputs : mapping
        Digests of the files that the scenario names, by key: they must not change during a run.
    together : int
        How many drops share a frame.
    """

    scenario: Scenario
    handed: Payload
    simulate: Simulate
    campaign: str
    directory: Path | None
    inputs: Mapping[str, str] = field(default_factory=dict)
    together: int = 1


@dataclass(frozen=True)
class FinishedDrops:
    """Drops ``first`` up to ``stop``, finished.

    Attributes
    ----------
    first, stop : int
        ``stop`` is less than was asked for where time was up or a drop failed.
    drops : Table
        Their rows of table ``drops``.
    seconds : float
        What they took.
    path : Path or None
        The part that holds them.
    tables : Tables or None
        Everything recorded, where there is no part.
    failure : IsacError or None
        Why it ended early.
    warned : tuple
        What was warned of: text, category, file and line of each warning.
    """

    first: int
    stop: int
    drops: Table
    seconds: float
    path: Path | None = None
    tables: Tables | None = None
    failure: IsacError | None = None
    warned: tuple[Said, ...] = ()

    def warn(self, already: set[Said]) -> None:
        """Warn here of what was warned of there, but not ``already``: once, however many workers there are."""
        for said in self.warned:
            if said not in already:
                already.add(said)
                warnings.warn_explicit(*said)


def stop_soon(*_: Any) -> None:
    """End the present batch after its present drop (also a signal handler)."""
    _stop.up = True


def go_on() -> None:
    """Reset an earlier `stop_soon`."""
    _stop.up = False


def simulate_batch(work: Work, first: int, stop: int) -> FinishedDrops:
    """Simulate drops from ``first`` up to ``stop``, or as many as fit into a batch, at least one."""
    start = time.monotonic()
    recorder = MemoryRecorder(work.scenario.recording.level)
    drop, failure = first, None
    ready: dict[int, PendingRows | None] = {}  # drops that were simulated together; None: by itself
    with one_thread(), warnings.catch_warnings(record=True) as caught:
        while drop < stop and failure is None and (drop in ready or not _stop.up):
            if drop not in ready:
                ready = _simulate_together(work, range(drop, min(drop + work.together, stop)))
            failure = _simulate_drop(work, drop, recorder, ready[drop])
            drop += failure is None
            if drop not in ready and (time.monotonic() - start > SECONDS or recorder.nbytes > BYTES):
                break
    _stop.up = False
    batch = _keep(work, first, drop, recorder, start, failure)
    return replace(batch, warned=tuple(dict.fromkeys(map(_said, caught))))


def _said(warning: warnings.WarningMessage) -> Said:
    """Return what a warning says, with a category that every process knows."""
    category = next(base for base in warning.category.__mro__ if base.__module__ == "builtins")
    return str(warning.message), category, warning.filename, warning.lineno


def _simulate_together(work: Work, drops: range) -> dict[int, PendingRows | None]:
    """Simulate drops that share a frame; return what each recorded, None for those to be simulated by themselves.

    These are all, where one fails: it will be named then, and the others come through.
    """
    recorders = {drop: PendingRows() for drop in drops}
    through: tuple[int, ...] = ()
    if len(drops) > 1:
        try:
            pin(work.scenario, work.inputs)
            through = simulate_together(work.scenario, drops, list(recorders.values()), **work.handed.unpack())
        except (UnlikeDrops, IsacError, FloatingPointError):
            pass
        except Exception as error:
            warnings.warn(f"drops {drops.start} to {drops.stop - 1} are simulated one by one ({fault(error)})",
                          stacklevel=2)
    return {drop: recorders[drop] if drop in through else None for drop in drops}


def _simulate_drop(work: Work, drop: int, recorder: MemoryRecorder, done: PendingRows | None) -> IsacError | None:
    """Simulate one drop, or take what is ``done``; one that fails leaves no rows."""
    if done is not None:
        done.write(recorder)
        return None
    mark = recorder.mark()
    try:
        pin(work.scenario, work.inputs)
        work.simulate(work.scenario, drop, recorder, **work.handed.unpack())
    except IsacError as error:
        failure: IsacError = error
    except (Exception, SystemExit) as error:
        failure = DropError(f"{fault(error)} (drop {drop}, seed {work.scenario.simulation.seed})")
    else:
        return None
    recorder.rollback(mark)
    return failure


def _keep(work: Work, first: int, stop: int, recorder: MemoryRecorder, start: float,
          failure: IsacError | None) -> FinishedDrops:
    path, tables = None, None
    if stop > first and work.directory is None:
        tables = Tables.of(recorder)
    elif stop > first and work.directory is not None:
        try:
            path = write_part(work.directory, first, stop, work.campaign, recorder)
        except OSError as error:
            stop, failure = first, failure or cannot_write(work.directory, error)
    drops = recorder.read("drops") if stop > first else MemoryRecorder("summary").read("drops")
    return FinishedDrops(first, stop, drops, time.monotonic() - start, path, tables, failure)


def cannot_write(path: Path, error: OSError) -> IncompleteRun:
    """Return what to tell the user of a disk that does not take it."""
    return IncompleteRun(f"cannot write {path}: {error.strerror or error}")


Range = tuple[int, int]  # first drop, and the one after the last


def missing(done: Iterable[Range], first: int, stop: int) -> list[Range]:
    """Return what of ``first`` up to ``stop`` is not in ``done``."""
    gaps = []
    for begin, end in sorted(done):
        if begin >= stop:
            break
        if begin > first:
            gaps.append((first, begin))
        first = max(first, end)
    return [*gaps, (first, stop)] if first < stop else gaps


class Finished:
    """Drops that are done, from ``first`` on, in whatever order they come in."""

    def __init__(self, first: int) -> None:
        self.front = first  # all drops before this one are done
        self._ahead: dict[int, int] = {}

    def add(self, first: int, stop: int) -> None:
        """Count drops as done."""
        if first < stop:
            self._ahead[first] = stop
        while self.front in self._ahead:
            self.front = self._ahead.pop(self.front)


class Waiting:
    """Drops that still have to be distributed."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._ranges = sorted(ranges)

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(stop - first for first, stop in self._ranges)

    @property
    def first(self) -> int | None:
        """The first of them."""
        return self._ranges[0][0] if self._ranges else None

    def take(self, size: int, before: int) -> Range | None:
        """Take up to ``size`` drops that follow each other, the first there are, all of them before ``before``."""
        if not self._ranges or self._ranges[0][0] >= before:
            return None
        first, stop = self._ranges.pop(0)
        end = min(first + size, stop, before)
        self.put_back(end, stop)
        return first, end

    def put_back(self, first: int, stop: int) -> None:
        """Return drops that were taken and not done."""
        if first < stop:
            self._ranges = sorted([*self._ranges, (first, stop)])
