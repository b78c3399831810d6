"""Indoor office and indoor factory of TR 38.901."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.propagation.base import Correlation, Factor, PathLossLinks, Propagation, Validity

_PARAMETERS = "propagation.parameters"


class IndoorOffice(Propagation):
    """Indoor hotspot, office, TR 38.901 Tables 7.4.1-1 and 7.4.2-1.

    Parameters
    ----------
    office : str
        "mixed" or "open".
    """

    validity = Validity((0.5e9, 100e9), (1, 150), (0, np.inf), (0, np.inf))  # Table 7.4.1-1
    correlation = Correlation(10, 6, 6, 10)  # Tables 7.5-6 Part-2, 7.6.3.1-2
    factor = Factor(7, 4, 4)  # Table 7.5-6 Part-2
    station_height, user_height = 3.0, 1.0  # Table 7.2-2

    def __init__(self, office: str = "mixed") -> None:
        if office not in ("mixed", "open"):
            raise ConfigError(f"{_PARAMETERS}.office", office, "\"mixed\" or \"open\"")
        self.office = office

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return ``32.4 + 17.3 lg d + 20 lg f``, or at least ``38.3 lg d + 17.3 + 24.9 lg f``, dB. Table 7.4.1-1."""
        slope, carrier = np.log10(links.distance_3d), np.log10(links.gigahertz)
        sight = 32.4 + 17.3 * slope + 20 * carrier
        return np.where(links.line_of_sight, sight, np.maximum(sight, 38.3 * slope + 17.3 + 24.9 * carrier))

    def los_probability(self, links: PathLossLinks) -> Array:
        """Return P_LOS of Table 7.4.2-1."""
        d = links.distance
        if self.office == "mixed":
            return np.where(d < 6.5, np.exp(-np.maximum(d - 1.2, 0) / 4.7), 0.32 * np.exp(-(d - 6.5) / 32.6))
        return np.where(d <= 49, np.exp(-np.maximum(d - 5, 0) / 70.8), 0.54 * np.exp(-(d - 49) / 211.7))

    def shadowing_db(self, links: PathLossLinks) -> Array:
        """Return 3 or 8.03 dB. Table 7.4.1-1."""
        return np.where(links.line_of_sight, 3.0, 8.03)


class IndoorFactory(Propagation):
    """Indoor factory, TR 38.901 Tables 7.4.1-1 and 7.4.2-1: sparse or dense clutter, low or high stations.

    Parameters
    ----------
    clutter_size, clutter_density, clutter_height : float
        d_clutter (m), r, and h_c (m). Table 7.2-4.
    """

    validity = Validity((0.5e9, 100e9), (1, 600), (0, 25), (0, 25))  # Table 7.4.1-1
    factor = Factor(7, 8, 10)  # Table 7.5-6 Part-3
    LOSS: ClassVar[tuple[float, float, float]]  # intercept, slope and sigma without line of sight
    HIGH: ClassVar[bool]  # whether stations are above the clutter
    DENSE: ClassVar[bool]

    def __init__(self, clutter_size: float = 0.0, clutter_density: float = 0.0, clutter_height: float = 0.0) -> None:
        self.clutter_size = clutter_size or (2.0 if self.DENSE else 10.0)  # Table 7.2-4
        self.clutter_density = clutter_density or (0.6 if self.DENSE else 0.2)  # Table 7.8-7
        self.clutter_height = clutter_height or (6.0 if self.DENSE else 2.0)
        for name, high in (("clutter_size", np.inf), ("clutter_density", 1.0), ("clutter_height", 25.0)):
            if not 0 < getattr(self, name) < high:
                raise ConfigError(f"{_PARAMETERS}.{name}", getattr(self, name), f"above 0 and below {high:g}")
        self.station_height = 8.0 if self.HIGH else 1.5  # Table 7.8-7
        state = self.clutter_size / 2  # Table 7.6.3.1-2
        self.correlation = Correlation(10, 10, 10, state)  # Table 7.5-6 Part-3

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return ``31.84 + 21.5 lg d + 19 lg f``, or that of the clutter where it is more, dB. Table 7.4.1-1."""
        slope, carrier = np.log10(links.distance_3d), np.log10(links.gigahertz)
        sight = 31.84 + 21.5 * slope + 19 * carrier
        hidden = np.maximum(sight, self.LOSS[0] + self.LOSS[1] * slope + 20 * carrier)
        if self.DENSE and not self.HIGH:  # never less than in sparse clutter
            hidden = np.maximum(hidden, SparseLow.LOSS[0] + SparseLow.LOSS[1] * slope + 20 * carrier)
        return np.where(links.line_of_sight, sight, hidden)

    def los_probability(self, links: PathLossLinks) -> Array:
        """Return ``exp(-d / k)``, ``k = -d_clutter / ln(1 - r)``, times (h_BS - h_UT) / (h_c - h_UT) where high."""
        decay = -self.clutter_size / np.log1p(-self.clutter_density)
        if self.HIGH:
            above = np.maximum(self.clutter_height - links.user_height, 1e-9)
            decay = decay * np.maximum(links.station_height - links.user_height, 0) / above
        return np.asarray(np.exp(-links.distance / np.maximum(decay, 1e-9)))

    def shadowing_db(self, links: PathLossLinks) -> Array:
        """Return 4.3 dB, or that of the clutter. Table 7.4.1-1."""
        return np.where(links.line_of_sight, 4.3, self.LOSS[2])


class SparseLow(IndoorFactory):
    """InF-SL: sparse clutter, low stations."""

    LOSS, HIGH, DENSE = (33.0, 25.5, 5.7), False, False


class DenseLow(IndoorFactory):
    """InF-DL: dense clutter, low stations."""

    LOSS, HIGH, DENSE = (18.6, 35.7, 7.2), False, True


class SparseHigh(IndoorFactory):
    """InF-SH: sparse clutter, stations above it."""

    LOSS, HIGH, DENSE = (32.4, 23.0, 5.9), True, False


class DenseHigh(IndoorFactory):
    """InF-DH: dense clutter, stations above it."""

    LOSS, HIGH, DENSE = (33.63, 21.9, 4.0), True, True
