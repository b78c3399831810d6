"""Fusion over stations that sense a target together: all pairs of a transmitter and a receiver.

The delay of pair (m, n) measures the sum of two distances, the bearing at n an angle. With unit vectors u from stations
to the target and v across them, the Fisher information about its position is
``F = sum_mn J_mn (u_m + u_n)(u_m + u_n)^T + sum_n B_n v_n v_n^T``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.lazy import special
from isacsys.core.units import LIGHT

_STRONG = 1e4  # gamma beyond which a detection is certain, and the series does not converge


def delays(sir: Array, direction: Array, bandwidth: Array | float, timing_error: float = 0.0) -> Array:
    """Return the information about the position that the delays of all pairs bring, 1/m^2.

    ``J_mn = 1/(c^2 (3/(2 pi^2 B^2 gamma_mn) + t^2))``, the error t of clocks for pairs of two stations only.

    Parameters
    ----------
    sir : [..., N, N]
        gamma of transmitter m and receiver n; 0 where there is no such pair.
    direction : [..., N, 2]
        Unit vectors from stations to the target.
    bandwidth : float or [..., N, N]
        Hz.
    timing_error : float
        s.

    Returns
    -------
    ndarray [..., 2, 2]
    """
    tone = 2 * np.pi**2 * bandwidth**2 / 3 * sir  # 1/s^2
    apart = 1 - np.eye(sir.shape[-1])
    weight = tone / (1 + tone * timing_error**2 * apart) / LIGHT**2
    both = direction[..., :, None, :] + direction[..., None, :, :]
    return np.einsum("...mn,...mni,...mnj->...ij", weight, both, both)


def bearings(sir: Array, direction: Array, distance: Array, cosine: Array, antennas: int) -> Array:
    """Return the information about the position in the bearings at all receivers, 1/m^2.

    ``B_n = sum_m gamma_mn pi^2 (M_r^2 - 1)/6 (1 - cos^2)/r_n^2``: of the cosine that an array sees, across the way.

    Parameters
    ----------
    sir : [..., M, N]
    direction : [..., N, 2]
        As in `delays`.
    distance, cosine : [..., N]
        m; of the bearings at the arrays.
    antennas : int
        M_r.

    Returns
    -------
    ndarray [..., 2, 2]
    """
    across = np.stack([-direction[..., 1], direction[..., 0]], axis=-1)
    weight = sir.sum(-2) * np.pi**2 * (antennas**2 - 1) / 6 * np.maximum(1 - cosine**2, 0.0) / distance**2
    return np.einsum("...n,...ni,...nj->...ij", weight, across, across)


def bound(information: Array) -> Array:
    """Return the root mean square bound ``(tr F^-1)^(1/2)`` of the position, m [...]; infinite where F is singular.

    ``information`` F [..., 2, 2].
    """
    trace = information[..., 0, 0] + information[..., 1, 1]
    determinant = information[..., 0, 0] * information[..., 1, 1] - information[..., 0, 1] ** 2
    sound = determinant > 1e-14 * trace**2
    return np.sqrt(np.divide(trace, determinant, out=np.full(trace.shape, np.inf), where=sound))


def along(information: Array, direction: Array) -> tuple[Array, Array]:
    """Return bounds (standard deviations, m) [...] along unit vectors ``direction`` [..., 2] and across them, of
    ``F^-1``.

    ``information`` F [..., 2, 2].
    """
    trace = information[..., 0, 0] + information[..., 1, 1]
    determinant = information[..., 0, 0] * information[..., 1, 1] - information[..., 0, 1] ** 2
    across = np.stack([-direction[..., 1], direction[..., 0]], axis=-1)
    # of a 2 x 2 matrix d^T F^-1 d = e^T F e / det F, e across d
    radial, lateral = (np.einsum("...i,...ij,...j->...", e, information, e) for e in (across, direction))
    sound = determinant > 1e-14 * trace**2
    unknown = np.full(trace.shape, np.inf)
    return (np.sqrt(np.divide(radial, determinant, out=unknown.copy(), where=sound)),
            np.sqrt(np.divide(lateral, determinant, out=unknown, where=sound)))


def detected(sir: Array, pairs: ArrayLike, false_alarm: float) -> Array:
    """Return the probability that a target is detected by the sum of the powers of all pairs, each over its
    interference.

    Without a target the sum over N pairs is Gamma(N, 1): the threshold tau has ``Q(N, tau) = P_fa``. With one,
    ``P_d = Q_N(sqrt(2 gamma), sqrt(2 tau))``, gamma the sum over pairs. For N = 1 that of one look.

    Parameters
    ----------
    sir : array_like [...]
        Sum of gamma over the pairs.
    pairs : array_like [...]
        N, at least 1.

    Returns
    -------
    ndarray [...]

    Notes
    -----
    Richards, Fundamentals of Radar Signal Processing, section 6.3 (non-coherent integration, Marcum's Q function).
    """
    threshold = special.gammainccinv(np.asarray(pairs, float), false_alarm)
    missed = special.chndtr(2 * threshold, 2 * np.asarray(pairs, float), 2 * np.minimum(sir, _STRONG))
    return np.asarray(np.clip(1 - missed, 0.0, 1.0))


def stacked(link: Index, order: Index, count: int, values: Array, first: Array) -> Array:
    """Return values [helper, ...] by target ``link`` and place ``order`` [helper], ``first`` [count, ...] in place 0.

    Shape of the result: [count, N, ...].
    """
    size = int(order.max(initial=0)) + 1
    found = np.zeros((count, size, *values.shape[1:]))
    found[:, 0], found[link, order] = first, values
    return found


def there(link: Index, order: Index, count: int) -> Flags:
    """Return which places of `stacked` are taken, [count, N], of ``link``, ``order`` [helper]."""
    return stacked(link, order, count, np.ones(len(link)), np.ones(count)) > 0
