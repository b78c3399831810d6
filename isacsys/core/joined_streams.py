"""The streams of several drops as one generator: every drop's rows come from a stream of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from isacsys.core.arrays import Array, Index
from isacsys.core.drop_parts import Piece


class JoinedGenerator:
    """Draws arrays whose rows (first axis) belong to several drops: the numbers that each would draw by itself.

    Kernels may draw an array in slices of rows; when all rows are drawn, the next array begins. It knows the
    distributions that kernels of joined drops ask for, and no others.

    Parameters
    ----------
    generators : sequence of Generator
        A stream a drop.
    pieces : sequence
        Which rows are whose (`Parts.pieces`).
    """

    def __init__(self, generators: Sequence[np.random.Generator], pieces: Sequence[Piece]) -> None:
        self._generators, self._pieces, self._at = generators, pieces, 0
        self._rows = pieces[-1][2] if len(pieces) else 0

    def over(self, bounds: Index) -> JoinedGenerator:
        """Return the same streams for rows of another kind, which begin at ``bounds`` [drop + 1]."""
        ends = bounds.tolist()
        return JoinedGenerator(self._generators, list(zip(range(len(ends)), ends, ends[1:], strict=False)))

    def of(self, row: int) -> np.random.Generator:
        """Return the stream of the drop that has a row."""
        return next(self._generators[drop] for drop, first, stop in self._pieces if first <= row < stop)

    def each(self) -> Iterator[tuple[np.random.Generator, slice]]:
        """Yield the stream of every drop, and its rows."""
        return self._take(self._rows)

    def standard_normal(self, size: tuple[int, ...]) -> Array:
        """Draw N(0, 1), [row, ...] of shape ``size``."""
        return self._filled(size, lambda rng, out: rng.standard_normal(out=out))

    def standard_exponential(self, size: tuple[int, ...]) -> Array:
        """Draw Exp(1), [row, ...] of shape ``size``."""
        return self._filled(size, lambda rng, out: rng.standard_exponential(out=out))

    def random(self, size: int | tuple[int, ...]) -> Array:
        """Draw uniform numbers, [row, ...] of shape ``size``."""
        return self._filled(size, lambda rng, out: rng.random(out=out))

    def exponential(self, scale: float, size: int) -> Array:
        """Draw exponential numbers of mean ``scale``, [row]."""
        found = np.empty(size)
        for rng, rows in self._take(size):
            found[rows] = rng.exponential(scale, rows.stop - rows.start)
        return found

    def standard_gamma(self, shape: Array | float, size: int | None = None) -> Array:
        """Draw Gamma(``shape``) [row, ...], of one ``shape`` [row, ...] each, or of ``size`` rows of one."""
        given = np.asarray(shape, float)
        found = np.empty(given.shape if size is None else size)
        for rng, rows in self._take(len(found)):
            found[rows] = rng.standard_gamma(given[rows]) if size is None else rng.standard_gamma(
                shape, rows.stop - rows.start)
        return found

    def columns(self, counts: Index) -> Array:
        """Draw uniform numbers [step, row], as many steps as the largest of a drop's own ``counts`` [row]."""
        found = np.zeros((int(counts.max(initial=0)), len(counts)))
        for rng, rows in self._take(len(counts)):
            steps = int(counts[rows].max(initial=0))
            found[:steps, rows] = rng.random((steps, rows.stop - rows.start))
        return found

    def _filled(self, size: int | tuple[int, ...], draw: Callable[[np.random.Generator, Array], object]) -> Array:
        found = np.empty(size)
        for rng, rows in self._take(len(found)):
            draw(rng, found[rows])
        return found

    def _take(self, count: int) -> Iterator[tuple[np.random.Generator, slice]]:
        """Yield whose the next ``count`` rows are: streams, and their rows among these."""
        begin, end = self._at, self._at + count
        if end > self._rows:
            raise ValueError(f"{count} rows drawn where {self._rows - begin} of {self._rows} are left")
        self._at = end if end < self._rows else 0
        for drop, first, stop in self._pieces:
            a, b = max(first, begin), min(stop, end)
            if a < b:
                yield self._generators[drop], slice(a - begin, b - begin)
