"""Progress: a bar on stderr, and the state of a run that another process is at."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from isacsys.campaign.output import MANIFEST, parts_directory
from isacsys.campaign.result import Run, open_run
from isacsys.core.errors import LogFormatError
from isacsys.core.lazy import LazyModule
from isacsys.recording.atomic_files import DirectoryLock
from isacsys.recording.parts import SUFFIX

# They take longer to load than a small run.
bars, notebook_bars = LazyModule("tqdm"), LazyModule("tqdm.auto")
PRECISE = ("communication_ase", "sensing_ase")


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
    return notebook_bars.tqdm if notebook else bars.tqdm


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    drops, planned : int
        Finished, and asked for.
    going : bool
        Whether a process is at it.
    complete : bool
    rate : float or None
        Drops a second since it was begun or resumed; None where none was finished since.
    seconds_left : float or None
    precision : dict
        Half-width over mean of the area spectral efficiencies that are not zero.
    """

    drops: int
    planned: int
    going: bool
    complete: bool
    rate: float | None
    seconds_left: float | None
    precision: dict[str, float]

    def __str__(self) -> str:
        state = "complete" if self.complete else "going on" if self.going else "interrupted; --resume continues"
        parts = [f"{self.drops} of {self.planned} drops ({state})"]
        if self.rate is not None:
            parts.append(f"{self.rate:.3g} drops/s")
        if self.seconds_left is not None:
            parts.append(f"{_duration(self.seconds_left)} left")
        parts += [f"{name} to {value:.2%}" for name, value in self.precision.items()]
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def look(path: str | Path) -> Progress:
    """Return how far the run at ``path`` has come.

    Raises
    ------
    LogFormatError
        Where there is none.
    """
    path = Path(path)
    run = open_run(path)
    going = not run.complete and _locked(parts_directory(path))
    rate = _rate(path, run) if going else None
    left = (run.planned - run.drops) / rate if rate else None
    return Progress(run.drops, run.planned, going, run.complete, rate, left, _precision(run))


def watch(path: str | Path, seconds: float) -> Iterator[Progress]:
    """Yield how far a run has come, every so many seconds, until it has ended."""
    misses = 0
    while True:
        try:
            seen = look(path)
        except LogFormatError:
            misses += 1  # a run that begins, or is just being gathered, may be nowhere for a moment
            if misses > 1:
                raise
        else:
            misses = 0
            yield seen
            if not seen.going:
                return
        time.sleep(seconds)


def _precision(run: Run) -> dict[str, float]:
    found = {name: run[name] for name in PRECISE}
    return {name: e.half_width / abs(e.mean) for name, e in found.items() if e.mean and e.half_width is not None}


def _rate(path: Path, run: Run) -> float | None:
    """Return the drops a second since the manifest was written, from the parts that are younger than it."""
    directory = parts_directory(path)
    try:
        begun = (directory / MANIFEST).stat().st_mtime
        parts = [(p.name, p.stat().st_mtime) for p in directory.glob(f"drops-*{SUFFIX}")]
    except OSError:
        return None
    ends = [(name, at) for name, at in parts if at >= begun]
    drops = sum(int(name[16:25]) - int(name[6:15]) + 1 for name, _ in ends)
    elapsed = max((at for _, at in ends), default=begun) - begun
    return drops / elapsed if drops and elapsed > 0 else None


def _locked(directory: Path) -> bool:
    """Return whether a process holds the directory of parts."""
    if not (directory / "lock").exists():
        return False
    try:
        DirectoryLock(directory).release()
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
