"""Checksums of the attributes of a log, and checks of their types."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isacsys.core.errors import LogFormatError

SEAL, CHECKSUM = "seal", "crc32"  # attributes of the root, and of every column
HELD = "tables"  # attribute of the root: the tables that there are
LARGEST = 2**53
_NUMBERS = ("first_drop", "drops", "seed")


def seal(attributes: Mapping[str, Any]) -> int:
    """Return a checksum of attributes, in whatever order."""
    said = {name: value for name, value in attributes.items() if name != SEAL}
    return zlib.crc32(json.dumps(said, sort_keys=True).encode())


def check_attributes(attributes: Mapping[str, Any], path: Path) -> None:
    """Raise LogFormatError where what a log or a manifest says of itself is of another kind than it should be."""
    for name, value in attributes.items():
        if name in _NUMBERS:
            right = type(value) is int and 0 <= value <= (2**63 - 1 if name == "seed" else LARGEST)
        elif name == "complete":
            right = isinstance(value, bool)
        else:
            right = isinstance(value, str | int | float)
        if not right:
            raise LogFormatError(f"{path} is damaged: its {name[:60]!r} is a {type(value).__name__} that it cannot be")
    if SEAL in attributes and attributes[SEAL] != seal(attributes):
        raise LogFormatError(f"{path} is damaged: what it says of itself has changed (checksum)")


def drop_range(attributes: Mapping[str, Any], path: Path) -> tuple[int, int]:
    """Return the first drop, and the one after the last. Raises LogFormatError where a log does not say so."""
    if "drops" not in attributes:
        raise LogFormatError(f"{path} is damaged: it does not say how many drops it has")
    first = int(attributes.get("first_drop", 0))
    return first, first + int(attributes["drops"])
