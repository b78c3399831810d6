"""From longitude and latitude to kilometres on a plane, once for all files of a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError, IsacError
from isacsys.geography.tables import LARGEST_EXTENT, PlaceTable

RADIUS = 6371.0088  # km, mean radius of the Earth


@dataclass(frozen=True)
class Projection:
    """A transverse Mercator projection of WGS84 about a point, or none.

    A place is (east, north) in km from the point, on the grid; azimuths count from grid north. The scale on the central
    meridian is 1, so that distances within 100 km of it are right to about ``x^2 / (2 R^2)``, 1.2e-4; within 20 km, to
    5e-6.

    Attributes
    ----------
    longitude, latitude : float
        Of the origin, degrees; NaN where files are in kilometres.
    """

    longitude: float = np.nan
    latitude: float = np.nan

    @classmethod
    def about(cls, places: PlaceTable, key: str) -> Projection:
        """Return the projection about the centroid of places; none where they are in kilometres.

        Raises
        ------
        ConfigError
            Where they are too far from each other.
        """
        if not places.in_degrees:
            _check_extent(places.position, key)
            return cls()
        around = np.radians(places.position[:, 0])
        longitude = np.degrees(np.arctan2(np.sin(around).mean(), np.cos(around).mean()))
        found = cls(float(longitude), float(places.position[:, 1].mean()))
        away = _great_circle(places.position, found.longitude, found.latitude)
        if away.max(initial=0) > LARGEST_EXTENT / 2:
            raise ConfigError(key, f"{tuple(places.position[away.argmax()].tolist())}, {away.max():.0f} km from the "
                              "others", f"places within {LARGEST_EXTENT:g} km; are longitude and latitude swapped?")
        return found

    @property
    def in_degrees(self) -> bool:
        """Whether files are in degrees."""
        return not np.isnan(self.longitude)

    def to_km(self, places: PlaceTable, key: str = "") -> Array:
        """Return places [n, 2] in km, east and north of the origin.

        Raises
        ------
        ConfigError
            Where a file is in degrees and another in kilometres, or too far away.
        """
        if places.in_degrees != self.in_degrees:
            words = "longitude and latitude" if self.in_degrees else "x and y in km"
            raise ConfigError(key, "its columns", f"{words}, as in the file of the cells")
        if not self.in_degrees:
            return places.position
        away = _great_circle(places.position, self.longitude, self.latitude)
        if away.max(initial=0) > LARGEST_EXTENT / 2:
            raise ConfigError(key, f"{tuple(places.position[away.argmax()].tolist())}, {away.max():.0f} km away",
                              f"places within {LARGEST_EXTENT / 2:g} km of the cells; are longitude and latitude "
                              "swapped?")
        east, north = self._transformer.transform(*places.position.T)
        return np.stack([east, north], axis=-1) / 1e3

    def to_degrees(self, position: Array) -> Array:
        """Return longitude and latitude [n, 2], degrees, of ``position`` [n, 2], km east and north of the origin."""
        east, north = 1e3 * np.asarray(position).T
        return np.stack(self._transformer.transform(east, north, direction="INVERSE"), axis=-1)

    @cached_property
    def _transformer(self) -> Any:
        try:
            from pyproj import CRS, Transformer
        except ImportError:
            raise IsacError("longitude and latitude need pyproj: pip install \"isacsys[geo]\"") from None
        plane = CRS.from_proj4(f"+proj=tmerc +lon_0={self.longitude!r} +lat_0={self.latitude!r} +k=1 +datum=WGS84 "
                               "+units=m +no_defs")
        return Transformer.from_crs("OGC:CRS84", plane, always_xy=True)


def _great_circle(position: Array, longitude: float, latitude: float) -> Array:
    """Return distances [n] in km from a point on a sphere, right to 0.6 %."""
    around, up = np.radians(position.T - np.array([[longitude], [latitude]]))
    cosines = np.cos(np.radians(position[:, 1])) * np.cos(np.radians(latitude))
    return np.asarray(2 * RADIUS * np.arcsin(np.sqrt(np.clip(
        np.sin(up / 2) ** 2 + cosines * np.sin(around / 2) ** 2, 0, 1))))


def _check_extent(position: Array, key: str) -> None:
    extent = np.ptp(position, axis=0) if len(position) else np.zeros(2)
    if extent.max() > LARGEST_EXTENT:
        raise ConfigError(key, f"places up to {extent.max():.6g} km apart", f"at most {LARGEST_EXTENT:g} km; x and y "
                          "are in km, not in m")
