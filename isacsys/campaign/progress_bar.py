"""A bar on stderr: drops done, rate, time left."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from isacsys.core.lazy import LazyModule

# They take longer to load than a small run.
bars, notebook_bars = LazyModule("tqdm"), LazyModule("tqdm.auto")


class Bar:
    """Counts drops; shown where ``shown`` says so, and, where it says nothing (None), in notebooks."""

    def __init__(self, total: int | None, *, shown: bool | None) -> None:
        shown = in_notebook() if shown is None else shown
        self._bar = _kind(in_notebook() and shown)(total=total, unit="drop", file=sys.stderr, disable=not shown,
                                                   dynamic_ncols=True)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self._bar.close()

    def found(self, drops: int) -> None:
        """Count drops that an earlier run finished: they say nothing of the rate."""
        if not self._bar.disable:
            self._bar.initial += drops
        self.advance(drops)

    def advance(self, drops: int) -> None:
        """Count drops that were finished now."""
        self._bar.update(drops)

    def note(self, text: str) -> None:
        """Show how things stand behind the count."""
        self._bar.set_postfix_str(text)

    def spare(self, drops: int) -> None:
        """Subtract drops that need not be simulated."""
        if not self._bar.disable:
            self._bar.total = (self._bar.total or drops) - drops
            self._bar.refresh()


def in_notebook() -> bool:
    """Return whether this program runs in the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def _kind(notebook: bool) -> Any:
    if notebook:
        return notebook_bars.tqdm
    return bars.tqdm
