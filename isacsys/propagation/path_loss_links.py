"""The links of which path loss is computed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Array, Flags, Index


@dataclass(frozen=True)
class LinkPlaces:
    """Where the two ends of links are, as arrays that broadcast to the shape of the links.

    Attributes
    ----------
    station, site : [...]
        Numbers of the cell and of its site.
    station_position, user_position : [..., 2]
        km east and north, in the coordinates of the scenario's files.
    way : [..., 2]
        From the station to the receiver on the ground, m; on a torus the shortest one.
    """

    station: Index
    site: Index
    station_position: Array
    user_position: Array
    way: Array


@dataclass(frozen=True)
class PathLossLinks:
    """Links between stations and receivers, as arrays of one shape (or that broadcast to one).

    Attributes
    ----------
    distance, distance_3d : [...]
        Horizontal and three-dimensional distance, m.
    station_height, user_height : [...]
        Of the station's antenna and of the receiver's, m.
    frequency : float
        Carrier, Hz.
    line_of_sight : [...]
        Which links have one; `Propagation.los_probability` does not look at it.
    environment_height : [...]
        h_E of Table 7.4.1-1, note 1, m.
    places : LinkPlaces or None
        Positions. A user's model gets them in a network; None where the law over distance alone is evaluated.
    """

    distance: Array
    distance_3d: Array
    station_height: Array
    user_height: Array
    frequency: float
    line_of_sight: Flags
    environment_height: Array
    places: LinkPlaces | None = None

    @property
    def station(self) -> Index:
        """Number of each link's cell, [...]."""
        return self._known.station

    @property
    def site(self) -> Index:
        """Number of its site, [...]."""
        return self._known.site

    @property
    def station_position(self) -> Array:
        """Positions of stations, [..., 2], km east and north, in the coordinates of the scenario's files."""
        return self._known.station_position

    @property
    def user_position(self) -> Array:
        """Positions of receivers, [..., 2], in the same coordinates."""
        return self._known.user_position

    @property
    def azimuth_at_station(self) -> Array:
        """Bearing of the receiver from the station, degrees clockwise from north, [...]."""
        way = self._known.way
        return np.asarray(np.degrees(np.arctan2(way[..., 0], way[..., 1])) % 360)

    @property
    def azimuth_at_user(self) -> Array:
        """Bearing of the station from the receiver, degrees clockwise from north, [...]."""
        return np.asarray((self.azimuth_at_station + 180) % 360)

    @property
    def zenith_at_station(self) -> Array:
        """Zenith angle of the receiver, seen from the station, degrees, [...]."""
        return np.asarray(np.degrees(np.arctan2(self.distance, self.user_height - self.station_height)))

    @property
    def zenith_at_user(self) -> Array:
        """Zenith angle of the station, seen from the receiver, degrees, [...]."""
        return np.asarray(180 - self.zenith_at_station)

    @property
    def _known(self) -> LinkPlaces:
        if self.places is None:
            raise ValueError("where links are is known in a network alone, and not over distance")
        return self.places

    @property
    def gigahertz(self) -> float:
        """Carrier, GHz."""
        return self.frequency / 1e9


def links(distance: Array, station_height: Array | float, user_height: Array | float, frequency: float,
          line_of_sight: Flags | bool = True, environment_height: Array | float = 1.0) -> PathLossLinks:
    """Return links of horizontal ``distance`` [...], m, between antennas at two heights, m.

    ``station_height``, ``user_height`` [...] or a number each, as ``line_of_sight`` [...] and ``environment_height``
    [...], m.
    """
    distance = np.asarray(distance, float)
    low, high = np.asarray(user_height, float), np.asarray(station_height, float)
    return PathLossLinks(distance, np.sqrt(distance**2 + (high - low) ** 2), high, low, frequency,
                 np.asarray(line_of_sight, bool), np.asarray(environment_height, float))


def in_sight(some: PathLossLinks, line_of_sight: Flags | bool) -> PathLossLinks:
    """Return the same links with ``line_of_sight`` [...]."""
    return dataclasses.replace(some, line_of_sight=np.asarray(line_of_sight))
