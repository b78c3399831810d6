"""Beliefs in the coordinates in which a station measures: range, bearing, range rate, and velocity across.

A poor bearing bends the distribution: positions of one range lie on an arc, not on a line. Between polar and Cartesian
coordinates mean and covariance are carried over by integration, not by a linearisation, so that a belief is as wide
along the line of sight as the arc is deep. For a look at a place of which nothing was known these are the moments of
Lerro and Bar-Shalom (1993), with ``lambda = exp(-sigma^2 / 2)``: mean ``lambda r``, variance along it
``(r^2 + sigma_r^2)(1 + lambda^4) / 2 - lambda^2 r^2``, across ``(r^2 + sigma_r^2)(1 - lambda^4) / 2``.
"""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array

ANYWHERE = np.pi**2 / 3  # variance of a bearing of which nothing is told
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(16)  # of the bearing, exact for deviations up to 2 rad
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_FEW, _FEW_WEIGHTS = np.polynomial.hermite_e.hermegauss(9)  # of each coordinate of the position
_U, _V = (axis.ravel() for axis in np.meshgrid(_FEW, _FEW, indexing="ij"))
_UV_WEIGHTS = np.outer(_FEW_WEIGHTS, _FEW_WEIGHTS).ravel() / _FEW_WEIGHTS.sum() ** 2


def to_polar(mean: Array, covariance: Array, origin: Array) -> tuple[Array, Array]:
    """Return mean [n, 4] and covariance [n, 4, 4] of range, bearing, range rate and velocity across.

    Integrates over the position, by Gauss and Hermite; given it, velocities are turned, and stay normal.

    Parameters
    ----------
    mean : [n, 4]
        x, y (m), v_x, v_y (m/s).
    covariance : [n, 4, 4]
    origin : [n, 2]
        Place of the station, m.
    """
    way = mean[:, :2] - origin
    length, bearing = np.hypot(way[:, 0], way[:, 1]), np.arctan2(way[:, 1], way[:, 0])
    turn = _rotation(-bearing)  # into the line of sight, and across it
    p = np.zeros_like(covariance)
    for i in (0, 2):
        for j in (0, 2):
            p[:, i:i + 2, j:j + 2] = turn @ covariance[:, i:i + 2, j:j + 2] @ turn.swapaxes(1, 2)
    velocity = np.einsum("nij,nj->ni", turn, mean[:, 2:])
    # the factor of Cholesky of the position, across first: it depends on nothing that rounding decides
    across = np.sqrt(np.maximum(p[:, 1, 1], 0.0))
    mixed = _over(p[:, 0, 1], across)
    along = np.sqrt(np.maximum(p[:, 0, 0] - mixed**2, 0.0))
    one = _over(p[:, 2:, 1], across[:, None])
    two = _over(p[:, 2:, 0] - one * mixed[:, None], along[:, None])
    ahead, aside = length[:, None] + mixed[:, None] * _U + along[:, None] * _V, across[:, None] * _U  # [n, node]
    off = np.arctan2(aside, ahead)
    at = velocity[:, None] + one[:, None] * _U[:, None] + two[:, None] * _V[:, None]
    turned = _rotation(-off)  # [n, node, 2, 2]
    nodes = np.concatenate([np.hypot(ahead, aside)[..., None], off[..., None],
                            np.einsum("nkij,nkj->nki", turned, at)], axis=-1)
    left = p[:, 2:, 2:] - one[:, :, None] * one[:, None] - two[:, :, None] * two[:, None]
    found, spread = _moments(nodes, _UV_WEIGHTS)
    spread[:, 2:, 2:] += np.einsum("k,nkij->nij", _UV_WEIGHTS, turned @ left[:, None] @ turned.swapaxes(2, 3))
    for place, least in zip((1, 3), _before(p, length), strict=True):
        wider = np.sqrt(np.maximum(_over(least, spread[:, place, place]), 1.0))[:, None]
        spread[:, place] *= wider
        spread[:, :, place] *= wider
    found[:, 1] += bearing
    return found, spread


def _before(p: Array, length: Array) -> tuple[Array, Array]:
    """Return the variances [n] of the bearing, and of the velocity across, of which `to_cartesian` makes covariances
    ``p``.

    ``lambda^4 = 1 - 2 P_cc / (l^2 + P_aa + P_cc)`` with mean length l and variances along and across; of velocities of
    variances V, turned by the bearing, ``V_cc - V_aa`` is what it was times ``lambda^4``, and the sum is what it was.
    Where a belief is an arc, the normal one of the same moments spans a smaller angle; taken for the belief, look after
    look, it would make tracks surer than they can be.
    """
    square = length**2 + p[:, 0, 0] + p[:, 1, 1]
    fourth = np.maximum(1 - _over(2 * p[:, 1, 1], square), np.exp(-2 * ANYWHERE))
    total, apart = p[:, 2, 2] + p[:, 3, 3], p[:, 3, 3] - p[:, 2, 2]
    return -0.5 * np.log(fourth), 0.5 * (total + np.minimum(apart / fourth, total))


def to_cartesian(mean: Array, covariance: Array, origin: Array) -> tuple[Array, Array]:
    """Return mean [n, 4] and covariance [n, 4, 4] of x, y, v_x, v_y, of beliefs as `to_polar` returns them.

    Integrates over the bearing, by Gauss and Hermite; given it, the others are normal and enter linearly. ``origin``
    [n, 2] is that of the polar coordinates.
    """
    variance = np.maximum(covariance[:, 1, 1], 0.0)
    others = np.array([0, 2, 3])
    slope = _over(covariance[:, others, 1], variance[:, None])
    left = covariance[:, others[:, None], others] - slope[:, :, None] * slope[:, None] * variance[:, None, None]
    off = np.sqrt(variance)[:, None] * _NODES  # [n, node]
    at = mean[:, None, others] + slope[:, None] * off[..., None]
    turn = _rotation(mean[:, 1, None] + off)
    maps = np.zeros((*off.shape, 4, 3))  # position from the range, velocity from its two parts
    maps[..., :2, 0], maps[..., 2:, 1:] = turn[..., 0], turn
    found, spread = _moments(np.einsum("nkij,nkj->nki", maps, at), _WEIGHTS)
    spread += np.einsum("k,nkij->nij", _WEIGHTS, maps @ left[:, None] @ maps.swapaxes(2, 3))
    found[:, :2] += origin
    return found, 0.5 * (spread + spread.swapaxes(1, 2))


def _moments(nodes: Array, weights: Array) -> tuple[Array, Array]:
    """Return the mean [n, d] and covariance [n, d, d] of nodes [n, k, d]."""
    mean = np.einsum("k,nki->ni", weights, nodes)
    off = nodes - mean[:, None]
    return mean, np.einsum("k,nki,nkj->nij", weights, off, off)


def _rotation(angle: Array) -> Array:
    """Return the matrices [..., 2, 2] that turn vectors counterclockwise."""
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s], axis=-1), np.stack([s, c], axis=-1)], axis=-2)


def _over(value: Array, by: Array) -> Array:
    """Return the quotient, 0 where ``by`` is."""
    return np.divide(value, by, out=np.zeros_like(value), where=by > 0)
