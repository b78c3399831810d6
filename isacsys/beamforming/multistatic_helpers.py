"""The stations that sense a target together with its serving station."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from isacsys.core.arrays import Array, Flags, Index
from isacsys.network.surroundings import Surroundings


@dataclass(frozen=True)
class Helpers:
    """Where stations that help to sense are, of the target that each is for.

    Of serving stations, `own` has the same of every scheduled target.

    Attributes
    ----------
    link, station : [helper]
        Scheduled target, and who helps.
    distance : [helper]
        km.
    direction : [helper, 2]
        Unit vectors from stations to targets, on the ground.
    cosine, aim : [helper]
        Of the bearing of the target, and of that at which the filter points.
    way : [helper]
        Root of the power of an echo with unit gain of the beams, one way: an echo is the product of two of these and
        of the full power of the station that sends.
    full_power : [helper]
        Over that of the scenario.
    around : Surroundings [helper, near]
        What interferes with the station.
    cooperating : [helper, near]
        Which of these sense the same target.
    clutter : [helper]
        What the ground sends back of its own signal.
    own : Helpers or None
    """

    link: Index
    station: Index
    distance: Array
    direction: Array
    cosine: Array
    aim: Array
    way: Array
    around: Surroundings
    cooperating: Flags
    clutter: Array
    full_power: Array
    own: Helpers | None = None

    def part(self, helpers: int, targets: int) -> Helpers:
        """Return the first ``helpers``, and the serving stations of the first ``targets``."""
        changed = {it.name: value[:helpers] for it in fields(self)
                   if isinstance(value := getattr(self, it.name), np.ndarray)}
        own = None if self.own is None else self.own.part(targets, targets)
        return replace(self, around=self.around[np.arange(helpers)], own=own, **changed)
