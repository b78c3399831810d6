"""From gains to powers, terms kept apart, and from powers to rates."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array, Flags


def split(power: Array, cluster: Flags, granted: Flags) -> tuple[Array, Array, Array]:
    """Sum interference over base stations: of those that granted, of those that refused, and of all that got no
    request.

    Shapes: ``power`` [receiver, near], ``cluster``, ``granted`` [receiver, first of near] -> three times [receiver].
    """
    columns = np.flatnonzero(cluster.any(0))
    if not len(columns):
        none = np.zeros(len(power))
        return none, none, np.einsum("rn->r", power)
    width = columns[-1] + 1  # clusters are among the nearest: the rest needs no masks
    inside = np.ascontiguousarray(power[:, :width].T)  # a few long rows
    asked, held = np.ascontiguousarray(cluster[:, :width].T), np.ascontiguousarray(granted[:, :width].T)
    leakage, other = (np.add.reduce(inside * mask) for mask in (held, ~asked))
    left = asked & ~held
    refused = np.add.reduce(inside * left) if np.count_nonzero(left) else np.zeros(len(power))
    return leakage, refused, other + np.einsum("rn->r", power[:, width:])


def echo_power(gain: Array, distance: Array, beta: float, c: float) -> Array:
    """Return the echo power ``c sum_k |a^H w_k|^2 R^(-2 beta)`` [...] of ``gain`` at unit power, ``distance`` [...].

    Meng & Masouros (5).
    """
    return c * gain * distance ** (-2 * beta)


def sir(signal: Array, *terms: Array | float) -> Array:
    """Return ``signal`` [...] over the sum of interference and noise ``terms`` [...]; if that is 0, inf, or 0 for no
    signal.

    NaN where any term is.
    """
    total = np.zeros(signal.shape)
    for term in terms:
        total += term
    if np.count_nonzero(total > 0) == len(total):  # most often, and in a third of the time
        return np.asarray(signal / total)
    alone = np.where(signal > 0, np.inf, signal)
    return np.divide(signal, total, out=alone, where=~(total <= 0))


def rate(sir: Array) -> Array:
    """Return the Shannon rate ``log2(1 + SIR)``, bit/s/Hz, of ``sir`` [...], linear."""
    return np.log1p(sir) / np.log(2)
