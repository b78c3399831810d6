"""Mean power gains between places and the cells of a network: path loss, shadowing, walls, patterns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from isacsys.channel import rician
from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.lazy import special
from isacsys.plugins.loading import is_ours
from isacsys.propagation.base import LinkPlaces, PathLossLinks, Propagation, links
from isacsys.propagation.buildings import Buildings, Places, outdoors
from isacsys.propagation.cell_antennas import Cells, Masts, antennas
from isacsys.propagation.fields import Field, SiteLists, Waves

RayGains = Callable[[Index, Index], Array]  # of receivers [n], codes of states [n, mast] -> [n, cell]
TOGETHER = 1 << 20  # links worked out at once


class Sky:
    """The fields of all sites for one kind of receiver: line of sight, shadowing, environment height.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    masts : Masts
    rng : numpy.random.Generator
    """

    def __init__(self, scenario: Scenario, model: Propagation, masts: Masts, rng: np.random.Generator) -> None:
        scale, count, side = scenario.propagation.correlation_distance, masts.sites, 1e3 * masts.side
        common, distances = scenario.propagation.site_correlation, model.correlation
        waves = {d: Waves(side, scale * d, rng) for d in sorted(set(dataclasses.astuple(distances)))}
        self._state, self._environment = (Field(waves[distances.state], count, rng) for _ in range(2))
        self._seen, self._hidden, self._indoor = (Field(waves[d], count, rng, common) for d in (
            distances.los, distances.nlos, distances.indoor))
        self._model, self._factor = model, None
        if scenario.propagation.rician_factor_db == "tr38901" and model.factor is not None:
            self._factor = Field(Waves(side, scale * model.factor.correlation, rng), count, rng)

    def sight_share(self, position: Array, some: PathLossLinks, places: Places, site: Index) -> Array:
        """Return the share [n, m] of power in the line of sight of links: 0 without one, or into buildings.

        ``position`` [n, 2], m; ``site`` [n, m].
        """
        if self._factor is None or self._model.factor is None:
            return np.zeros(site.shape)
        seen = self._in_state(position, some, places, site).line_of_sight & ~places.indoor[:, None]
        factor = self._model.factor.mean + self._model.factor.spread * self._factor.of(position, site)
        return np.where(seen, rician.share(factor), 0.0)

    def line_of_sight(self, position: Array, some: PathLossLinks, places: Places, site: Index | None) -> Flags:
        """Return whether links [n, m] have a line of sight, as far as the building.

        ``position`` [n, 2], m; ``site`` [n, m] or [m].
        """
        return np.broadcast_to(self._in_state(position, some, places, site).line_of_sight, some.distance.shape)

    def shadowing(self, position: Array, name: str) -> Array:
        """Return the shadowing [n, site] at ``position`` [n, 2], m, of links in a state ("los", "nlos", "o2i").

        Standard normal; above 0 means more power.
        """
        field = {"los": self._seen, "nlos": self._hidden, "o2i": self._indoor}[name]
        return np.asarray(-field.everywhere(position).astype(float))

    def loss_db(self, position: Array, some: PathLossLinks, places: Places, site: Index | SiteLists | None) -> Array:
        """Return path loss, shadowing and walls [n, m], dB, of links between ``position`` [n, 2], m, and sites.

        ``site`` is [n, m], or [m] for all places alike, or None: all of them.
        """
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

    def _in_state(self, position: Array, some: PathLossLinks, places: Places,
                  site: Index | SiteLists | None) -> PathLossLinks:
        """Decide on lines of sight and environment heights."""
        outdoor = dataclasses.replace(some, distance=np.maximum(some.distance - places.depth[:, None], 0))
        share = self._model.los_probability(outdoor)
        if np.all(share >= 1):
            return some
        sight = special.ndtr(_values(self._state, position, site)) < share
        height: Array | float = some.environment_height
        if places.height.max(initial=0) >= 13.5:  # else it is 1 m
            height = self._model.environment_height(some, special.ndtr(_values(self._environment, position, site)))
        return dataclasses.replace(some, line_of_sight=sight, environment_height=np.asarray(height))


def _rows(site: Index | SiteLists | None, rows: Index) -> Index | SiteLists | None:
    return site if site is None or (isinstance(site, np.ndarray) and site.ndim == 1) else site[rows]


def _values(field: Field, position: Array, site: Index | SiteLists | None) -> Array:
    if isinstance(site, SiteLists):
        return field.of_lists(position, site)
    if site is not None and site.ndim == 2:
        return field.of(position, site)
    values = field.everywhere(position)
    return values if site is None else values[:, site]


class CellGains:
    """Mean power gains of every cell of a network, for one kind of receiver, its full power included.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    masts : Masts
    cells : Cells
    height : float
        Of the receiver, m.
    rng : numpy.random.Generator
    buildings : Buildings, optional
        Without, all are outdoors.
    """

    def __init__(self, scenario: Scenario, model: Propagation, masts: Masts, cells: Cells, height: float,
                 rng: np.random.Generator, buildings: Buildings | None = None) -> None:
        self._masts, self._cells, self._height = masts, cells, height
        self._frequency, self._antennas = scenario.propagation.carrier_frequency, antennas(scenario, cells)
        self._sky, self._buildings = Sky(scenario, model, masts, rng), buildings
        self._power, self._ours = cells.power if np.any(cells.power) else None, is_ours(model)
        self.rays: RayGains | None = None  # gains of antennas towards rays, where there are any

    def places(self, position: Array, indoor: Array | None = None, height: Array | None = None) -> Places:
        """Return heights, buildings and states of links at ``position`` [n, 2], km.

        Parameters
        ----------
        indoor, height : [n], optional
            1 or 0, and m, where known; else NaN.
        """
        if self._buildings is None:
            found = outdoors(len(position), self._height)
        else:
            found = self._buildings.at(1e3 * position, indoor)
        if height is None:
            return found
        return dataclasses.replace(found, height=np.where(np.isnan(height), found.height, height))

    def codes(self, position: Array, mast: Index | None = None, places: Places | None = None) -> Index:
        """Return codes of the states [n, m] of links between ``position`` [n, 2], km, and masts [n, m] (or all).

        0 in the line of sight, 1 not; of users inside 2 and 3.
        """
        places = self.places(position) if places is None else places
        origin = self._masts.position[None] if mast is None else self._masts.position[mast]
        step = 1e3 * geometry.displacement(origin, position[:, None], self._masts.side)
        site = self._masts.site if mast is None else self._masts.site_of(mast)
        sight = self._sky.line_of_sight(1e3 * position, self._links(position, step, mast, places), places, site)
        return np.where(places.indoor[:, None], 3 - sight, 1 - sight)

    def shadowing(self, position: Array, name: str) -> Array:
        """Return the shadowing [n, site] at ``position`` [n, 2], km, of links in a state, normal, above 0: more
        power.
        """
        return self._sky.shadowing(1e3 * position, name)

    def everywhere(self, position: Array, places: Places | None = None) -> Array:
        """Return the gains [n, cell] of all cells at ``position`` [n, 2], km, with heights and buildings, if known.

        Of receivers whose numbers ``places`` has, antennas are taken towards the rays, where there are any.
        """
        if self.rays is not None and places is not None and places.ids is not None:
            return self._through_rays(position, places, places.ids)
        step = 1e3 * geometry.displacement(self._masts.position[None], position[:, None], self._masts.side)
        loss, rise = self._loss(position, step, None, places)
        gain = self._antennas.everywhere(step, rise)
        gain -= loss[:, self._cells.mast]
        if self._power is not None:
            gain += self._power
        return _linear(gain)

    def _through_rays(self, position: Array, places: Places, ids: Index) -> Array:
        assert self.rays is not None
        step = 1e3 * geometry.displacement(self._masts.position[None], position[:, None], self._masts.side)
        loss, _ = self._loss(position, step, None, places)
        level = -loss[:, self._cells.mast]
        if self._power is not None:
            level += self._power
        return np.asarray(self.rays(ids, self.codes(position, None, places)) * _linear(level))

    def of(self, position: Array, cell: Index, places: Places | None = None) -> Array:
        """Return the gains [n, m] of cells [n, m] at ``position`` [n, 2], km; 0 where the number is that of no cell."""
        there = (cell >= 0) & (cell < len(self._cells))
        if self.rays is not None and places is not None and places.ids is not None:
            found = np.take_along_axis(self._through_rays(position, places, places.ids), np.where(there, cell, 0), 1)
            return np.where(there, found, 0.0)
        cell = np.where(there, cell, 0)
        mast = self._cells.mast[cell]
        step = 1e3 * geometry.displacement(self._masts.position[mast], position[:, None], self._masts.side)
        loss, rise = self._loss(position, step, mast, places)
        gain = self._antennas.towards(cell, step, rise) - loss
        if self._power is not None:
            gain += self._power[cell]
        return np.where(there, _linear(gain), 0.0)

    def listed(self, position: Array, mast: Index, cell: Index, number: Index, places: Places) -> Array:
        """Return the gains [n, m k] of the cells in lists at ``position`` [n, 2], km; 0 where there is none.

        Parameters
        ----------
        mast : [list, m]
        cell : [list, m, k]
            Of every mast; the number of cells for none.
        number : [n]
            Of the list of every place; those of one list in turn.
        """
        mast = np.minimum(mast, len(self._masts.position) - 1)
        lists, mast, cell = SiteLists(self._masts.site_of(mast), number), mast[number], cell[number]
        there = cell < len(self._cells)
        cell = np.where(there, cell, 0)
        step = 1e3 * geometry.displacement(self._masts.position[mast], position[:, None], self._masts.side)
        loss, rise = self._loss(position, step, mast, places, lists)
        gain = self._antennas.towards(cell, step[:, :, None], rise[:, :, None]) - loss[:, :, None]
        if self._power is not None:
            gain += self._power[cell]
        return np.where(there, _linear(gain), 0.0).reshape(len(position), -1)

    def sight_share(self, position: Array, cell: Index, places: Places | None = None) -> Array:
        """Return the share [n, m] of the power of cells [n, m] in the line of sight at ``position`` [n, 2], km."""
        there = (cell >= 0) & (cell < len(self._cells))
        return self._sky.sight_share(*self._seen_from(position, np.where(there, cell, 0), places)) * there

    def line_of_sight(self, position: Array, cell: Index, places: Places | None = None) -> Flags:
        """Return whether links of cells [n, m] to ``position`` [n, 2], km, have a line of sight, as far as the
        building.
        """
        there = (cell >= 0) & (cell < len(self._cells))
        return self._sky.line_of_sight(*self._seen_from(position, np.where(there, cell, 0), places)) & there

    def _seen_from(self, position: Array, cell: Index, places: Places | None
                   ) -> tuple[Array, PathLossLinks, Places, Index]:
        """Return places [n, 2] in m, the links of cells [n, m] to them, what belongs to them, and sites [n, m]."""
        mast, places = self._cells.mast[cell], places or self.places(position)
        step = 1e3 * geometry.displacement(self._masts.position[mast], position[:, None], self._masts.side)
        return 1e3 * position, self._links(position, step, mast, places), places, self._masts.site_of(mast)

    def in_blocks(self, position: Array, work: Callable[[Array, slice, Places], None],
                  places: Places | None = None) -> None:
        """Call ``work`` with gains [rows, cell] at ``position`` [n, 2] and their places, some rows at a time."""
        step = max(1, TOGETHER // max(len(self._masts.position), 1))
        for start in range(0, len(position), step):
            rows = slice(start, min(start + step, len(position)))
            some = self.places(position[rows]) if places is None else places[rows]
            work(self.everywhere(position[rows], some), rows, some)

    def _loss(self, position: Array, step: Array, mast: Index | None, places: Places | None = None,
              lists: SiteLists | None = None) -> tuple[Array, Array]:
        places = self.places(position) if places is None else places
        some = self._links(position, step, mast, places)
        site = lists or (self._masts.site if mast is None else self._masts.site_of(mast))
        loss = self._sky.loss_db(1e3 * position, some, places, site)
        return loss, places.height[:, None] - some.station_height

    def _links(self, position: Array, step: Array, mast: Index | None, places: Places) -> PathLossLinks:
        height = self._masts.height_of(slice(None) if mast is None else mast)
        some = links(geometry.length(step), height, places.height[:, None], self._frequency)
        if self._ours:
            return some
        mast = np.arange(len(self._masts.position)) if mast is None else mast  # that of the cell of this number
        origin = self._masts.origin
        return dataclasses.replace(some, places=LinkPlaces(
            mast, self._masts.site_of(mast), self._masts.position[mast] + origin, position[:, None] + origin, step))


def _linear(decibel: Array) -> Array:
    decibel *= np.log(10) / 10
    return np.exp(decibel, out=decibel)
