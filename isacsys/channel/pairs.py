"""Many pairs of a transmitter and a receiver, sorted so that a transmitter's beams are used once for all of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from isacsys.core.arrays import Array, Complex, Index

AT_ONCE = 1 << 17  # complex numbers of a product: 2 MB stay in the cache
# Of the power |h|^2, with beams of power 1: less is what rounding has left of a null. Thresholds of `given_channels`
# let through amplitudes of 1e-10; leakage of channels that have aged, 1 - rho^2, is a multiple of 1e-16.
NULLED = 1e-18
Block = tuple[Index, Index, tuple[Index, Index], int]


def by_transmitter(station: Index, stations: int, numbers: int) -> Iterator[Block]:
    """Cut pairs into blocks of transmitters whose padded products fit into `AT_ONCE`.

    Parameters
    ----------
    station : [pair]
        Transmitters.
    stations : int
        How many there are.
    numbers : int
        Complex numbers that a pair takes.

    Yields
    ------
    rows : [n]
        Pairs of this block.
    owner : [m]
        Its transmitters.
    place : two arrays [n]
        Where its pairs stand in an array [m, count].
    count : int
    """
    order = np.argsort(station, kind="stable")
    count = np.bincount(station, minlength=stations)
    first = np.cumsum(count) - count
    within = np.arange(len(station)) - first[station[order]]
    step = max(1, AT_ONCE // max(int(count.max(initial=0)) * numbers, 1))
    for start in range(0, stations, step):
        stop = min(start + step, stations)
        rows = slice(first[start], first[stop - 1] + count[stop - 1])
        yield (order[rows], np.arange(start, stop), (station[order[rows]] - start, within[rows]),
               int(count[start:stop].max(initial=0)))


def gained(channels: Complex, station: Index, weighted: Complex) -> Array:
    """Return gains ``sum_k p_k |h^H w_k|^2`` [pair] of beams at channels [pair, M_t]; of nulls, 0.

    ``weighted`` is ``W P^1/2`` [bs, M_t, S], ``station`` [pair] the transmitter.
    """
    gains = np.empty(len(station))
    for rows, owner, place, count in by_transmitter(station, len(weighted), weighted.shape[-2] + weighted.shape[-1]):
        padded = np.zeros((len(owner), count, channels.shape[-1]), complex)
        padded[place] = channels[rows]
        seen = padded.conj() @ weighted[owner]
        gains[rows] = np.einsum("bnk,bnk->bn", seen, seen.conj()).real[place]
    return without_rounding(gains, norm2(channels))


def without_rounding(gains: Array, squares: Array | float) -> Array:
    """Set to 0, in place, gains [...] at channels of squared norms ``squares`` [...] that are nulls but for
    rounding.
    """
    gains[gains <= NULLED * squares] = 0
    return gains


def norm2(channels: Complex) -> Array:
    """Return the squared norms [...] of channels [..., M_t]."""
    return np.asarray(np.sum(channels.real**2 + channels.imag**2, axis=-1))
