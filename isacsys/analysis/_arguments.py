"""Checks of arguments, and evaluation over broadcast arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError

LARGEST_WHOLE = 2.0**53
LARGEST, STEEPEST = 1e100, 20.0  # what is beyond can only be a slip, and powers of it overflow


def real(name: str, value: ArrayLike, *, above: float = -np.inf, minimum: float = -np.inf,
         maximum: float = np.inf) -> Array:
    """Return finite numbers in range as float64, or raise a ConfigError naming the argument."""
    array = _numbers(name, value)
    maximum, minimum = min(maximum, LARGEST), max(minimum, -LARGEST, 1 / LARGEST if above == 0 else -LARGEST)
    if not ((array > above) & (array >= minimum) & (array <= maximum) & np.isfinite(array)).all():
        bounds = (("above", above), ("at least", minimum), ("at most", maximum))
        allowed = [f"{text} {bound:g}" for text, bound in bounds if np.isfinite(bound) and bound != -LARGEST]
        raise ConfigError(name, value, ", ".join(["finite numbers", *allowed]))
    return array


def steepness(name: str, value: ArrayLike, above: float = 2) -> Array:
    """Return path-loss exponents, or raise a ConfigError naming the argument."""
    return real(name, value, above=above, maximum=STEEPEST)


def whole(name: str, value: ArrayLike, minimum: int = 1) -> Index:
    """Return whole numbers of at least ``minimum``, or raise a ConfigError naming the argument."""
    array = _numbers(name, value)
    if not ((array >= minimum) & (array == np.floor(array)) & (array < LARGEST_WHOLE)).all():
        raise ConfigError(name, value, f"whole numbers of at least {minimum}")
    return array.astype(np.int64)


def _numbers(name: str, value: ArrayLike) -> Array:
    try:
        given: Any = np.ma.asanyarray(value)
        if given.dtype.kind != "c" and not np.ma.is_masked(given):
            return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ConfigError(name, value, "real numbers, none of them masked")


def mixture(D: ArrayLike, weights: ArrayLike) -> tuple[Array, Array]:
    """Return the values of D, above 0, and their weights, normalised; or raise a ConfigError."""
    shapes, weight = np.atleast_1d(real("D", D, above=0)), np.atleast_1d(real("weights", weights, minimum=0))
    if shapes.ndim != 1 or shapes.shape != weight.shape or not weight.sum() > 0:
        raise ConfigError("weights", weights, "one weight for each D, not all zero")
    return shapes, weight / weight.sum()


def choice(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return ``value`` if it is allowed, or raise a ConfigError naming the argument."""
    if value not in allowed:
        raise ConfigError(name, value, "one of " + ", ".join(allowed))
    return value


def together(*arrays: Array | Index) -> tuple[Any, ...]:
    """Return arrays broadcast against each other. Raises ConfigError, naming their shapes, where they do not fit."""
    try:
        return tuple(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join(str(shape) for shape in dict.fromkeys(map(np.shape, arrays)) if shape)
        raise ConfigError("shapes of arguments", shapes, "shapes that broadcast against each other") from None


def by_key(function: Callable[..., Array], keys: tuple[Array | Index, ...], values: Array) -> Any:
    """Broadcast keys and values; call ``function(*key, distinct values)`` once per distinct key.

    A float64 scalar where everything is a scalar, else an array.
    """
    *key_arrays, value_array = together(*keys, values)
    result = np.empty(value_array.shape)
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index, key in enumerate(zip(*(array.ravel().tolist() for array in key_arrays), strict=True)):
        groups.setdefault(key, []).append(index)
    for key, indices in groups.items():
        distinct, back = np.unique(value_array.ravel()[indices], return_inverse=True)
        result.reshape(-1)[indices] = function(*key, distinct)[back]
    return result[()]
