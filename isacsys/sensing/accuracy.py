"""Accuracy of position and speed from an echo: Cramer-Rao bounds of one look.

``gamma`` is the signal to interference ratio after receive filter and coherent processing. The amplitude of the echo
is unknown and complex, its band flat over B, its time flat over T, its array uniform: then delay, Doppler and bearing
do not disturb each other, and each has a bound of its own. Standard deviations; infinite where nothing is told.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Complex
from isacsys.core.units import LIGHT


def delay(sir: npt.ArrayLike, bandwidth: Array | float) -> Array:
    """Return the bound ``sqrt(3/(2 pi^2 B^2 gamma))`` of the delay, s [...], at ``sir`` [...].

    ``bandwidth`` [...] B in Hz. Kay, Estimation Theory, section 3.11.
    """
    return _tone(sir, bandwidth)


def distance(sir: npt.ArrayLike, bandwidth: Array | float) -> Array:
    """Return the bound of the range, m [...], c/2 times that of the delay, at ``sir``, ``bandwidth`` (Hz) [...]."""
    return LIGHT / 2 * delay(sir, bandwidth)


def apparent_bandwidth(sir: Array, bandwidth: float) -> Array:
    """Return the width of the flat band that tells as much of a delay as sub-bands of ``sir`` [subband, ...], Hz [...].

    With an unknown phase the delay is told by how far from their mean frequencies are that come back:
    ``B^2 = 12 (sum_s w_s (f_s - f)^2 + (B/S)^2/12)``, ``w_s`` the share of a sub-band in the sum of gamma, ``f`` the
    mean of ``f_s`` by these. Bandwidth of all in Hz. Kay, section 3.11.
    """
    count, total = len(sir), sir.sum(0)
    share = np.divide(sir, total, out=np.full(sir.shape, 1 / count), where=total > 0)
    centre = (np.arange(count) - (count - 1) / 2) * bandwidth / count
    mean = np.tensordot(centre, share, 1)
    spread = np.maximum(np.tensordot(centre**2, share, 1) - mean**2, 0.0)
    return np.sqrt(12 * spread + (bandwidth / count) ** 2)


def doppler(sir: npt.ArrayLike, coherent_time: float) -> Array:
    """Return the bound ``sqrt(3/(2 pi^2 T^2 gamma))`` of the Doppler shift, Hz [...], at ``sir`` [...].

    Coherent time T in s; infinite for 0.
    """
    return _tone(sir, coherent_time)


def speed(sir: npt.ArrayLike, coherent_time: float, carrier_frequency: float) -> Array:
    """Return the bound of the range rate, m/s [...], at ``sir`` [...]: half a wavelength times that of the Doppler
    shift.
    """
    return LIGHT / carrier_frequency / 2 * doppler(sir, coherent_time)


def cosine(sir: npt.ArrayLike, antennas: int) -> Array:
    """Return the bound ``sqrt(6/(pi^2 gamma (M_r^2 - 1)))`` of the cosine of the bearing [...] in white interference.

    ``sir`` [...] is gamma, of a half-wavelength uniform linear array. Kay, example 3.15, with an unknown phase.
    """
    return _inverse_root(np.asarray(sir, float) * np.pi**2 * (antennas**2 - 1) / 6)


def coloured_cosine(sir: npt.ArrayLike, bearing: npt.ArrayLike, covariance: Complex) -> Array:
    """Return the bound of the cosine of the bearing in coloured interference.

    ``1/var = 2 |alpha|^2 [b'^H C^-1 b' - |b'^H C^-1 b|^2 / (b^H C^-1 b)]``, ``gamma = |alpha|^2 b^H C^-1 b`` being what
    the filter ``C^-1 b`` makes of it. Shapes: ``sir``, ``bearing`` [...], ``covariance`` [..., M_r, M_r] -> [...].

    Parameters
    ----------
    bearing : array_like
        The cosine itself.
    """
    antennas = covariance.shape[-1]
    place = np.pi * np.arange(antennas)
    b = np.exp(1j * np.asarray(bearing, float)[..., None] * place)
    both = np.stack([b, 1j * place * b], axis=-1)  # response, and its derivative, [..., M_r, 2]
    form = both.conj().swapaxes(-1, -2) @ np.linalg.solve(covariance, both)
    own, slope = form[..., 0, 0].real, form[..., 1, 1].real
    left = np.maximum(slope - np.abs(form[..., 1, 0]) ** 2 / own, 0.0)
    return _inverse_root(2 * np.asarray(sir, float) * left / own)


def angle(cosine_bound: npt.ArrayLike, bearing: npt.ArrayLike) -> Array:
    """Return the bound of the bearing, rad [...]: ``cosine_bound`` over the sine of ``bearing`` [...]; infinite at
    endfire.

    ``bearing`` is given by its cosine.
    """
    sine = np.sqrt(np.maximum(1 - np.asarray(bearing, float) ** 2, 0.0))
    bound = np.asarray(cosine_bound, float)
    return np.divide(bound, sine, out=np.full(np.broadcast_shapes(bound.shape, sine.shape), np.inf), where=sine > 0)


def position(range_bound: npt.ArrayLike, angle_bound: npt.ArrayLike, range_: npt.ArrayLike) -> Array:
    """Return the root mean square bound ``sqrt(sigma_r^2 + (r sigma_theta)^2)`` of the position [...], unit of ranges.

    Shapes: ``range_bound``, ``angle_bound`` (rad), ``range_`` [...].
    """
    return np.hypot(range_bound, np.multiply(range_, angle_bound))


def _tone(sir: npt.ArrayLike, width: Array | float) -> Array:
    """Return the bound of the frequency of a tone that is seen for ``width``."""
    return _inverse_root(np.asarray(sir, float) * 2 * np.pi**2 * width**2 / 3)


def _inverse_root(information: Array) -> Array:
    information = np.asarray(information, float)
    return np.power(information, -0.5, out=np.full(information.shape, np.inf), where=information > 0)
