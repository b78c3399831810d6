"""Array response (steering vectors) of a uniform linear array."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Complex


def steering(cosine: npt.ArrayLike, antennas: int) -> Complex:
    """Return the response of a half-wavelength uniform linear array, unit-modulus entries: ``exp(i pi m cos(theta))``.

    Shapes: cosine [...] -> [..., antennas]. Meng & Masouros, below (4).
    """
    phase = np.exp(1j * np.pi * np.asarray(cosine, float))[..., None]
    powers = np.repeat(phase, antennas, axis=-1)
    powers[..., 0] = 1
    return np.cumprod(powers, axis=-1)
