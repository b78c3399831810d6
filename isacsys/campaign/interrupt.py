"""Ctrl-C once: finish the write. Twice: stop at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


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
