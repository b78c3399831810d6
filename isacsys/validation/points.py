"""Where a validation looks: the points of a sweep, one run each, on common seeds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from isacsys.core.errors import ConfigError

Sweep = Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]]


def points(sweep: Sweep | None) -> list[dict[str, Any]]:
    """Return the settings of every point: the grid of some axes, or points as they are given."""
    if sweep is None:
        return [{}]
    if isinstance(sweep, Mapping):
        axes = {key: [values] if isinstance(values, str | int | float) else list(values)
                for key, values in sweep.items()}
        found = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    else:
        found = [dict(point) for point in sweep]
    if not found:
        raise ConfigError("sweep", [], "at least one point")
    return [{key: _plain(value) for key, value in point.items()} for point in found]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
