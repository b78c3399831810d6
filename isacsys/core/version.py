"""Versions, of this package and of others."""

from __future__ import annotations

from functools import cache


@cache
def version(package: str = "isacsys") -> str:
    """Return the version of an installed package, or "unknown"."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(package)
    except PackageNotFoundError:
        return "unknown"
