"""Who does the work: this process, processes of its own, or a dask cluster. Nobody else knows the difference."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import Any, Protocol

from isacsys.campaign.threads import SAFE_PATH, sober_children
from isacsys.campaign.worker import stop_soon
from isacsys.core.errors import ConfigError

NAMES = ("process", "serial", "dask")
MOST = 4096  # workers
_SIGNALS = {signal.SIGINT, signal.SIGTERM}


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
        ...

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call ``function`` somewhere."""
        ...

    def interrupt(self) -> None:
        """Ask what is under way to end early."""
        ...

    def close(self, *, kill: bool = False) -> None:
        """Let all workers go, at once with ``kill``."""
        ...


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
        """Ask what is under way to end early."""
        stop_soon()

    def close(self, *, kill: bool = False) -> None:
        """There is nobody to let go."""


class Processes:
    """Runs everything in processes of its own, each in a pool of one: when one dies, the others work on."""

    shares_files = True
    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, workers: int) -> None:
        self.slots = workers
        self._idle: list[_Worker] = []
        self._busy: dict[Future[Any], _Worker] = {}

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call ``function`` in a process that has nothing to do."""
        self._release()
        while True:
            worker = self._idle.pop() if self._idle else _Worker()
            try:
                future = worker.pool.submit(function, *arguments)
            except BrokenProcessPool:  # it died while it had nothing to do
                continue
            self._busy[future] = worker
            return future

    def interrupt(self) -> None:
        """Ask what is under way to end early."""
        self._signal(signal.SIGINT)

    def close(self, *, kill: bool = False) -> None:
        """Let all workers go, at once with ``kill``."""
        if kill:
            self._signal(signal.SIGKILL)
        for worker in [*self._idle, *self._busy.values()]:
            worker.pool.shutdown(wait=True, cancel_futures=True)

    def _release(self) -> None:
        """Take back the workers that are done, except the dead."""
        for future in [future for future in self._busy if future.done()]:
            worker = self._busy.pop(future)
            if not isinstance(future.exception(), BrokenProcessPool):
                self._idle.append(worker)

    def _signal(self, number: int) -> None:
        for worker in [*self._idle, *self._busy.values()]:
            if worker.pid.done() and worker.pid.exception() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid.result(), number)


class _Worker:
    """A pool of one process."""

    def __init__(self) -> None:
        safe_path = SAFE_PATH in os.environ
        with sober_children(), _signals_held_back():
            self.pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin_worker,
                                            (safe_path,))
            self.pid = self.pool.submit(os.getpid)


def _begin_worker(safe_path: bool) -> None:
    """Prepare this process to be a worker: it ends batches early when interrupted, and never outlives its parent."""
    if not safe_path:  # that was for its own start
        os.environ.pop(SAFE_PATH, None)
    for number in _SIGNALS:
        signal.signal(number, stop_soon)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _signals_held_back() -> Iterator[None]:
    """Let a process that is started here see no Ctrl-C before it knows what to do with it."""
    resource_tracker.ensure_running()  # it would start with the first process, and unblock these signals
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def executor(name: str, workers: int | None, address: str | None) -> Iterator[Executor]:
    """Provide the executor called ``name``, and let its workers go in the end."""
    if name not in NAMES:
        raise ConfigError("executor", name, f"one of {', '.join(NAMES)}")
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= MOST):
        raise ConfigError("workers", workers, f"a whole number from 1 to {MOST}")
    if address is not None and name != "dask":
        raise ConfigError("dask_address", address, "only with executor \"dask\"")
    found = _make(name, workers or _processors(), address)
    try:
        yield found
    except BaseException:
        found.close(kill=True)
        raise
    found.close()


def _make(name: str, workers: int, address: str | None) -> Executor:
    if name == "dask":
        from isacsys.campaign.dask import Dask

        return Dask(workers, address)
    return Processes(workers) if name == "process" else Serial()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
