"""Antenna patterns given by formulas."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array
from isacsys.propagation.antenna_patterns.base import AntennaPattern

GAIN, WIDTH, FLOOR = 8.0, 65.0, 30.0  # dBi, degrees, dB. TR 38.901 Table 7.3-1


class Omni(AntennaPattern):
    """The same gain, 0 dBi, in all directions."""

    def gain(self, azimuth: Array, zenith: Array) -> Array:
        """Return 0 dBi."""
        return np.zeros(np.broadcast_shapes(np.shape(azimuth), np.shape(zenith)))


class Element(AntennaPattern):
    """The element of TR 38.901 Table 7.3-1: 8 dBi, 65 degrees wide, 30 dB down behind."""

    def gain(self, azimuth: Array, zenith: Array) -> Array:
        """Return ``8 - min(-(A_V + A_H), 30)`` in dBi."""
        return np.asarray(GAIN - np.minimum(_roll_off(azimuth) + _roll_off(zenith - 90), FLOOR))


def _roll_off(degrees: Array) -> Array:
    return np.minimum(12 * (degrees / WIDTH) ** 2, FLOOR)
