"""The links whose path loss somebody asks for."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Array, Flags


@dataclass(frozen=True)
class PathLossLinks:
    """Links between stations and receivers, as arrays of one shape (or that broadcast to one).

    Attributes
    ----------
    distance, distance_3d
        Horizontal and three-dimensional distance, m.
    station_height, user_height
        Of the station's antenna and of the receiver's, m.
    frequency : float
        Carrier, Hz.
    line_of_sight
        Which links have one; `Propagation.los_probability` does not look at it.
    environment_height
        h_E of Table 7.4.1-1, note 1, m.
    """

    distance: Array
    distance_3d: Array
    station_height: Array
    user_height: Array
    frequency: float
    line_of_sight: Flags
    environment_height: Array

    @property
    def gigahertz(self) -> float:
        """Carrier, GHz."""
        return self.frequency / 1e9


def links(distance: Array, station_height: Array | float, user_height: Array | float, frequency: float,
          line_of_sight: Flags | bool = True, environment_height: Array | float = 1.0) -> PathLossLinks:
    """Return links of a horizontal ``distance`` (m) between antennas at two heights (m)."""
    distance = np.asarray(distance, float)
    low, high = np.asarray(user_height, float), np.asarray(station_height, float)
    return PathLossLinks(distance, np.sqrt(distance**2 + (high - low) ** 2), high, low, frequency,
                 np.asarray(line_of_sight, bool), np.asarray(environment_height, float))


def in_sight(some: PathLossLinks, line_of_sight: Flags | bool) -> PathLossLinks:
    """Return the same links with lines of sight as told."""
    return dataclasses.replace(some, line_of_sight=np.asarray(line_of_sight))
