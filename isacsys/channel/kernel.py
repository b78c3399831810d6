"""Sums over rays to channel vectors: fast, of many links, in every frame anew.

With ports a half wavelength apart, numbered about the centre of the array, a ray of amplitude a, cosine u to the axis
and phase c adds ``a c e^(j pi (m - (M-1)/2) u)`` to port m. Ports at both sides of the centre share a cosine and a
sine: so the real matrix ``[a cos(pi o u); a sin(pi o u)]`` of the offsets o >= 0 of at most 16 ports, which stands
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


@dataclass(frozen=True)
class Site:
    """Rays between a site and a user, as seen by the arrays of some of its cells.

    Attributes
    ----------
    turning : Turning or None
        None where they are kept elsewhere.
    matrix : [ray, cell x row]
        Rows of all cells, one after the other.
    cells, ports : int
    block_first, block_step : [cell, ray] or None
        Phases of the first block's centre, and from block to block, where arrays have more than `BLOCK` ports.
    """

    turning: Turning | None
    matrix: Array
    cells: int
    ports: int
    block_first: Complex | None = None
    block_step: Complex | None = None


def turning(phase: Array, delay: Array, way: Array, bands: Bands, dtype: npt.DTypeLike = np.float32) -> Turning:
    """Return the phases of rays.

    Parameters
    ----------
    phase, delay : [ray]
        Turns; s.
    way : [2, ray]
        Direction of arrival along x and y, over the wavelength.
    """
    start = np.mod(phase - bands.first * np.asarray(delay, float), 1.0)
    step = None
    if bands.count > 1:
        step = np.exp(-2j * np.pi * np.mod(bands.step * np.asarray(delay, float), 1.0))
        step = step.astype(np.result_type(dtype, np.complex64))
    return Turning(start.astype(dtype), way.astype(dtype), step)


def site(phases: Turning, amplitude: Array, cosine: Array, ports: int) -> Site:
    """Return the rays of a site for the arrays of its cells, in the precision of ``phases``.

    Parameters
    ----------
    amplitude, cosine : [cell, ray]
        Of rays through the patterns of cells, and of their angles to the axes of arrays.
    """
    dtype = phases.start.dtype
    block = min(ports, BLOCK)
    matrix = _harmonics(np.asarray(cosine, dtype), block)
    matrix *= amplitude.astype(dtype)[:, None]
    rows = np.ascontiguousarray(matrix.reshape(-1, cosine.shape[-1]).T)
    if ports <= BLOCK:
        return Site(phases, rows, len(cosine), ports)
    first = (BLOCK - 1) / 2 - (ports - 1) / 2
    return Site(phases, rows, len(cosine), ports, _phase(first * cosine, dtype), _phase(BLOCK * cosine, dtype))


def _harmonics(cosine: Array, ports: int) -> Array:
    """Return the cosines, then sines, of ``pi o u`` for the offsets o >= 0 of a block, [cell, 2 x offset, ray], by
    recurrence.
    """
    half = (ports + 1) // 2
    found = np.empty((len(cosine), 2, half, cosine.shape[-1]), cosine.dtype)
    first = 0.0 if ports % 2 else 0.5
    angle = cosine * cosine.dtype.type(np.pi)
    np.cos(angle * first, out=found[:, 0, 0])
    np.sin(angle * first, out=found[:, 1, 0])
    if half > 1:
        np.cos(angle * (first + 1), out=found[:, 0, 1])
        np.sin(angle * (first + 1), out=found[:, 1, 1])
    twice = 2 * np.cos(angle)[:, None]
    for i in range(2, half):
        np.multiply(twice, found[:, :, i - 1], out=found[:, :, i])
        found[:, :, i] -= found[:, :, i - 2]
    return found.reshape(len(cosine), 2 * half, -1)


def _phase(half_turns: Array, dtype: npt.DTypeLike) -> Complex:
    return np.exp(1j * np.pi * np.asarray(half_turns, float)).astype(np.result_type(dtype, np.complex64))


def turned(phases: Turning, walked: Array, count: int) -> Complex:
    """Return the phases of rays, [sub-band, ray], of a user that has gone ``walked`` [2] m."""
    turns = phases.start + phases.way[0] * np.float64(walked[0])
    turns += phases.way[1] * np.float64(walked[1])
    turns -= np.rint(turns)
    angle = turns.astype(phases.start.dtype)
    angle *= angle.dtype.type(2 * np.pi)
    found = np.empty((count, len(angle)), np.result_type(angle.dtype, np.complex64))
    np.cos(angle, out=found.real[0])
    np.sin(angle, out=found.imag[0])
    if phases.step is not None:
        for band in range(1, count):
            np.multiply(found[band - 1], phases.step, out=found[band])
    return found


def rows_of(ports: int) -> tuple[int, int]:
    """Return how many rows a cell's matrix has, and how many blocks its array."""
    return 2 * ((min(ports, BLOCK) + 1) // 2), -(-ports // BLOCK)


def multiply(some: Site, real: Array, imaginary: Array, out: Array) -> None:
    """Multiply rays with phasors ``real`` + j ``imaginary`` [sub-band, ray] into ``out``
    [2, sub-band, cell, block x row].
    """
    if some.block_first is None or some.block_step is None:
        for part, phases in enumerate((real, imaginary)):
            out[part] = (phases @ some.matrix).reshape(out.shape[1:])
        return
    rows = some.matrix.shape[1] // some.cells
    for cell in range(some.cells):
        now = (real + 1j * imaginary) * some.block_first[cell]
        matrix = some.matrix[:, cell * rows:(cell + 1) * rows]
        for block in range(0, out.shape[-1], rows):
            for part, phases in enumerate((now.real, now.imag)):
                out[part, :, cell, block:block + rows] = phases @ matrix
            now *= some.block_step[cell]


def unfolded(products: Array, ports: int) -> Complex:
    """Return channels [cell, sub-band, port] from ``products`` [2, sub-band, cell, block x row] of `multiply`.

    ``(x + j y)(cos +- j sin)`` at both sides of the centre of a block.
    """
    rows, blocks = rows_of(ports)
    _, bands, cells, _ = products.shape
    block, half = min(ports, BLOCK), rows // 2
    parts = products.reshape(2, bands, cells, blocks, 2, half)
    cosine, sine = np.moveaxis(parts[..., 0, :], 1, 2), np.moveaxis(parts[..., 1, :], 1, 2)
    found = np.empty((cells, bands, blocks, block), np.result_type(products.dtype, np.complex64))
    upper, lower = found[..., block // 2:], found[..., :half][..., ::-1]
    for side, sign in ((lower, -1), (upper, 1)):
        side.real = cosine[0] - sign * sine[1]
        side.imag = cosine[1] + sign * sine[0]
    return found.reshape(cells, bands, blocks * block)[..., :ports]


def summed(some: Site, phases: Complex) -> Complex:
    """Return channels [cell, sub-band, port] for phases [sub-band, ray] of the moment."""
    rows, blocks = rows_of(some.ports)
    products = np.empty((2, len(phases), some.cells, blocks * rows), some.matrix.dtype)
    multiply(some, np.ascontiguousarray(phases.real), np.ascontiguousarray(phases.imag), products)
    return unfolded(products, some.ports)
