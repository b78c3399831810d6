"""Progress of a run, read from outside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from isacsys.campaign.output import MANIFEST, parts_directory
from isacsys.campaign.result import Run, open_run
from isacsys.core.errors import LogFormatError
from isacsys.recording.atomic_files import DirectoryLock
from isacsys.recording.parts import SUFFIX

PRECISE = ("communication_ase", "sensing_ase")


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
