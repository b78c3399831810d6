"""The mean power of the sites that are in no neighbour list, by their distances."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Index
from isacsys.propagation.base import Propagation
from isacsys.propagation.buildings import Places
from isacsys.propagation.cell_antennas import Cells, Masts, antennas
from isacsys.propagation.far_field import AZIMUTHS, mean_gain

RINGS = np.geomspace(1.0, 1e6, 320)  # m; between two of them power is shared by the logarithm of the distance
LEAF, NEAR = 32, 32  # sites of a group; groups whose sites have their own distances, others have that of their middle
SAMPLE = 256  # cells whose antennas stand for those of all


class FarSites:
    """Mean power, over states of links, shadowing and directions of antennas, of all sites that are not listed.

    ``sum_s P_s G(d_s)``, ``G = A E[10^(-PL/10)] e^((c sigma)^2/2)``, c = ln 10 / 10, A the mean gain of antennas.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    masts : Masts
    cells : Cells
    sites : [site, 2]
        Positions, km.
    listed : [site, count]
        Numbers of the sites whose power is not in it.
    """

    def __init__(self, scenario: Scenario, model: Propagation, masts: Masts, cells: Cells, sites: Array, listed: Index
                 ) -> None:
        self._scenario, self._model, self._cells, self._site = scenario, model, cells, cells.site
        self._mast = float(np.mean(masts.height))
        power = np.bincount(cells.site, cells.full_power, minlength=len(sites)).astype(float)
        self._rings = powers_by_distance(1e3 * sites, 1e3 * masts.side, power, listed)
        self._antennas, step = antennas(scenario, cells), max(1, len(cells) // SAMPLE)
        self._sample = np.arange(0, len(cells), step)
        self._known: dict[tuple[float, bool], Array] = {}

    def at(self, site: Index, places: Places) -> Array:
        """Return the power [n] at places near sites [n]."""
        found, height = np.empty(len(site)), np.round(places.height, 1)
        for level in np.unique(height):
            for indoor in (False, True):
                rows = np.flatnonzero((height == level) & (places.indoor == indoor))
                if len(rows):
                    found[rows] = self._table(float(level), indoor)[site[rows]]
        return np.asarray(found * 10 ** (-places.loss_db / 10))

    def at_cells(self, height: Array | float) -> Array:
        """Return the power [cell] that cells with antennas at ``height`` [cell], m, receive through their patterns."""
        level, found = np.round(np.broadcast_to(height, len(self._site)), 1), np.empty(len(self._site))
        for one in np.unique(level):
            rows = np.flatnonzero(level == one)
            found[rows] = self._table(float(one), False)[self._site[rows]]
        return found * self._all_round(np.arange(len(self._site)), np.array([90.0]))[:, 0]

    def _table(self, height: float, indoor: bool) -> Array:
        """Return the power [site] at a height, inside buildings without walls or not."""
        if (height, indoor) not in self._known:
            gain = mean_gain(self._scenario, self._model, RINGS, self._mast, height, indoor)
            down = np.degrees(np.arctan2(RINGS, height - self._mast))
            share = self._cells.full_power[self._sample] / self._cells.full_power[self._sample].sum()
            self._known[height, indoor] = self._rings @ (gain * (share @ self._all_round(self._sample, down)))
        return self._known[height, indoor]

    def _all_round(self, cell: Index, zenith: Array) -> Array:
        """Return the gain [cell, zenith] of antennas, linear, the mean over azimuths."""
        azimuth = 360 * (np.arange(AZIMUTHS) + 0.5) / AZIMUTHS
        gain = self._antennas.gain_db(cell[:, None, None], azimuth, zenith[:, None])
        return np.asarray(np.mean(10 ** (gain / 10), axis=-1))


def powers_by_distance(position: Array, side: Array, power: Array, listed: Index) -> Array:
    """Return the power [site, ring] of the sites in no list, by `RINGS` around every site.

    Distances of sites in groups that are far away are those of the middle of the group.

    Parameters
    ----------
    position : [site, 2]
        m.
    side : [2]
        Of the torus, m.
    power : [site]
    listed : [site, count]
        Of every site, numbers of those that are left out.
    """
    order, count = _in_groups(position), len(position)
    group = np.empty(count, np.int64)
    group[order] = np.arange(count) // LEAF
    size = np.bincount(group)
    middle = np.stack([np.bincount(group, position[:, axis]) / size for axis in (0, 1)], axis=-1)
    weight = np.bincount(group, power).astype(float)
    found, column = np.empty((count, len(RINGS))), np.full(count, -1)
    for one in range(len(size)):
        mine = order[one * LEAF:(one + 1) * LEAF]
        away = geometry.length(geometry.displacement(middle[one], middle, side))
        near = np.union1d(np.argsort(away, kind="stable")[:NEAR], group[listed[mine]])
        there = np.concatenate([order[i * LEAF:(i + 1) * LEAF] for i in near.tolist()])
        column[there] = np.arange(len(there))
        distance = geometry.length(geometry.displacement(position[mine, None], position[there], side))
        own = np.broadcast_to(power[there], distance.shape).copy()
        np.put_along_axis(own, column[listed[mine]], 0.0, 1)
        others = np.delete(np.arange(len(size)), near)
        found[mine] = _by_ring(distance, own) + _by_ring(away[None, others], weight[None, others])
    return found


def _in_groups(position: Array) -> Index:
    """Return an order of points [n, 2] in which every `LEAF` in turn lie together: strips, up and down by turns."""
    count = len(position)
    strips = max(1, round(np.sqrt(count / LEAF)))
    strip = np.empty(count, np.int64)
    strip[np.argsort(position[:, 0], kind="stable")] = np.arange(count) * strips // count
    return np.lexsort((np.where(strip % 2, -1, 1) * position[:, 1], strip))


def _by_ring(distance: Array, power: Array) -> Array:
    """Return ``power`` [n, m] summed by rings [n, ring] of ``distance`` [n, m]."""
    last = len(RINGS) - 1
    place = np.log(np.maximum(distance, RINGS[0])) * (last / np.log(RINGS[-1]))
    ring = np.minimum(place.astype(np.int64), last - 1)
    outer = np.minimum(place - ring, 1.0) * power
    ring = (ring + np.arange(len(distance))[:, None] * len(RINGS)).ravel()
    size = len(distance) * len(RINGS)
    found = np.bincount(ring, (power - outer).ravel(), size).astype(float)
    found += np.bincount(ring + 1, outer.ravel(), size)
    return found.reshape(len(distance), -1)
