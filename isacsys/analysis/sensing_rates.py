"""Radar information rate and coverage of the typical target: exact with the interference hole, and the paper's forms.

The gamma model: echo gain Gamma(K, 1) / K (or the exact law of one beam), interfering gains Gamma(K, 1) / K, Poisson
base stations; the target at distance R from its serving station, which receives the others at their distance from
itself, none of them nearer to the target than R: the interference hole. ``c = xi Delta T kappa M_r`` is the echo gain
(`echo_gain`). Distances in km and path losses (d / 1 km)^-alpha, so for ``2 beta != alpha`` the density matters:
``R_s(lambda, c) = R_s(1, c lambda^(beta - alpha / 2))``. Rates are in nats; all arguments broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis._arguments import by_key, choice, real, steepness, together, whole
from isacsys.analysis._cluster import Geometry, Link, around_serving_station, around_target, mean_log, without_hole
from isacsys.analysis._coverage import Discs, beyond_hole, covered, outside_disc, quantile, tail_probability
from isacsys.analysis._fading import GainLaw, beam_law, gamma_law
from isacsys.analysis._numerics import checked
from isacsys.core.arrays import Array

RATE_TOLERANCE = 1e-5
COVERAGE_TOLERANCE = 1e-5

GEOMETRIES: dict[str, tuple[Geometry, Discs]] = {"serving_bs": (around_serving_station, beyond_hole),
                                                 "target": (around_target, outside_disc)}


def echo_gain(*, M_r: ArrayLike = 10, xi: ArrayLike = 0.1, kappa: ArrayLike = 1.0, delta_T: ArrayLike = 1.0) -> Array:
    """Return ``c = xi Delta T kappa M_r``, the factor in front of the echo, Meng & Masouros (5).

    Parameters
    ----------
    M_r : array_like of int
        Receive antennas.
    xi, kappa, delta_T : array_like
        Radar cross-section, mismatch loss in (0, 1], matched-filter gain.
    """
    section, gain, loss, antennas = together(real("xi", xi, above=0), real("delta_T", delta_T, above=0),
                                             real("kappa", kappa, above=0, maximum=1), whole("M_r", M_r))
    return np.asarray(section * gain * loss * antennas)[()]


def sensing_rate(*, K: ArrayLike, Q: ArrayLike = 1, alpha: ArrayLike = 4.0, beta: ArrayLike = 2.0, c: ArrayLike = 1.0,
                 bs_density: ArrayLike = 1.0, cluster_center: str = "serving_bs") -> Array:
    """Return the exact mean radar information rate of the typical target in nats, for any Q, hole included.

    ``R_s = int_0^inf (1 - (1 + c z)^-K) / z  E_R[E_x[exp(-int_x^inf (1 - (1 + z R^(2 beta) y^-alpha)^-K) L'(y) dy)]]
    dz``, ``L'(y) = 2 lambda y (pi - arccos(y / 2R))`` below 2R and ``2 pi lambda y`` beyond,
    ``pi lambda R^2 ~ Exp(1)``; x = 0 for Q = 1, else x has density ``L' L^(Q-2) exp(-L) / (Q-2)!``, L the integral
    of L'. R integrates out in closed form.

    Parameters
    ----------
    K, Q : array_like of int
        Streams of a base station; stations in the sensing cluster, the serving one included.
    alpha, beta : array_like
        Path-loss exponent of the interference, above 2; of one way of the echo, above 0.
    c : array_like
        Echo gain, above 0.
    bs_density : array_like
        lambda_b per km^2.
    cluster_center : str
        "serving_bs": the stations nearest to the serving one are nulled; "target": those nearest to the target.

    Notes
    -----
    Relative error below 1e-5, or an AccuracyWarning. For Q = 1 this is Proposition 2 of Meng & Masouros, corrected;
    for Q >= 2 it is not in the paper.
    """
    def rate(K: int, Q: int, alpha: float, beta: float, density: float, gains: Array) -> Array:
        return _rates(Link(K, Q, alpha, beta), _geometry(cluster_center)[0], gamma_law(K), K, density, gains)

    return by_key(rate, _design(K, Q, alpha, beta, bs_density), real("c", c, above=0))


def sensing_rate_beam_law(*, M_t: ArrayLike, Q: ArrayLike = 1, alpha: ArrayLike = 4.0, beta: ArrayLike = 2.0,
                          c: ArrayLike = 1.0, bs_density: ArrayLike = 1.0, cluster_center: str = "serving_bs") -> Array:
    """Return the exact mean radar information rate in nats for K = 1 with the exact law of the beam.

    As `sensing_rate` with ``1 - 1F1(1; M_t; -M_t c z)`` in place of ``1 - (1 + c z)^-K``: for one stream
    ``|a^H w|^2 ~ M_t Beta(1, M_t - 1)``, w being isotropic and a of unit-modulus entries.

    Parameters
    ----------
    M_t : array_like of int
        Transmit antennas.
    Q, alpha, beta, c, bs_density, cluster_center
        As in `sensing_rate`.

    Notes
    -----
    Relative error below 1e-5, or an AccuracyWarning.
    """
    def rate(M_t: int, Q: int, alpha: float, beta: float, density: float, gains: Array) -> Array:
        return _rates(Link(1, Q, alpha, beta), _geometry(cluster_center)[0], beam_law(M_t), 1, density, gains)

    return by_key(rate, (whole("M_t", M_t), *_design(1, Q, alpha, beta, bs_density)[1:]), real("c", c, above=0))


def sensing_rate_approximate(*, K: ArrayLike, Q: ArrayLike = 1, alpha: ArrayLike = 4.0, beta: ArrayLike = 2.0,
                             c: ArrayLike = 1.0, bs_density: ArrayLike = 1.0) -> Array:
    """Return the radar information rate of Meng & Masouros in nats: Proposition 2 (Q = 1), Theorem 2 (Q >= 2).

    Proposition 2 is exact. Theorem 2 leaves out the hole: ``pi lambda x^2 ~ Gamma(Q - 1)`` independent of R and
    ``E[exp(-z I)] = E_R[E_x[exp(-pi lambda x^2 (F_K(z R^(2 beta) x^-alpha) - 1))]]``, with
    ``F_K(s) = (1 + s)^-K + K s^delta B(s / (1 + s); 1 - delta, K + delta)``. Both corrected (see `isacsys.analysis`).
    Parameters as in `sensing_rate`.

    Notes
    -----
    The integral has a relative error below 1e-5, or an AccuracyWarning. Against the exact rate at alpha = 4, beta = 2,
    c = 1, K = 1, Theorem 2 is 6.7 % low at Q = 3 and 1.7 % at Q = 12.
    """
    def rate(K: int, Q: int, alpha: float, beta: float, density: float, gains: Array) -> Array:
        geometry = around_serving_station if Q == 1 else without_hole
        return _rates(Link(K, Q, alpha, beta), geometry, gamma_law(K), K, density, gains)

    return by_key(rate, _design(K, Q, alpha, beta, bs_density), real("c", c, above=0))


def sensing_coverage(*, threshold: ArrayLike, K: ArrayLike, Q: ArrayLike = 1, alpha: ArrayLike = 4.0,
                     beta: ArrayLike = 2.0, c: ArrayLike = 1.0, bs_density: ArrayLike = 1.0,
                     cluster_center: str = "serving_bs") -> Array:
    """Return ``P(SIR > theta)`` of the typical target, exact, hole included.

    The sum of the first K Taylor coefficients in x of the inner expectation of `sensing_rate` at
    ``z = theta (1 - x) / c``; all are positive.

    Parameters
    ----------
    threshold : array_like
        theta, linear, above 0.
    K, Q, alpha, beta, c, bs_density, cluster_center
        As in `sensing_rate`.

    Notes
    -----
    Absolute error below 1e-5, or an AccuracyWarning. Milliseconds where 2 beta = alpha, else up to a second for K = 20
    and minutes for K > 60 with alpha close to 2.
    """
    def probabilities(K: int, Q: int, alpha: float, beta: float, density: float, log_ratio: Array) -> Array:
        return _coverage(Link(K, Q, alpha, beta), cluster_center, density, log_ratio)

    limit, gain = together(real("threshold", threshold, above=0), real("c", c, above=0))
    return by_key(probabilities, _design(K, Q, alpha, beta, bs_density), np.log(limit) - np.log(gain))


def sensing_rate_quantile(*, probability: ArrayLike, K: ArrayLike, Q: ArrayLike = 1, alpha: ArrayLike = 4.0,
                          beta: ArrayLike = 2.0, c: ArrayLike = 1.0, bs_density: ArrayLike = 1.0,
                          cluster_center: str = "serving_bs") -> Array:
    """Return the rate in nats that the typical target stays below with the given probability (0.5: the median).

    ``ln(1 + theta)`` where ``P(SIR > theta) = 1 - probability``; parameters as in `sensing_coverage`, probability
    from 0.001 to 0.999.
    """
    def rates(K: int, Q: int, alpha: float, beta: float, density: float, c: float, probabilities: Array) -> Array:
        link = Link(K, Q, alpha, beta)
        return np.log1p([c * quantile(lambda x: float(_coverage(link, cluster_center, density, np.array([x]))[0]), p)
                         for p in probabilities])

    keys = *_design(K, Q, alpha, beta, bs_density), real("c", c, above=0)
    return by_key(rates, keys, tail_probability(probability))


def _rates(link: Link, geometry: Geometry, law: GainLaw, mean_gain: float, density: float, gains: Array) -> Array:
    def rate(gain: float) -> Array:
        log_c = np.log(gain) - link.eta * np.log(np.pi * density)
        return checked(lambda at: mean_log(link, geometry, [law], mean_gain, log_c, at), RATE_TOLERANCE,
                       f"sensing rate, K={link.K}, Q={link.order}, alpha={link.alpha}, beta={link.beta}, c={gain}")

    return np.concatenate([rate(gain) for gain in gains])


def _coverage(link: Link, center: str, density: float, log_ratio: Array) -> Array:
    log_s = log_ratio + link.eta * np.log(np.pi * density)
    return checked(lambda at: covered(link, _geometry(center)[1], int(link.K), log_s, at), COVERAGE_TOLERANCE,
                   f"sensing coverage, K={link.K}, Q={link.order}, alpha={link.alpha}, beta={link.beta}", scale=1.0)


def _geometry(center: str) -> tuple[Geometry, Discs]:
    return GEOMETRIES[choice("cluster_center", center, tuple(GEOMETRIES))]


def _design(K: ArrayLike, Q: ArrayLike, alpha: ArrayLike, beta: ArrayLike, density: ArrayLike) -> tuple[Any, ...]:
    return (whole("K", K), whole("Q", Q), steepness("alpha", alpha), steepness("beta", beta, 0),
            real("bs_density", density, above=0))
