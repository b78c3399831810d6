"""The directory of an unfinished run: its name, its lock, and files that are not of a run."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from isacsys.campaign.output import strangers
from isacsys.core.errors import ConfigError
from isacsys.recording.atomic_files import DirectoryLock, behind_links

_ASIDE = ".4194304.tmp"  # with the largest number of a process
_USUAL_NAME = 255  # bytes
_PATIENCE = 2.0  # s, for the lock of a run that is being killed
_ATTEMPTS = 1000  # to get hold of a directory that other runs make and remove


def check_name(path: Path) -> None:
    """Raise ConfigError where a log of this name could not be written in the end: it is written aside at first."""
    name = behind_links(path)
    room = _longest_name(name.parent) - len(_ASIDE)
    if len(os.fsencode(name.name)) > room:
        raise ConfigError("output", str(path), f"a name of at most {room} bytes")


def _longest_name(directory: Path) -> int:
    """Return how many bytes a name may have; where the file system does not say, what nearly all of them take."""
    try:
        longest = os.pathconf(directory, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows; a file system that knows no such question
        return _USUAL_NAME
    return longest if longest > len(_ASIDE) else _USUAL_NAME


def locked(directory: Path) -> DirectoryLock:
    """Make the directory, where there is none, and lock it; another run may remove it before we have the lock."""
    for _ in range(_ATTEMPTS):
        with suppress(FileExistsError):
            directory.mkdir()
        with suppress(FileNotFoundError):  # removed since
            if not stat.S_ISDIR(directory.lstat().st_mode):
                raise OSError(errno.ENOTDIR, f"{directory} is not a directory of its own")
            return _patiently(directory)
    raise BlockingIOError


def _patiently(directory: Path) -> DirectoryLock:
    """Lock it; a run that was killed a moment ago may hold it until its last process has ended."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return DirectoryLock(directory)
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(_PATIENCE / 40)


def refuse_other_files(path: Path, directory: Path) -> None:
    """Raise ConfigError where a directory has files that no run makes: they might be removed with the others."""
    found = strangers(directory)
    if found:
        raise ConfigError("output", str(path), f"a name with a {directory.name} that holds parts of a run and nothing "
                          f"else, not {found[0]!r}")
