"""The errors of isacsys: one small tree, each with a message of one line that a user can act on."""

from __future__ import annotations

from typing import Any


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
        super().__init__(f"{key} = {value!r}: {allowed}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.key, self.value, self.allowed)


class InfeasibleDesign(IsacError):
    """The own users of a base station have linearly dependent channels: no zero-forcing beams exist."""


class PluginError(IsacError):
    """Code that a user added raised, or did what it may not do; the message names it, its file and line."""


class DesignError(PluginError):
    """A precoder or combiner raised, or returned what cannot be sent or received with."""


class SchedulingError(PluginError):
    """A scheduling policy raised, or chose what it may not choose."""


class LogFormatError(IsacError):
    """A file that is not an isacsys log, is damaged, or belongs to another run."""


class IncompleteRun(IsacError):
    """A campaign ended before its last drop; what is finished is kept and can be resumed."""


class DropError(IsacError):
    """An exception inside a drop; the message names drop, seed and frame so that it can be run again alone."""
