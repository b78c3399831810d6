"""Channels of TR 38.901 between the cells of a network and users, through a drop: rays stay, phases turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from isacsys.channel import kernel
from isacsys.channel.draws import draw
from isacsys.channel.kernel import Bands
from isacsys.channel.parameters import Environment, State
from isacsys.channel.rays import Rays, rays
from isacsys.channel.site_rays import Assembly, RayBatch, SiteRays, UserRays, batch
from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.core.units import LIGHT

STATES = ("los", "nlos", "o2i", "o2i")  # by code: 2 outdoors in sight, 3 not
TOGETHER = 256  # links whose rays are drawn at once
USERS = 32  # users whose rays are put in order at once
MOST = 2 << 30  # bytes of rays that are kept
WAITING = 256 << 20  # bytes of rays of links that may be asked for


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

    def stream(self, user: int, site: int, code: int) -> np.random.Generator:
        """Return the stream of a link in a state."""


class ClusteredLinks:
    """Rays between the cells of a network and its users.

    Parameters
    ----------
    environment : Environment
    cells : SiteRays
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
        self._bands, self._ports, self._dtype = bands, ports, np.dtype(dtype)
        self._users: dict[int, UserRays] = {}
        self._assembly = Assembly(cells, bands, ports, self._dtype, environment.frequency, self._find)
        self._waiting: dict[tuple[int, int, int], tuple[RayBatch, int]] = {}  # of user, site and code
        self._gains: dict[int, tuple[bytes, Array]] = {}
        self._ahead: dict[tuple[int, int], tuple[bytes, Complex]] = {}  # of user and block of frames
        self._bytes = self._waiting_bytes = 0

    def gains(self, user: Index, code: Index) -> Array:
        """Return gains of antennas towards the rays of users [user], in the mean over rays, [user, cell].

        Parameters
        ----------
        code : [user, site]
            Of the state of every link.
        """
        known, keys = self._gains, [row.tobytes() for row in code]
        new = [i for i, who in enumerate(user.tolist()) if who not in known or known[who][0] != keys[i]]
        for i, row in zip(new, self._mean_gains(user[new], code[new]), strict=True):
            known[int(user[i])] = keys[i], row
        found = np.empty((len(user), len(self._cells.site)), np.float32)
        for i, who in enumerate(user.tolist()):
            found[i] = known[who][1]
        return found

    def _mean_gains(self, user: Index, code: Index) -> Array:
        """Draw the rays of links that are not known, and keep them for a while: near stations will be among them."""
        found = np.ones((len(user), len(self._cells.site)), np.float32)
        row, site = np.indices(code.shape).reshape(2, -1)
        for links, some in self._drawn(user[row], site, code.ravel()):
            first, last = self._cells.first[site[links]], self._cells.first[site[links] + 1]
            for sector in range(some.gain.shape[1]):
                mine = np.flatnonzero(first + sector < last)
                found[row[links[mine]], first[mine] + sector] = some.gain[mine, sector]
            if self._waiting_bytes + some.size <= WAITING:
                self._waiting_bytes += some.size
                names = zip(user[row[links]].tolist(), site[links].tolist(), code.ravel()[links].tolist(), strict=True)
                self._waiting.update((name, (some, i)) for i, name in enumerate(names))
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
        return self._sum(user, cell, code, walked, np.zeros_like(walked), 1)

    def ahead(self, user: Index, cell: Index, code: Index, pace: Array, frame: int, frames: int) -> Complex:
        """Return channels [user, near, subband, port] in a frame, of users who go ``pace`` [user, 2] m a frame.

        Of users [user] to cells [user, near] in states ``code`` [user, near], as in `vectors`. Those of ``frames``
        frames are summed at once, always of the same ones, whichever of them is asked for first.
        """
        block, place = divmod(frame, frames)
        keys = [a.tobytes() + b.tobytes() for a, b in zip(cell, code, strict=True)]
        names = [(who, block) for who in user.tolist()]
        new = [i for i, name in enumerate(names) if name not in self._ahead or self._ahead[name][0] != keys[i]]
        if new:
            walked = pace[new] * float(block * frames)
            some = self._sum(user[new], cell[new], code[new], walked, pace[new], frames)
            shape = (*cell.shape[1:], frames, self._bands.count, self._ports)
            for i, channels in zip(new, some, strict=True):
                self._ahead.pop(names[i], None)
                self._ahead[names[i]] = keys[i], np.moveaxis(channels.reshape(shape), 1, 0).copy()
        found = np.empty((*cell.shape, self._bands.count, self._ports), np.result_type(self._dtype, np.complex64))
        for i, name in enumerate(names):
            found[i] = self._ahead[name][1][place]
        self._forget(len(user))
        return found

    def _forget(self, asked: int) -> None:
        """Let go of channels ahead that were summed long ago."""
        while len(self._ahead) > 2 * max(asked, USERS):
            self._ahead.pop(next(iter(self._ahead)))

    def _sum(self, user: Index, cell: Index, code: Index, walked: Array, pace: Array, frames: int) -> Complex:
        """Return channels [user, near, frame x subband, port]."""
        order = np.argsort(cell, axis=1, kind="stable")
        cells, states = np.take_along_axis(cell, order, 1), np.take_along_axis(code, order, 1)
        row, column, count = self._cells.groups(cells)
        many, (rows, blocks) = frames * self._bands.count, kernel.rows_of(self._ports)
        products = {number: np.empty((np.count_nonzero(count == number), 2 * many, number * rows * blocks),
                                     self._dtype) for number in np.unique(count).tolist()}
        self._multiply(user, cells, states, (walked, pace, frames),
                       {number: iter(each) for number, each in products.items()})
        found = np.zeros((*cell.shape, many, self._ports), np.result_type(self._dtype, np.complex64))
        for number, each in products.items():
            mine = np.flatnonzero(count == number)
            places = order[row[mine, None], column[mine, None] + np.arange(number)]
            found[row[mine, None], places] = kernel.unfolded(each, self._ports)
        return found

    def _multiply(self, user: Index, cells: Index, states: Index, ways: tuple[Array, Array, int],
                  products: dict[int, Iterator[Array]]) -> None:
        """Multiply the rays of every site with the phases of the moment, or of several frames; cells ascend."""
        keys = [a.tobytes() + b.tobytes() for a, b in zip(cells, states, strict=True)]
        walked, pace, frames = ways
        new = False
        for start in range(0, len(user), USERS):
            rows = slice(start, start + USERS)
            new |= self._prepare(user[rows], cells[rows], states[rows], keys[rows])
            for who, way, step in zip(user[rows].tolist(), walked[rows], pace[rows], strict=True):
                mine = self._users[who]
                phases = kernel.turned(mine.turning, way, self._bands.count, step, frames)
                phases = phases.reshape(-1, phases.shape[-1])
                for part, site in mine.parts:
                    kernel.multiply(site, phases[:, part], next(products[site.cells]))
        if not new:  # nobody asks for more
            self._waiting.clear()
            self._waiting_bytes = 0

    def _prepare(self, user: Index, cells: Index, states: Index, keys: list[bytes]) -> bool:
        """Put the rays of users in order that are not there yet, and say whether there were any."""
        rows = []
        for i, who in enumerate(user.tolist()):
            known = self._users.get(who)
            if known is None or known.key != keys[i]:
                rows.append(i)
            else:
                self._users[who] = self._users.pop(who)  # those that are asked for last are let go of last
        if rows:
            for made in self._assembly.users(user[rows], cells[rows], states[rows], [keys[i] for i in rows]):
                self._keep(made)
        return bool(rows)

    def _keep(self, made: UserRays) -> None:
        """Keep the rays of a user, and let go of others where they are too many."""
        if made.user in self._users:
            self._bytes -= self._users.pop(made.user).size
        self._users[made.user] = made
        self._bytes += made.size
        while self._bytes > MOST and len(self._users) > 2 * USERS:
            self._bytes -= self._users.pop(next(iter(self._users))).size

    @property
    def kept(self) -> tuple[int, int]:
        """Bytes of the rays that are kept, and how many these are, those to several cells of a mast counted each."""
        rays = sum(len(site.matrix) * site.cells for mine in self._users.values() for _, site in mine.parts)
        ahead = sum(channels.nbytes for _, channels in self._ahead.values())
        return self._bytes + self._waiting_bytes + ahead, rays

    def _find(self, user: Index, site: Index, code: Index) -> list[tuple[RayBatch, int]]:
        """Return the rays of links: those that wait, and new ones."""
        names = list(zip(user.tolist(), site.tolist(), code.tolist(), strict=True))
        found = {name: self._waiting[name] for name in names if name in self._waiting}
        new = np.flatnonzero([name not in found for name in names])
        for links, some in self._drawn(user[new], site[new], code[new]):
            found |= {names[new[link]]: (some, i) for i, link in enumerate(links.tolist())}
        return [found[name] for name in names]

    def _drawn(self, user: Index, site: Index, code: Index) -> Iterator[tuple[Index, RayBatch]]:
        """Yield rows of links, and their rays."""
        for number, name in enumerate(STATES):
            mine = np.flatnonzero(code == number)
            state = self._environment.state(name) if len(mine) else None
            for start in range(0, len(mine), TOGETHER):
                rows = mine[start:start + TOGETHER]
                assert state is not None
                some = self._rays(state, number, user[rows], site[rows])
                yield rows, batch(some, site[rows], self._cells)

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


def codes(sight: Flags, indoor: Flags) -> Index:
    """Return codes of states [user, site] of links in line of ``sight`` [user, site] of users ``indoor`` [user] or
    not.
    """
    return np.where(indoor[:, None], 3 - sight, 1 - sight)

