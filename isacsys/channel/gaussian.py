"""Circular complex Gaussian numbers."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Complex


def complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Complex:
    """Draw CN(0, 1)."""
    parts = rng.standard_normal((*shape, 2))
    parts *= np.sqrt(0.5)
    return parts.view(complex)[..., 0]
