"""Receive filters other than maximum-ratio combining, and the interference covariance they use.

A beam w of another station arrives at a receive array as ``x = G^H w`` [M_r]; filter v lets ``v^H x`` through.
"""

from __future__ import annotations

import numpy as np

from isacsys.beamforming.filter_spans import TOLERANCE, span
from isacsys.channel.gaussian import complex_normal
from isacsys.core.arrays import Array, Complex

FLOOR = 1e-12  # of the mean interference per antenna, white, where there is none in some direction


_THIN = 1e4 * FLOOR


def nulling_filters(bearings: Complex) -> Complex:
    """Return unit-norm filters [..., J, M_r] that null the other bearings: the part of b_j outside their span.

    Where bearing j is in the span of the others, as where two targets are in line, no such filter exists, and the
    filter is that of MRC.

    Parameters
    ----------
    bearings : [..., J, M_r]
        Steering vectors b; zero where there is none.
    """
    filters = np.zeros(bearings.shape, complex)
    active = np.asarray(bearings.any(-1))
    for j in range(bearings.shape[-2]):
        b, others = bearings[..., j, :], active.copy()
        others[..., j] = False
        basis, rank = span(bearings, others)
        basis = basis * (np.arange(basis.shape[-2]) < rank[..., None])[..., None]
        left = _outside(_outside(b, basis), basis)
        power, full = (np.sum(np.abs(x) ** 2, axis=-1, keepdims=True) for x in (left, b))
        apart = power > TOLERANCE * full
        filters[..., j, :] = np.where(apart, left, b) / np.sqrt(np.maximum(np.where(apart, power, full), 1e-300))
    return filters


def mvdr_filters(bearings: Complex, covariance: Complex) -> Complex:
    """Return unit-norm filters ``C^-1 b / |C^-1 b|`` [..., J, M_r]: the largest ``|v^H b|^2 / (v^H C v)``. Capon
    (1969).

    Parameters
    ----------
    bearings : [..., J, M_r]
        Steering vectors b; zero where there is none.
    covariance : [..., M_r, M_r]
        C of the interference.
    """
    antennas = bearings.shape[-1]
    mean = np.einsum("...mm->...", covariance).real / antennas
    scaled = covariance / np.where(mean > 0, mean, 1.0)[..., None, None]
    # interference from all directions: nothing to be added
    sound = (mean > 0) & (np.linalg.eigvalsh(scaled)[..., 0] > _THIN)
    place, load = np.arange(antennas), np.where(sound, 0.0, np.where(mean > 0, FLOOR, 1.0))
    scaled[..., place, place] += load[..., None]
    filters = np.linalg.solve(scaled, bearings.swapaxes(-1, -2)).swapaxes(-1, -2)
    norm = np.linalg.norm(filters, axis=-1, keepdims=True)
    return np.asarray(filters / np.where(norm > 0, norm, 1.0))


def arrivals(rng: np.random.Generator, eigenvalues: Array, antennas: int) -> Complex:
    """Draw ``G^H W P^1/2`` [..., S, M_r] up to a rotation of the beams: entries of power ``eigenvalues`` mu_k [..., S].

    For beams W independent of G, ``W^H G ~ CN(0, (W^H W) (x) I)``; gains and covariances are the same for the
    eigenvectors of ``W^H W`` as for the beams. So no M_t x M_r channel is needed.
    """
    drawn = complex_normal(rng, (*eigenvalues.shape, antennas))
    drawn *= np.sqrt(eigenvalues)[..., None]
    return drawn


def covariance(arriving: Complex, path_gain: Array, white: Array) -> Complex:
    """Return the covariance ``sum_q D_q^-alpha sum_k x_k x_k^H + N I`` of what arrives.

    Shapes: arriving [sensor, near, S, M_r], path_gain [sensor, near], white [sensor] -> [sensor, M_r, M_r].
    """
    scaled = arriving * np.sqrt(path_gain)[..., None, None]
    rows = scaled.reshape(len(scaled), -1, scaled.shape[-1])
    found = np.asarray(rows.swapaxes(-1, -2) @ rows.conj())
    place = np.arange(found.shape[-1])
    found[:, place, place] += white[:, None]
    return found


def through(arriving: Complex, filters: Complex) -> Array:
    """Return the gains ``sum_k |v_j^H x_k|^2``: arriving [sensor, near, S, M_r], filters [sensor, J, M_r] ->
    [sensor, near, J].
    """
    seen = arriving @ filters.conj().swapaxes(-1, -2)[:, None]
    return np.sum(seen.real**2 + seen.imag**2, axis=-2)


def response(filters: Complex, bearings: Complex) -> Array:
    """Return the share ``|v_j^H b_j'|^2 / M_r`` [..., J, J] of an echo from bearing j' behind filter j.

    ``filters`` v, ``bearings`` b [..., J, M_r].
    """
    return np.abs(filters.conj() @ bearings.swapaxes(-1, -2)) ** 2 / bearings.shape[-1]


def without(arriving: Complex, basis: Complex) -> Complex:
    """Return ``arriving`` [pair, S, M_r] less its part in the span of an orthonormal ``basis`` [pair, n, M_r]."""
    return arriving - (arriving @ basis.conj().swapaxes(-1, -2)) @ basis


def _outside(vector: Complex, basis: Complex) -> Complex:
    along = np.einsum("...nm,...m->...n", basis.conj(), vector)
    return np.asarray(vector - np.einsum("...n,...nm->...m", along, basis))
