"""The cells of a network as rows of arrays, and the gains of their antennas and columns in any direction."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Index
from isacsys.propagation.antenna_patterns import ANTENNA_PATTERN, AntennaPattern, Omni, turned

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


@dataclass(frozen=True)
class Masts:
    """Where antennas are: a mast for every height and place at which a site has some.

    Attributes
    ----------
    position : [mast, 2]
        km.
    side : [2]
        Of the torus, km.
    height : [mast], or float where all are alike
        m.
    site : [mast], or None where every site has one mast
        Number of the site, which shadowing, lines of sight and the environment belong to.
    origin : [2]
        Where coordinates begin in those of the scenario's files, km.
    """

    position: Array
    side: Array
    height: Array | float
    site: Index | None = None
    origin: Array = field(default_factory=lambda: np.zeros(2))

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.position) if self.site is None else int(self.site.max(initial=-1)) + 1

    def height_of(self, mast: Index | slice) -> Array | float:
        """Return the height of masts ``mast`` [...], m, [...]; a float where all are alike."""
        return self.height if isinstance(self.height, float) else self.height[mast]

    def site_of(self, mast: Index) -> Index:
        """Return the site [...] of masts ``mast`` [...]."""
        return mast if self.site is None else self.site[mast]


@dataclass(frozen=True)
class Cells:
    """The cells of a network, a row each.

    Attributes
    ----------
    site, mast : [cell]
        Numbers.
    boresight : [cell]
        Counterclockwise from the x axis, rad.
    downtilt : [cell], or float where all are alike
        Zenith angle of the beam of the column, degrees.
    mechanical_tilt : [cell]
        Of the antenna as a whole, degrees below the horizon.
    power : [cell]
        Full power over ``radio.transmit_power_dbm``, dB.
    pattern : [cell]
        Number in `patterns`.
    patterns : tuple of AntennaPattern
    names : tuple of str
        Of the patterns.
    """

    site: Index
    mast: Index
    boresight: Array
    downtilt: Array | float
    mechanical_tilt: Array
    power: Array
    pattern: Index
    patterns: tuple[AntennaPattern, ...]
    names: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.site)

    @cached_property
    def full_power(self) -> Array:
        """Full power over that of the scenario, linear, [cell]."""
        return np.asarray(10 ** (self.power / 10))

    @property
    def boresight_degrees(self) -> Array:
        """Boresight in degrees counterclockwise from the x axis, [cell]."""
        return np.mod(np.round(np.degrees(self.boresight), 9), 360)

    @property
    def azimuth(self) -> Array:
        """Boresight in degrees clockwise from north, [cell]."""
        return np.mod(np.round(90 - np.degrees(self.boresight), 9), 360)


def one_mast_a_cell(masts: Masts, cells: Cells) -> tuple[Masts, Cells]:
    """Return the same with a mast for every cell, so that losses may differ between the cells of a site."""
    height = masts.height if isinstance(masts.height, float) else masts.height[cells.mast]
    apart = Masts(masts.position[cells.mast], masts.side, height, cells.site, masts.origin)
    return apart, replace(cells, mast=np.arange(len(cells)))


def sectors(scenario: Scenario, sites: int) -> Cells:
    """Return the cells of sites that are all alike: boresights 0, 360/sectors ... degrees from the x axis."""
    count, a = scenario.network.sectors, scenario.antennas
    number, nothing = np.arange(sites * count), np.zeros(sites * count)
    boresight = np.tile(2 * np.pi * np.arange(count) / count, sites)
    return Cells(number // count, number // count, boresight, a.downtilt, nothing, nothing,
                 np.zeros(sites * count, np.int64), (ANTENNA_PATTERN.of(scenario),), (a.pattern,))


class CellAntennas:
    """Gains of the antennas of cells, patterns, columns and tilts included, power not.

    Parameters
    ----------
    cells : Cells
    column : int
        Elements of a column.
    """

    def __init__(self, cells: Cells, column: int) -> None:
        self.cells, self._column = cells, column
        self._tilted = bool(np.any(cells.mechanical_tilt))
        self._plain = column == 1 and all(isinstance(pattern, Omni) for pattern in cells.patterns)
        self._omni = all(isinstance(pattern, Omni) for pattern in cells.patterns)

    def everywhere(self, step: Array, rise: Array) -> Array:
        """Return the gains [n, cell] in dB of all cells towards ``step`` [n, mast, 2] and ``rise`` [n, mast] (m)."""
        cell = np.arange(len(self.cells))
        if self._plain:
            return np.zeros((len(step), len(cell)))
        distance, azimuth = geometry.length(step), np.arctan2(step[..., 1], step[..., 0])
        rise, mast = np.broadcast_to(rise, distance.shape), self.cells.mast
        if self._tilted or self._column == 1 or not isinstance(self.cells.downtilt, float):
            return self._gain(cell, azimuth[:, mast], distance[:, mast], rise[:, mast])
        column = self._column_db(cell, _cosine(distance, rise))[:, mast]  # once for all cells of a mast
        return self._gain(cell, azimuth[:, mast], distance[:, mast], rise[:, mast], column)

    def towards(self, cell: Index, step: Array, rise: Array) -> Array:
        """Return the gains in dB of cells [...] towards ``step`` [..., 2] on the ground and ``rise`` [...] above, m."""
        if self._plain:
            return np.zeros(np.broadcast_shapes(np.shape(cell), step.shape[:-1]))
        return self._gain(cell, np.arctan2(step[..., 1], step[..., 0]), geometry.length(step), rise)

    def gain_db(self, cell: Index, azimuth: Array, zenith: Array) -> Array:
        """Return the gains in dBi [...] of cells in directions; arguments broadcast.

        Parameters
        ----------
        cell : [...]
        azimuth : [...]
            Degrees counterclockwise from the x axis.
        zenith : [...]
            Degrees from straight up.
        """
        z = np.radians(zenith)
        return self._gain(cell, np.radians(azimuth), np.sin(z), np.cos(z))

    def power(self, cell: Index, azimuth: Array, zenith: Array) -> Array:
        """Return power gains [..., ray], linear, of cells [..., ray] at ``azimuth``, ``zenith`` [ray] as of `gain_db`.

        In the precision of ``azimuth``. What cells of a site have in common is computed once where ``cell`` has more
        dimensions than ``azimuth``.
        """
        dtype, down = azimuth.dtype, self.cells.downtilt
        if self._tilted or len(self.cells.patterns) > 1 or not isinstance(down, float):
            return 10 ** (self.gain_db(cell, azimuth, zenith).astype(dtype) / 10)
        around = np.degrees(self.cells.boresight).astype(dtype)[cell] - azimuth
        decibel = self.cells.patterns[0].towards(around, zenith)
        found = np.broadcast_to(np.exp(decibel.astype(dtype, copy=False) * dtype.type(np.log(10) / 10)), around.shape)
        if self._column > 1:
            found = found * column_gain(np.cos(np.radians(zenith)), self._column, down)
        return np.asarray(found)

    @property
    def omnidirectional(self) -> bool:
        """Whether the antennas of all cells have the same gain, 0 dBi, in all directions."""
        return self._plain

    def _gain(self, cell: Index, azimuth: Array, distance: Array, rise: Array, column: Array | None = None) -> Array:
        """Return the gain towards an azimuth (rad), a distance on the ground and a rise above the antenna."""
        turns = (azimuth - self.cells.boresight[cell]) / (2 * np.pi)  # counterclockwise
        aside: Array = 360 * (np.rint(turns) - turns)
        down: Array = np.degrees(zenith(distance, rise))
        if self._tilted:
            aside, down = turned(aside, down, self.cells.mechanical_tilt[cell])
        gain = np.zeros(np.broadcast_shapes(np.shape(cell), np.shape(azimuth), np.shape(rise)))
        if not self._omni:
            self._add_patterns(gain, cell, aside, down)
        if column is None and self._column > 1:
            column = self._column_db(cell, np.cos(np.radians(down)) if self._tilted else _cosine(distance, rise))
        if column is not None:
            gain += column
        return gain

    def _column_db(self, cell: Index, cosine: Array) -> Array:
        down = self.cells.downtilt
        tilt = down if isinstance(down, float) else down[cell]
        return np.asarray(10 * np.log10(np.maximum(column_gain(cosine, self._column, tilt), 1e-12)))

    def _add_patterns(self, gain: Array, cell: Index, aside: Array, down: Array) -> None:
        patterns = self.cells.patterns
        if len(patterns) == 1:
            gain += patterns[0].towards(aside, down)
            return
        which = np.broadcast_to(self.cells.pattern[cell], gain.shape)
        around, zenith = np.broadcast_to(aside, gain.shape), np.broadcast_to(down, gain.shape)
        for number, pattern in enumerate(patterns):
            mine = which == number
            gain[mine] = pattern.towards(around[mine], zenith[mine])


def _cosine(distance: Array, rise: Array) -> Array:
    """Return the cosine of the zenith angle."""
    return np.asarray(rise / np.maximum(np.sqrt(distance**2 + rise**2), 1e-9))


def antennas(scenario: Scenario, cells: Cells) -> CellAntennas:
    """Return the antennas of the cells of a scenario."""
    return CellAntennas(cells, scenario.antennas.vertical_elements)
