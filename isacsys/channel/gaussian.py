"""Circular complex Gaussian numbers."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Complex

NOTHING = 1e-13  # of the largest eigenvalue: rounding
LOAD = 1e-13  # of the largest variance
NEARLY = 1e-6  # of a variance that is not said by those before it


def complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Complex:
    """Draw independent CN(0, 1), [shape]."""
    parts = rng.standard_normal((*shape, 2))
    parts *= np.sqrt(0.5)
    return parts.view(complex)[..., 0]


def root(covariance: Complex) -> Complex:
    """Return F with ``F F^H = C`` of ``covariance`` C [..., n, n], so that F z has covariance C; no basis enters it.

    Cholesky's factor, or the hermitian square root where C is nearly singular: eigenvectors, which rounding chooses
    where eigenvalues are close, and whose phases are free, cancel in that. Rows of zeros stay.
    """
    size = np.einsum("...ii->...i", covariance).real
    load = np.where(size > 0, LOAD * size.max(-1, keepdims=True, initial=0.0), 1.0)
    factor = np.linalg.cholesky(covariance + load[..., None] * np.eye(size.shape[-1]))  # never fails
    own = np.einsum("...ii->...i", factor).real ** 2
    factor *= (size > 0)[..., None]
    close = np.any((own <= NEARLY * size) & (size > 0), axis=-1)
    if close.any():
        factor[close] = _hermitian(covariance[close])
    return factor


def _hermitian(covariance: Complex) -> Complex:
    squares, basis = np.linalg.eigh(covariance)
    spread = np.sqrt(np.where(squares > NOTHING * squares[..., -1:], squares, 0.0))
    return np.asarray((basis * spread[..., None, :]) @ basis.conj().swapaxes(-1, -2))
