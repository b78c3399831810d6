"""Neighbour lists: the cells that are compared with each other where not all are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.network.deployment import Deployment
from isacsys.propagation.base import Propagation
from isacsys.propagation.buildings import Places
from isacsys.propagation.cell_antennas import Cells, Masts
from isacsys.propagation.cell_gains import TOGETHER, CellGains
from isacsys.propagation.far_sites import FarSites
from isacsys.propagation.station_gains import StationGains

STATIONS = 4  # times as many sites are compared with a station

Work = Callable[[Array, Index, Places, Index], None]  # gains [n, column], rows [n], their places, cells [n, column]


class NeighbourLists:
    """Of every site the nearest ones, itself first; a receiver has the list of the site that is nearest to it.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    deployment : Deployment
    masts : Masts
    cells : Cells
    """

    def __init__(self, scenario: Scenario, model: Propagation, deployment: Deployment, masts: Masts, cells: Cells
                 ) -> None:
        self._scenario, self._model, self._masts, self._cells = scenario, model, masts, cells
        self._sites, self._index = deployment.sites, geometry.tree(deployment.sites, deployment.side)
        self._listed = self._nearest(scenario.network.neighbour_sites)
        site = masts.site_of(np.arange(len(masts.position)))
        self._of_site, self._of_mast = _members(site, len(deployment.sites)), _members(cells.mast, len(site) + 1)

    @cached_property
    def far(self) -> FarSites:
        """The mean power of all sites that are not listed."""
        return FarSites(self._scenario, self._model, self._masts, self._cells, self._sites, self._listed)

    def _nearest(self, count: int) -> Index:
        """Return the numbers [site, count] of the nearest sites of every site."""
        return geometry.nearest(self._index, self._sites, min(count, len(self._sites)))[1]

    def site(self, cell: Index) -> Index:
        """Return the site [n] whose list the cells [n, column] are."""
        return self._cells.site[cell[:, 0]]

    def in_blocks(self, gains: CellGains, position: Array, work: Work, places: Places | None = None) -> None:
        """Call ``work`` with gains of listed cells at ``position`` [n, 2], km, some rows of one neighbourhood at a
        time.
        """
        site = geometry.nearest(self._index, position, 1)[1][:, 0]
        order = np.argsort(site, kind="stable")  # what users of a site read stays in the cache
        step = max(1, TOGETHER // self._columns)
        for start in range(0, len(order), step):
            rows = order[start:start + step]
            here, number = np.unique(site[rows], return_inverse=True)
            mast, cell = self._list(self._listed[here])
            some = gains.places(position[rows]) if places is None else places[rows]
            found = gains.listed(position[rows], mast, cell, number, some)
            work(found, rows, some, cell.reshape(len(here), -1)[number])

    def around_stations(self, gains: StationGains, on: Flags, near: int) -> tuple[Index, Array, Array]:
        """Return the strongest cells of other sites [cell, near], their gains, and the power of all others [cell].

        ``on`` [cell] are those that send. Antennas on masts see each other from afar: their lists are `STATIONS` times
        as long.
        """
        count, wide = len(self._cells), self._nearest(STATIONS * self._listed.shape[1])
        far = FarSites(self._scenario, self._model, self._masts, self._cells, self._sites, wide)
        station, found, rest = np.full((count, near), count), np.zeros((count, near)), np.empty(count)
        on, site = np.append(on, False), np.append(self._cells.site, -1)
        step = max(1, TOGETHER // (STATIONS * self._columns * self._of_mast.shape[1]))
        for start in range(0, len(self._masts.position), step):
            mast = np.arange(start, min(start + step, len(self._masts.position)))
            listed, cell = self._list(wide[self._masts.site_of(mast)])
            own, cell = self._of_mast[mast], cell.reshape(len(mast), listed.shape[1], -1)
            gain = gains.listed(mast, listed, own, cell)  # [mast, own cell, column]
            columns = cell.reshape(len(mast), 1, -1)
            gain *= on[columns] & (site[columns] != site[own][..., None])
            there = np.flatnonzero(own.ravel() < count)
            rows, some = own.ravel()[there], gain.reshape(own.size, -1)[there]
            best, most = geometry.largest(some, min(near, some.shape[1]))
            number = np.take_along_axis(np.repeat(columns[:, 0], own.shape[1], axis=0)[there], best, 1)
            station[rows, :best.shape[1]], found[rows, :best.shape[1]] = np.where(most > 0, number, count), most
            np.put_along_axis(some, best, 0.0, 1)
            rest[rows] = some.sum(-1)
        return station, found, rest + far.at_cells(gains.receiver_height(self._cells.mast))

    @property
    def _columns(self) -> int:
        return self._listed.shape[1] * self._of_site.shape[1] * self._of_mast.shape[1]

    def _list(self, site: Index) -> tuple[Index, Index]:
        """Return masts [n, m] and their cells [n, m, most] of lists of sites [n, count]; the number of cells for none.
        """
        mast = self._of_site[site].reshape(len(site), -1)
        return mast, self._of_mast[mast]


def _members(owner: Index, owners: int) -> Index:
    """Return the numbers [owner, most] of what each owner has, in order; one that is too large by one for none."""
    order = np.argsort(owner, kind="stable")
    count = np.bincount(owner, minlength=owners)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    found = np.full((owners, int(count.max(initial=1))), len(owner))
    found[owner[order], place] = order
    return found
