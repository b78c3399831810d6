"""Zero-forcing beams for own channels that are given, other constraints being isotropic and unknown."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array, Complex, Index
from isacsys.physics.precoding import ZeroForcing, complex_normal, from_factor, lower_inverse


def beams(rng: np.random.Generator, own: Complex, streams: Index, nulls: Index) -> tuple[ZeroForcing, Complex]:
    """Design the beams of all stations for explicit own channels, drawing the channels of those to be nulled.

    Parameters
    ----------
    own : [bs, K, M_t]
        Channels h_k of the own users; rows beyond ``streams`` are zero.
    streams, nulls : [bs]
        Own users, and independent constraints towards others.

    Returns
    -------
    beams : ZeroForcing [bs]
    W : [bs, M_t, K]
        The beams themselves; zero columns for streams that are not used.
    """
    projected = own
    if nulls.any():
        others = complex_normal(rng, (len(own), int(nulls.max()), own.shape[-1]))
        basis = np.linalg.qr(others.swapaxes(-1, -2))[0]  # its first n columns span the first n of the others
        basis *= (np.arange(basis.shape[-1]) < nulls[:, None])[:, None, :]
        projected = own - (own @ basis.conj()) @ basis.swapaxes(-1, -2)
    unused = np.arange(own.shape[1]) >= streams[:, None]
    gram = projected.conj() @ projected.swapaxes(-1, -2) + unused[:, None] * np.eye(own.shape[1])
    lower = np.linalg.cholesky(gram)
    designed = from_factor(lower, streams)
    return designed, projected.swapaxes(-1, -2) @ lower_inverse(lower).conj().swapaxes(-1, -2) @ designed.factor


def beam_gains(vectors: Complex, steering: Complex) -> Array:
    """Gains ``sum_k |a_j^H w_k|^2`` [bs, J] of given beams [bs, M_t, K] towards bearings [bs, J, M_t]."""
    seen = steering.conj() @ vectors
    return np.sum(seen.real**2 + seen.imag**2, axis=-1)
