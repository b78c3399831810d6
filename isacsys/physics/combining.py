"""Steering vectors, MRC receive filters, and what is left of a filter when others are nulled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.arrays import Array, Complex, Flags, Index

# A filter (or channel) whose part outside the span of the others is below this share of its norm adds no constraint.
# Nine filters of ten antennas are often nearly dependent: 1e-6 would merge 4 % of them and raise R_c by 2 %; 1e-10
# merges 0.1 % and still nulls to rounding, because what is left is orthogonalised twice.
TOLERANCE = 1e-10


def steering(cosine: npt.ArrayLike, antennas: int) -> Complex:
    """Response of a half-wavelength uniform linear array, unit-modulus entries: ``exp(i pi m cos(theta))``.

    Shapes: cosine [...] -> [..., antennas]. Meng & Masouros, below (4).
    """
    phase = np.exp(1j * np.pi * np.asarray(cosine, float))[..., None]
    powers = np.repeat(phase, antennas, axis=-1)
    powers[..., 0] = 1
    return np.cumprod(powers, axis=-1)


def mrc_filters(cosine: npt.ArrayLike, antennas: int) -> Complex:
    """Unit-norm maximum-ratio combining filters ``v = b(theta) / sqrt(M_r)``, [..., M_r]."""
    return steering(cosine, antennas) / np.sqrt(antennas)


def reduced_filters(filters: Complex) -> Complex:
    """Coordinates of filters [..., J, M_r] in an orthonormal basis of their span, [..., J, min(J, M_r)].

    Inner products are kept, and an isotropic channel has the same law in either, so kernels may use the smaller.
    """
    upper = np.asarray(np.linalg.qr(filters.conj().swapaxes(-1, -2), mode="r"))
    return upper.conj().swapaxes(-1, -2)


def remove_span(vectors: Complex, chosen: Flags, tolerance: float = TOLERANCE) -> tuple[Complex, Complex]:
    """Project all vectors on the orthogonal complement of the chosen ones, revealing their rank.

    Modified Gram-Schmidt over the chosen vectors: one whose residual is below ``tolerance`` of its norm depends on
    those before it and is merged with them.

    Parameters
    ----------
    vectors : [..., n, m]
    chosen : [..., n]
        Which vectors span the space to remove; may differ from batch to batch.

    Returns
    -------
    residual : [..., n, m]
        Every vector less its part in the span; exactly zero for the chosen.
    basis : [..., n, m]
        Orthonormal basis of the span, with zeros in place of vectors that are not chosen or depend on others.
    """
    residual = np.array(vectors)
    basis = np.zeros_like(residual)
    smallest = tolerance * np.linalg.norm(vectors, axis=-1)
    for j in range(vectors.shape[-2]):
        rest = residual[..., j, :]
        if j:  # once more, or rounding of nearly dependent vectors would pass for a direction of its own
            earlier = basis[..., :j, :]
            rest = rest - ((earlier.conj() @ rest[..., None]).swapaxes(-1, -2) @ earlier)[..., 0, :]
        norm = np.linalg.norm(rest, axis=-1)
        kept = chosen[..., j] & (norm > smallest[..., j])
        unit = rest * np.divide(1.0, norm, where=kept, out=np.zeros_like(norm))[..., None]
        basis[..., j, :] = unit
        overlap = residual @ unit.conj()[..., None]  # [..., n, 1]
        residual -= overlap * unit[..., None, :]
    residual[chosen] = 0
    return residual, basis


def rank(basis: Complex) -> Index:
    """Count the vectors of a basis returned by `remove_span`."""
    return np.count_nonzero(np.any(basis, axis=-1), axis=-1)


def pattern(filters: Complex) -> Array:
    """Share ``|v_j^H b_j'|^2 / M_r`` of an echo from bearing j' that filter j lets through, [..., J, J]."""
    return np.abs(filters.conj() @ filters.swapaxes(-1, -2)) ** 2
