"""Rays of links as flat arrays, one link after the other, and those of a user put in order for the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from isacsys.channel import kernel
from isacsys.channel.draws import AOA, AOD, ZOA, ZOD
from isacsys.channel.rays import Rays
from isacsys.core.arrays import Array, Index
from isacsys.core.units import LIGHT


class Antennas(Protocol):
    """The antennas of cells."""

    def power(self, cell: Index, azimuth: Array, zenith: Array) -> Array:
        """Return power gains [..., ray] of cells [..., ray] at ``azimuth`` and ``zenith`` [ray], degrees."""


@dataclass(frozen=True)
class SiteRays:
    """The cells of a network, and the sites that they belong to.

    Attributes
    ----------
    position : [site, 2]
        m.
    height : [site]
        m.
    site : [cell]
        Ascending.
    axis : [cell]
        Azimuth of the axis of the array, rad.
    antennas : Antennas
    """

    position: Array
    height: Array
    site: Index
    axis: Array
    antennas: Antennas

    @cached_property
    def first(self) -> Index:
        """Number of the first cell of every site, then that of all cells, [site + 1]."""
        return np.searchsorted(self.site, np.arange(len(self.position) + 1))

    @property
    def sectors(self) -> int:
        """Cells of the site that has most."""
        return int(np.diff(self.first).max(initial=1))

    def groups(self, cells: Index) -> tuple[Index, Index, Index]:
        """Return row and first column of every site among cells [user, near], ascending or -1, and its cells there."""
        sites = np.where(cells >= 0, self.site[cells], -1)
        row, column = np.nonzero(np.diff(sites, axis=1, prepend=-1) > 0)
        before = np.cumsum((cells >= 0).ravel())[row * cells.shape[1] + column] - 1
        return row, column, np.diff(before, append=np.count_nonzero(cells >= 0))


PHASE, DELAY, ANGLE, WEIGHT = 0, 1, 2, 6  # columns of a batch


@dataclass(frozen=True)
class RayBatch:
    """Rays of links, without those that have no power.

    Attributes
    ----------
    first : list
        Where the rays of a link begin, and the end.
    rays : [ray, 6 + sector]
        Phase, turns; delay, s; AOD, AOA, ZOA, ZOD, degrees; power through the pattern of every cell of the site.
    gain : [link, sector]
        Of antennas, mean over the power of the rays.
    """

    first: list[int]
    rays: Array
    gain: Array

    @property
    def size(self) -> int:
        """Bytes."""
        return self.rays.nbytes


def batch(some: Rays, site: Index, cells: SiteRays) -> RayBatch:
    """Return the rays of links to sites [link], as all their cells see them."""
    kept = some.power > 0
    there, count = np.flatnonzero(kept), np.count_nonzero(kept, axis=1)
    first = np.concatenate([[0], np.cumsum(count)])
    found = np.empty((len(there), WEIGHT + cells.sectors), some.power.dtype)
    power = some.power.ravel().take(there)
    found[:, PHASE], found[:, DELAY] = some.phase[..., 0].ravel().take(there), some.delay.ravel().take(there)
    many, angles = kept.shape[1], some.angle.ravel()
    there += 3 * many * (there // many)
    for i in range(4):
        found[:, ANGLE + i] = angles.take(there + i * many)
    cell = np.minimum(cells.first[site] + np.arange(cells.sectors)[:, None], cells.first[site + 1] - 1)
    weight = cells.antennas.power(np.repeat(cell, count, axis=1), found[:, ANGLE + AOD], found[:, ANGLE + ZOD])
    weight = weight * power
    found[:, WEIGHT:] = weight.T
    total, all_of = (np.add.reduceat(x, first[:-1], axis=-1, dtype=float) for x in (weight, power))
    return RayBatch(first.tolist(), found, (total / all_of).T)


@dataclass(frozen=True)
class UserRays:
    """Rays of a user to a set of cells.

    Attributes
    ----------
    user : int
    key : bytes
        Cells, ascending, and codes of their links.
    turning : kernel.Turning
        Of the rays of all sites, one after the other.
    parts : list of (slice, kernel.Site)
        Rays of a site, and their matrix.
    size : int
        Bytes.
    """

    user: int
    key: bytes
    turning: kernel.Turning
    parts: list[tuple[slice, kernel.Site]]
    size: int


Find = Callable[[Index, Index, Index], list[tuple[RayBatch, int]]]


class Assembly:
    """Rays of users put in order: user by user, sites of one cell before those of two and three.

    Parameters
    ----------
    cells : SiteRays
    bands : kernel.Bands
    ports : int
    dtype
        Of what is kept.
    frequency : float
        Hz.
    find : callable
        Gives the rays of users, sites and codes [link]: batches, and rows of these.
    """

    def __init__(self, cells: SiteRays, bands: kernel.Bands, ports: int, dtype: np.dtype[Any],
                 frequency: float, find: Find) -> None:
        self._cells, self._bands, self._ports, self._dtype = cells, bands, ports, dtype
        self._frequency, self._find = frequency, find

    def users(self, user: Index, cells: Index, states: Index, keys: list[bytes]) -> Iterator[UserRays]:
        """Yield the rays of users [user] to cells [user, near], ascending or -1, in ``states`` [user, near]."""
        row, column, count = self._cells.groups(cells)
        order = np.lexsort((column, count, row))
        row, column, count = row[order], column[order], count[order]
        links = self._find(user[row], self._cells.site[cells[row, column]], states[row, column])
        number = np.array([some.first[i + 1] - some.first[i] for some, i in links], int)
        end = np.cumsum(number)
        rays = np.concatenate([some.rays[some.first[i]:some.first[i + 1]] for some, i in links]) if links else \
            np.empty((0, WEIGHT), self._dtype)
        phases = kernel.turning(rays[:, PHASE], rays[:, DELAY], self._ways(rays), self._bands, self._dtype)
        seen = self._seen(rays, cells, row, column, count, number)
        bounds = np.searchsorted(row, np.arange(len(user) + 1))
        for i, who in enumerate(user.tolist()):
            mine = slice(bounds[i], bounds[i + 1])
            yield self._user(who, keys[i], phases, seen, count[mine], number[mine], end[mine])

    def _seen(self, rays: Array, cells: Index, row: Index, column: Index, count: Index, number: Index) -> Array:
        """Return amplitudes and cosines, [2, cell, ray], of rays one link after the other; 0 for cells that are not."""
        most = int(count.max(initial=1))
        seen = np.zeros((2, most, len(rays)), self._dtype)
        azimuth, flat = np.radians(rays[:, ANGLE + AOD]), np.sin(np.radians(rays[:, ANGLE + ZOD]))
        for k in range(most):
            link = np.flatnonzero(count > k)
            there = np.flatnonzero(np.repeat(count > k, number)) if len(link) < len(count) else slice(None)
            cell, length = cells[row[link], column[link] + k], number[link]
            sector = np.repeat(WEIGHT + cell - self._cells.first[self._cells.site[cell]], length)
            weight = rays[there][np.arange(len(sector)), sector]
            total = np.add.reduceat(weight, np.cumsum(length) - length, dtype=float)
            seen[0, k, there] = np.sqrt(weight * np.repeat((1 / total).astype(self._dtype), length))
            axis = np.repeat(self._cells.axis[cell].astype(self._dtype), length)
            seen[1, k, there] = flat[there] * np.cos(azimuth[there] - axis)
        return seen

    def _ways(self, rays: Array) -> Array:
        """Return directions of arrival along x and y, over the wavelength, [2, ray]."""
        arrival, flat = np.radians(rays[:, ANGLE + AOA]), np.sin(np.radians(rays[:, ANGLE + ZOA]))
        flat *= self._frequency / LIGHT
        return np.stack([flat * np.cos(arrival), flat * np.sin(arrival)])

    def _user(self, who: int, key: bytes, phases: kernel.Turning, seen: Array, count: Index, number: Index, end: Index
              ) -> UserRays:
        parts: list[tuple[slice, kernel.Site]] = []
        begin = int(end[0] - number[0]) if len(end) else 0
        all_of = slice(begin, int(end[-1]) if len(end) else 0)
        size = 0
        for cells in np.unique(count).tolist():
            mine = np.flatnonzero(count == cells)
            first, last = int(end[mine[0]] - number[mine[0]]), int(end[mine[-1]])
            together = kernel.site(seen[0, :cells, first:last], seen[1, :cells, first:last], self._ports, self._dtype)
            size += together.size
            for until, length in zip(end[mine].tolist(), number[mine].tolist(), strict=True):
                parts.append((slice(until - length - begin, until - begin),
                              together.of(slice(until - length - first, until - first))))
        turning = phases.of(all_of)
        return UserRays(who, key, turning, parts, size + turning.size)

