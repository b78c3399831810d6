"""How many points a grid of settings may have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sized

from isacsys.core.errors import ConfigError

MAXIMUM_GRID = 1_000_000


def check_grid(axes: Mapping[str, Sized], most: int = MAXIMUM_GRID) -> None:
    """Raise ConfigError for a grid of more points than can be meant."""
    points = math.prod(map(len, axes.values()))
    if points > most:
        raise ConfigError("axes", " x ".join(f"{key} ({len(values)})" for key, values in axes.items()),
                          f"at most {most} points, not {points}")
