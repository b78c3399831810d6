"""Channels of TR 38.901 between the cells of a network and users, through a drop: rays stay, phases turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from isacsys.channel import kernel
from isacsys.channel.draws import AOA, AOD, ZOA, ZOD, draw
from isacsys.channel.kernel import Bands
from isacsys.channel.parameters import Environment, State
from isacsys.channel.rays import Rays, rays
from isacsys.core.arrays import Array, Complex, Flags, Index

STATES = ("los", "nlos", "o2i", "o2i")  # by code: 2 outdoors in sight, 3 not
TOGETHER = 256  # links whose rays are drawn at once
LIGHT = 299_792_458.0  # m/s
MOST = 2 << 30  # bytes of rays that are kept


class Antennas(Protocol):
    """The antennas of cells."""

    def power(self, cell: Index, azimuth: Array, zenith: Array) -> Array:
        """Return power gains [link, ray] of cells [link] at ``azimuth`` from the x-axis, ``zenith`` [link, ray],
        degrees.
        """
        ...


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


@dataclass(frozen=True)
class FirstPlaces:
    """Links between users and sites at the users' first places, as parallel arrays.

    Attributes
    ----------
    step : [link, 2]
        From the site, m.
    low, high : [link]
        Heights of user and site, m.
    standard : [link, 7]
        Correlated normal numbers of step 4.
    """

    step: Array
    low: Array
    high: Array
    standard: Array


class World(Protocol):
    """What links are like: where users are at first, and in which state each link is."""

    def places(self, user: Index, site: Index, code: int) -> FirstPlaces:
        """Return links of users [link] and sites [link] in the state of that code."""
        ...

    def stream(self, user: int, site: int, code: int) -> np.random.Generator:
        """Return the stream of a link in a state."""
        ...


@dataclass(frozen=True)
class RayBundle:
    """Rays of a user to a set of cells.

    Attributes
    ----------
    key : bytes
        Cells, ascending, and codes of their links.
    turning : kernel.Turning
        Of the rays of all sites, one after the other.
    parts : list of (slice, kernel.Site)
        Rays of a site, and their matrix.
    """

    key: bytes
    turning: kernel.Turning
    parts: list[tuple[slice, kernel.Site]]

    @property
    def size(self) -> int:
        """Bytes."""
        t = self.turning
        blocks = sum(x.nbytes for _, s in self.parts for x in (s.matrix, s.block_first, s.block_step)
                     if x is not None)
        return t.start.nbytes + t.way.nbytes + (0 if t.step is None else t.step.nbytes) + blocks


class ClusteredLinks:
    """Rays between the cells of a network and its users.

    Parameters
    ----------
    environment : Environment
    cells : Cells
    world : World
    bands : Bands
    ports : int
        Of a cell's array.
    dtype
        Of stored rays.
    """

    def __init__(self, environment: Environment, cells: SiteRays, world: World, bands: Bands, ports: int,
                 dtype: npt.DTypeLike = np.float32) -> None:
        self._environment, self._cells, self._world = environment, cells, world
        self._bands, self._ports, self._dtype = bands, ports, dtype
        self._bundles: dict[int, RayBundle] = {}
        self._bytes = 0
        self._first = np.searchsorted(cells.site, np.arange(len(cells.position) + 1))

    def gains(self, user: Index, code: Index) -> Array:
        """Return gains of antennas towards the rays of users [user], in the mean over rays, [user, cell].

        Parameters
        ----------
        code : [user, site]
            Of the state of every link.
        """
        found = np.ones((len(user), len(self._cells.site)), np.float32)
        row, site = np.indices(code.shape).reshape(2, -1)
        for links, some in self._drawn(user[row], site, code.ravel()):
            share = some.power / some.power.sum(-1, keepdims=True)
            for cell, mine in self._sectors(site[links]):
                gain = self._cells.antennas.power(cell, some.angle[mine, AOD], some.angle[mine, ZOD])
                found[row[links][mine], cell] = np.einsum("lr,lr->l", share[mine], gain)
        return found

    def vectors(self, user: Index, cell: Index, code: Index, walked: Array) -> Complex:
        """Return channels [user, near, subband, port] of users [user] to cells [user, near], -1 where there is none.

        Parameters
        ----------
        code : [user, near]
            Of the state of every link.
        walked : [user, 2]
            Way since the beginning, m.
        """
        order = np.argsort(cell, axis=1, kind="stable")
        cells, states = np.take_along_axis(cell, order, 1), np.take_along_axis(code, order, 1)
        self._prepare(user, cells, states)
        bands, (rows, blocks) = self._bands.count, kernel.rows_of(self._ports)
        there = cells >= 0
        products = np.empty((2, bands, np.count_nonzero(there), blocks * rows), self._dtype)
        first = 0
        for who, way in zip(user.tolist(), walked, strict=True):
            bundle = self._bundles[who]
            phases = kernel.turned(bundle.turning, way, bands)
            real, imaginary = np.ascontiguousarray(phases.real), np.ascontiguousarray(phases.imag)
            for part, site in bundle.parts:
                kernel.multiply(site, real[:, part], imaginary[:, part], products[:, :, first:first + site.cells])
                first += site.cells
        found = np.zeros((*cell.shape, bands, self._ports), complex)
        row, place = np.nonzero(there)
        found[row, order[row, place]] = kernel.unfolded(products, self._ports)
        return found

    @property
    def kept(self) -> tuple[int, int]:
        """Bytes of the rays that are kept, and how many these are, those to several cells of a mast counted each."""
        rays = sum(len(site.matrix) * site.cells for bundle in self._bundles.values() for _, site in bundle.parts)
        return self._bytes, rays

    def _prepare(self, user: Index, cells: Index, states: Index) -> None:
        """Make the bundles that are not there yet; cells ascend."""
        keys = [a.tobytes() + b.tobytes() for a, b in zip(cells, states, strict=True)]
        missing = [i for i, who in enumerate(user.tolist())
                   if who not in self._bundles or self._bundles[who].key != keys[i]]
        for start in range(0, len(missing), 64):
            rows = missing[start:start + 64]
            self._make(user[rows], cells[rows], states[rows], [keys[i] for i in rows])

    def _make(self, user: Index, cells: Index, states: Index, keys: list[bytes]) -> None:
        sites = np.where(cells >= 0, self._cells.site[cells], -1)
        new = np.diff(sites, axis=1, prepend=-1) > 0  # the first cell of a site
        row, column = np.nonzero(new)
        last = np.where(np.diff(row, append=-1) == 0, np.append(column[1:], 0), cells.shape[1])
        count = last - column  # cells of the site
        made: list[kernel.Site] = [None] * len(row)  # type: ignore[list-item]
        for links, some in self._drawn(user[row], sites[row, column], states[row, column]):
            self._sites(some, links, [cells[row[i], column[i]:last[i]] for i in links.tolist()], count[links], made)
        for i, who in enumerate(user.tolist()):
            start, end = np.searchsorted(row, [i, i + 1])
            self._keep(who, _bundle(keys[i], made[start:end], self._bands, self._dtype))

    def _keep(self, who: int, bundle: RayBundle) -> None:
        if who in self._bundles:
            self._bytes -= self._bundles.pop(who).size
        self._bundles[who] = bundle
        self._bytes += bundle.size
        while self._bytes > MOST and len(self._bundles) > 64:
            oldest = next(iter(self._bundles))
            self._bytes -= self._bundles.pop(oldest).size

    def _sites(self, some: Rays, links: Index, cells: list[Index], count: Index, made: list[kernel.Site]) -> None:
        """Put the rays of links for some cells of their sites into ``made``."""
        zenith, azimuth = np.radians(some.angle[:, ZOD]), np.radians(some.angle[:, AOD])
        flat, sine = np.sin(np.radians(some.angle[:, ZOA])), np.sin(zenith)
        flat *= self._environment.frequency / LIGHT
        arrival = np.radians(some.angle[:, AOA])
        way = np.stack([flat * np.cos(arrival), flat * np.sin(arrival)], axis=1)
        most = int(count.max())
        amplitude = np.zeros((len(links), most, some.power.shape[1]), self._dtype)
        cosine = np.zeros_like(amplitude)
        for k in range(most):
            mine = np.flatnonzero(count > k)
            cell = np.array([cells[i][k] for i in mine])
            weight = some.power[mine] * self._cells.antennas.power(cell, some.angle[mine, AOD], some.angle[mine, ZOD])
            amplitude[mine, k] = np.sqrt(weight / weight.sum(-1, keepdims=True))
            axis = self._cells.axis[cell].astype(self._dtype)
            cosine[mine, k] = sine[mine] * np.cos(azimuth[mine] - axis[:, None])
        for i, link in enumerate(links.tolist()):
            there, n = np.flatnonzero(some.power[i] > 0), int(count[i])
            phases = kernel.turning(some.phase[i, there, 0], some.delay[i, there], way[i][:, there], self._bands,
                                    self._dtype)
            made[link] = kernel.site(phases, amplitude[i, :n, there].T, cosine[i, :n, there].T, self._ports)

    def _sectors(self, site: Index) -> Iterator[tuple[Index, Index]]:
        """Yield cells of sites [link], one of each, and the links of these sites."""
        first, last = self._first[site], self._first[site + 1]
        for number in range(int((last - first).max(initial=0))):
            mine = np.flatnonzero(first + number < last)
            yield first[mine] + number, mine

    def _drawn(self, user: Index, site: Index, code: Index) -> Iterator[tuple[Index, Rays]]:
        """Yield rows of links, and their rays."""
        for number, name in enumerate(STATES):
            mine = np.flatnonzero(code == number)
            if not len(mine):
                continue
            state = self._environment.state(name)
            for start in range(0, len(mine), TOGETHER):
                rows = mine[start:start + TOGETHER]
                yield rows, self._rays(state, number, user[rows], site[rows])

    def _rays(self, state: State, code: int, user: Index, site: Index) -> Rays:
        there = self._world.places(user, site, code)
        distance, rise = np.hypot(there.step[:, 0], there.step[:, 1]), there.low - there.high
        spreads = self._environment.spreads(state, there.standard, distance, there.low, there.high, code != 3)
        azimuth = np.degrees(np.arctan2(there.step[:, 1], there.step[:, 0]))
        zenith = np.degrees(np.arctan2(distance, rise))
        sight = np.stack([azimuth, azimuth + 180, 180 - zenith, zenith], -1)
        streams = (self._world.stream(u, s, code) for u, s in zip(user.tolist(), site.tolist(), strict=True))
        draws = draw(streams, len(user), state.clusters)
        wavelengths = np.hypot(distance, rise) * self._environment.frequency / LIGHT
        return rays(state, spreads, sight, wavelengths, draws, self._dtype)


def _bundle(key: bytes, sites: list[kernel.Site], bands: Bands, dtype: npt.DTypeLike) -> RayBundle:
    """Put the rays of sites one after the other."""
    if not sites:
        return RayBundle(key, kernel.turning(np.empty(0), np.empty(0), np.empty((2, 0)), bands, dtype), [])
    turnings = [site.turning for site in sites if site.turning is not None]
    steps = [t.step for t in turnings if t.step is not None]
    together = kernel.Turning(np.concatenate([t.start for t in turnings]),
                              np.concatenate([t.way for t in turnings], axis=1),
                              np.concatenate(steps) if steps else None)
    ends = np.cumsum([len(site.matrix) for site in sites]).tolist()
    parts = []
    for site, end in zip(sites, ends, strict=True):
        part = slice(end - len(site.matrix), end)
        parts.append((part, kernel.Site(None, site.matrix, site.cells, site.ports, site.block_first, site.block_step)))
    return RayBundle(key, together, parts)


def codes(sight: Flags, indoor: Flags) -> Index:
    """Return codes of states [user, site] of links in line of ``sight`` [user, site] of users ``indoor`` [user] or
    not.
    """
    return np.where(indoor[:, None], 3 - sight, 1 - sight)

