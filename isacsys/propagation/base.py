"""The interface of models of large-scale propagation, and the links of which path loss is computed."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.propagation_law import LinkState, PropagationLaw


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


Range = tuple[float, float]


@dataclass(frozen=True)
class Correlation:
    """Distances over which what belongs to a place stays alike, m.

    Attributes
    ----------
    los, nlos, indoor
        Of the shadowing, by state of the link.
    state
        Of the line of sight.
    """

    los: float = 50.0
    nlos: float = 50.0
    indoor: float = 7.0
    state: float = 50.0


@dataclass(frozen=True)
class Factor:
    """Rician factors of links in sight: normal in dB.

    Attributes
    ----------
    mean, spread : float
        dB.
    correlation : float
        m, over which that of a site stays alike.
    """

    mean: float
    spread: float
    correlation: float


@dataclass(frozen=True)
class Validity:
    """Where a model holds: lowest and highest values.

    Attributes
    ----------
    frequency : Hz
    distance, station_height, user_height : m
    """

    frequency: Range = (0.0, np.inf)
    distance: Range = (0.0, np.inf)
    station_height: Range = (0.0, np.inf)
    user_height: Range = (0.0, np.inf)


class Propagation(ABC):
    """Base of every model of path loss: override `path_loss`; the rest has defaults.

    Examples
    --------
    >>> class Cable(Propagation):
    ...     def path_loss(self, links):
    ...         return 60 + 0.1 * links.distance_3d
    """

    validity = Validity()
    correlation = Correlation()
    factor: Factor | None = None
    station_height, user_height = 25.0, 1.5  # m, where a scenario does not say
    sigma_indoor: float | None = None  # dB, shadowing of links into buildings; None: as outdoors
    indoor_depth = 25.0  # m, a user is at most so far inside its building
    high_loss_buildings = True  # whether there are any

    @abstractmethod
    def path_loss(self, links: PathLossLinks) -> Array:
        """Return the median path loss in dB [...], at least that of free space."""

    def los_probability(self, links: PathLossLinks) -> Array:
        """Return the probability of a line of sight [...]; 1 where not overridden."""
        return np.ones(np.shape(links.distance))

    def shadowing_db(self, links: PathLossLinks) -> Array:
        """Return the standard deviation of lognormal shadowing, dB [...]; 0 where not overridden."""
        return np.zeros(np.shape(links.distance))

    def environment_heights(self, links: PathLossLinks) -> list[tuple[Array, float]]:
        """Return the possible effective environment heights [...], m, each with its probability."""
        return [(np.ones(np.shape(links.distance)), 1.0)]

    def environment_height(self, links: PathLossLinks, share: Array) -> Array | float:
        """Return the effective environment height of every link, m, for uniform numbers ``share`` in [0, 1)."""
        return 1.0

    def law(self, frequency: float, station_height: float = 0.0, user_height: float = 0.0,
            minimum_distance: float = 0.0) -> PropagationLaw:
        """Return the model at fixed heights (m; 0: its own) as a law over distance.

        Parameters
        ----------
        frequency : float
            Hz.
        minimum_distance : float
            km; no station is closer.
        """
        high, low = station_height or self.station_height, user_height or self.user_height
        states = tuple(_state(self, frequency, high, low, sight, height)
                       for sight in (True, False) for height in range(len(self.environment_heights(
                           links(np.ones(1), high, low, frequency)))))
        return PropagationLaw(states, minimum_distance)


def _state(model: Propagation, frequency: float, high: float, low: float, sight: bool, number: int) -> LinkState:
    """Return the state of a link: with or without line of sight, with one of the environment heights there may be."""
    def some(distance: Array) -> PathLossLinks:
        return in_sight(links(1e3 * np.asarray(distance, float), high, low, frequency), sight)

    def with_height(distance: Array) -> PathLossLinks:
        one = some(distance)
        height = model.environment_heights(one)[number][1]
        return links(one.distance, high, low, frequency, sight, height)

    def probability(distance: Array) -> Array:
        one = some(distance)
        p = model.los_probability(one)
        return np.asarray((p if sight else 1 - p) * model.environment_heights(one)[number][0])

    return LinkState(probability, lambda d: np.broadcast_to(model.path_loss(with_height(d)), np.shape(d)),
                     lambda d: np.broadcast_to(model.shadowing_db(with_height(d)), np.shape(d)))
