"""Exact rates where stations spend a share of their power on sensing beams.

The gamma model of `communication` and `sensing` with one beam more for each of J targets: that share eta of the power,
evenly, on the projections of the targets' steering vectors on what the n = K L + J (Q - 1) constraints leave free,
m = M_t - n = D - 1 dimensions. Users keep Gamma(D, 1) (1 - eta) / K, for their channels are among the constraints; an
interfering gain has the transform ``(1 + z (1 - eta) / K)^-K S(z eta / J)`` with S that of J beams in m dimensions. A
station without a free dimension (D = 1) sends no sensing beams. Rates are in nats; all arguments broadcast.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from isacsys.analysis._arguments import by_key, choice, real, steepness, whole
from isacsys.analysis._cluster import Geometry, Link, mean_log, nulled_disc
from isacsys.analysis._fading import gamma_law
from isacsys.analysis._interference import Law, heard, mean_gain
from isacsys.analysis._line import line
from isacsys.analysis._line_rates import Crowd, line_rates
from isacsys.analysis._numerics import Resolution, checked
from isacsys.analysis._sensing_beams import BeamPowers, echo_law
from isacsys.analysis.communication_rates import degrees_of_freedom
from isacsys.analysis.line_process import power_law
from isacsys.analysis.sensing_rates import GEOMETRIES
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.propagation_law import PropagationLaw

RATE_TOLERANCE = 1e-5


def communication_rate_with_beams(*, M_t: ArrayLike, K: ArrayLike, L: ArrayLike = 1, J: ArrayLike = 1,
                                  Q: ArrayLike = 1, sensing_power: ArrayLike, alpha: ArrayLike = 4.0,
                                  bs_density: ArrayLike = 1.0, noise: ArrayLike = 0.0,
                                  law: PropagationLaw | None = None) -> Array:
    """Return the exact mean rate of the typical user in nats beside sensing beams.

    ``R_c = int (1 - (1 + z (1 - eta) / K)^-D) / z E_t[F(z t^(alpha / 2))^-L] dz``, t ~ Beta(1, L - 1), F as in
    `communication_rate` for gains with ``E[exp(-z g)] = (1 + z (1 - eta) / K)^-K E_G[1F1(1; m; -z eta G / J)^J]``,
    G ~ Gamma(m, 1): (1 + z eta / J)^-J for J << m, (1 + z eta)^-1 for m = 1.

    Parameters
    ----------
    M_t, K, L, J, Q, alpha
        As in `communication_rate`; J is at least 0, and without a target there is no sensing beam.
    sensing_power : array_like
        eta, share of the power, at least 0 and below 1.
    bs_density, noise, law
        As in `propagation_rate`: for noise, or in place of the power law.

    Notes
    -----
    Relative error below 1e-5, or an AccuracyWarning.
    """
    free = degrees_of_freedom(M_t=M_t, K=K, L=L, J=J, Q=Q).astype(np.int64)

    def rates(K: int, L: int, J: int, eta: float, alpha: float, density: float, noise: float, D: Array) -> Array:
        return np.array([_user(K, L, J, eta, alpha, density, noise, int(d), law) for d in D])

    keys = (whole("K", K), whole("L", L), whole("J", J, 0), _share(sensing_power), steepness("alpha", alpha),
            real("bs_density", bs_density, above=0), real("noise", noise, minimum=0))
    return by_key(rates, keys, free.astype(np.float64))


def sensing_rate_with_beams(*, M_t: ArrayLike, K: ArrayLike, L: ArrayLike = 1, J: ArrayLike = 1, Q: ArrayLike = 1,
                            sensing_power: ArrayLike, alpha: ArrayLike = 4.0, beta: ArrayLike = 2.0,
                            c: ArrayLike = 1.0, bs_density: ArrayLike = 1.0,
                            cluster_center: str = "serving_bs") -> Array:
    """Return the exact mean radar information rate of the typical target in nats with sensing beams.

    As `sensing_rate` with the echo gain ``(1 - eta) Gamma(K, 1) / K + (eta / J) (M_t B + sum_{j < J} b_j)``,
    B ~ Beta(m, M_t - m), b_j what beams towards other targets bring, by the array's response, and interfering gains as
    in `communication_rate_with_beams`. The users' part is the gamma law of the model.

    Parameters
    ----------
    M_t, K, L, J, Q, sensing_power
        As in `communication_rate_with_beams`, J at least 1; L matters for what is left free.
    alpha, beta, c, bs_density, cluster_center
        As in `sensing_rate`.

    Notes
    -----
    Relative error below 1e-5, or an AccuracyWarning; for J > 1 some 1e-3, as b_j is averaged over drawn bearings.
    """
    free = degrees_of_freedom(M_t=M_t, K=K, L=L, J=J, Q=Q).astype(np.int64)
    geometry = GEOMETRIES[choice("cluster_center", cluster_center, tuple(GEOMETRIES))][0]

    def rates(M_t: int, K: int, J: int, Q: int, eta: float, alpha: float, beta: float, c: float, density: float,
              D: Array) -> Array:
        def rate(left: int) -> float:
            what = f"sensing rate with beams, K={K}, J={J}, Q={Q}, eta={eta}"
            log_c = np.log(c) - (alpha / 2 - beta) * np.log(np.pi * density)
            return float(checked(lambda at: target_rate(M_t, K, J, Q, eta, left, geometry, (alpha, beta, log_c), at),
                                 RATE_TOLERANCE, what)[0])
        return np.array([rate(int(d) - 1) for d in D])

    keys = (whole("M_t", M_t), whole("K", K), whole("J", J), whole("Q", Q), _share(sensing_power),
            steepness("alpha", alpha), steepness("beta", beta, 0), real("c", c, above=0),
            real("bs_density", bs_density, above=0))
    return by_key(rates, keys, free.astype(np.float64))


def quantisation_error(*, B: ArrayLike, M_t: ArrayLike) -> Array:
    """Return ``E[sin^2] = 2^B Beta(2^B, M_t / (M_t - 1))``, what limited feedback leaves of a channel's direction.

    Random vector quantisation: the best of 2^B isotropic directions. Jindal, "MIMO broadcast channels with finite-rate
    feedback", IEEE Trans. Inform. Theory, 2006, (10).

    Parameters
    ----------
    B : array_like of int
        Bits, at least 0.
    M_t : array_like of int
        Antennas, at least 2.
    """
    words = 2.0 ** whole("B", B, 0)
    antennas = whole("M_t", M_t, 2)
    return np.asarray(np.exp(np.log(words) + betaln(words, antennas / (antennas - 1))))[()]


def _user(K: int, L: int, J: int, eta: float, alpha: float, density: float, noise: float, D: int,
          law: PropagationLaw | None) -> float:
    what = f"communication rate with beams, K={K}, L={L}, J={J}, eta={eta}"
    if law is None and noise == 0:
        return float(checked(lambda at: user_rate(K, L, J, eta, D, alpha, at), RATE_TOLERANCE, what)[0])
    law, gains, wanted = law or power_law(alpha), _interfering(K, J, eta, D - 1), [gamma_law(D)]
    crowd = Crowd(lambda log_q: heard(log_q, gains), mean_gain(gains))
    unit = K / (1 - (eta if isinstance(gains, BeamPowers) else 0.0))

    def evaluate(at: Resolution) -> Array:
        return line_rates(line(law, density, L, at), wanted, crowd, L, unit * noise, D, at)
    return float(checked(evaluate, RATE_TOLERANCE, what)[0])


def _interfering(K: int, J: int, eta: float, left: int) -> Law:
    """Return the law of interfering gains in the unit (1 - eta) / K."""
    return BeamPowers(K, J, left, eta / J * K / (1 - eta)) if eta > 0 and J > 0 and left > 0 else K


def user_rate(K: int, L: int, J: int, eta: float, D: int, alpha: float, at: Resolution) -> Array:
    """Return the rate [1] of `communication_rate_with_beams` under the power law at one resolution."""
    link = Link(_interfering(K, J, eta, D - 1), L, alpha, alpha / 2)
    return mean_log(link, nulled_disc, [gamma_law(D)], D, 0.0, at)


def target_rate(M_t: int, K: int, J: int, Q: int, eta: float, left: int, geometry: Geometry,
                law: tuple[float, float, float], at: Resolution) -> Array:
    """Return the rate [1] of `sensing_rate_with_beams` at one resolution; ``law``: alpha, beta, ln of the echo's
    scale.
    """
    alpha, beta, log_c = law
    gains = _interfering(K, J, eta, left)
    echo, mean = (echo_law(gains, M_t), K + gains.ratio * (left + 2 * (J - 1))) if isinstance(gains, BeamPowers) else (
        gamma_law(K), K)
    return mean_log(Link(gains, Q, alpha, beta), geometry, [echo], mean, log_c, at)


def _share(value: ArrayLike) -> Array:
    share = real("sensing_power", value, minimum=0)
    if np.any(share >= 1):
        raise ConfigError("sensing_power", value, "at least 0, below 1")
    return share
