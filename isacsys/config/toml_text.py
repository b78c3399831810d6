"""TOML text: read with one error per fault, and values written."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isacsys.core.errors import ConfigError

LARGEST_FILE = 2**24


def read_text(path: Path) -> str:
    """Return the text of a TOML file. Raises ConfigError where it cannot be read or is larger than `LARGEST_FILE`."""
    try:
        if path.is_fifo():
            raise OSError(0, "it is a pipe")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise OSError(0, f"it has more than {LARGEST_FILE} bytes")
        return content.decode("utf-8-sig")  # editors of Windows put a byte order mark in front
    except UnicodeDecodeError as error:
        raise ConfigError("scenario", str(path), f"a TOML file ({error})") from None
    except (OSError, ValueError) as error:  # a name with a NUL
        raise ConfigError("scenario", str(path), "a readable TOML file "
                          f"({getattr(error, 'strerror', None) or error})") from None


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML. Raises TOMLDecodeError also where Python gives up: a number of 5,000 digits, a list 2,000 deep."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deep") from None
    except ValueError as error:
        raise tomllib.TOMLDecodeError(str(error)) from None


def parse_value(text: str) -> Any:
    """Read a value as a user types it: TOML, or else a bare word."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``section.key=value`` as ``--set`` takes it."""
    key, separator, value = text.partition("=")
    if not separator:
        raise ConfigError("--set", text, "section.key=value")
    return key.strip(), parse_value(value.strip())


def toml_value(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool | int) else repr(value)
