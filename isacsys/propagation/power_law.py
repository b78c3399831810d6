"""Path loss of the power law, and the mean power of stations that are not drawn one by one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array


def path_gain(distance: npt.ArrayLike, exponent: float) -> Array:
    """Return the power [...] at ``distance`` [...], km, relative to 1 km: ``d^-exponent`` (0 at infinity)."""
    return np.asarray(distance, float) ** -exponent


def plane_far_field(density: float, rho: npt.ArrayLike, alpha: float) -> Array:
    """Return the mean power [...] at a receiver of all base stations of an infinite plane beyond ``rho`` [...], km.

    ``int_rho^inf 2 pi lambda_b r^(1 - alpha) dr = 2 pi lambda_b rho^(2 - alpha) / (alpha - 2)``: a base station at
    full power gives ``d^-alpha`` on average, whatever its number of unit-norm beams (Campbell's theorem).
    """
    return 2 * np.pi * density * np.asarray(rho, float) ** (2 - alpha) / (alpha - 2)


def outside_rectangle(density: float, side: npt.ArrayLike, alpha: float) -> float:
    """Return the mean power at the centre of a rectangle of sides ``side`` [2], km, of all base stations outside it.

    ``lambda_b int_0^{2 pi} R(phi)^(2 - alpha) / (alpha - 2) dphi``, R the distance to the edge; by symmetry two
    right triangles of legs a and b in every quadrant, each smooth enough for 64 Gauss-Legendre nodes.
    """
    width, height = np.asarray(side, float) / 2
    node, weight = np.polynomial.legendre.leggauss(64)
    total = 0.0
    for near, other in ((width, height), (height, width)):
        span = np.arctan2(other, near)
        phi = span * (node + 1) / 2
        total += float(span / 2 * weight @ (near / np.cos(phi)) ** (2 - alpha))
    return 4 * density * total / (alpha - 2)
