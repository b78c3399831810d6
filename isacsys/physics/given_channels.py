"""Zero-forcing beams for channels that are given."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array, Complex, Flags, Index
from isacsys.errors import InfeasibleDesign
from isacsys.physics.precoding import ZeroForced, from_factor, lower_inverse

DEPENDENT = 1e-13  # share of a channel's power outside the span of others below which no beam is worth its name


def beams(own: Complex, streams: Index, others: Complex | None = None,
          nulls: Index | None = None) -> tuple[ZeroForced, Complex]:
    """Design the beams of all stations for explicit channels.

    Parameters
    ----------
    own : [bs, K, M_t]
        Channels h_k of the own users; rows beyond ``streams`` are zero.
    streams : [bs]
        Own users.
    others : [bs, n, M_t], optional
        Channels to null as well, of which the first ``nulls`` [bs] count; these are independent of each other.

    Returns
    -------
    beams : ZeroForced [bs]
    W : [bs, M_t, K]
        The beams themselves; zero columns for streams that are not used.

    Raises
    ------
    InfeasibleDesign
        If an own user's channel depends on the other constraints.
    """
    projected = own
    if others is not None and nulls is not None and nulls.any():
        basis = np.linalg.qr(others.swapaxes(-1, -2))[0]  # its first n columns span the first n of the others
        basis *= (np.arange(basis.shape[-1]) < nulls[:, None])[:, None, :]
        projected = own - (own @ basis.conj()) @ basis.swapaxes(-1, -2)
    unused = np.arange(own.shape[1]) >= streams[:, None]
    gram = projected.conj() @ projected.swapaxes(-1, -2) + unused[:, None] * np.eye(own.shape[1])
    lower = _factor(gram, own, unused)
    designed = from_factor(lower, streams)
    return designed, projected.swapaxes(-1, -2) @ lower_inverse(lower).conj().swapaxes(-1, -2) @ designed.factor


def _factor(gram: Complex, own: Complex, unused: Flags) -> Complex:
    """Factorise Gram matrices, and say which station has an own user that depends on other constraints."""
    squares = np.einsum("bkm,bkm->bk", own.conj(), own).real + unused
    try:
        lower = np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        lower = np.zeros_like(gram)
    left = np.einsum("bkk->bk", lower).real ** 2
    if (left <= DEPENDENT * squares).any():
        station = int(np.argmin((left / squares).min(-1)))
        raise InfeasibleDesign(f"an own channel of station {station} depends on its other constraints")
    return lower


def beam_gains(vectors: Complex, steering: Complex) -> Array:
    """Gains ``sum_k |a_j^H w_k|^2`` [bs, J] of given beams [bs, M_t, K] towards bearings [bs, J, M_t]."""
    seen = steering.conj() @ vectors
    return np.sum(seen.real**2 + seen.imag**2, axis=-1)
