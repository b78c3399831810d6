"""Start one process that simulates, and end it: never by Ctrl-C, and never later than its parent."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from isacsys.campaign.worker import stop_soon

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_SAFE_PATH = "PYTHONSAFEPATH"
_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class WorkerProcess:
    """A pool of one process."""

    def __init__(self, surroundings: str) -> None:
        self.surroundings, self.owner = surroundings, os.getpid()
        safe_path = _SAFE_PATH in os.environ
        with worker_surroundings(), _signals_held_back():
            self.pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin_worker, (safe_path,))
            self._pid = self.pool.submit(os.getpid)
        _close_answers(self.pool)

    def signal(self, number: int) -> None:
        """Send it a signal, where it has begun to live."""
        if self._pid.done() and self._pid.exception() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid.result(), number)

    def end(self) -> None:
        """Wait until it has ended, once it has done what it is at."""
        self.pool.shutdown(wait=True, cancel_futures=True)


def _close_answers(pool: ProcessPoolExecutor) -> None:
    """Close this end of the pipe through which the worker of a pool answers, once it has started and has its own.

    A worker that is killed in the middle of an answer would otherwise be waited for: the pipe would have no end.
    """
    writer = getattr(getattr(pool, "_result_queue", None), "_writer", None)
    if writer is not None:
        writer.close()


def _begin_worker(safe_path: bool) -> None:
    """Prepare this process to be a worker: it ends batches early when interrupted, and never outlives its parent."""
    if not safe_path:  # that was for its own start
        os.environ.pop(_SAFE_PATH, None)
    for number in _SIGNALS:
        signal.signal(number, stop_soon)
    if has_masks():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def has_masks() -> bool:
    """Return whether signals can be held back and sent to one process, which Windows cannot."""
    return hasattr(signal, "pthread_sigmask")


@contextlib.contextmanager
def worker_surroundings() -> Iterator[None]:
    """Set the environment of processes started here: one thread, and workers only.

    They import nothing from where the user stands, and do not run the program again, which therefore needs no
    ``if __name__ == "__main__"``.
    """
    names = (*_THREADS, _SAFE_PATH)
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    program, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _signals_held_back() -> Iterator[None]:
    """Block Ctrl-C in a process started here until its handler is installed."""
    if not has_masks():
        yield
        return
    # It would start with the first process, and unblock these signals.
    importlib.import_module("multiprocessing.resource_tracker").ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
