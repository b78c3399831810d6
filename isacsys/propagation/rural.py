"""Rural macro of TR 38.901."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.units import LIGHT_3GPP
from isacsys.propagation.base import Correlation, Factor, Propagation, Validity
from isacsys.propagation.path_loss_links import PathLossLinks


class RuralMacro(Propagation):
    """Rural macro, TR 38.901 Tables 7.4.1-1 and 7.4.2-1.

    Parameters
    ----------
    building_height, street_width : float
        h and W, m: 5 to 50.
    """

    validity = Validity((0.5e9, 30e9), (10, 10000), (10, 150), (1, 10))  # Table 7.4.1-1
    correlation = Correlation(37, 120, 120, 60)  # Tables 7.5-6 Part-2, 7.6.3.1-2
    factor = Factor(7, 4, 40)  # Table 7.5-6 Part-2
    station_height, sigma_indoor = 35.0, 8.0  # Tables 7.2-3, 7.5-6
    indoor_depth, high_loss_buildings = 10.0, False  # section 7.4.3.1

    def __init__(self, building_height: float = 5.0, street_width: float = 20.0) -> None:
        self.building_height, self.street_width = building_height, street_width

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return ``PL_LOS`` or ``max(PL_LOS, PL'_NLOS)``, dB. Table 7.4.1-1."""
        point = self._breakpoint(links)
        reach = np.where(links.distance > point, np.maximum(point, 1.0), links.distance_3d)
        sight = self._first(links, reach) + np.where(
            links.distance > point, 40 * np.log10(np.maximum(links.distance_3d / reach, 1.0)), 0.0)
        return np.where(links.line_of_sight, sight, np.maximum(sight, self._hidden(links)))

    def los_probability(self, links: PathLossLinks) -> Array:
        """Return ``exp(-(d - 10) / 1000)``, 1 up to 10 m. Table 7.4.2-1."""
        return np.asarray(np.exp(-np.maximum(links.distance - 10, 0) / 1000))

    def shadowing_db(self, links: PathLossLinks) -> Array:
        """Return 4 dB up to the breakpoint, 6 beyond, and 8 without line of sight. Table 7.4.1-1."""
        sight = np.where(links.distance <= self._breakpoint(links), 4.0, 6.0)
        return np.where(links.line_of_sight, sight, 8.0)

    def _breakpoint(self, links: PathLossLinks) -> Array:
        """Return ``d_BP = 2 pi h_BS h_UT f / c``. Table 7.4.1-1, note 5."""
        return np.asarray(2 * np.pi * links.station_height * links.user_height * links.frequency / LIGHT_3GPP)

    def _first(self, links: PathLossLinks, distance: Array) -> Array:
        height = self.building_height
        return np.asarray(20 * np.log10(40 * np.pi * distance * links.gigahertz / 3)
                          + min(0.03 * height**1.72, 10) * np.log10(distance)
                          - min(0.044 * height**1.72, 14.77) + 0.002 * np.log10(height) * distance)

    def _hidden(self, links: PathLossLinks) -> Array:
        high, height = links.station_height, self.building_height
        return np.asarray(161.04 - 7.1 * np.log10(self.street_width) + 7.5 * np.log10(height)
                          - (24.37 - 3.7 * (height / high) ** 2) * np.log10(high)
                          + (43.42 - 3.1 * np.log10(high)) * (np.log10(links.distance_3d) - 3)
                          + 20 * np.log10(links.gigahertz)
                          - (3.2 * np.log10(11.75 * links.user_height) ** 2 - 4.97))
