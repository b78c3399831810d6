"""Links with a line of sight: ``h = sqrt(s) e^(i psi) a(phi) + sqrt(1 - s) g``, s = k / (k + 1), psi uniform.

a is the response of the station's array to the true bearing, g ~ CN(0, I). Beams W of powers P that do not know h see
``P^1/2 W^H h ~ CN(sqrt(s) e^(i psi) P^1/2 W^H a, (1 - s) P^1/2 W^H W P^1/2)``: a mean, and a root of the covariance
times independent numbers. Turning all of them by psi changes no law, so gains need no phase.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.channel.array_response import steering
from isacsys.channel.gaussian import complex_normal, root
from isacsys.channel.pairs import by_transmitter
from isacsys.core.arrays import Array, Complex, Index


def share(factor_db: npt.ArrayLike) -> Array:
    """Return the share ``k / (k + 1)`` [...] of mean power in the line of sight, of ``factor_db`` [...] = 10 lg k,
    -inf to inf.
    """
    return np.asarray(1 / (1 + 10 ** (-np.asarray(factor_db, float) / 10)))


def sight(cosine: Array, share: Array, phase: Array, antennas: int) -> Complex:
    """Return ``sqrt(s) e^(i psi) a`` [..., M_t], the part in the line of sight, of ``cosine``, ``share``, ``phase``
    [...].
    """
    return steering(cosine, antennas) * (np.sqrt(share) * np.exp(1j * phase))[..., None]


def channels(rng: np.random.Generator, cosine: Array, share: Array, antennas: int) -> Complex:
    """Draw channels h [..., M_t], line of sight and scattering, of ``cosine``, ``share`` [...]."""
    scattered = complex_normal(rng, (*cosine.shape, antennas))
    scattered *= np.sqrt(1 - share)[..., None]
    scattered += sight(cosine, share, rng.uniform(0, 2 * np.pi, cosine.shape), antennas)
    return scattered


def responses(cosine: Array, antennas: int) -> Complex:
    """Return `array_response.steering` of ``cosine`` [bs, n] as [bs, M_t, n]: powers by doubling, antennas in front.

    Twice as fast; its last digits are others, and those of the default path are kept.
    """
    turn = np.exp(1j * np.pi * cosine)
    powers = np.empty((len(cosine), antennas, cosine.shape[-1]), complex)
    powers[:, 0] = 1
    known = 1
    while known < antennas:
        more = min(known, antennas - known)
        np.multiply(powers[:, :more], (powers[:, known - 1] * turn)[:, None], out=powers[:, known:known + more])
        known += more
    return powers


def gains(rng: np.random.Generator, weighted: Complex, station: Index, cosine: Array, share: Array) -> Array:
    """Draw ``sum_k p_k |h^H w_k|^2`` for receivers of whose channel the transmitter knows nothing.

    Parameters
    ----------
    weighted : [bs, M_t, S]
        ``W P^1/2``.
    station, cosine, share : [pair]
        The transmitter, the cosine of the bearing at its array, s.

    Returns
    -------
    ndarray [pair]
    """
    spread = root(weighted.conj().swapaxes(-1, -2) @ weighted).conj().swapaxes(-1, -2)  # [bs, S, S]
    (antennas, streams), found = weighted.shape[-2:], np.empty(len(station))
    for rows, owner, place, count in by_transmitter(station, len(weighted), antennas + 2 * streams):
        padded = np.ones((len(owner), count))
        padded[place] = cosine[rows]
        conjugate = responses(-padded, antennas)
        seen = (weighted[owner].swapaxes(-1, -2) @ conjugate).swapaxes(-1, -2)[place]  # [pair, S]
        seen *= np.sqrt(share[rows])[:, None]
        scattered = np.zeros((len(owner), count, streams), complex)
        scattered[place] = complex_normal(rng, seen.shape) * np.sqrt(1 - share[rows])[:, None]
        seen += (scattered @ spread[owner])[place]
        found[rows] = np.einsum("pk,pk->p", seen, seen.conj()).real
    return found
