"""Circular complex Gaussian numbers."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Complex

NOTHING = 1e-13  # of the largest eigenvalue: rounding


def complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Complex:
    """Draw CN(0, 1)."""
    parts = rng.standard_normal((*shape, 2))
    parts *= np.sqrt(0.5)
    return parts.view(complex)[..., 0]


def square_root(covariance: Complex) -> Complex:
    """Return the hermitian square root of covariances [..., n, n]: ``R R = C``, so that R z has covariance C.

    Of all roots it is the one that hangs on no basis: eigenvectors, which rounding chooses where eigenvalues are close,
    and whose phases are free, cancel in it. Eigenvalues below 1e-13 of the largest count as zero.
    """
    squares, basis = np.linalg.eigh(covariance)
    spread = np.sqrt(np.where(squares > NOTHING * squares[..., -1:], squares, 0.0))
    return np.asarray((basis * spread[..., None, :]) @ basis.conj().swapaxes(-1, -2))
