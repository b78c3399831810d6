"""Transmit designs: from what a station knows to its beams."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from isacsys.arrays import Index
from isacsys.errors import InfeasibleDesign
from isacsys.physics import given_channels, precoding
from isacsys.streams import Purpose
from isacsys.transmission import beams
from isacsys.transmission.beams import Beams
from isacsys.transmission.known import Known


class Precoder(ABC):
    """Base of every transmit design: override `design`, for all stations at once.

    Examples
    --------
    >>> class MaximumRatio(Precoder):
    ...     def design(self, known):
    ...         w = known.own.swapaxes(1, 2) / np.maximum(np.linalg.norm(known.own, axis=-1), 1e-30)[:, None, :]
    ...         return beams.explicit(w, beams.equal_power(known.streams, known.padded))
    """

    needs_channels = True  # whether `design` looks at channel vectors; where not, it draws by a law

    @abstractmethod
    def design(self, known: Known) -> Beams:
        """Design the beams of all stations."""

    def budget(self, antennas: int, streams: Index) -> Index:
        """Return how many nulls stations can grant beside ``streams`` [bs] users of their own: (16a)."""
        return np.maximum(antennas - 1 - streams, 0)


class ZeroForcing(Precoder):
    """Each beam is the projection of its user's channel on the null space of all else that its station knows."""

    needs_channels = False

    def design(self, known: Known) -> Beams:
        """Project known channels; where these are known by their law only, draw the beams by theirs."""
        left = known.antennas - known.nulls
        if (left < known.streams).any():
            raise InfeasibleDesign(f"station {np.argmin(left - known.streams)} has more constraints than antennas")
        if known.own is None:
            design = precoding.draw(known.name.stream(Purpose.OWN_CHANNELS), left, known.streams, known.padded)
            return beams.zero_forced(design, known.streams)
        design, vectors = given_channels.beams(known.own, known.streams, known.granted, known.held)
        return beams.zero_forced(design, known.streams, vectors)
