"""Penetration loss of the walls of a building. TR 38.901 section 7.4.3."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array, Flags

SPREAD_LOW, SPREAD_HIGH = 4.4, 6.5  # dB, sigma_P of low-loss and high-loss buildings. Table 7.4.3-2
PER_METRE = 0.5  # dB/m inside. Table 7.4.3-2


def glass(gigahertz: float) -> float:
    """Return the loss of a standard multi-pane window, dB. Table 7.4.3-1."""
    return 2 + 0.2 * gigahertz


def coated_glass(gigahertz: float, release: int = 19) -> float:
    """Return the loss of an infrared-reflecting window, dB: Table 7.4.3-1 of release 19, or of release 14."""
    return 23 + 0.3 * gigahertz if release == 14 else 25.4 + 0.11 * gigahertz


def concrete(gigahertz: float) -> float:
    """Return the loss of concrete, dB. Table 7.4.3-1."""
    return 5 + 4 * gigahertz


def low_loss(gigahertz: float) -> float:
    """Return ``5 - 10 lg(0.3 10^(-L_glass/10) + 0.7 10^(-L_concrete/10))``, 30 % plain glass, dB. Table 7.4.3-2."""
    return float(5 - 10 * np.log10(0.3 * 10 ** (-glass(gigahertz) / 10) + 0.7 * 10 ** (-concrete(gigahertz) / 10)))


def high_loss(gigahertz: float, release: int = 19) -> float:
    """Return ``5 - 10 lg(0.7 10^(-L_IRR/10) + 0.3 10^(-L_concrete/10))``, 70 % coated glass, dB. Table 7.4.3-2."""
    coated = coated_glass(gigahertz, release)
    return float(5 - 10 * np.log10(0.7 * 10 ** (-coated / 10) + 0.3 * 10 ** (-concrete(gigahertz) / 10)))


def penetration(gigahertz: float, high: Flags, depth: Array, normal: Array, release: int = 19) -> Array:
    """Return the loss of users indoors, dB [n]: wall, way inside, and spread.

    Parameters
    ----------
    gigahertz : float
    high : [n]
        Whether the building is of the high-loss kind.
    depth : [n]
        Way inside, m.
    normal : [n]
        Standard normal; times sigma_P.
    release : int
        14 or 19.
    """
    wall = np.where(high, high_loss(gigahertz, release), low_loss(gigahertz))
    return np.asarray(wall + PER_METRE * depth + np.where(high, SPREAD_HIGH, SPREAD_LOW) * normal)
