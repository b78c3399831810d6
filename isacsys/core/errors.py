"""The errors of isacsys: one small tree, each with a message of one line that a user can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LONGEST = 300  # characters of a value that a message shows


class IsacError(Exception):
    """Root of everything that isacsys raises on purpose."""


class ConfigError(IsacError, ValueError):
    """A setting that cannot be used.

    Parameters
    ----------
    key : str
        The setting, as a user writes it (``"allocation.users_per_bs"``).
    value : object
        What was given.
    allowed : str
        What would have been accepted.
    """

    def __init__(self, key: str, value: Any, allowed: str) -> None:
        self.key, self.value, self.allowed = key, value, allowed
        super().__init__(key, value, allowed)  # SimPy and pickle make an exception anew from its arguments

    def __str__(self) -> str:
        return f"{self.key} = {in_words(self.value)}: {' '.join(self.allowed.split())}"


@contextmanager
def writing(key: str, path: object, what: str = "a file") -> Iterator[None]:
    """Raise ConfigError, which names the setting, the path and the reason, where something cannot be written."""
    try:
        yield
    except OSError as error:
        raise ConfigError(key, str(path), f"{what} that can be written ({error.strerror or error})") from None


class InfeasibleDesign(IsacError):
    """The own users of a base station have linearly dependent channels: no zero-forcing beams exist."""


class PluginError(IsacError):
    """Code that a user added raised, or did what it may not do; the message names it, its file and line."""


class DesignError(PluginError):
    """A precoder or combiner raised, or returned what cannot be sent or received with."""


class SchedulingError(PluginError):
    """A scheduling policy raised, or chose what it may not choose."""


class TrackerError(PluginError):
    """A tracker raised, or returned what is no belief."""


class LogFormatError(IsacError):
    """A file that is not an isacsys log, is damaged, or belongs to another run."""


class IncompleteRun(IsacError):
    """A campaign ended before its last drop; what is finished is kept and can be resumed."""


class DropError(IsacError):
    """An exception inside a drop; the message names drop, seed and frame so that it can be run again alone."""


def in_words(value: Any) -> str:
    """Return what a user gave on one line, shortened where it is long."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a whole number of more digits than Python writes, or an object of a user's that cannot
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST - 40]} … {text[-30:]}"
