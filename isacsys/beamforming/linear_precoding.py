"""Transmit designs other than zero forcing, from given channels, for all stations at once.

A station's known channels are the rows ``h^H`` of a matrix A: those of its own users, and those of receivers of others
to which it granted a null. The amplitude of beam w at a receiver is ``h^H w``.
"""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array, Complex, Flags

ROUNDING = 1e-12  # of what is received: with more than that left, known channels are too close for their Gram matrix


def maximum_ratio(own: Complex) -> Complex:
    """Return beams along the users' channels ``own`` [bs, K, M_t], ``w_k = h_k / |h_k|`` [bs, M_t, K]; 0 where h_k is
    0.
    """
    return unit(own.swapaxes(-1, -2))


def regularized(own: Complex, load: Array, granted: Complex | None = None,
                granted_load: Array | None = None) -> Complex:
    """Return the columns of ``A^H (A A^H + Xi)^-1`` for the own users, scaled to norm one.

    With Xi = 0 that is zero forcing, and as Xi grows maximum ratio. A receiver's beam-forming with
    ``Xi = diag(K / SIR_k)`` minimises the mean square error of its users (Peel, Hochwald, Swindlehurst 2005, for one
    common Xi), and with the same for receivers of others maximises the signal over leakage and noise (Sadek, Tarighat,
    Sayed 2007): ``(I + A^H Xi^-1 A)^-1 h_k`` is the same direction.

    Parameters
    ----------
    own : [bs, K, M_t]
        Channels h of the own users; rows of zeros where a station has fewer.
    load : [bs, K]
        Diagonal of Xi for these.
    granted : [bs, n, M_t], optional
        Likewise of receivers of others.
    granted_load : [bs, n], optional
        Diagonal of Xi for these; zero: a null.

    Returns
    -------
    W : [bs, M_t, K]
        Zero columns where a station has fewer users.

    Raises
    ------
    numpy.linalg.LinAlgError
        If known channels without load depend on each other.
    """
    users = own.shape[-2]
    rows = stacked(own, granted)
    diagonal = load if granted is None or granted_load is None else np.concatenate([load, granted_load], axis=-1)
    gram = rows.conj() @ rows.swapaxes(-1, -2)
    unused = ~rows.any(-1)
    place = np.arange(rows.shape[-2])
    gram[..., place, place] += np.where(unused, 1.0, diagonal)
    wanted = np.zeros((*gram.shape[:-1], users), complex)
    wanted[..., place[:users], place[:users]] = 1 + load  # any scale will do: this one keeps large loads in range
    return unit(rows.swapaxes(-1, -2) @ np.linalg.solve(gram, wanted))


def toward(bearings: Complex, known: Complex) -> tuple[Complex, Flags]:
    """Return the beams towards bearings, nulled at all known channels, ``P a / |P a|``, P the projector on their null
    space.

    Parameters
    ----------
    bearings : [bs, J, M_t]
        Steering vectors a; zero where there is none.
    known : [bs, n, M_t]
        Channels to keep free; rows of zeros count for nothing.

    Returns
    -------
    W : [bs, M_t, J]
        Unit norm, or zero.
    there : [bs, J]
        Which beams there are: not where a bearing is none, or lies in the span of the known channels.
    """
    rows, used = known, np.asarray(known.any(-1))
    a = bearings.swapaxes(-1, -2)
    left = a
    if rows.shape[-2]:
        gram = rows.conj() @ rows.swapaxes(-1, -2)
        place = np.arange(rows.shape[-2])
        gram[..., place, place] += ~used
        across = rows.conj() @ a
        try:
            left = a - rows.swapaxes(-1, -2) @ np.linalg.solve(gram, across)
            left = left - rows.swapaxes(-1, -2) @ np.linalg.solve(gram, rows.conj() @ left)  # what rounding left
        except np.linalg.LinAlgError:
            left = a
        rest = rows.conj() @ left
        if np.abs(rest).max(initial=0) > ROUNDING * np.abs(across).max(initial=0):
            left = _outside(a, rows, used)
    power, full = (np.sum(x.real**2 + x.imag**2, axis=-2) for x in (left, a))
    room = np.asarray(used.sum(-1)) < rows.shape[-1]
    there: Flags = (power > 1e-12 * full) & room[..., None]
    return np.asarray(left * (there / np.sqrt(np.where(there, power, 1.0)))[..., None, :]), there


def _outside(columns: Complex, rows: Complex, used: Flags) -> Complex:
    """Return what is left of columns [bs, M_t, J] outside the span of the used rows, by QR: slower, and surer."""
    order = np.argsort(~used, axis=-1, kind="stable")
    basis = np.linalg.qr(np.take_along_axis(rows, order[..., None], -2).swapaxes(-1, -2))[0]
    basis = basis * (np.arange(basis.shape[-1]) < used.sum(-1)[..., None])[..., None, :]
    for _ in range(2):
        columns = columns - basis @ (basis.conj().swapaxes(-1, -2) @ columns)
    return columns


def eigenvalues(vectors: Complex, power: Array) -> Array:
    """Return eigenvalues [bs, S] of ``P^1/2 W^H W P^1/2``: beams ``vectors`` W [bs, M_t, S] of ``power`` P [bs, S].

    A receiver whose channel a station does not know gets ``sum_k mu_k Exp(1)`` of it, whatever the design.
    """
    weighted = vectors * np.sqrt(power)[..., None, :]
    return np.maximum(np.linalg.eigvalsh(weighted.conj().swapaxes(-1, -2) @ weighted), 0)


def stacked(own: Complex, granted: Complex | None) -> Complex:
    """Return all known channels of every station, ``own`` [bs, K, M_t] and ``granted`` [bs, n, M_t], as
    [bs, K + n, M_t].
    """
    return own if granted is None or not granted.shape[-2] else np.concatenate([own, granted], axis=-2)


def unit(columns: Complex) -> Complex:
    """Scale columns [..., M_t, K] to norm one; columns of zeros stay."""
    norm = np.sqrt(np.sum(columns.real**2 + columns.imag**2, axis=-2, keepdims=True))
    return columns / np.where(norm > 0, norm, 1.0)
