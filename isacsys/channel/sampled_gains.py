"""Gains of beams at receivers whose channels are unknown to the design, drawn in their smallest exact form.

Beams W with ``W^H W = U diag(mu) U^H`` see an independent channel h as ``W^H h ~ CN(0, W^H W)``, so that
``||W^H h||^2 = sum_k mu_k |z_k|^2`` with z ~ CN(0, I): K numbers instead of the 2 M_t of a channel vector.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from isacsys.channel.gaussian import complex_normal
from isacsys.core.arrays import Array, Complex, Index

CHUNK = 1 << 14  # numbers drawn at a time, so that they are used while still in the cache


def total_gains(rng: np.random.Generator, eigenvalues: Array, station: Index, out: Array | None = None) -> Array:
    """Draw ``sum_k mu_k Exp(1)`` for every pair of a receiver and a base station.

    Parameters
    ----------
    eigenvalues : [bs, K]
        mu of every base station.
    station : [receiver, near]
        Who interferes.
    out : [receiver, near], optional
        Where to write them.

    Returns
    -------
    ndarray [receiver, near]
    """
    streams = eigenvalues.shape[-1]
    gains = np.empty(station.shape) if out is None else out
    for rows in chunks(len(station), station.shape[-1] * streams):
        draws = rng.standard_exponential((*station[rows].shape, streams))
        np.einsum("rnk,rnk->rn", draws, eigenvalues.take(station[rows], axis=0), out=gains[rows])
    return gains


def filtered_gains(rng: np.random.Generator, eigenvalues: Array, station: Index, filters: Complex,
                   residual_rows: tuple[Index, Index], residual: Complex) -> Array:
    """Draw ``sum_k |v_j^H G w_k|^2`` jointly for all filters of a receiver, which share one channel G.

    ``V^H G W`` has covariance ``(W^H W) (x) (V^H V)``; towards a base station that nulled some of the filters, V is
    replaced by what is left of it outside their span.

    Parameters
    ----------
    eigenvalues : [bs, K]
    station : [receiver, near]
    filters : [receiver, J, m]
        Reduced filters (`combining.reduced_filters`), zero where a receiver has fewer than J.
    residual_rows : two arrays [p]
        Receiver and column of the pairs that hold a null.
    residual : [p, J, m]
        The filters of those pairs after projection (`combining.outside_span`).

    Returns
    -------
    ndarray [receiver, near, J]
    """
    streams, (targets, dimensions) = eigenvalues.shape[-1], filters.shape[-2:]
    if targets == 1:
        gains = total_gains(rng, eigenvalues, station)[..., None] * _norm2(filters)[:, None, :]
        gains[residual_rows] *= _norm2(residual)
        return gains
    gains = np.empty((*station.shape, targets))
    which = np.full(station.shape, -1)
    which[residual_rows] = np.arange(len(residual))
    for rows in chunks(len(station), 2 * station.shape[-1] * streams * dimensions):
        near = station[rows].shape
        draws = complex_normal(rng, (near[0], near[1] * streams, dimensions))
        power = _power(draws @ filters[rows].conj().swapaxes(-1, -2)).reshape(*near, streams, targets)
        held = which[rows] >= 0
        through = draws.reshape(*near, streams, dimensions)[held]
        power[held] = _power(through @ residual[which[rows][held]].conj().swapaxes(-1, -2))
        np.einsum("rnk,rnkj->rnj", eigenvalues.take(station[rows], axis=0), power, out=gains[rows])
    return gains


def beam_gains(rng: np.random.Generator, eigenvalues: Array, steering: Complex) -> Array:
    """Draw ``sum_k |a_j^H w_k|^2`` jointly for all bearings of a base station.

    The beams span a Haar-distributed subspace: ``W^H a = (U diag(mu)^1/2) (E a)`` with E a Haar K x M_t frame. With
    one bearing ``|E a|^2 / M_t`` is the head of a uniform unit vector: exponentials over their sum.

    Parameters
    ----------
    eigenvalues : [bs, K]
    steering : [bs, J, M_t]
        Zero where a base station has fewer than J targets.

    Returns
    -------
    ndarray [bs, J]
    """
    streams, (targets, antennas) = eigenvalues.shape[-1], steering.shape[-2:]
    if targets == 1:
        head = rng.standard_exponential((len(steering), streams))
        tail = rng.standard_gamma(antennas - streams, len(steering))
        share = head / (head.sum(-1) + tail)[:, None]
        return np.sum(eigenvalues * share, -1, keepdims=True) * _norm2(steering)
    frame = complex_normal(rng, (len(steering), streams, antennas))
    seen: Complex = frame @ steering.swapaxes(-1, -2)  # [bs, k, J]
    if streams == 1:
        seen = seen / np.linalg.norm(frame, axis=-1, keepdims=True)
    else:
        seen = np.linalg.solve(np.linalg.cholesky(frame @ frame.conj().swapaxes(-1, -2)), seen)
    return np.einsum("bk,bkj->bj", eigenvalues, _power(seen))


def chunks(rows: int, numbers_per_row: int) -> Iterator[slice]:
    """Cut ``rows`` into slices of about `CHUNK` numbers; a stream read in slices gives the same numbers."""
    step = max(1, CHUNK // max(numbers_per_row, 1))
    for start in range(0, rows, step):
        yield slice(start, start + step)


def _power(amplitude: Complex) -> Array:
    return amplitude.real**2 + amplitude.imag**2


def _norm2(vectors: Complex) -> Array:
    return np.sum(_power(vectors), axis=-1)
