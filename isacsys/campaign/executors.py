"""Run the batches of a campaign: in this process, in worker processes, or on a dask cluster, behind one interface.

Worker processes are kept from one run of a program to its next, and end with the program.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from isacsys.campaign import dask
from isacsys.campaign.worker import stop_soon
from isacsys.campaign.worker_process import WorkerProcess, has_masks
from isacsys.core.errors import ConfigError, IsacError
from isacsys.core.machine import processors

NAMES = ("process", "serial", "dask")
MOST = 4096  # workers
PATIENCE = 2.0  # s of simulation in this process before workers are started, which takes about as long


class Executor(Protocol):
    """Runs functions somewhere.

    Attributes
    ----------
    shares_files : bool
        Whether workers can write where this process reads.
    lost : tuple of exception types
        What a future raises whose worker died.
    """

    shares_files: bool
    lost: tuple[type[BaseException], ...]

    @property
    def slots(self) -> int:
        """How many calls to have under way."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call ``function`` somewhere."""

    def interrupt(self) -> None:
        """End running batches early."""

    def close(self, *, kill: bool = False) -> None:
        """Stop all workers, at once with ``kill``."""


class Serial:
    """Runs everything in this process."""

    slots: int = 1
    shares_files = True
    lost: tuple[type[BaseException], ...] = ()

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call ``function`` now."""
        future: Future[Any] = Future()
        future.set_result(function(*arguments))
        return future

    def interrupt(self) -> None:
        """End running batches early."""
        stop_soon()

    def close(self, *, kill: bool = False) -> None:
        """Do nothing: there is no worker."""


class Processes:
    """Runs everything in worker processes, each in a pool of one: when one dies, the others work on.

    Parameters
    ----------
    workers : int
        How many there may be at a time.
    code : str
        What tells user code that they load from other user code: a worker that was kept serves the same code only.
    """

    shares_files = True
    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, workers: int, code: str = "") -> None:
        self._most, self._surroundings = workers, _surroundings(code)
        self._idle = _take_kept(self._surroundings)
        self._busy: dict[Future[Any], WorkerProcess] = {}

    @property
    def slots(self) -> int:
        """How many calls to have under way."""
        return self._most

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call ``function`` in a process that has nothing to do."""
        self._release()
        while True:
            worker = self._idle.pop() if self._idle else WorkerProcess(self._surroundings)
            try:
                future = worker.pool.submit(function, *arguments)
            except BrokenProcessPool:  # it died while it had nothing to do
                continue
            self._busy[future] = worker
            return future

    def interrupt(self) -> None:
        """End running batches early; on Windows a batch runs to its end."""
        if has_masks():
            for worker in self._busy.values():
                worker.signal(signal.SIGINT)

    def close(self, *, kill: bool = False) -> None:
        """Keep workers that have nothing to do for the next run, and end the others; all of them with ``kill``."""
        self._release()
        if not kill:
            _kept.extend(self._idle)
            self._idle = []
        for worker in [*self._idle, *self._busy.values()]:
            worker.signal(getattr(signal, "SIGKILL", signal.SIGTERM))  # on Windows either ends a process at once
            worker.end()

    def _release(self) -> None:
        """Return idle workers to the pool, except dead ones."""
        for future in [future for future in self._busy if future.done()]:
            worker = self._busy.pop(future)
            if not isinstance(future.exception(), BrokenProcessPool):
                self._idle.append(worker)


class SomeProcesses(Processes):
    """Runs in this process as long as that takes about the time that workers need to start, and then in workers."""

    _spent = 0.0  # s, of this program in all its runs

    @property
    def slots(self) -> int:
        """How many calls to have under way."""
        return 1 if self._left > 0 else self._most

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call ``function`` here, or in a process that has nothing to do."""
        if self._left <= 0:
            return super().submit(function, *arguments)
        start, enough = time.monotonic(), threading.Timer(self._left, stop_soon)
        enough.daemon = True
        enough.start()
        try:
            future: Future[Any] = Future()
            future.set_result(function(*arguments))
        finally:
            enough.cancel()
            SomeProcesses._spent += time.monotonic() - start
        return future

    def interrupt(self) -> None:
        """End running batches early."""
        stop_soon()
        super().interrupt()

    @property
    def _left(self) -> float:
        """Seconds for which it is worth while to go on here."""
        return 0.0 if self._idle or self._busy else PATIENCE - SomeProcesses._spent


_kept: list[WorkerProcess] = []  # workers that wait for the next run of this program


def _take_kept(surroundings: str) -> list[WorkerProcess]:
    """Return the workers that were started as they would be now; others end."""
    kept = [worker for worker in _kept if worker.owner == os.getpid()]  # not those of a process that was forked
    _kept.clear()
    for worker in kept:
        if worker.surroundings != surroundings:
            worker.end()
    return [worker for worker in kept if worker.surroundings == surroundings]


def end_kept_workers() -> None:
    """End the worker processes that wait for another run."""
    _take_kept("")


def _surroundings(code: str) -> str:
    """Return a digest of everything that a worker takes over from this process when it starts."""
    said = repr((sorted(os.environ.items()), sys.path, os.getcwd(), code))
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()


@contextlib.contextmanager
def executor(name: str | None, workers: int | None, address: str | None, code: str = "", *,
             small: bool = False) -> Iterator[Executor]:
    """Provide an executor, and let its workers go in the end.

    Parameters
    ----------
    name : str or None
        One of `NAMES`; None: worker processes, unless drops are ``small``, the number of workers is not given, and it
        all takes no longer than it takes to start them.
    workers : int or None
        None: one for every processor that this process may use.
    address : str or None
        Of a dask scheduler.
    code : str
        As for `Processes`.
    small : bool
        Whether a drop is known to take a moment only.
    """
    if name is not None and name not in NAMES:
        raise ConfigError("executor", name, f"one of {', '.join(NAMES)}")
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= MOST):
        raise ConfigError("workers", workers, f"a whole number from 1 to {MOST}")
    if address is not None and name != "dask":
        raise ConfigError("dask_address", address, "only with executor \"dask\"")
    found = _make(name, workers, address, code, small=small)
    try:
        yield found
    except BaseException as error:
        found.close(kill=not isinstance(error, IsacError))
        raise
    found.close()


def _make(name: str | None, workers: int | None, address: str | None, code: str, *, small: bool) -> Executor:
    if name == "dask":
        return dask.Dask(workers or processors(), address)
    if name == "serial":
        return Serial()
    kind = SomeProcesses if name is None and workers is None and small else Processes
    return kind(workers or processors(), code)
