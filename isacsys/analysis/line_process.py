"""Rate and coverage of the typical user under any isotropic law of propagation, with shadowing and noise.

The gamma model of `communication` among Poisson stations, each seen through a random path loss: a mixture of states
(line of sight or not) with lognormal shadowing, given as an `isacsys.core.propagation_law.PropagationLaw`. The user is
served by the station of the least loss, the L - 1 next are nulled. Rates are in nats; all arguments broadcast.

Shadowing that stations share in part (correlation rho) is conditioned upon: its common part moves every loss by
``sigma sqrt(rho) z0`` and leaves a spread ``sigma sqrt(1 - rho)``; what is averaged over z0 is the rate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis._arguments import by_key, mixture, real, steepness, whole
from isacsys.analysis._coverage import quantile, tail_probability
from isacsys.analysis._fading import gamma_law, mixture_law
from isacsys.analysis._line import Line, line
from isacsys.analysis._line_rates import Wanted, gamma_crowd, line_coverage, line_rates
from isacsys.analysis._numerics import Resolution, checked
from isacsys.analysis.communication_rates import wanted_shape
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.propagation_law import LinkState, PropagationLaw

RATE_TOLERANCE = 1e-5
COVERAGE_TOLERANCE = 1e-5
HERMITE = 11  # nodes of the common part of the shadowing


class Medium(NamedTuple):
    """What lies between stations and users: a law of propagation, noise over transmit power, correlation of sites."""

    law: PropagationLaw
    noise: float = 0.0
    site_correlation: float = 0.0


def power_law(alpha: float, sigma_db: float = 0.0) -> PropagationLaw:
    """Return the law ``(r / 1 km)^-alpha``, shadowed with a standard deviation of ``sigma_db``.

    Parameters
    ----------
    alpha : float
        Path-loss exponent, above 2.
    sigma_db : float
        dB.
    """
    exponent, sigma = float(steepness("alpha", alpha)), float(real("sigma_db", sigma_db, minimum=0))
    return PropagationLaw((LinkState(np.ones_like, lambda r: 10 * exponent * np.log10(r),
                                     lambda r: np.full_like(r, sigma)),))


def propagation_rate(law: PropagationLaw, *, K: ArrayLike, L: ArrayLike = 1, D: ArrayLike | None = None,
                     M_t: ArrayLike | None = None, J: ArrayLike = 1, Q: ArrayLike = 1, bs_density: ArrayLike = 1.0,
                     noise: ArrayLike = 0.0, site_correlation: ArrayLike = 0.0) -> Array:
    """Return the exact mean rate of the typical user in nats, for any law of propagation.

    ``R = int dz / z exp(-z N) int dLambda(l) exp(-Lambda(l)) exp(-int_l^inf [1 - (1 + z / (K s))^-K] dLambda(s)) W``,
    ``W = 1 - (1 + z / (K l))^-D`` for L = 1, else the integral of ``1 - (1 + z / (K l1))^-D`` times
    ``(Lambda(l) - Lambda(l1))^(L-2) / (L-2)!`` dLambda(l1) over l1 < l;
    ``Lambda(l) = int 2 pi lambda r P(PL(r) <= l) dr``.

    Parameters
    ----------
    law : PropagationLaw
        States with their probability, median loss (dB) and shadowing (dB) over the horizontal distance in km.
    K, L, D, M_t, J, Q
        As in `communication_rate`.
    bs_density : array_like
        lambda, per km^2.
    noise : array_like
        N, the noise over the transmit power of a station, linear.
    site_correlation : array_like
        rho, correlation of the shadowing of a user's links, below 1.

    Raises
    ------
    ConfigError
        Where the loss grows so slowly that the interference of all stations is infinite.

    Notes
    -----
    Relative error below 1e-5, or an AccuracyWarning. For the power law without noise it is `communication_rate`.
    The path losses seen from a point as a process on the line: B. Blaszczyszyn, M. K. Karray, H. P. Keeler,
    "Wireless networks appear Poissonian due to strong shadowing", IEEE Trans. Wireless Commun., 2015.
    """
    def rates(K: int, L: int, density: float, noise: float, rho: float, freedom: Array) -> Array:
        laws = [gamma_law(d) for d in freedom]

        def evaluate(at: Resolution) -> Array:
            return averaged(law, density, rho, L, at, lambda table: line_rates(
                table, laws, gamma_crowd(K), L, K * noise, float(freedom.max()), at))
        return checked(evaluate, RATE_TOLERANCE, f"rate under a law of propagation, K={K}, L={L}")

    return by_key(rates, _keys(K, L, bs_density, noise, site_correlation), wanted_shape(D, M_t, K, L, J, Q))


def mean_propagation_rate(law: PropagationLaw, *, K: int, L: int = 1, D: ArrayLike, weights: ArrayLike,
                          streams: ArrayLike | None = None, shape: float | None = None, bs_density: float = 1.0,
                          noise: float = 0.0, site_correlation: float = 0.0) -> float:
    """Return the rate of `propagation_rate` in nats averaged over a law of D, as measured in a simulation.

    Parameters
    ----------
    law, K, L, bs_density, noise, site_correlation
        As in `propagation_rate`, scalars.
    D, weights : array_like [n]
        Values above 0 and their weights, normalised here.
    streams : array_like [n], optional
        Users served beside; by default K.
    shape : float, optional
        Of the gamma law of the interfering gains (`beams.interference_shape`); by default K.
    """
    shapes, weight = mixture(D, weights)
    crowd = float(real("shape", K if shape is None else shape, above=0))
    scale = np.log(crowd / np.broadcast_to(real("streams", K if streams is None else streams, above=0), shapes.shape))
    density, level, rho = (values.item() for values in _keys(K, L, bs_density, noise, site_correlation)[2:])
    wanted = mixture_law(shapes, weight, scale)

    def evaluate(at: Resolution) -> Array:
        return averaged(law, density, rho, L, at, lambda table: line_rates(
            table, [wanted], gamma_crowd(crowd), L, crowd * level, float((shapes * np.exp(scale)).max()), at))
    return float(checked(evaluate, RATE_TOLERANCE, f"mean rate under a law of propagation, K={K}, L={L}")[0])


def propagation_coverage(law: PropagationLaw, *, threshold: ArrayLike, K: ArrayLike, L: ArrayLike = 1,
                         D: ArrayLike | None = None, M_t: ArrayLike | None = None, J: ArrayLike = 1, Q: ArrayLike = 1,
                         bs_density: ArrayLike = 1.0, noise: ArrayLike = 0.0,
                         site_correlation: ArrayLike = 0.0) -> Array:
    """Return ``P(SINR > theta)`` of the typical user for any law of propagation, exact for whole D.

    The sum of the first D Taylor coefficients in x of the inner expectation of `propagation_rate` at
    ``z = K theta l1 (1 - x)``, averaged over l1 and l.

    Parameters
    ----------
    threshold : array_like
        theta, linear, above 0.
    law, K, L, D, M_t, J, Q, bs_density, noise, site_correlation
        As in `propagation_rate`.

    Notes
    -----
    Absolute error below 1e-5, or an AccuracyWarning. Time grows with D for L = 1 and with D^2 beyond.
    """
    freedom = whole("D", wanted_shape(D, M_t, K, L, J, Q))

    def probabilities(K: int, L: int, density: float, noise: float, rho: float, D: int, log_theta: Array) -> Array:
        def evaluate(at: Resolution) -> Array:
            return averaged(law, density, rho, 1, at,
                             lambda table: line_coverage(table, Wanted(K, L, D, K * noise), log_theta))
        return checked(evaluate, COVERAGE_TOLERANCE, f"coverage under a law of propagation, K={K}, L={L}, D={D}",
                       scale=1.0)

    return by_key(probabilities, (*_keys(K, L, bs_density, noise, site_correlation), freedom),
                  np.log(real("threshold", threshold, above=0)))


def propagation_rate_quantile(law: PropagationLaw, *, probability: ArrayLike, K: ArrayLike, L: ArrayLike = 1,
                              D: ArrayLike | None = None, M_t: ArrayLike | None = None, J: ArrayLike = 1,
                              Q: ArrayLike = 1, bs_density: ArrayLike = 1.0, noise: ArrayLike = 0.0,
                              site_correlation: ArrayLike = 0.0) -> Array:
    """Return the rate in nats that the typical user stays below with the given probability (0.5: the median).

    ``ln(1 + theta)`` where ``P(SINR > theta) = 1 - probability``; parameters as in `propagation_coverage`, probability
    from 0.001 to 0.999.
    """
    freedom = whole("D", wanted_shape(D, M_t, K, L, J, Q))

    def rates(K: int, L: int, density: float, noise: float, rho: float, D: int, probabilities: Array) -> Array:
        def covered(log_theta: float) -> float:
            return float(propagation_coverage(law, threshold=np.exp(log_theta), K=K, L=L, D=D, bs_density=density,
                                              noise=noise, site_correlation=rho))
        return np.log1p([quantile(covered, p) for p in probabilities])

    return by_key(rates, (*_keys(K, L, bs_density, noise, site_correlation), freedom), tail_probability(probability))


def averaged(law: PropagationLaw, density: float, rho: float, order: int, at: Resolution,
             value: Callable[[Line], Array]) -> Array:
    """Return the mean [...] of ``value`` over the common part of the shadowing."""
    if rho == 0:
        return value(line(law, density, order, at))
    nodes, weights = np.polynomial.hermite_e.hermegauss(HERMITE)
    parts = [value(line(law, density, order, at, common=z, share=rho)) for z in nodes]
    return np.asarray(np.tensordot(weights, np.array(parts), 1) / weights.sum())


def _keys(K: ArrayLike, L: ArrayLike, density: ArrayLike, noise: ArrayLike, rho: ArrayLike) -> tuple[Any, ...]:
    share = real("site_correlation", rho, minimum=0)
    if np.any(share >= 1):
        raise ConfigError("site_correlation", rho, "at least 0, below 1")
    return (whole("K", K), whole("L", L), real("bs_density", density, above=0), real("noise", noise, minimum=0), share)
