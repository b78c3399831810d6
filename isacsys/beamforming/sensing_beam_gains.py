"""Sensing beams beside zero forcing, drawn by their law.

Known channels are isotropic and independent of where targets are. So in coordinates in which the users' beams span the
first K, granted nulls the next n and the null space of all the rest, the steering vectors are turned at random:
``A U`` with U Haar. A sensing beam is what they have in the last coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.channel.gaussian import complex_normal, root
from isacsys.core.arrays import Array, Complex, Flags, Index


@dataclass(frozen=True)
class SensingBeamGains:
    """Gains of beams at the targets of a batch of base stations.

    Attributes
    ----------
    there : [bs, J]
        Targets that have a sensing beam.
    users : [bs, J]
        Gain of the users' beams, of weights as given.
    overlap : [bs, J, J]
        Gain of the unit-norm sensing beam of target i, second axis, at target j, last axis.
    gram : [bs, J, J]
        ``W^H W`` of the sensing beams.
    """

    there: Flags
    users: Array
    overlap: Array
    gram: Complex


def draw(rng: np.random.Generator, bearings: Complex, spectrum: Array, users: Index, nulls: Index) -> SensingBeamGains:
    """Draw the gains of zero-forcing beams, and of sensing beams ``P a / |P a|``, towards targets.

    Parameters
    ----------
    bearings : [bs, J, M_t]
        Steering vectors a; zero where there is none.
    spectrum : [bs, K]
        Weighted eigenvalues of ``W^H W`` of the users' beams, ascending.
    users, nulls : [bs]
        Own users, and nulls granted to others.
    """
    antennas, streams = bearings.shape[-1], spectrum.shape[-1]
    seen = turned(rng, bearings)
    power = seen.real**2 + seen.imag**2
    lit = np.einsum("bjk,bk->bj", power[..., :streams], spectrum[:, ::-1])
    left = seen * (np.arange(antennas) >= (users + nulls)[:, None])[:, None, :]
    across = left.conj() @ left.swapaxes(-1, -2)  # (P a_i)^H P a_j
    squares = np.einsum("bii->bi", across).real
    there = squares > 1e-12 * np.maximum(power.sum(-1), 1e-300)
    scale = there / np.sqrt(np.where(there, squares, 1.0))
    overlap = (across.real**2 + across.imag**2) * (scale**2)[..., None]
    return SensingBeamGains(there, lit, overlap, across * scale[..., None] * scale[..., None, :])


def turned(rng: np.random.Generator, vectors: Complex) -> Complex:
    """Turn vectors [bs, J, m] of a batch by one Haar matrix each: inner products stay, all else is isotropic."""
    count, size = vectors.shape[-2:]
    if count >= size:
        basis, upper = np.linalg.qr(complex_normal(rng, (*vectors.shape[:-2], size, size)))
        diagonal = np.einsum("...ii->...i", upper)
        return np.asarray(vectors @ (basis * (diagonal / np.abs(diagonal))[..., None, :]))
    frame = complex_normal(rng, vectors.shape)
    if count == 1:
        norm = (np.linalg.norm(x, axis=-1, keepdims=True) for x in (vectors, frame))
        return np.asarray(frame * np.divide(*norm))
    lower = np.linalg.cholesky(frame @ frame.conj().swapaxes(-1, -2))
    return np.asarray(root(vectors @ vectors.conj().swapaxes(-1, -2)) @ np.linalg.solve(lower, frame))
