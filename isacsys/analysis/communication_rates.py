"""Rate and coverage of the typical user: exact for the gamma model, and Theorem 1 of Meng & Masouros.

The gamma model: the wanted gain is Gamma(D, 1) / K with D = M_t - K L - J (Q - 1) + 1, every interfering gain
Gamma(K, 1) / K, base stations are Poisson, the L - 1 nearest interferers are nulled, noise is left out. Neither the
density of base stations nor the common factor 1 / K matters to the SIR. Rates are in nats (`bits` converts); all
arguments broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import gammainc, gammaln

from isacsys.analysis._arguments import by_key, mixture, real, steepness, together, whole
from isacsys.analysis._cluster import Link, mean_log, nulled_disc
from isacsys.analysis._coverage import beyond_disc, covered, quantile, tail_probability
from isacsys.analysis._fading import gamma_law, mixture_law
from isacsys.analysis._numerics import LARGEST_EXPONENT, Resolution, checked, log_grid
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

RATE_TOLERANCE = 1e-6
COVERAGE_TOLERANCE = 1e-6


def bits(nats: ArrayLike) -> Array:
    """Convert a rate from nats to bits: divide by ln 2."""
    return (np.asarray(nats) / np.log(2))[()]


def area_spectral_efficiency(rate: ArrayLike, *, links: ArrayLike, bs_density: ArrayLike = 1.0) -> Array:
    """Return ``T = lambda_b K R_c`` or ``lambda_b J R_s``, Meng & Masouros (3), (6), in the unit of ``rate`` per km^2.

    Parameters
    ----------
    rate : array_like
        Mean rate of a link.
    links : array_like
        K users or J targets served by a base station at a time.
    bs_density : array_like
        lambda_b per km^2.
    """
    density = real("bs_density", bs_density, above=0)
    return (density * whole("links", links, 0) * real("rate", rate, minimum=0))[()]


def degrees_of_freedom(*, M_t: ArrayLike, K: ArrayLike, L: ArrayLike = 1, J: ArrayLike = 1, Q: ArrayLike = 1) -> Array:
    """Return ``D = M_t - K L - J (Q - 1) + 1``, the shape of the wanted gain behind zero forcing.

    Raises
    ------
    ConfigError
        A ValueError, where D < 1: more constraints than antennas.
    """
    antennas, users, cluster, targets, others = together(whole("M_t", M_t), whole("K", K), whole("L", L),
                                                         whole("J", J, 0), whole("Q", Q) - 1)
    free = np.asarray(antennas - users * cluster - targets * others + 1)
    if np.any(free < 1):
        raise ConfigError("M_t", M_t, "at least K L + J (Q - 1), or no degree of freedom is left")
    return free.astype(np.float64)[()]


def communication_rate(*, K: ArrayLike, L: ArrayLike = 1, alpha: ArrayLike = 4.0, D: ArrayLike | None = None,
                       M_t: ArrayLike | None = None, J: ArrayLike = 1, Q: ArrayLike = 1) -> Array:
    """Return the exact mean rate of the typical user in nats, for any cluster size L.

    ``R_c = int_0^inf (1 - (1 + z)^-D) / z  E_t[F_K(z t^(alpha / 2))^-L] dz``, t ~ Beta(1, L - 1) (t = 1 for L = 1),
    ``F_K(s) = 2F1(K, -delta; 1 - delta; -s)``, delta = 2 / alpha. With s = z t^(alpha / 2), F_K is needed on one line
    only; the trapezoidal rule in ln s and in ln(t / (1 - t)) does the rest.

    Parameters
    ----------
    K, L : array_like of int
        Streams of a base station; stations in the cluster, the serving one included.
    alpha : array_like
        Path-loss exponent, above 2.
    D : array_like, optional
        Shape of the wanted gain, any number above 0; by default what `degrees_of_freedom` gives for M_t, J and Q.
    M_t, J, Q : array_like of int, optional
        Antennas, targets per station, size of the sensing cluster.

    Notes
    -----
    Relative error below 1e-6, or an AccuracyWarning. Not in the paper; for L = 1, K = 1, D = 1 it is the rate of
    Andrews, Baccelli & Ganti (2011), Theorem 3.
    """
    def rates(K: int, L: int, alpha: float, freedom: Array) -> Array:
        link, laws = Link(K, L, alpha, alpha / 2), [gamma_law(d) for d in freedom]

        def evaluate(at: Resolution) -> Array:
            return mean_log(link, nulled_disc, laws, freedom.max(), 0.0, at)
        return checked(evaluate, RATE_TOLERANCE, f"communication rate, K={K}, L={L}, alpha={alpha}")

    return by_key(rates, _design(K, L, alpha), wanted_shape(D, M_t, K, L, J, Q))


def mean_communication_rate(*, K: int, L: int = 1, alpha: float = 4.0, D: ArrayLike, weights: ArrayLike) -> float:
    """Return the exact rate in nats averaged over a law of D: ``sum_i weights[i] R_c(D[i])``.

    Parameters
    ----------
    K, L, alpha
        As in `communication_rate`, scalars.
    D, weights : array_like [n]
        Values above 0 and their weights, normalised here; for instance as measured in a simulation.

    Notes
    -----
    Relative error below 1e-6, or an AccuracyWarning.
    """
    shapes, weight = mixture(D, weights)
    link = Link(int(whole("K", K)), int(whole("L", L)), float(steepness("alpha", alpha)), alpha / 2)

    def evaluate(at: Resolution) -> Array:
        return mean_log(link, nulled_disc, [mixture_law(shapes, weight)], shapes.max(), 0.0, at)
    return float(checked(evaluate, RATE_TOLERANCE, f"mean communication rate, K={K}, L={L}, alpha={alpha}")[0])


def effective_gain(*, L: ArrayLike, alpha: ArrayLike = 4.0) -> Array:
    """Return ``G_L = Gamma(L + alpha / 2) / (Gamma(L + 1) Gamma(1 + alpha / 2))``: the SIR gain of nulling, G_1 = 1.

    From the mean interference-to-signal ratio; Meng & Masouros, Theorem 1; L >= 1, not necessarily whole.
    """
    size, half = together(real("L", L, minimum=1, maximum=1e15), steepness("alpha", alpha) / 2)
    return np.asarray(np.exp(gammaln(size + half) - gammaln(size + 1) - gammaln(1 + half)))[()]


def communication_rate_approximate(*, K: ArrayLike, L: ArrayLike = 1, alpha: ArrayLike = 4.0,
                                   D: ArrayLike | None = None, M_t: ArrayLike | None = None, J: ArrayLike = 1,
                                   Q: ArrayLike = 1) -> Array:
    """Return the approximate mean rate of Meng & Masouros, Theorem 1 (corrected), in nats.

    ``R_c ~ int_0^inf (1 - exp(-z Y)) / (z F(z)) dz``, ``F(z) = exp(-z) + z^delta gamma(1 - delta, z)`` with the lower
    incomplete gamma function, ``Y = G_L D / K``. Parameters as in `communication_rate`.

    Notes
    -----
    Gains are replaced by their means; 0.9 % above the exact rate at M_t = 20, K = 12, L = 1, alpha = 4. The integral
    has a relative error below 1e-6, or an AccuracyWarning.
    """
    freedom, noticed, streams = together(wanted_shape(D, M_t, K, L, J, Q), effective_gain(L=L, alpha=alpha),
                                         whole("K", K))
    gain = freedom * noticed / streams

    def rates(alpha: float, gains: Array) -> Array:
        return checked(lambda at: mean_field_integral(gains, alpha, at), RATE_TOLERANCE, f"Theorem 1, alpha={alpha}")

    return by_key(rates, (steepness("alpha", alpha),), gain)


def mean_field_integral(gains: Array, alpha: float, at: Resolution) -> Array:
    """Return ``int_0^inf (1 - exp(-z Y)) / (z F(z)) dz`` [n] of Theorem 1 for each Y in ``gains`` [n]."""
    v, log_f = mean_field_factor(alpha, gains, at)
    hit = -np.expm1(-np.exp(np.minimum(np.log(gains)[:, None] + v, LARGEST_EXPONENT)))
    return np.asarray((v[1] - v[0]) * hit @ np.exp(-log_f))


def mean_field_factor(alpha: float, gains: Array, at: Resolution) -> tuple[Array, Array]:
    """Return a grid of ln z [z] that suits the values Y in ``gains`` [n], and on it ln F(z) [z] of Theorem 1."""
    delta = 2 / alpha
    low = min(-np.log(gains.max()), np.log(1 - delta)) - at.margin
    v = log_grid(low, at.margin / delta - min(0.0, np.log(gains.min())), at.step)
    z = np.exp(np.minimum(v, LARGEST_EXPONENT))
    crowd = delta * v + gammaln(1 - delta) + np.log(np.maximum(gammainc(1 - delta, z), 1e-300))
    return v, np.logaddexp(-z, crowd)


def communication_coverage(*, threshold: ArrayLike, K: ArrayLike, L: ArrayLike = 1, alpha: ArrayLike = 4.0,
                           D: ArrayLike | None = None, M_t: ArrayLike | None = None, J: ArrayLike = 1,
                           Q: ArrayLike = 1) -> Array:
    """Return ``P(SIR > theta)`` of the typical user, exact for whole D.

    The sum of the first D Taylor coefficients in x of ``E_t[F_K(theta (1 - x) t^(alpha / 2))^-L]``, t ~ Beta(1, L - 1);
    all are positive. For K = L = D = 1 it is ``1 / 2F1(1, -delta; 1 - delta; -theta)``.

    Parameters
    ----------
    threshold : array_like
        theta, linear, above 0.
    K, L, alpha, D, M_t, J, Q
        As in `communication_rate`.

    Notes
    -----
    Absolute error below 1e-6, or an AccuracyWarning. Time grows with D^2.
    """
    freedom = whole("D", wanted_shape(D, M_t, K, L, J, Q))

    def probabilities(K: int, L: int, alpha: float, D: int, log_theta: Array) -> Array:
        return _coverage(Link(K, L, alpha, alpha / 2), D, log_theta)

    return by_key(probabilities, (*_design(K, L, alpha), freedom), np.log(real("threshold", threshold, above=0)))


def communication_rate_quantile(*, probability: ArrayLike, K: ArrayLike, L: ArrayLike = 1, alpha: ArrayLike = 4.0,
                                D: ArrayLike | None = None, M_t: ArrayLike | None = None, J: ArrayLike = 1,
                                Q: ArrayLike = 1) -> Array:
    """Return the rate in nats that the typical user stays below with the given probability (0.5: the median).

    ``ln(1 + theta)`` where ``P(SIR > theta) = 1 - probability``; parameters as in `communication_coverage`,
    probability from 0.001 to 0.999.
    """
    freedom = whole("D", wanted_shape(D, M_t, K, L, J, Q))

    def rates(K: int, L: int, alpha: float, D: int, probabilities: Array) -> Array:
        link = Link(K, L, alpha, alpha / 2)
        return np.log1p([quantile(lambda x: float(_coverage(link, D, np.array([x]))[0]), p) for p in probabilities])

    return by_key(rates, (*_design(K, L, alpha), freedom), tail_probability(probability))


def optimal_load(*, L: ArrayLike = 1, alpha: ArrayLike = 4.0) -> Array:
    """Return ``v*(L)``, the K / (M_t - J (Q - 1) + 1) that maximises the communication ASE of Theorem 1.

    The root of ``int_0^inf (1 - exp(-z Y) - z (G_L / v) exp(-z Y)) / (z F(z)) dz = 0``, ``Y = G_L (1 / v - L)``, in
    0 < v < 1 / L: the derivative of the concave ``v int (1 - exp(-z Y)) / (z F(z)) dz``. Meng & Masouros,
    Proposition 3, corrected. Relative error below 1e-6, or an AccuracyWarning.
    """
    def load(L: int, alpha: float, _: Array) -> Array:
        return checked(lambda at: _load(L, alpha, at), RATE_TOLERANCE, f"v*, L={L}, alpha={alpha}")

    return by_key(load, _design(1, L, alpha)[1:], np.zeros(()))


def _load(L: int, alpha: float, at: Resolution) -> Array:
    gain = effective_gain(L=L, alpha=alpha)
    v, log_f = mean_field_factor(alpha, gain * np.array([1e-6, 1e6]), at)
    z = np.exp(np.minimum(v, LARGEST_EXPONENT))

    def slope(load: float) -> float:
        decay = np.exp(-gain * (1 / load - L) * z)
        return float(np.sum((1 - decay - z * gain / load * decay) * np.exp(-log_f)))

    return np.array([brentq(slope, 1e-6 / L, (1 - 1e-9) / L, xtol=1e-13)])


def _coverage(link: Link, D: int, log_theta: Array) -> Array:
    return checked(lambda at: covered(link, beyond_disc, D, log_theta, at), COVERAGE_TOLERANCE,
                   f"communication coverage, K={link.K}, L={link.order}, D={D}, alpha={link.alpha}", scale=1.0)


def _design(K: ArrayLike, L: ArrayLike, alpha: ArrayLike) -> tuple[Any, ...]:
    return whole("K", K), whole("L", L), steepness("alpha", alpha)


def wanted_shape(D: ArrayLike | None, M_t: ArrayLike | None, K: ArrayLike, L: ArrayLike, J: ArrayLike,
                 Q: ArrayLike) -> Array:
    """Return D as it is given, or what `degrees_of_freedom` gives for M_t antennas."""
    if D is not None and M_t is None:
        return real("D", D, above=0)
    if D is None and M_t is not None:
        return degrees_of_freedom(M_t=M_t, K=K, L=L, J=J, Q=Q)
    raise ConfigError("D", D, "a number above 0 or M_t, one of the two")
