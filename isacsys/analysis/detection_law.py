"""Detection and accuracy by the law of the sensing SIR: over the whole network, not at one SIR.

The SIR gamma of an echo is that of `sensing` (after receive filter and coherent processing, which are in c), times the
RCS of a look over its mean where it fluctuates. Detection at a given gamma has the classical closed forms; their means
and shares over targets follow from ``P(SIR > theta)``, which is exact. Accuracy is bounded by Cramer and Rao; every
bound falls with gamma, so its quantiles are those of the SIR.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from scipy.special import chndtr

from isacsys.analysis._arguments import choice, real, whole
from isacsys.analysis._fading import gamma_nodes
from isacsys.analysis._numerics import FINER
from isacsys.analysis.sensing_rates import sensing_coverage
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

FLUCTUATIONS = ("none", "swerling1", "lognormal")
LIGHT = 299_792_458.0  # m/s
DECIBEL = np.log(10) / 10
LAST = 3.0  # deviations above its mean in dB, where a lognormal RCS ends
DEVIATIONS = np.linspace(-7.5, LAST, 169)  # of a normal variable: nodes of Simpson's rule
STRONGEST = 1e4  # SIR beyond which a steady echo is certain
STEP = 0.1  # of ln SIR
TABULATED = 40.0  # ln SIR, up and down
NEGLIGIBLE = 1e-9  # probability; between, coverages are computed one by one
ANGLES = 256  # bearings


def detection_probability(*, sir: ArrayLike, false_alarm: ArrayLike, fluctuation: str = "none",
                          rcs_sigma_db: float = 0.0, cells: int = 0) -> Array:
    """Return the probability [...] that an echo is detected in one look, averaged over the fluctuation of its RCS.

    Steady: ``Q_1(sqrt(2 gamma), sqrt(-2 ln P_fa))``; Swerling 1: ``P_fa^(1 / (1 + gamma))``; with a threshold from N
    cells (CA-CFAR), ``tau = P_fa^(-1 / N) - 1`` times their sum: ``(1 + tau / (1 + gamma))^-N`` for Swerling 1, and the
    mean of ``Q_1(sqrt(2 gamma), sqrt(2 tau w))`` over w ~ Gamma(N, 1) for a steady echo. Lognormal: the mean of the
    steady form over an RCS of linear mean 1.

    Parameters
    ----------
    sir : array_like [...]
        gamma, linear, at the mean RCS.
    false_alarm : array_like [...]
        P_fa, between 0 and 1.
    fluctuation : str
        "none", "swerling1" or "lognormal".
    rcs_sigma_db : float
        Standard deviation of a lognormal RCS, dB.
    cells : int
        N, cells that the threshold is made from; 0: the interference is known.

    Notes
    -----
    Richards, Fundamentals of Radar Signal Processing, 2nd ed., chapter 6; CA-CFAR: Finn & Johnson, RCA Review, 1968.
    """
    law = choice("fluctuation", fluctuation, FLUCTUATIONS)
    gamma, alarm = np.broadcast_arrays(real("sir", sir, minimum=0), _open_share("false_alarm", false_alarm))
    number = int(whole("cells", cells, 0))
    if law == "swerling1":
        return np.asarray(_swerling(gamma, alarm, number))[()]
    if law == "lognormal":
        rcs, weights = _lognormal(float(real("rcs_sigma_db", rcs_sigma_db, minimum=0)))
        return np.asarray(_steady(gamma[..., None] * rcs, alarm[..., None], number) @ weights)[()]
    return np.asarray(_steady(gamma, alarm, number))[()]


def mean_detection_probability(*, false_alarm: float, fluctuation: str = "none", rcs_sigma_db: float = 0.0,
                               cells: int = 0, **network: Any) -> float:
    """Return the probability that the typical target is detected when it is looked at.

    ``E[P_d] = P_fa + int P_d'(gamma) P(SIR > gamma) d gamma``, P_d as in `detection_probability`.

    Parameters
    ----------
    false_alarm, fluctuation, rcs_sigma_db, cells
        As in `detection_probability`, scalars.
    **network
        K, Q, alpha, beta, c, bs_density, cluster_center, as in `sensing_coverage`, scalars.
    """
    def detected(log_gamma: Array) -> Array:
        return np.asarray(detection_probability(sir=np.exp(log_gamma), false_alarm=false_alarm, cells=cells,
                                                fluctuation=fluctuation, rcs_sigma_db=rcs_sigma_db))

    weakest = -30.0
    log_gamma = np.arange(weakest, np.log(STRONGEST) + 30.0 * (fluctuation != "none"), STEP)
    slope = CubicSpline(log_gamma, detected(log_gamma))(log_gamma, 1)
    return float(detected(np.array([weakest]))[0] + STEP * slope @ _tabulated(network)(log_gamma))


def detected_share(*, false_alarm: float, at_least: float = 0.95, fluctuation: str = "none",
                   rcs_sigma_db: float = 0.0, cells: int = 0, **network: Any) -> float:
    """Return the share of looks at targets whose P_d, the mean over the RCS, is ``at_least`` or more.

    ``P(SIR > gamma*)`` with ``P_d(gamma*) = at_least``; parameters as in `mean_detection_probability`.
    """
    wanted, alarm = float(_open_share("at_least", at_least)), float(_open_share("false_alarm", false_alarm))
    if wanted <= alarm:
        return 1.0

    def excess(log_gamma: float) -> float:
        return float(detection_probability(sir=np.exp(log_gamma), false_alarm=alarm, fluctuation=fluctuation,
                                           rcs_sigma_db=rcs_sigma_db, cells=cells)) - wanted

    high = 2.0
    while excess(high) < 0:
        high *= 2
    return float(sensing_coverage(threshold=np.exp(brentq(excess, -40.0, high, xtol=1e-10)), **network))


def range_error_quantile(*, probability: float = 0.5, bandwidth: float, fluctuation: str = "none",
                         rcs_sigma_db: float = 0.0, **network: Any) -> float:
    """Return the bound of the range error, in m, that the given share of targets stays below (0.5: the median).

    ``(c_0 / 2) sqrt(3 / (2 pi^2 B^2 gamma))``, the Cramer-Rao bound of a delay for a flat spectrum of width B.

    Parameters
    ----------
    probability : float
        Share of the targets.
    bandwidth : float
        B, Hz.
    fluctuation, rcs_sigma_db
        Of the RCS, as in `detection_probability`: gamma is that of the look.
    **network
        As in `mean_detection_probability`.
    """
    width = float(real("bandwidth", bandwidth, above=0))
    gamma = _weakest(probability, fluctuation, rcs_sigma_db, network)
    return float(LIGHT / 2 * np.sqrt(1.5) / (np.pi * width) * gamma**-0.5)


def velocity_error_quantile(*, probability: float = 0.5, coherent_time: float, carrier_frequency: float,
                            fluctuation: str = "none", rcs_sigma_db: float = 0.0, **network: Any) -> float:
    """Return the bound of the error of the radial speed, in m/s, that the given share of targets stays below.

    ``(lambda / 2) sqrt(3 / (2 pi^2 T^2 gamma))``; T is ``coherent_time`` in s, lambda the wavelength of
    ``carrier_frequency`` in Hz; other parameters as in `range_error_quantile`.
    """
    seconds = float(real("coherent_time", coherent_time, above=0))
    wavelength = LIGHT / float(real("carrier_frequency", carrier_frequency, above=0))
    gamma = _weakest(probability, fluctuation, rcs_sigma_db, network)
    return float(wavelength / 2 * np.sqrt(1.5) / (np.pi * seconds) * gamma**-0.5)


def bearing_error_quantile(*, probability: float = 0.5, M_r: int, fluctuation: str = "none",
                           rcs_sigma_db: float = 0.0, **network: Any) -> float:
    """Return the bound of the error of the bearing, in rad, that the given share of targets stays below.

    ``sqrt(6 / (pi^2 gamma (M_r^2 - 1))) / |sin theta|`` for a linear array of M_r >= 2 antennas, half a wavelength
    apart, theta uniform and independent of gamma: ``P(error <= e) = E_theta[P(SIR >= gamma(e, theta))]``.
    Other parameters as in `range_error_quantile`.
    """
    antennas, share = int(whole("M_r", M_r, 2)), float(_open_share("probability", probability))
    covered = _coverage(fluctuation, rcs_sigma_db, network)
    theta = np.pi * (np.arange(ANGLES) + 0.5) / ANGLES
    log_scale = np.log(6 / (np.pi**2 * (antennas**2 - 1))) - 2 * np.log(np.sin(theta))
    log_error = _root(lambda log_e: float(covered(log_scale - 2 * log_e).mean()) - share)
    return float(np.exp(log_error))


def _weakest(probability: float, fluctuation: str, sigma_db: float, network: dict[str, Any]) -> float:
    """Return the SIR that the given share of targets exceeds."""
    share, covered = float(_open_share("probability", probability)), _coverage(fluctuation, sigma_db, network)
    return float(np.exp(-_root(lambda minus: float(covered(np.array([-minus]))[0]) - share)))


def _coverage(fluctuation: str, sigma_db: float, network: dict[str, Any]) -> Callable[[Array], Array]:
    """Return P(SIR > exp(x)) of a look as a function of x: a spline of that at the mean RCS, averaged over it."""
    spline = _tabulated(network)
    law, sigma = choice("fluctuation", fluctuation, FLUCTUATIONS), float(real("rcs_sigma_db", sigma_db, minimum=0))
    rcs, weights = _exponential() if law == "swerling1" else _lognormal(sigma if law == "lognormal" else 0.0)

    def covered(x: Array) -> Array:
        return np.asarray(spline(np.clip(x[:, None] - np.log(rcs), -TABULATED, TABULATED)) @ weights)
    return covered


def _tabulated(network: dict[str, Any]) -> CubicSpline:
    """Return P(SIR > exp(x)) at the mean RCS as a spline; all figures of one network share it."""
    return _table(tuple(sorted(network.items())))


@lru_cache(maxsize=64)
def _table(network: tuple[tuple[str, Any], ...]) -> CubicSpline:
    log_gamma = np.arange(-TABULATED, TABULATED + STEP, 4 * STEP)
    few = sensing_coverage(threshold=np.exp(log_gamma[::10]), **dict(network))
    covered = np.interp(log_gamma, log_gamma[::10], few)
    between = (covered > NEGLIGIBLE) & (covered < 1 - NEGLIGIBLE)
    covered[between] = sensing_coverage(threshold=np.exp(log_gamma[between]), **dict(network))
    return CubicSpline(log_gamma, covered)


def _root(rising: Callable[[float], float]) -> float:
    """Return where a rising function of a logarithm is zero."""
    low, high = -30.0, 30.0
    if rising(low) > 0 or rising(high) < 0:
        raise ConfigError("probability", "given", "one that the accuracy of the coverage can tell from 0 and 1")
    return float(brentq(rising, low, high, xtol=1e-10))


def _steady(gamma: Array, alarm: Array, cells: int) -> Array:
    """Return P_d of an echo of known strength."""
    strong = np.minimum(gamma, STRONGEST)
    if cells == 0:
        return np.asarray(1 - chndtr(-2 * np.log(alarm), 2, 2 * strong))
    log_w, weights = gamma_nodes(cells, 1.0, 40.0, FINER[1])
    threshold = 2 * _multiplier(alarm, cells)[..., None] * np.exp(log_w)
    return np.asarray((1 - chndtr(threshold, 2, 2 * strong[..., None])) @ weights)


def _swerling(gamma: Array, alarm: Array, cells: int) -> Array:
    if cells == 0:
        return np.asarray(alarm ** (1 / (1 + gamma)))
    return np.asarray((1 + _multiplier(alarm, cells) / (1 + gamma)) ** -float(cells))


def _multiplier(alarm: Array, cells: int) -> Array:
    return np.asarray(np.expm1(-np.log(alarm) / cells))


def _lognormal(sigma_db: float) -> tuple[Array, Array]:
    """Return an RCS of linear mean 1, but that it ends 3 deviations up, and its weights."""
    sigma, weights = DECIBEL * sigma_db, np.exp(-(DEVIATIONS**2) / 2)
    weights *= np.where(np.arange(len(weights)) % 2, 4, 2) * (DEVIATIONS[1] - DEVIATIONS[0]) / 3 / np.sqrt(2 * np.pi)
    weights[-1] += 1 - weights.sum()  # half of the last node's, and all beyond
    return np.exp(sigma * DEVIATIONS - sigma**2 / 2), weights


def _exponential() -> tuple[Array, Array]:
    """Return an exponential RCS of mean 1 and its weights."""
    log_rcs, weights = gamma_nodes(1, 1.0, 25.0, FINER[1])
    return np.exp(log_rcs), weights


def _open_share(name: str, value: ArrayLike) -> Array:
    share = real(name, value, above=0)
    if np.any(share >= 1):
        raise ConfigError(name, value, "above 0 and below 1")
    return share
