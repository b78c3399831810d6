"""The invariants of antenna patterns."""

from __future__ import annotations

import numpy as np

from isacsys.propagation import AntennaPattern
from isacsys.testing.harness import hold, made

STEP = 5.0  # degrees
HIGHEST = 60.0  # dBi, beyond which a gain is a slip


def check_antenna_pattern(pattern: type[AntennaPattern] | AntennaPattern) -> None:
    """Run an antenna pattern through the invariants of all of them; say which one fails.

    Gains are finite numbers for every direction, whatever the shape in which they are asked for, the same when asked
    again and after a full turn, and at most 60 dBi.

    Parameters
    ----------
    pattern : AntennaPattern or class of one
        A class is made without arguments.

    Raises
    ------
    PluginError
        Where it raises.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Dipole(isacsys.AntennaPattern):
    ...     def gain(self, azimuth, zenith):
    ...         return 1.76 + 20 * np.log10(np.maximum(np.sin(np.radians(zenith)), 1e-3))
    >>> check_antenna_pattern(Dipole)
    """
    found = made(pattern, "antenna pattern")
    name = type(found).__name__
    azimuth, zenith = np.arange(-180.0, 181.0, STEP), np.arange(0.0, 181.0, STEP)
    gain = found.towards(azimuth[:, None], zenith)
    hold(gain.shape == (len(azimuth), len(zenith)), f"gain of {name} is not of the shape of the directions")
    hold(bool(np.isfinite(gain).all()), f"gain of {name} is not a finite number in every direction")
    again = found.towards(azimuth[:, None], zenith)
    hold(bool(np.array_equal(gain, again)), f"gain of {name} changes when asked again")
    one = [float(found.towards(np.array(a), np.array(z))) for a, z in zip(azimuth[:37], zenith, strict=True)]
    hold(bool(np.allclose(one, gain[np.arange(37), np.arange(37)], atol=1e-9)),
         f"gain of {name} depends on the other directions that it is asked for")
    hold(bool(np.allclose(gain[0], gain[-1], atol=1e-6)), f"gain of {name} differs between azimuths -180 and 180")
    hold(bool(gain.max() <= HIGHEST), f"gain of {name} is {gain.max():g} dBi somewhere")
