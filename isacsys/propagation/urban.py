"""Urban macro, urban micro (street canyon) and rural macro of TR 38.901, and urban macro for UAVs of TR 36.777."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.units import LIGHT_3GPP
from isacsys.propagation.base import Correlation, Factor, PathLossLinks, Propagation, Validity


def _breakpoint(links: PathLossLinks) -> Array:
    """Return ``d'_BP = 4 h'_BS h'_UT f / c`` with h' = h - h_E. Table 7.4.1-1, note 1."""
    high, low = links.station_height - links.environment_height, links.user_height - links.environment_height
    return np.asarray(4 * high * low * links.frequency / LIGHT_3GPP)


def _dual_slope(links: PathLossLinks, first: Array, second: Array, lowering: float) -> Array:
    """Return PL1 up to the breakpoint, PL2 with ``-lowering lg(d'_BP^2 + (h_BS - h_UT)^2)`` beyond. Table 7.4.1-1."""
    point = _breakpoint(links)
    beyond = second - lowering * np.log10(point**2 + (links.station_height - links.user_height) ** 2)
    return np.where(links.distance <= point, first, beyond)


def _near_then(links: PathLossLinks, near: float, decay: float) -> Array:
    """Return 1 up to ``near``, then ``near/d + exp(-d/decay) (1 - near/d)``. The form of Table 7.4.2-1."""
    share = np.minimum(near / np.maximum(links.distance, 1e-9), 1.0)
    return np.asarray(share + np.exp(-links.distance / decay) * (1 - share))


def _growth(links: PathLossLinks) -> Array:
    """Return ``C'(h_UT) = ((h_UT - 13) / 10)^1.5`` between 13 and 23 m, 0 below. Table 7.4.2-1."""
    return (np.clip(links.user_height - 13, 0, 10) / 10) ** 1.5


def _bump(links: PathLossLinks) -> Array:
    """Return ``5/4 (d/100)^3 exp(-d/150)``. Table 7.4.2-1; note 1 of Table 7.4.1-1 calls it g."""
    return np.asarray(1.25 * (links.distance / 100) ** 3 * np.exp(-links.distance / 150))


class UrbanMacro(Propagation):
    """Urban macro, TR 38.901 Tables 7.4.1-1 and 7.4.2-1."""

    validity = Validity((0.5e9, 100e9), (10, 5000), (25, 25), (1.5, 22.5))  # Table 7.4.1-1
    correlation = Correlation(37, 50, 7, 50)  # Tables 7.5-6 Part-1, 7.6.3.1-2
    factor: Factor | None = Factor(9, 3.5, 12)  # Table 7.5-6 Part-1
    station_height, sigma_indoor = 25.0, 7.0  # Tables 7.2-1, 7.5-6

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return ``PL_LOS`` or ``max(PL_LOS, PL'_NLOS)``, dB. Table 7.4.1-1."""
        slope, carrier = np.log10(links.distance_3d), 20 * np.log10(links.gigahertz)
        sight = _dual_slope(links, 28.0 + 22 * slope + carrier, 28.0 + 40 * slope + carrier, 9.0)
        hidden = 13.54 + 39.08 * slope + carrier - 0.6 * (links.user_height - 1.5)
        return np.where(links.line_of_sight, sight, np.maximum(sight, hidden))

    def los_probability(self, links: PathLossLinks) -> Array:
        """Return P_LOS of Table 7.4.2-1; it grows with heights above 13 m."""
        plain = _near_then(links, 18, 63)
        grown = plain * (1 + _growth(links) * _bump(links))
        return np.where(links.distance <= 18, 1.0, np.minimum(grown, 1.0))

    def shadowing_db(self, links: PathLossLinks) -> Array:
        """Return 4 or 6 dB. Table 7.4.1-1."""
        return np.where(links.line_of_sight, 4.0, 6.0)

    def environment_heights(self, links: PathLossLinks) -> list[tuple[Array, float]]:
        """Return 1 m with probability 1 / (1 + C), and 12, 15 ... up to h_UT - 1.5 m alike. Table 7.4.1-1, note 1."""
        low = float(np.max(links.user_height))
        others = np.arange(12, low - 1.5 + 1e-9, 3)
        if low < 13 or not len(others):
            return super().environment_heights(links)
        usual = self._usual(links)
        return [(usual, 1.0), *(((1 - usual) / len(others), float(height)) for height in others)]

    def environment_height(self, links: PathLossLinks, share: Array) -> Array | float:
        """Return what `environment_heights` says, one of them for every link."""
        if np.max(links.user_height, initial=0) < 13.5:
            return 1.0
        usual, number = self._usual(links), np.floor((links.user_height - 13.5) / 3 + 1e-9) + 1
        place = (share - usual) / np.maximum(1 - usual, 1e-12)
        other = 12 + 3 * np.minimum(np.floor(np.maximum(place, 0) * number), number - 1)
        return np.where((place < 0) | (number < 1), 1.0, other)

    @staticmethod
    def _usual(links: PathLossLinks) -> Array:
        """Return the probability of 1 m."""
        return np.asarray(1 / (1 + _growth(links) * _bump(links) * (links.distance > 18)))


class UrbanMicro(Propagation):
    """Urban micro, street canyon, TR 38.901 Tables 7.4.1-1 and 7.4.2-1."""

    validity = Validity((0.5e9, 100e9), (10, 5000), (10, 10), (1.5, 22.5))  # Table 7.4.1-1
    correlation = Correlation(10, 13, 7, 50)  # Tables 7.5-6 Part-1, 7.6.3.1-2
    factor = Factor(9, 5, 15)  # Table 7.5-6 Part-1
    station_height, sigma_indoor = 10.0, 7.0  # Tables 7.2-1, 7.5-6

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return ``PL_LOS`` or ``max(PL_LOS, PL'_NLOS)``, dB. Table 7.4.1-1."""
        slope, carrier = np.log10(links.distance_3d), np.log10(links.gigahertz)
        sight = _dual_slope(links, 32.4 + 21 * slope + 20 * carrier, 32.4 + 40 * slope + 20 * carrier, 9.5)
        hidden = 35.3 * slope + 22.4 + 21.3 * carrier - 0.3 * (links.user_height - 1.5)
        return np.where(links.line_of_sight, sight, np.maximum(sight, hidden))

    def los_probability(self, links: PathLossLinks) -> Array:
        """Return P_LOS of Table 7.4.2-1."""
        return _near_then(links, 18, 36)

    def shadowing_db(self, links: PathLossLinks) -> Array:
        """Return 4 or 7.82 dB. Table 7.4.1-1."""
        return np.where(links.line_of_sight, 4.0, 7.82)


class UrbanMacroAerial(UrbanMacro):
    """Urban macro for what flies, TR 36.777 Tables B-1 to B-3; as on the ground up to 22.5 m."""

    validity = Validity((0.5e9, 100e9), (10, 5000), (25, 25), (1.5, 300))
    factor = None
    user_height = 200.0

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return ``28 + 22 lg d + 20 lg f`` or ``-17.5 + (46 - 7 lg h) lg d + 20 lg(40 pi f / 3)``, dB. Table B-2."""
        slope, carrier = np.log10(links.distance_3d), links.gigahertz
        sight = 28 + 22 * slope + 20 * np.log10(carrier)
        hidden = -17.5 + (46 - 7 * np.log10(links.user_height)) * slope + 20 * np.log10(40 * np.pi * carrier / 3)
        above = np.where(links.line_of_sight, sight, np.maximum(sight, hidden))
        return np.where(self._flying(links), above, super().path_loss(links))

    def los_probability(self, links: PathLossLinks) -> Array:
        """Return 1 above 100 m; below, ``d1/d + exp(-d/p1) (1 - d1/d)``, d1 and p1 growing with height. Table B-1."""
        height = np.log10(np.clip(links.user_height, 22.5, 100))
        d1, p1 = np.maximum(460 * height - 700, 18), 4300 * height - 3800
        share = np.minimum(d1 / np.maximum(links.distance, 1e-9), 1.0)
        above = np.where(links.user_height > 100, 1.0, share + np.exp(-links.distance / p1) * (1 - share))
        return np.where(self._flying(links), above, super().los_probability(links))

    def shadowing_db(self, links: PathLossLinks) -> Array:
        """Return ``4.64 exp(-0.0066 h)`` or 6 dB. Table B-3."""
        above = np.where(links.line_of_sight, 4.64 * np.exp(-0.0066 * links.user_height), 6.0)
        return np.where(self._flying(links), above, super().shadowing_db(links))

    def environment_heights(self, links: PathLossLinks) -> list[tuple[Array, float]]:
        """Return those on the ground; what flies has no breakpoint."""
        if np.max(links.user_height) > 22.5:
            return Propagation.environment_heights(self, links)
        return super().environment_heights(links)

    def environment_height(self, links: PathLossLinks, share: Array) -> Array | float:
        """Return those on the ground; what flies has no breakpoint."""
        return 1.0 if np.max(links.user_height) > 22.5 else super().environment_height(links, share)

    @staticmethod
    def _flying(links: PathLossLinks) -> Array:
        return np.asarray(links.user_height > 22.5)


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
