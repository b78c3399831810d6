"""Which stations are switched on, and which of them are near a place."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from isacsys.core import geometry
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError
from isacsys.network.association import StationGrid, attach
from isacsys.network.deployment import Deployment


class StationStatus:
    """The stations of a drop that are switched on: all of them, unless a process switches some off.

    Attributes
    ----------
    on : [bs]
    switched : int
        How often any has been switched, for caches.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self.stations = deployment, len(deployment.stations)
        self.on, self.switched = np.ones(self.stations, bool), 0
        self._index, self._number = deployment.index, np.arange(self.stations + 1)

    def switch(self, station: int, on: bool) -> bool:
        """Switch a station on or off; return whether anything has changed."""
        if not 0 <= station < self.stations:
            raise ConfigError("station", station, f"a number below {self.stations}")
        if self.on[station] == on:
            return False
        if not on and np.count_nonzero(self.on) == 1:
            raise ConfigError("station", station, "not the last one that is switched on")
        self.on[station] = on
        self._number = np.append(np.flatnonzero(self.on), self.stations)
        self._index = geometry.tree(self._deployment.stations[self.on], self._deployment.side)
        vars(self).pop("_grid", None)
        self.switched += 1
        return True

    def nearest(self, points: Array, count: int) -> tuple[Array, Index]:
        """Return distances and numbers [n, count] of the stations nearest to points [n, 2]; inf and `stations` if
        none.
        """
        distance, number = geometry.nearest(self._index, points, count)
        return distance, number if self.on.all() else self._number[number]

    def others(self, count: int) -> tuple[Array, Index]:
        """Return distances and numbers [bs, count] of the nearest stations to every station, itself left out."""
        if self.on.all():
            return geometry.nearest_others(self._index, count)
        found = self.nearest(self._deployment.stations, count + 1 + geometry.LATTICE)
        return geometry.without_itself(*found, count)

    def attach(self, points: Array) -> tuple[Array, Index]:
        """Return distance (km) and number [n] of the nearest station of points [n, 2]; -1 where there is none."""
        distance, station = attach(self._index, self._deployment.side, points, lambda: self._grid)
        return distance, station if self.on.all() else np.where(station >= 0, self._number[station], -1)

    @cached_property
    def _grid(self) -> StationGrid:
        """Squares of the stations that are on, for users and targets alike."""
        return StationGrid(self._index, self._deployment.side)
