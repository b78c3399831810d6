"""Signals that wait: HDF5 calls back into Python, and an exception there ends the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class DeferredSignals:
    """Whether a signal has come that waits."""

    def __init__(self) -> None:
        self.caught = False

    def catch(self, *_: Any) -> None:
        """Record a signal (a signal handler)."""
        self.caught = True

    def look(self) -> None:
        """Raise KeyboardInterrupt where one has come; to be called where nothing can be harmed."""
        if self.caught:
            raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[DeferredSignals]:
    """Hold SIGINT and SIGTERM back until it is safe to handle them."""
    state = DeferredSignals()
    if threading.current_thread() is not threading.main_thread():
        yield state
        return
    before = {number: signal.signal(number, state.catch) for number in SIGNALS}
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
