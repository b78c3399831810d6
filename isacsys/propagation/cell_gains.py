"""Mean power gains between places and the cells of a network: path loss, shadowing, walls, patterns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from isacsys.channel import rician
from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.propagation import antenna_column
from isacsys.propagation.antenna_patterns import ANTENNA_PATTERN, Omni
from isacsys.propagation.base import Propagation
from isacsys.propagation.buildings import Buildings, Places, outdoors
from isacsys.propagation.fields import Field, Waves
from isacsys.propagation.path_loss_links import PathLossLinks, links

TOGETHER = 1 << 20  # links worked out at once


@dataclass(frozen=True)
class Sites:
    """Where antennas are.

    Attributes
    ----------
    position : [site, 2]
        km.
    side : [2]
        Of the torus, km.
    height : float
        m.
    """

    position: Array
    side: Array
    height: float


class Sky:
    """The fields of all sites for one kind of receiver: line of sight, shadowing, environment height.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    sites : Sites
    rng : numpy.random.Generator
    """

    def __init__(self, scenario: Scenario, model: Propagation, sites: Sites, rng: np.random.Generator) -> None:
        scale, count, side = scenario.propagation.correlation_distance, len(sites.position), 1e3 * sites.side
        common, distances = scenario.propagation.site_correlation, model.correlation
        waves = {d: Waves(side, scale * d, rng) for d in sorted(set(dataclasses.astuple(distances)))}
        self._state, self._environment = (Field(waves[distances.state], count, rng) for _ in range(2))
        self._seen, self._hidden, self._indoor = (Field(waves[d], count, rng, common) for d in (
            distances.los, distances.nlos, distances.indoor))
        self._model, self._factor = model, None
        if scenario.propagation.rician_factor_db == "tr38901" and model.factor is not None:
            self._factor = Field(Waves(side, scale * model.factor.correlation, rng), count, rng)

    def sight_share(self, position: Array, some: PathLossLinks, places: Places, site: Index) -> Array:
        """Share [n, m] of the power of links that is in the line of sight: none without one, or into buildings."""
        if self._factor is None or self._model.factor is None:
            return np.zeros(site.shape)
        seen = self._in_state(position, some, places, site).line_of_sight & ~places.indoor[:, None]
        factor = self._model.factor.mean + self._model.factor.spread * self._factor.of(position, site)
        return np.where(seen, rician.share(factor), 0.0)

    def line_of_sight(self, position: Array, some: PathLossLinks, places: Places, site: Index) -> Flags:
        """Return whether links [n, m] have a line of sight, as far as the building."""
        return np.broadcast_to(self._in_state(position, some, places, site).line_of_sight, site.shape)

    def loss_db(self, position: Array, some: PathLossLinks, places: Places, site: Index | None) -> Array:
        """Return path loss, shadowing and walls [n, m] of links between places [n, 2] (m) and sites [n, m] (or all)."""
        model, outside = self._model, np.flatnonzero(~places.indoor)
        some = self._in_state(position, some, places, site)
        loss = model.path_loss(some) + places.loss_db[:, None]
        sigma = np.broadcast_to(model.shadowing_db(some), loss.shape)
        if len(outside) and sigma.any():
            here, there = position[outside], _rows(site, outside)
            normal = np.where(np.broadcast_to(some.line_of_sight, loss.shape)[outside],
                              _values(self._seen, here, there), _values(self._hidden, here, there))
            loss[outside] += normal * sigma[outside]
        if len(outside) < len(position):
            rows, spread = np.flatnonzero(places.indoor), model.sigma_indoor
            normal = _values(self._indoor, position[rows], _rows(site, rows))
            loss[rows] += normal * (sigma[rows] if spread is None else spread)
        return np.asarray(loss)

    def _in_state(self, position: Array, some: PathLossLinks, places: Places, site: Index | None) -> PathLossLinks:
        """Decide on lines of sight and environment heights."""
        outdoor = dataclasses.replace(some, distance=np.maximum(some.distance - places.depth[:, None], 0))
        share = self._model.los_probability(outdoor)
        if np.all(share >= 1):
            return some
        sight = ndtr(_values(self._state, position, site)) < share
        height: Array | float = some.environment_height
        if places.height.max(initial=0) >= 13.5:  # else it is 1 m
            height = self._model.environment_height(some, ndtr(_values(self._environment, position, site)))
        return dataclasses.replace(some, line_of_sight=sight, environment_height=np.asarray(height))


def _rows(site: Index | None, rows: Index) -> Index | None:
    return None if site is None else site[rows]


def _values(field: Field, position: Array, site: Index | None) -> Array:
    return field.everywhere(position) if site is None else field.of(position, site)


class CellGains:
    """Mean power gains of every cell of a network, for one kind of receiver.

    Cells are numbered ``site * sectors + sector``; boresights are 0, 360/sectors ... degrees.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    sites : Sites
    height : float
        Of the receiver, m.
    rng : numpy.random.Generator
    buildings : Buildings, optional
        Without, everybody is outdoors.
    """

    def __init__(self, scenario: Scenario, model: Propagation, sites: Sites, height: float,
                 rng: np.random.Generator, buildings: Buildings | None = None) -> None:
        self._sites, self._height, self._frequency = sites, height, scenario.propagation.carrier_frequency
        self._pattern = Pattern(scenario)
        self._sky, self._buildings = Sky(scenario, model, sites, rng), buildings

    def places(self, position: Array) -> Places:
        """Return what belongs to places [n, 2] in km."""
        if self._buildings is None:
            return outdoors(len(position), self._height)
        return self._buildings.at(1e3 * position)

    def everywhere(self, position: Array, places: Places | None = None) -> Array:
        """Return the gains [n, cell] of all cells at places [n, 2] in km, and what belongs to these, if known."""
        step = 1e3 * geometry.displacement(self._sites.position[None], position[:, None], self._sites.side)
        loss, rise = self._loss(position, step, None, places)
        gain = self._pattern.of_sectors(step, rise)
        gain -= loss[..., None]
        return _linear(gain).reshape(len(position), -1)

    def of(self, position: Array, cell: Index) -> Array:
        """Return the gains [n, m] of cells [n, m] at places [n, 2] in km; 0 where the number is that of no cell."""
        there = (cell >= 0) & (cell < len(self._sites.position) * self._pattern.sectors)
        site, sector = np.divmod(np.where(there, cell, 0), self._pattern.sectors)
        step = 1e3 * geometry.displacement(self._sites.position[site], position[:, None], self._sites.side)
        loss, rise = self._loss(position, step, site)
        return np.where(there, _linear(self._pattern.of_sector(step, rise, sector) - loss), 0.0)

    def sight_share(self, position: Array, cell: Index) -> Array:
        """Return the share [n, m] of the power of cells [n, m] that is in the line of sight at places [n, 2] in km."""
        there = (cell >= 0) & (cell < len(self._sites.position) * self._pattern.sectors)
        return self._sky.sight_share(*self._links(position, np.where(there, cell, 0))) * there

    def line_of_sight(self, position: Array, cell: Index) -> Flags:
        """Return whether links of cells [n, m] to places [n, 2] in km have a line of sight, as far as the building."""
        there = (cell >= 0) & (cell < len(self._sites.position) * self._pattern.sectors)
        return self._sky.line_of_sight(*self._links(position, np.where(there, cell, 0))) & there

    def _links(self, position: Array, cell: Index) -> tuple[Array, PathLossLinks, Places, Index]:
        """Return places [n, 2] in m, the links of cells [n, m] to them, what belongs to them, and sites [n, m]."""
        site, places = cell // self._pattern.sectors, self.places(position)
        step = 1e3 * geometry.displacement(self._sites.position[site], position[:, None], self._sites.side)
        some = links(geometry.length(step), self._sites.height, places.height[:, None], self._frequency)
        return 1e3 * position, some, places, site

    def in_blocks(self, position: Array, work: Callable[[Array, slice, Places], None]) -> None:
        """Hand gains [rows, cell] of places [n, 2], and what belongs to these, to ``work``, some rows at a time."""
        step = max(1, TOGETHER // max(len(self._sites.position), 1))
        for start in range(0, len(position), step):
            rows = slice(start, min(start + step, len(position)))
            places = self.places(position[rows])
            work(self.everywhere(position[rows], places), rows, places)

    def _loss(self, position: Array, step: Array, site: Index | None, places: Places | None = None
              ) -> tuple[Array, Array]:
        places = self.places(position) if places is None else places
        some = links(geometry.length(step), self._sites.height, places.height[:, None], self._frequency)
        return self._sky.loss_db(1e3 * position, some, places, site), places.height[:, None] - self._sites.height


def _linear(decibel: Array) -> Array:
    decibel *= np.log(10) / 10
    return np.exp(decibel, out=decibel)


class Pattern:
    """The antennas of a scenario's cells."""

    def __init__(self, scenario: Scenario) -> None:
        a = scenario.antennas
        self.sectors = scenario.network.sectors
        self.boresight = 2 * np.pi * np.arange(self.sectors) / self.sectors
        self._pattern, self._column, self._tilt = ANTENNA_PATTERN.of(scenario), a.vertical_elements, a.downtilt

    def of_sectors(self, step: Array, rise: Array) -> Array:
        """Return gains [n, m, sector] in dB towards ``step`` [n, m, 2] on the ground and ``rise`` (m) above."""
        return self._gain(step[..., None, :], np.asarray(rise)[..., None], self.boresight)

    def of_sector(self, step: Array, rise: Array, sector: Index) -> Array:
        """Return gains [n, m] in dB of one sector [n, m] each."""
        return self._gain(step, rise, self.boresight[sector])

    def _gain(self, step: Array, rise: Array, boresight: Array) -> Array:
        gain = np.zeros(np.broadcast_shapes(step.shape[:-1], boresight.shape))
        omni = isinstance(self._pattern, Omni)
        if omni and self._column == 1:
            return gain
        distance = geometry.length(step)
        if not omni:
            turns = (np.arctan2(step[..., 1], step[..., 0]) - boresight) / (2 * np.pi)  # counterclockwise
            zenith = np.degrees(antenna_column.zenith(distance, rise))
            gain += self._pattern.towards(360 * (np.rint(turns) - turns), zenith)
        if self._column > 1:
            cosine = rise / np.maximum(np.sqrt(distance**2 + rise**2), 1e-9)
            gain += 10 * np.log10(np.maximum(antenna_column.column_gain(cosine, self._column, self._tilt), 1e-12))
        return gain
