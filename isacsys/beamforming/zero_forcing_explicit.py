"""Zero-forcing beams for given channels."""

from __future__ import annotations

import numpy as np

from isacsys.beamforming.zero_forcing import ZeroForced, from_factor, lower_inverse
from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.core.errors import InfeasibleDesign

# Shares of a channel's power outside the span of all others: below the first, a Gram matrix has lost too many digits,
# and a QR decomposition of the channels is used instead; below the second no beam is worth its name.
CLOSE, DEPENDENT = 1e-6, 1e-20


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
    projected, basis = own, None
    if others is not None and nulls is not None and nulls.any():
        basis = np.linalg.qr(others.swapaxes(-1, -2))[0]  # its first n columns span the first n of the others
        basis *= (np.arange(basis.shape[-1]) < nulls[:, None])[:, None, :]
        projected = own - (own @ basis.conj()) @ basis.swapaxes(-1, -2)
    unused = np.arange(own.shape[1]) >= streams[:, None]
    gram = projected.conj() @ projected.swapaxes(-1, -2) + unused[:, None] * np.eye(own.shape[1])
    squares = np.einsum("bkm,bkm->bk", own.conj(), own).real
    try:
        lower = np.linalg.cholesky(gram)
        designed = from_factor(lower, streams)
        close = np.flatnonzero(((designed.gain <= CLOSE * squares) & ~unused).any(-1))
    except np.linalg.LinAlgError:  # numpy does not say where
        lower, close = gram, np.arange(len(gram))
    if len(close):
        orthonormal, lower[close] = _apart(projected[close], None if basis is None else basis[close], unused[close])
        designed = from_factor(lower, streams)
    dependent = ((designed.gain <= DEPENDENT * squares) & ~unused).any(-1)
    if dependent.any():
        raise InfeasibleDesign(f"an own channel of station {np.argmax(dependent)} depends on its other constraints, as "
                               "where two users have the same channel (precoding.policy = \"regularized\" serves them)")
    vectors = projected.swapaxes(-1, -2) @ lower_inverse(lower).conj().swapaxes(-1, -2) @ designed.factor
    if len(close):
        vectors[close] = orthonormal @ designed.factor[close]
    return designed, vectors


def _apart(projected: Complex, basis: Complex | None, unused: Flags) -> tuple[Complex, Complex]:
    """Return orthonormal rows E^H [bs, M_t, K] and Gram factors of channels that are close to each other, by QR."""
    if basis is not None:
        projected = projected - (projected @ basis.conj()) @ basis.swapaxes(-1, -2)
    users, antennas = projected.shape[-2:]
    padded = np.pad(projected, ((0, 0), (0, 0), (0, max(users - antennas, 0))))
    orthonormal, upper = np.linalg.qr(padded.swapaxes(-1, -2))
    orthonormal, lower = orthonormal[:, :antennas], upper.conj().swapaxes(-1, -2)
    if basis is not None:
        orthonormal = orthonormal - basis @ (basis.conj().swapaxes(-1, -2) @ orthonormal)
    place = np.arange(users)
    lower[:, place, place] = np.where(unused, 1, lower[:, place, place])
    tiny = np.abs(lower[:, place, place]) < 1e-150
    lower[:, place, place] = np.where(tiny, 1e-150, lower[:, place, place])
    return orthonormal, lower


def beam_gains(vectors: Complex, steering: Complex) -> Array:
    """Return gains ``sum_k |a_j^H w_k|^2`` [bs, J] of beams ``vectors`` [bs, M_t, K] towards ``steering``
    [bs, J, M_t].
    """
    seen = steering.conj() @ vectors
    return np.sum(seen.real**2 + seen.imag**2, axis=-1)
