"""Propagation as a value: the part of a model that the analysis uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from isacsys.core.arrays import Array

OfDistance = Callable[[Array], Array]


@dataclass(frozen=True)
class LinkState:
    """A state that a link may be in, e.g. line of sight; each attribute is a function of the horizontal distance in km.

    Attributes
    ----------
    probability
        That a link of that length is in this state.
    loss_db
        Median loss, dB.
    sigma_db
        Standard deviation of the lognormal shadowing, dB.
    """

    probability: OfDistance
    loss_db: OfDistance
    sigma_db: OfDistance


@dataclass(frozen=True)
class PropagationLaw:
    """An isotropic law of path loss with shadowing, as a mixture of states.

    Attributes
    ----------
    states : tuple of LinkState
        Their probabilities sum to one at every distance.
    minimum_distance : float
        km; no station is closer.
    """

    states: tuple[LinkState, ...]
    minimum_distance: float = 0.0
