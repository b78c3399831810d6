"""Units: decibels, kilometres, the speed of light."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array

METRES_PER_KM = 1e3
LIGHT = 299_792_458.0  # m/s
LIGHT_3GPP = 3.0e8  # m/s, as TR 38.901 has it (Table 7.4.1-1, note 1)


def from_db(decibels: npt.ArrayLike) -> Array:
    """Return the ratio of powers ``10^(x / 10)`` [...] of ``decibels`` [...]."""
    return np.asarray(10 ** (np.asarray(decibels, float) / 10))


def to_db(ratio: npt.ArrayLike) -> Array:
    """Return ``10 lg x`` [...] of a ratio of powers ``ratio`` [...]; -inf of 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(np.asarray(ratio, float)))
