"""The interface of models of large-scale propagation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.propagation_law import LinkState, PropagationLaw
from isacsys.propagation.path_loss_links import PathLossLinks, in_sight, links

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
