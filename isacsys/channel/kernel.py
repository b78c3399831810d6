"""Sums over rays to channel vectors: fast, of many links, in every frame anew.

With ports a half wavelength apart, numbered about the centre of the array, a ray of amplitude a, cosine u to the axis
and phase c adds ``a c e^(j pi (m - (M-1)/2) u)`` to port m. Ports at both sides of the centre share a cosine and a
sine: so the real matrix ``a cos(pi o u), a sin(pi o u)`` of the offsets o >= 0 of at most 16 ports, which stands
still while phases turn, times real and imaginary parts of c, says it all: one small product for the cells of a site.
Arrays of more ports are blocks of 16 with phases turned by ``e^(j pi 16 u)``, and sub-bands follow from each other by
``e^(-j 2 pi df tau)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Complex

BLOCK = 16  # ports of a block: a block costs 64 bytes a ray, however many ports there are


@dataclass(frozen=True)
class Bands:
    """Equal parts of a band.

    Attributes
    ----------
    count : int
    bandwidth : float
        Of all, Hz.
    """

    count: int
    bandwidth: float

    @property
    def step(self) -> float:
        """Hz from one centre to the next."""
        return self.bandwidth / self.count

    @property
    def first(self) -> float:
        """Centre of the first, Hz off the carrier."""
        return -0.5 * self.step * (self.count - 1)


@dataclass(frozen=True)
class Turning:
    """The phases of rays between a site and a user.

    Attributes
    ----------
    start : [ray]
        Turns, at the centre of the first sub-band.
    way : [2, ray]
        Turns a metre that the user goes along x, and along y.
    step : [ray] or None
        ``e^(-j 2 pi df tau)`` from sub-band to sub-band, complex.
    """

    start: Array
    way: Array
    step: Complex | None

    def of(self, part: slice) -> Turning:
        """Return a copy of some of them."""
        return Turning(self.start[part].copy(), self.way[:, part].copy(),
                       None if self.step is None else self.step[part].copy())

    @property
    def size(self) -> int:
        """Bytes."""
        return self.start.nbytes + self.way.nbytes + (0 if self.step is None else self.step.nbytes)


@dataclass(frozen=True)
class Site:
    """Rays between a site and a user, as seen by the arrays of some of its cells.

    Attributes
    ----------
    matrix : [ray, cell x row]
        Rows of all cells, one after the other.
    cells, ports : int
    block_first, block_step : [ray, cell] or None
        Phases of the first block's centre, and from block to block, where arrays have more than `BLOCK` ports.
    """

    matrix: Array
    cells: int
    ports: int
    block_first: Complex | None = None
    block_step: Complex | None = None

    def of(self, part: slice) -> Site:
        """Return some of the rays."""
        first, step = self.block_first, self.block_step
        return Site(self.matrix[part], self.cells, self.ports, None if first is None else first[part],
                    None if step is None else step[part])

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(x.nbytes for x in (self.matrix, self.block_first, self.block_step) if x is not None)


def turning(phase: Array, delay: Array, way: Array, bands: Bands, dtype: npt.DTypeLike = np.float32) -> Turning:
    """Return the phases of rays.

    Parameters
    ----------
    phase, delay : [ray]
        Turns; s.
    way : [2, ray]
        Direction of arrival along x and y, over the wavelength.
    """
    turns = phase - bands.first * np.asarray(delay, float)
    turns -= np.floor(turns)
    step = None
    if bands.count > 1:
        step = _phase(-2 * np.mod(bands.step * np.asarray(delay, float), 1.0), dtype)
    return Turning(turns.astype(dtype), way.astype(dtype), step)


def site(amplitude: Array, cosine: Array, ports: int, dtype: npt.DTypeLike = np.float32) -> Site:
    """Return the rays of a site, or of several, for the arrays of its cells.

    Parameters
    ----------
    amplitude, cosine : [cell, ray]
        Of rays through the patterns of cells, and of their angles to the axes of arrays.
    """
    block, (rows, _) = min(ports, BLOCK), rows_of(ports)
    matrix = np.empty((cosine.shape[-1], len(cosine), rows), dtype)
    for cell in range(len(cosine)):
        _harmonics(amplitude[cell].astype(dtype), cosine[cell].astype(dtype), block, matrix[:, cell])
    flat = matrix.reshape(len(matrix), -1)
    if ports <= BLOCK:
        return Site(flat, len(cosine), ports)
    first = (BLOCK - 1) / 2 - (ports - 1) / 2
    return Site(flat, len(cosine), ports, _phase(first * cosine.T, dtype), _phase(BLOCK * cosine.T, dtype))


def _harmonics(amplitude: Array, cosine: Array, ports: int, out: Array) -> None:
    """Put ``a e^(j pi o u)`` for the offsets o >= 0 of a block into ``out`` [ray, offset x part]."""
    half = (ports + 1) // 2
    found = np.empty((half, len(cosine)), np.result_type(out.dtype, np.complex64))
    angle = cosine * cosine.dtype.type(0.5 * np.pi)
    turn = np.empty(len(cosine), found.dtype)
    np.cos(angle, out=turn.real)
    np.sin(angle, out=turn.imag)
    found[0] = amplitude if ports % 2 else amplitude * turn
    turn *= turn  # e^(j pi u)
    for i in range(1, half):
        np.multiply(found[i - 1], turn, out=found[i])
    out.view(found.dtype)[...] = found.T


def _phase(half_turns: Array, dtype: npt.DTypeLike) -> Complex:
    return np.exp(1j * np.pi * np.asarray(half_turns, float)).astype(np.result_type(dtype, np.complex64))


def turned(phases: Turning, walked: Array, count: int, pace: Array | None = None, frames: int = 1) -> Array:
    """Return the phases of rays, real and imaginary parts [2, frame, sub-band, ray], of a user ``walked`` [2] m away.

    In every frame after the first the user is ``pace`` [2] m further.
    """
    dtype = phases.start.dtype
    found = np.empty((2, frames, count, len(phases.start)), dtype)
    found[:, 0, 0] = _unit(phases, walked, phases.start)
    if frames == count == 1:
        return found
    now = np.empty((frames, found.shape[-1]), np.result_type(dtype, np.complex64))
    now.real[0], now.imag[0] = found[:, 0, 0]
    if frames > 1:
        turn = np.empty_like(now[0])
        turn.real, turn.imag = _unit(phases, np.zeros(2) if pace is None else pace, 0.0)
        for frame in range(1, frames):
            np.multiply(now[frame - 1], turn, out=now[frame])
        found[:, 1:, 0] = now.real[1:], now.imag[1:]
    for band in range(1, count):
        now *= phases.step
        found[:, :, band] = now.real, now.imag
    return found


def _unit(phases: Turning, walked: Array, start: Array | float) -> tuple[Array, Array]:
    """Return cosine and sine of phases after a way."""
    turns, whole = np.multiply(phases.way, walked[:, None], dtype=float)
    turns += whole
    turns += start
    np.rint(turns, out=whole)
    turns -= whole
    turns *= 2 * np.pi
    angle = turns.astype(phases.start.dtype)
    return np.cos(angle), np.sin(angle)


def rows_of(ports: int) -> tuple[int, int]:
    """Return how many columns of a matrix a cell has, and how many blocks its array."""
    return 2 * ((min(ports, BLOCK) + 1) // 2), -(-ports // BLOCK)


def multiply(some: Site, phases: Array, out: Array) -> None:
    """Multiply rays with ``phases`` [2 x sub-band, ray] into ``out`` [2 x sub-band, cell x block x row]."""
    if some.block_first is None or some.block_step is None:
        phases.dot(some.matrix, out=out)
        return
    rows, (real, imaginary) = some.matrix.shape[1] // some.cells, phases.reshape(2, -1, phases.shape[-1])
    blocks = out.shape[1] // some.cells // rows
    for cell in range(some.cells):
        now = (real + 1j * imaginary) * some.block_first[:, cell]
        matrix = some.matrix[:, cell * rows:(cell + 1) * rows]
        for block in range(blocks):
            first = (cell * blocks + block) * rows
            out[:, first:first + rows] = np.concatenate([now.real, now.imag]) @ matrix
            now *= some.block_step[:, cell]


def unfolded(products: Array, ports: int) -> Complex:
    """Return channels [..., cell, sub-band, port] of `multiply`'s products [..., 2 x sub-band, cell x block x row].

    ``(x + j y)(cos +- j sin)`` at both sides of the centre of a block.
    """
    rows, blocks = rows_of(ports)
    block, half, cells = min(ports, BLOCK), rows // 2, products.shape[-1] // (rows * blocks)
    parts = products.reshape(*products.shape[:-2], 2, -1, cells, blocks, half, 2)
    parts = np.moveaxis(parts, (-6, -1, -5), (0, 1, -3))  # [parts of the phase, of the matrix, ..., cell, band, ...]
    (cosine_x, sine_x), (cosine_y, sine_y) = parts
    found = np.empty((*cosine_x.shape[:-1], block), np.result_type(products.dtype, np.complex64))
    upper, lower = found[..., block // 2:], found[..., :half][..., ::-1]
    for side, sign in ((lower, -1), (upper, 1)):
        side.real = cosine_x - sign * sine_y
        side.imag = cosine_y + sign * sine_x
    return found.reshape(*found.shape[:-2], blocks * block)[..., :ports]


def summed(some: Site, phases: Array) -> Complex:
    """Return channels [cell, frame x sub-band, port] for phases [2, frame, sub-band, ray]."""
    rows, blocks = rows_of(some.ports)
    flat = phases.reshape(-1, phases.shape[-1])
    products = np.empty((len(flat), some.cells * blocks * rows), some.matrix.dtype)
    multiply(some, flat, products)
    return unfolded(products, some.ports)
