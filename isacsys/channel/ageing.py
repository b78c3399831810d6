"""Correlation of channels over time, and the leakage of beams designed with aged channels.

A channel of age tau is ``h = rho h_known + sqrt(1 - rho^2) e`` with e ~ CN(0, I) independent of everything known and
``rho = J0(2 pi f_D tau)`` (Clarke's model). Towards e the beams W know nothing: ``W^H e ~ CN(0, W^H W)``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.channel.gaussian import complex_normal
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.lazy import special
from isacsys.core.units import LIGHT


def correlation(speed: npt.ArrayLike, carrier: float, age: float) -> Array:
    """Return ``rho = J0(2 pi f_D tau)`` [...], ``f_D = speed carrier / c0``, of ``speed`` [...], m/s.

    Carrier in Hz, age tau in s.
    """
    return np.asarray(special.j0(2 * np.pi * carrier / LIGHT * age * np.asarray(speed, float)))


def leakage(rho: Array) -> Array:
    """Return the share ``1 - rho^2`` [...] of the un-nulled power that leaks into a null of correlation ``rho``
    [...].
    """
    return 1 - rho**2


def own_gains(rng: np.random.Generator, gain: Array, factor: Complex, station: Index, slot: Index,
              rho: Array) -> tuple[Complex, Array]:
    """Draw what the beams of a station give the users it serves, whose channels have aged.

    User k receives ``rho g_k^1/2 + (1 - rho^2)^1/2 (W^H e)_k`` of its own beam and ``(1 - rho^2)^1/2 (W^H e)_j`` of
    the others, ``W^H e = B^H z`` with z ~ CN(0, I).

    Parameters
    ----------
    gain : [link]
        g_k = |h_k^H w_k|^2 with the known channel.
    factor : [bs, K, K]
        B with ``W^H W = B^H B``.
    station, slot, rho : [link]

    Returns
    -------
    wanted, unwanted : ndarray [link]
        Amplitude of the own unit-norm beam, real where nothing has aged, and the sum of the gains of the others.
    """
    error = (complex_normal(rng, factor.shape) @ factor)[station, slot]  # [link, beam]; conjugate, in law
    error *= np.sqrt(leakage(rho))[:, None]
    link = np.arange(len(station))
    own = error[link, slot]
    power = np.sum(error.real**2 + error.imag**2, axis=-1)
    return rho * np.sqrt(gain) + own, np.maximum(power - np.abs(own) ** 2, 0.0)
