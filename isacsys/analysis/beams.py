"""Exact rates at a measured law of the degrees of freedom, for beams that are not orthogonal.

The gamma model takes the K beams of a base station for orthogonal. Zero-forcing beams are not: with M antennas left
after its nulls, ``|w_j^H w_k|^2 ~ Beta(1, M - K + 1)``, so the total gain ``sum_k mu_k E_k`` of an interferer (mu the
eigenvalues of ``W^H W / K``, E_k ~ Exp(1)) keeps its mean 1 but has variance ``E[sum mu_k^2]`` above 1 / K. Here the
gamma law gets the shape that has this variance; nothing of it is in the paper. Rates are in nats.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis._arguments import choice, real, whole
from isacsys.analysis._cluster import Link, nulled_disc
from isacsys.analysis._fading import GainLaw, beam_law, gamma_law
from isacsys.analysis._numerics import checked
from isacsys.analysis._rates import mean_log
from isacsys.analysis.communication import RATE_TOLERANCE
from isacsys.analysis.sensing import GEOMETRIES
from isacsys.analysis.sensing import RATE_TOLERANCE as SENSING_TOLERANCE
from isacsys.arrays import Array
from isacsys.errors import ConfigError


def interference_shape(*, M: ArrayLike, K: ArrayLike) -> Array:
    """Return ``1 / E[sum mu_k^2] = K / (1 + (K - 1) / (M - K + 2))``, the gamma shape of an interfering gain.

    Parameters
    ----------
    M : array_like
        Antennas left after the nulls granted to others, at least K.
    K : array_like
        Streams, at least 1; the mean where stations serve unequally many.
    """
    streams = real("K", K, minimum=1)
    return np.asarray(streams / (1 + (streams - 1) / (real("M", M, minimum=float(streams.max())) - streams + 2)))


def echo_shape(*, M_t: ArrayLike, shape: ArrayLike) -> Array:
    """Return the gamma shape of an echo gain, ``(M_t + 1) / (M_t / shape - 1)``.

    An isotropic frame of beams sends ``M_t sum_k mu_k |u_k|^2`` towards a target, u isotropic of unit norm: variance
    ``(M_t E[sum mu_k^2] - 1) / (M_t + 1)``; ``shape`` is `interference_shape`, below M_t.
    """
    antennas = whole("M_t", M_t)
    return np.asarray((antennas + 1) / (antennas / real("shape", shape, above=0) - 1))


def measured_communication_rate(*, K: int, L: int = 1, alpha: float = 4.0, D: ArrayLike, streams: ArrayLike,
                                weights: ArrayLike, shape: float) -> float:
    """Return the rate of the typical user in nats: wanted gain Gamma(D, 1) / streams, interference of given shape.

    As `communication.mean_communication_rate`, which it is for ``streams = shape = K``.

    Parameters
    ----------
    K, L, alpha
        As in `communication_rate`; ``K`` only names the case in warnings.
    D, streams, weights : array_like, shape (n,)
        Degrees of freedom and users served of the stations that typical users met, and how often.
    shape : float
        Of the gamma law of the interfering gains, mean 1 (`interference_shape`).
    """
    values = [np.atleast_1d(real(name, given, minimum=0)) for name, given in
              (("D", D), ("streams", streams), ("weights", weights))]
    if len({value.shape for value in values}) > 1 or not values[2].sum() > 0:
        raise ConfigError("weights", weights, "one weight for each D, not all zero")
    link = Link(float(real("shape", shape, above=0)), int(whole("L", L)), float(real("alpha", alpha, above=2)),
                alpha / 2)
    scales = link.K / values[1]
    law = _mixture(values[0], scales, values[2] / values[2].sum())
    return float(checked(lambda at: mean_log(link, nulled_disc, [law], float((values[0] * scales).max()), 0.0, at),
                         RATE_TOLERANCE, f"measured communication rate, K={K}, L={L}, alpha={alpha}")[0])


def measured_sensing_rate(*, M_t: int, K: int, Q: int = 1, alpha: float = 4.0, beta: float = 2.0, c: float = 1.0,
                          bs_density: float = 1.0, cluster_center: str = "serving_bs", shape: float) -> float:
    """Return the rate of the typical target in nats, all requests granted, interference of given shape.

    The echo has the exact law of the beam for K = 1, else a gamma law of shape `echo_shape`.

    Parameters
    ----------
    M_t, K, Q, alpha, beta, c, bs_density, cluster_center
        As in `sensing_rate` and `sensing_rate_beam_law`.
    shape : float
        Of the gamma law of the interfering gains, mean 1 (`interference_shape`).
    """
    geometry = GEOMETRIES[choice("cluster_center", cluster_center, tuple(GEOMETRIES))][0]
    link = Link(float(real("shape", shape, above=0)), int(whole("Q", Q)), float(real("alpha", alpha, above=2)),
                float(real("beta", beta, above=0)))
    mean = 1.0 if K == 1 else float(echo_shape(M_t=M_t, shape=shape))
    law = beam_law(M_t) if K == 1 else gamma_law(mean)
    log_c = np.log(c * link.K / mean) - link.eta * np.log(np.pi * bs_density)
    return float(checked(lambda at: mean_log(link, geometry, [law], mean, log_c, at), SENSING_TOLERANCE,
                         f"measured sensing rate, K={K}, Q={Q}, alpha={alpha}, beta={beta}, c={c}")[0])


def _mixture(shapes: Array, scales: Array, weights: Array) -> GainLaw:
    """Return the law of g ~ scales[i] Gamma(shapes[i], 1) with probability weights[i]."""
    parts: Sequence[tuple[float, float, GainLaw]] = [
        (weight, np.log(scale), gamma_law(shape))
        for shape, scale, weight in zip(shapes, scales, weights, strict=True)]
    return lambda log_y: np.sum([weight * law(log_y + log_scale) for weight, log_scale, law in parts], axis=0)
