"""The interface of antenna patterns, how they are turned, and patterns given by formulas."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import PluginError
from isacsys.plugins.loading import calling, is_ours

GAIN, WIDTH, FLOOR = 8.0, 65.0, 30.0  # dBi, degrees, dB. TR 38.901 Table 7.3-1


class AntennaPattern(ABC):
    """Base of every antenna pattern: override `gain`.

    Examples
    --------
    >>> import numpy as np
    >>> class Cosine(AntennaPattern):
    ...     def gain(self, azimuth, zenith):
    ...         return 8 - 20 * np.sin(np.radians(azimuth) / 2) ** 2
    >>> float(Cosine().towards(np.array(540.0), np.array(90.0)))
    -12.0
    """

    tilts_in_file = False  # whether electrical tilt and column are part of the pattern, as in a measured one
    remarks: tuple[str, ...] = ()  # what a user should know of it

    @abstractmethod
    def gain(self, azimuth: Array, zenith: Array) -> Array:
        """Return the gain in dBi [...]; arguments broadcast.

        Parameters
        ----------
        azimuth : ndarray [...]
            Degrees clockwise from boresight, seen from above, in [-180, 180].
        zenith : ndarray [...]
            Degrees from straight up, in [0, 180].
        """

    def towards(self, azimuth: Array, zenith: Array) -> Array:
        """Return the gain in dBi [...] at any ``azimuth`` [...] and ``zenith`` [...], checked: finite for every
        direction.

        Raises
        ------
        PluginError
            Where `gain` raises, or returns something else than gains.
        """
        if is_ours(self):
            return self.gain(wrapped(azimuth), zenith)
        azimuth, zenith = wrapped(np.asarray(azimuth, float)), np.asarray(zenith, float)
        with calling(self, "antenna pattern", ""):
            found = np.asarray(self.gain(azimuth, zenith), float)
        shape, who = np.broadcast_shapes(azimuth.shape, zenith.shape), f"antenna pattern {type(self).__name__}"
        if not np.isfinite(found).all():
            raise PluginError(f"{who} returned a gain that is not a finite number")
        try:
            return np.broadcast_to(found, shape)
        except ValueError:
            raise PluginError(f"{who} returned gains of shape {found.shape}, not {shape}") from None


def wrapped(azimuth: Array) -> Array:
    """Return ``azimuth`` [...] modulo 360, from -180 to 180 degrees, [...]."""
    return np.asarray(azimuth - 360 * np.rint(azimuth / 360))


def turned(azimuth: Array, zenith: Array, tilt: Array | float) -> tuple[Array, Array]:
    """Return azimuth and zenith [...] in the coordinates of an antenna that is tilted by ``tilt`` degrees, forward
    and down.

    With a the azimuth clockwise from boresight and z the zenith angle, the direction ``(sin z cos a, sin z sin a,
    cos z)`` is turned about the horizontal axis at right angles to boresight, so that boresight, the direction
    (0, 90) of the antenna, is ``tilt`` degrees below the horizon.

    Parameters
    ----------
    azimuth, zenith, tilt : ndarray [...]
        Degrees, of shapes that broadcast.
    """
    a, z, m = np.radians(azimuth), np.radians(zenith), np.radians(tilt)
    ahead, aside, up = np.sin(z) * np.cos(a), np.sin(z) * np.sin(a), np.cos(z)
    forward, upward = ahead * np.cos(m) - up * np.sin(m), ahead * np.sin(m) + up * np.cos(m)
    return np.degrees(np.arctan2(aside, forward)), np.degrees(np.arctan2(np.hypot(forward, aside), upward))


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
