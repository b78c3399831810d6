"""Files of an unfinished run beside its log: a directory of parts, and a manifest."""

from __future__ import annotations

import contextlib
import json
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isacsys.core.errors import ConfigError, LogFormatError
from isacsys.recording import Part
from isacsys.recording.atomic_files import behind_links, check_regular, whole_file, write_all
from isacsys.recording.checksums import SEAL, check_attributes, drop_range, seal
from isacsys.recording.parts import SUFFIX

MANIFEST, LOCK = "campaign.json", "lock"
MODE = "file_mode"  # in a manifest: the permissions of a log that is being replaced
_PART = re.compile(r"drops-\d{9,}-\d{9,}\.(?:npz|part)")
_WRITTEN = r"drops-\d{9,}-\d{9,}\.npz|campaign\.json"
_OLD = re.compile(r"drops-\d{9,}-\d{9,}\.part")  # of version 0.2
# NFS gives a name of its own to what is removed while it is open.
_OURS = re.compile(rf"lock|(?:{_WRITTEN}|{_OLD.pattern})(?:\.\d+\.tmp)?|\.nfs[0-9a-f]+")
LARGEST_MANIFEST = 2**26  # four times the largest scenario file: what is not ASCII takes more room in JSON


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
    content = manifest(attributes)
    with whole_file(directory / MANIFEST) as file:
        write_all(file, content)


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
    with contextlib.suppress(OSError):  # there is something in it that is not ours, or the next run is at it already
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
