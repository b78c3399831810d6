"""Exact rates at a measured law of the degrees of freedom, for beams that are not orthogonal.

The gamma model takes the K beams of a base station for orthogonal. Zero-forcing beams are not: with M antennas left
after its nulls, ``|w_j^H w_k|^2 ~ Beta(1, M - K + 1)``, so the total gain ``sum_k mu_k E_k`` of an interferer (mu the
eigenvalues of ``W^H W / K``, E_k ~ Exp(1)) keeps its mean 1 but has variance ``E[sum mu_k^2]`` above 1 / K. Here the
gamma law gets the shape that has this variance; nothing of it is in the paper. Rates are in nats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis._arguments import choice, mixture, real, steepness, whole
from isacsys.analysis._cluster import Link, mean_log, nulled_disc
from isacsys.analysis._fading import GainLaw, beam_law, gamma_law, mixture_law
from isacsys.analysis._interference import Law, heard, mean_gain
from isacsys.analysis._line_rates import Crowd, line_rates
from isacsys.analysis._numerics import Resolution, checked
from isacsys.analysis._sensing_beams import BeamPowers, echo_law
from isacsys.analysis.communication_rates import RATE_TOLERANCE
from isacsys.analysis.line_process import RATE_TOLERANCE as LINE_TOLERANCE
from isacsys.analysis.line_process import Medium, averaged
from isacsys.analysis.sensing_rates import GEOMETRIES
from isacsys.analysis.sensing_rates import RATE_TOLERANCE as SENSING_TOLERANCE
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError


def interference_shape(*, M: ArrayLike, K: ArrayLike) -> Array:
    """Return ``1 / E[sum mu_k^2] = K / (1 + (K - 1) / (M - K + 2))``, the gamma shape of an interfering gain.

    Parameters
    ----------
    M : array_like [...]
        Antennas left after the nulls granted to others, at least K.
    K : array_like [...]
        Streams, at least 1; the mean where stations serve unequally many.
    """
    streams = real("K", K, minimum=1)
    return np.asarray(streams / (1 + (streams - 1) / (real("M", M, minimum=float(streams.max())) - streams + 2)))


def echo_shape(*, M_t: ArrayLike, shape: ArrayLike) -> Array:
    """Return the gamma shape of an echo gain, ``(M_t + 1) / (M_t / shape - 1)``.

    An isotropic frame of beams sends ``M_t sum_k mu_k |u_k|^2`` towards a target, u isotropic of unit norm: variance
    ``(M_t E[sum mu_k^2] - 1) / (M_t + 1)``; ``shape`` is `interference_shape`, below M_t. Arguments broadcast.
    """
    antennas = whole("M_t", M_t)
    return np.asarray((antennas + 1) / (antennas / real("shape", shape, above=0) - 1))


class SensingBeams(NamedTuple):
    """Sensing beams of a station: how many, the dimensions its constraints leave free, their share of the power."""

    J: int
    left: int
    power: float


def measured_communication_rate(*, K: int, L: int = 1, alpha: float = 4.0, D: ArrayLike, streams: ArrayLike,
                                weights: ArrayLike, shape: float, medium: Medium | None = None,
                                bs_density: float = 1.0, sensing: SensingBeams | None = None) -> float:
    """Return the rate of the typical user in nats: wanted gain Gamma(D, 1) / streams, interference of given shape.

    As `communication.mean_communication_rate`, which it is for ``streams = shape = K``.

    Parameters
    ----------
    K, L, alpha
        As in `communication_rate`; ``K`` only names the case in warnings.
    D, streams, weights : array_like [n]
        Degrees of freedom and users served of the stations that typical users met, and how often.
    shape : float
        Of the gamma law of the interfering gains, mean 1 (`interference_shape`).
    medium, bs_density
        In place of the power law without noise: law, noise, correlation of sites, and stations per km^2.
    sensing : SensingBeams, optional
        Beams that every station sends besides, with users keeping 1 - power.
    """
    values = [np.atleast_1d(real(name, given, minimum=0)) for name, given in
              (("D", D), ("streams", streams), ("weights", weights))]
    if len({value.shape for value in values}) > 1 or not values[2].sum() > 0:
        raise ConfigError("weights", weights, "one weight for each D, not all zero")
    crowd, unit = _interfering(float(real("shape", shape, above=0)), sensing)
    scales, order, exponent = shape / values[1], int(whole("L", L)), float(steepness("alpha", alpha))
    law, most = mixture_law(values[0], values[2] / values[2].sum(), np.log(scales)), float((values[0] * scales).max())

    def evaluate(at: Resolution) -> Array:
        if medium is None:
            return mean_log(Link(crowd, order, exponent, exponent / 2), nulled_disc, [law], most, 0.0, at)
        heard_of = Crowd(lambda log_q: heard(log_q, crowd), mean_gain(crowd))
        return averaged(medium.law, bs_density, medium.site_correlation, order, at, lambda table: line_rates(
            table, [law], heard_of, order, unit * medium.noise, most, at))

    tolerance = RATE_TOLERANCE if medium is None else LINE_TOLERANCE
    return float(checked(evaluate, tolerance, f"measured communication rate, K={K}, L={L}, alpha={alpha}")[0])


def measured_sensing_rate(*, M_t: int, K: int, Q: int = 1, alpha: float = 4.0, beta: float = 2.0, c: float = 1.0,
                          bs_density: float = 1.0, cluster_center: str = "serving_bs", shape: float,
                          sensing: SensingBeams | None = None, D: ArrayLike | None = None,
                          streams: ArrayLike | None = None, weights: ArrayLike = 1.0) -> float:
    """Return the rate of the typical target in nats, all requests granted, interference of given shape.

    The echo of the users' beams has the exact law of the beam for K = 1, else a gamma law of shape `echo_shape`.

    Parameters
    ----------
    M_t, K, Q, alpha, beta, c, bs_density, cluster_center
        As in `sensing_rate` and `sensing_rate_beam_law`.
    shape : float
        Of the gamma law of the interfering gains, mean 1 (`interference_shape`).
    sensing : SensingBeams, optional
        As in `measured_communication_rate`.
    D, streams, weights : array_like [n], optional
        With sensing beams: degrees of freedom and users served of the stations that typical targets met, and how often;
        D - 1 dimensions are left to the beam of a target, and a station without users sends nothing else. By default
        those of ``sensing``, with users.
    """
    geometry = GEOMETRIES[choice("cluster_center", cluster_center, tuple(GEOMETRIES))][0]
    crowd, _ = _interfering(float(real("shape", shape, above=0)), sensing)
    mean = 1.0 if K == 1 else float(echo_shape(M_t=M_t, shape=shape))
    law = beam_law(M_t) if K == 1 else gamma_law(mean)
    scale = np.log(shape / mean)
    if isinstance(crowd, BeamPowers):
        freedom, chances = mixture(crowd.left + 1 if D is None else D, weights)
        served = np.broadcast_to(1.0 if streams is None else np.asarray(streams, float), freedom.shape)
        law, mean = _echo_of_beams(crowd, M_t, _shifted(law, scale), freedom, served, chances)
        scale = 0.0
    link = Link(crowd, int(whole("Q", Q)), float(steepness("alpha", alpha)), float(steepness("beta", beta, 0)))
    log_c = np.log(c) + scale - link.eta * np.log(np.pi * bs_density)
    return float(checked(lambda at: mean_log(link, geometry, [law], mean, log_c, at), SENSING_TOLERANCE,
                         f"measured sensing rate, K={K}, Q={Q}, alpha={alpha}, beta={beta}, c={c}")[0])


def _interfering(shape: float, sensing: SensingBeams | None) -> tuple[Law, float]:
    """Return the law of interfering gains, users' beams Gamma(shape, 1) in it, and the unit over its power."""
    if sensing is None or sensing.power == 0 or sensing.J == 0 or sensing.left < 1:
        return shape, shape
    left = 1 - sensing.power
    return BeamPowers(shape, sensing.J, sensing.left, sensing.power / sensing.J * shape / left), shape / left


def _echo_of_beams(crowd: BeamPowers, M_t: int, users: GainLaw, D: Array, streams: Array,
                   chances: Array) -> tuple[GainLaw, float]:
    """Return the law of an echo's gain where D - 1 dimensions are left now and then, and its largest mean."""
    alone = np.log1p(crowd.J * crowd.ratio / crowd.K)  # without a dimension, users' beams have all the power

    def law(d: int, served: float) -> GainLaw:
        if d < 2:
            return _shifted(users, alone)
        if served > 0:
            return echo_law(crowd._replace(left=d - 1), M_t, users)
        whole_power = crowd._replace(left=d - 1, ratio=crowd.ratio + crowd.K / crowd.J)
        return echo_law(whole_power, M_t, np.zeros_like)

    parts = [(chance, law(int(d), served)) for d, served, chance in zip(D, streams, chances, strict=True)]
    mean = crowd.K + crowd.ratio * float(chances @ np.where(D >= 2, D + 2 * crowd.J, crowd.J))
    return lambda log_y: np.sum([chance * law(log_y) for chance, law in parts], axis=0), mean


def _shifted(law: GainLaw, log_scale: float) -> GainLaw:
    return lambda log_y: law(log_y + log_scale)
