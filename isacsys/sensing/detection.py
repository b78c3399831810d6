"""Detection of an echo: closed forms for one look, given its signal to interference ratio.

A look compares the power ``|y|^2`` of one matched-filter output, the interference being complex normal of power 1,
with a threshold. The threshold is ``-ln P_fa`` where the power of the interference is known, and ``tau`` times the
sum of N neighbouring cells where it has to be estimated (cell-averaging CFAR).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array
from isacsys.core.lazy import special

CLIP = 3.0  # deviations above its mean in dB, where a lognormal RCS ends: TR 38.901 section 7.9.2.1
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)
_GRID = (CLIP + 9) / 2 * _NODES + (CLIP - 9) / 2  # deviations over which the lognormal average runs
_DENSITY = (CLIP + 9) / 2 * _WEIGHTS * np.exp(-(_GRID**2) / 2) / np.sqrt(2 * np.pi)
_CERTAIN = 600.0  # exponent from which on a detection is certain


def known_rcs(sir: npt.ArrayLike, false_alarm: npt.ArrayLike, cells: int = 0) -> Array:
    """Return the probability that an echo of given power is detected (Swerling 0, or an RCS that has been drawn).

    ``P_d = Q_1(sqrt(2 gamma), sqrt(-2 ln P_fa))``; with N cells
    ``1 - P_d = e^(-gamma/(1+tau)) sum_{k<N} tau (1+tau)^(-k-1) L_k(-gamma tau/(1+tau))``, L_k Laguerre's polynomials:
    the mean over ``|y|^2`` of the probability that the sum of the cells is above ``|y|^2 / tau``.

    Parameters
    ----------
    sir : array_like [...]
        gamma of this look, linear, after receive filter and coherent processing.
    false_alarm : array_like [...]
        P_fa, above 0, below 1.
    cells : int
        N; 0 where the interference is known.

    Returns
    -------
    ndarray [...]

    Notes
    -----
    Richards, Fundamentals of Radar Signal Processing, chapter 6 (Marcum's Q function).
    """
    sir, false_alarm = np.asarray(sir, float), np.asarray(false_alarm, float)
    if cells:
        return 1 - _missed(sir, multiplier(false_alarm, cells), cells)
    strong = np.minimum(sir, 1e4)  # beyond, the series does not converge
    return np.clip(1 - special.chndtr(-2 * np.log(false_alarm), 2, 2 * strong), 0.0, 1.0)


def _missed(sir: Array, tau: Array, cells: int) -> Array:
    """Sum Laguerre's polynomials by their recursion, all terms of which are positive here."""
    gone = np.minimum(sir / (1 + tau), _CERTAIN)
    x, weight = gone * tau, np.exp(-gone) * tau / (1 + tau)
    before, now, total = np.zeros_like(x), np.ones_like(x), np.zeros_like(x)
    for k in range(cells):
        total = total + weight * now
        before, now = now, ((2 * k + 1 + x) * now - k * before) / (k + 1)
        weight = weight / (1 + tau)
    return np.asarray(np.clip(total, 0.0, 1.0))


def swerling1(mean_sir: npt.ArrayLike, false_alarm: npt.ArrayLike, cells: int = 0) -> Array:
    """Return the probability of detection where the RCS is exponential, and independent from look to look.

    ``P_d = P_fa^(1/(1 + gamma))``; with N cells, ``(1 + tau/(1 + gamma))^-N``; ``mean_sir`` (gamma), ``false_alarm``
    broadcast. Richards, chapter 6; Finn and Johnson (1968).
    """
    mean_sir, false_alarm = np.asarray(mean_sir, float), np.asarray(false_alarm, float)
    if cells:
        return np.asarray((1 + multiplier(false_alarm, cells) / (1 + mean_sir)) ** -float(cells))
    return np.asarray(false_alarm ** (1 / (1 + mean_sir)))


def lognormal(mean_sir: npt.ArrayLike, false_alarm: npt.ArrayLike, deviation_db: float, cells: int = 0) -> Array:
    """Return the probability of detection where the RCS in dB is normal, its linear mean 1: `known_rcs` averaged over
    it.

    ``x = exp(s min(g, 3) - s^2/2)``, ``s = (ln 10 / 10) deviation_db``, g standard normal: sigma_S of TR 38.901 section
    7.9.2.1, whose mean in dB is ``-(ln 10 / 20) deviation_db^2`` (linear mean 1 without the clip). ``mean_sir`` and
    ``false_alarm`` broadcast.
    """
    s = np.log(10) / 10 * deviation_db
    factor = _clipped(s, np.append(_GRID, CLIP))
    weights = np.append(_DENSITY, 1 - _DENSITY.sum())  # what is clipped stands at the end
    each = known_rcs(np.multiply.outer(np.asarray(mean_sir, float), factor),
                     np.asarray(false_alarm, float)[..., None], cells)
    return np.asarray(each @ weights)


def multiplier(false_alarm: npt.ArrayLike, cells: int) -> Array:
    """Return the threshold over the sum of N cells, ``tau = P_fa^(-1/N) - 1`` [...], of ``false_alarm`` [...].

    Finn and Johnson (1968).
    """
    return np.asarray(np.expm1(-np.log(np.asarray(false_alarm, float)) / cells))


def draw_rcs(rng: np.random.Generator, law: str, looks: int, deviation_db: float) -> Array:
    """Draw the RCS of every look over its mean, [look].

    Parameters
    ----------
    law : {"none", "swerling1", "lognormal"}
    deviation_db : float
        Of "lognormal".
    """
    if law == "none":
        return np.ones(looks)
    if law == "swerling1":
        return rng.exponential(1.0, looks)
    return _clipped(np.log(10) / 10 * deviation_db, rng.standard_normal(looks))


def _clipped(s: float, normal: Array) -> Array:
    return np.asarray(np.exp(s * np.minimum(normal, CLIP) - s**2 / 2))
