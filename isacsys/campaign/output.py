"""Files of an unfinished run beside its log: a directory of parts, a manifest and a lock."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from isacsys.core.errors import ConfigError, LogFormatError
from isacsys.recording import Part
from isacsys.recording.atomic_files import DirectoryLock, behind_links, check_regular, write_whole
from isacsys.recording.integrity import SEAL, check_attributes, drop_range, seal
from isacsys.recording.parts import SUFFIX

MANIFEST, LOCK = "campaign.json", "lock"
MODE = "file_mode"  # in a manifest: the permissions of a log that is being replaced
_PART = re.compile(r"drops-\d{9,}-\d{9,}\.(?:npz|part)")
_WRITTEN = r"drops-\d{9,}-\d{9,}\.npz|campaign\.json"
_OLD = re.compile(r"drops-\d{9,}-\d{9,}\.part")  # of version 0.2
# NFS gives a name of its own to what is removed while it is open.
_OURS = re.compile(rf"lock|(?:{_WRITTEN}|{_OLD.pattern})(?:\.\d+\.tmp)?|\.nfs[0-9a-f]+")
LARGEST_MANIFEST = 2**26  # four times the largest scenario file: what is not ASCII takes more room in JSON
_ASIDE = ".4194304.tmp"  # with the largest number of a process
_USUAL_NAME = 255  # bytes
_PATIENCE = 2.0  # s, for the lock of a run that is being killed
_ATTEMPTS = 1000  # to get hold of a directory that other runs make and remove


def parts_directory(path: Path) -> Path:
    """Return where the parts of the log at ``path`` are while it is being made: beside it, behind symbolic links."""
    path = behind_links(path)
    return path.parent / f"{path.name}.parts"


def read_manifest(directory: Path) -> dict[str, Any] | None:
    """Return what is being simulated into ``directory``, or None where nothing is."""
    path = directory / MANIFEST
    try:
        check_regular(path)
        with open(path, "rb") as file:
            manifest = json.loads(file.read(LARGEST_MANIFEST))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise LogFormatError(f"{path} is damaged ({type(error).__name__})") from None
    if not isinstance(manifest, dict):
        raise LogFormatError(f"{path} is damaged")
    check_attributes(manifest, path)
    drop_range(manifest, path)
    return manifest


def write_manifest(directory: Path, attributes: Mapping[str, Any]) -> None:
    """Write down what is being simulated into ``directory``."""
    write_whole(directory / MANIFEST, manifest(attributes))


def manifest(attributes: Mapping[str, Any]) -> bytes:
    """Return what a manifest says. Raises ConfigError for more than can be read again."""
    said = {**attributes, "complete": False}
    content = json.dumps({**said, SEAL: seal(said)}, indent=1).encode()
    if len(content) > LARGEST_MANIFEST:
        raise ConfigError("scenario", f"{len(content) / 1e6:.0f} MB of settings",
                          f"at most {LARGEST_MANIFEST / 1e6:.0f} MB of them")
    return content


def strangers(directory: Path) -> list[str]:
    """Return the names of what is in ``directory`` and was not put there by a run."""
    return sorted(entry.name for entry in os.scandir(directory)
                  if not (_OURS.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)))


def clear(directory: Path) -> None:
    """Remove everything of an unfinished run but the lock, and nothing else."""
    for entry in list(os.scandir(directory)):
        if entry.name != LOCK and _OURS.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            Path(entry.path).unlink(missing_ok=True)


def clear_leftovers(path: Path) -> None:
    """Remove what killed runs left half written, of the log at ``path`` and of its parts."""
    path = behind_links(path)
    for place, name in ((path.parent, re.escape(path.name)), (parts_directory(path), _WRITTEN)):
        for entry in list(os.scandir(place)):
            if re.fullmatch(rf"(?:{name})\.\d+\.tmp", entry.name) and entry.is_file(follow_symlinks=False):
                Path(entry.path).unlink(missing_ok=True)


def leave(directory: Path) -> None:
    """Remove a directory in which nothing of a run is needed any more, the lock last; strangers' files stay."""
    clear(directory)
    with suppress(OSError):  # there is something in it that is not ours, or the next run is at it already
        (directory / LOCK).unlink(missing_ok=True)
        directory.rmdir()


def to_resume(directory: Path) -> bool:
    """Return whether there are parts in ``directory``, those of an older version included."""
    return any(_PART.fullmatch(path.name) for path in directory.iterdir())


def whole_parts(directory: Path, campaign: str | None = None) -> list[Part]:
    """Return the parts in ``directory`` that can be read (and belong to ``campaign``), by their first drop."""
    if any(_OLD.fullmatch(path.name) for path in directory.glob("*.part")):
        raise LogFormatError(f"{directory} holds an unfinished run of isacsys 0.2: finish it with that version, or "
                             "start anew (--force)")
    found = []
    for path in directory.glob(f"*{SUFFIX}"):
        try:
            part = Part(path)
        except FileNotFoundError:  # gathered since we looked
            continue
        except LogFormatError as error:
            warnings.warn(f"{error}; its drops do not count", stacklevel=2)
            continue
        if campaign is None or part.campaign == campaign:
            found.append(part)
    return sorted(found, key=lambda part: (part.first, -part.stop))


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


@contextmanager
def own_directory(path: Path, *, guarded: bool) -> Iterator[Path]:
    """Provide the directory of parts of the log at ``path`` for this process alone; an empty one goes in the end.

    It is locked, unless the caller has ``guarded`` the directory that the log is in.

    Raises
    ------
    ConfigError
        Where it cannot be written, holds files of others, or another process is at it.
    """
    directory = parts_directory(path)
    if path.is_dir() or not directory.parent.is_dir() or behind_links(path).is_symlink():  # a link to itself
        raise ConfigError("output", str(path), "a file in a directory that exists")
    check_name(path)
    try:
        directory.mkdir(exist_ok=True)
        lock = None if guarded else locked(directory)
    except BlockingIOError:
        raise ConfigError("output", str(path), "not the output of another run that is going on") from None
    except OSError as error:
        raise ConfigError("output", str(path), f"a file that can be written ({error.strerror})") from None
    try:
        refuse_other_files(path, directory)
        yield directory
    finally:
        if not to_resume(directory):
            leave(directory)
        if lock is not None:
            lock.release()
        with suppress(OSError):  # NFS keeps what is removed while open until it is closed
            if not any(directory.iterdir()):
                directory.rmdir()
