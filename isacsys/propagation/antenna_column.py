"""Columns of antennas, and the angles at which antenna patterns are evaluated."""

from __future__ import annotations

import math

import numpy as np

from isacsys.core.arrays import Array

SPACING = 0.5  # of the elements of a column, wavelengths


def column_gain(cosine: Array, elements: int, downtilt: Array | float) -> Array:
    """Return the gain [...] of a vertical column over its element, ``|sum_m e^(i pi m (cos z - cos z_0))|^2 / N``.

    Elements half a wavelength apart are phased for the zenith angle ``downtilt`` [...], degrees. TR 38.901 section
    7.3, and TR 37.840 Table 5.4.4.2.1-1. The sum is ``sin(N x) / sin(x)``, a Chebyshev polynomial of the second kind
    in cos x, ``x = pi/2 (cos z - cos z_0)``.

    Parameters
    ----------
    cosine : ndarray [...]
        cos z.
    """
    towards = math.cos(math.radians(downtilt)) if isinstance(downtilt, float) else np.cos(np.radians(downtilt))
    twice = np.asarray(2 * np.cos(np.pi * SPACING * (cosine - towards)))
    last, total = np.zeros_like(twice), np.ones_like(twice)
    for _ in range(elements - 1):
        np.subtract(twice * total, last, out=last)
        last, total = total, last
    return np.asarray(total**2 / elements)


def zenith(distance: Array, rise: Array) -> Array:
    """Return the zenith angle, rad [...], of a point ``rise`` [...] (m) above, ``distance`` [...] (m) away on the
    ground.
    """
    return np.asarray(np.arctan2(distance, rise))


def array_cosine(azimuth: Array, elevation_cosine: Array | float = 1.0) -> Array:
    """Return u [...], the cosine of the angle to the axis of a horizontal array, at ``azimuth`` [...] (rad) from the
    axis.

    ``elevation_cosine`` [...] is the cosine of the elevation.
    """
    return np.asarray(np.cos(azimuth) * elevation_cosine)
