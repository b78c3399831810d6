"""Joint transmission: the stations of a cluster all send to its user, by powers or coherently.

All L stations of a user's cluster send to it. A station then has K L streams (its own K and the
K (L - 1) it grants on average) of power 1 / (K L) each, so gains are Gamma(D, 1) / (K L) wanted, from each member, and
Gamma(K L, 1) / (K L) interfering, D = M_t - K L - J (Q - 1) + 1 as with nulls. Rates in nats; arguments broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis._arguments import by_key, mixture, real, steepness, whole
from isacsys.analysis._fading import GainLaw, gamma_law, mixture_law
from isacsys.analysis._line import line
from isacsys.analysis._line_rates import gamma_crowd, joined, joined_in_order, line_rates
from isacsys.analysis._numerics import Resolution, checked
from isacsys.analysis.communication_rates import wanted_shape
from isacsys.analysis.line_process import Medium, averaged, power_law
from isacsys.analysis.sampling import DRAWN, batches
from isacsys.core.arrays import Array
from isacsys.core.propagation_law import PropagationLaw

RATE_TOLERANCE = 1e-5


def joint_rate(*, K: ArrayLike, L: ArrayLike = 1, alpha: ArrayLike = 4.0, D: ArrayLike | None = None,
               M_t: ArrayLike | None = None, J: ArrayLike = 1, Q: ArrayLike = 1, bs_density: ArrayLike = 1.0,
               noise: ArrayLike = 0.0, law: PropagationLaw | None = None) -> Array:
    """Return the exact mean rate of the typical user in nats where its cluster sends to it jointly, powers adding.

    ``R = int F_{K L}(s)^-L [1 - (1 + s)^-D (int_0^1 (1 + s t^(-alpha / 2))^-D dt)^(L - 1)] ds / s`` for the power law
    without noise; else, with `propagation.propagation_rate`'s Lambda and y = z / (K L),
    ``R = int dz / z e^{-z N} int dLambda(l) e^{-Lambda - T} / (L - 1)!
    [Lambda^(L-1) - (1 + y / l)^-D (int_{l1 < l} (1 + y / l1)^-D dLambda(l1))^(L-1)]``.

    Parameters
    ----------
    K, L, alpha, D, M_t, J, Q
        As in `communication_rate`.
    bs_density, noise
        As in `propagation_rate`; they matter only together, or with a law.
    law : PropagationLaw, optional
        In place of the power law.

    Notes
    -----
    Relative error below 1e-5, or an AccuracyWarning. For L = 1 it is the rate of a user that is served alone.
    """
    def rates(K: int, L: int, alpha: float, density: float, noise: float, freedom: Array) -> Array:
        taken, laws = power_law(alpha) if law is None else law, [gamma_law(d) for d in freedom]

        def evaluate(at: Resolution) -> Array:
            return line_rates(line(taken, density, L, at), laws, gamma_crowd(K * L), L, K * L * noise,
                              float(freedom.max()), at, joined)
        return checked(evaluate, RATE_TOLERANCE, f"rate of joint transmission, K={K}, L={L}, alpha={alpha}")

    keys = (whole("K", K), whole("L", L), steepness("alpha", alpha), real("bs_density", bs_density, above=0),
            real("noise", noise, minimum=0))
    return by_key(rates, keys, wanted_shape(D, M_t, K, L, J, Q))


class Sender(NamedTuple):
    """What is known of a station that sends to a typical user, each [n].

    Attributes
    ----------
    D, streams, weights
        Degrees of freedom, users to which it sends, and how often that is so: its gain is Gamma(D, 1) / streams.
    """

    D: ArrayLike
    streams: ArrayLike
    weights: ArrayLike = 1.0


def measured_joint_rate(*, L: int, alpha: float = 4.0, serving: Sender, member: Sender, shape: float,
                        medium: Medium | None = None, bs_density: float = 1.0) -> float:
    """Return the rate of `joint_rate` in nats at measured laws of the degrees of freedom and streams.

    Gains are independent; interference has mean 1 and a given shape.

    Parameters
    ----------
    L, alpha, medium, bs_density
        As in `beams.measured_communication_rate`.
    serving, member : Sender
        The nearest station of a typical user, and the others of its cluster.
    shape : float
        Of the gamma law of the interfering gains (`beams.interference_shape`).
    """
    order, unit = int(whole("L", L)), float(real("shape", shape, above=0))
    (nearest, most), (other, _) = (_gains(sender, unit) for sender in (serving, member))
    heard = medium or Medium(power_law(float(steepness("alpha", alpha))))

    def gains(log_y: Array) -> Array:
        return np.stack([nearest(log_y), other(log_y)], axis=-1)

    def evaluate(at: Resolution) -> Array:
        return averaged(heard.law, bs_density, heard.site_correlation, order, at, lambda table: line_rates(
            table, [gains], gamma_crowd(unit), order, unit * heard.noise, most, at, joined_in_order))

    return float(checked(evaluate, RATE_TOLERANCE, f"measured rate of joint transmission, L={L}, alpha={alpha}")[0])


def _gains(sender: Sender, unit: float) -> tuple[GainLaw, float]:
    """Return the law of a sender's gain, in parts of ``unit``, and its largest mean."""
    freedom, number, weight = _sender(sender)
    scales = unit / number
    return mixture_law(freedom, weight, np.log(scales)), float((freedom * scales).max())


def _sender(sender: Sender) -> tuple[Array, Array, Array]:
    freedom, weight = mixture(sender.D, np.broadcast_to(sender.weights, np.shape(np.atleast_1d(sender.D))))
    return freedom, np.broadcast_to(real("streams", sender.streams, above=0), freedom.shape), weight


def sample_joint_sir(*, K: int, L: int = 1, alpha: float = 4.0, D: float, coherent: bool = False,
                     samples: int = 100_000, seed: int = 1) -> Array:
    """Draw the SIR of a user that its cluster sends to jointly, in the gamma model.

    ``sum_{m <= L} g_m r_m^-alpha / I``, coherent: ``(sum_{m <= L} sqrt(g_m r_m^-alpha))^2 / I`` with phases aligned;
    ``I = sum_{i > L} g_i r_i^-alpha``, g_m ~ Gamma(D, 1), g_i ~ Gamma(K L, 1).

    Parameters
    ----------
    K, L, alpha, D
        As in `joint_rate`, scalars.
    coherent : bool
        Whether amplitudes add, or powers.
    samples, seed : int
        Number of independent draws; the seed determines all of them.

    Returns
    -------
    ndarray [samples]
        Linear SIR.
    """
    K, L, alpha = int(whole("K", K)), int(whole("L", L)), float(steepness("alpha", alpha))
    shape, unit = float(real("D", D, above=0)), 1 / (K * L)
    return _sampled(L, alpha, K * L, lambda rng, size: rng.standard_gamma(shape, size) * unit, coherent, samples, seed)


def _sampled(L: int, alpha: float, shape: float, gains: Callable[[np.random.Generator, tuple[int, int]], Array],
             coherent: bool, samples: int, seed: int) -> Array:
    """Draw SIRs: ``gains`` [sample, L] from the members, Gamma(shape, 1) / shape from interferers."""
    rng = np.random.default_rng(int(whole("seed", seed, 0)))
    parts = []
    for size in batches(samples, L + DRAWN):
        squares, beyond = stations_around(rng, size, L, alpha, shape)
        powers = gains(rng, (size, L)) * squares[:, :L] ** (-alpha / 2)
        parts.append(added(powers, coherent) / beyond)
    return np.concatenate(parts)


def stations_around(rng: np.random.Generator, size: int, L: int, alpha: float, shape: float) -> tuple[Array, Array]:
    """Draw ``pi lambda r^2`` of stations in order [sample, station], and what comes from beyond the first L."""
    squares = np.cumsum(rng.standard_exponential((size, L + DRAWN)), axis=1)
    heard = rng.standard_gamma(shape, (size, DRAWN)) / shape * squares[:, L:] ** (-alpha / 2)
    return squares, heard.sum(axis=1) + squares[:, -1] ** (1 - alpha / 2) / (alpha / 2 - 1)


def added(powers: Array, coherent: bool) -> Array:
    """Return the sum [sample] of ``powers`` [sample, member], or of their amplitudes squared."""
    return np.asarray(np.sqrt(powers).sum(axis=1) ** 2 if coherent else powers.sum(axis=1))


def gains_of_members(rng: np.random.Generator, size: tuple[int, int], serving: Sender, member: Sender) -> Array:
    """Draw gains Gamma(D, 1) / streams of a cluster [sample, L], the first of the serving station."""
    found = np.empty(size)
    for columns, sender in zip((slice(1), slice(1, None)), (serving, member), strict=True):
        freedom, number, weight = _sender(sender)
        place = rng.choice(len(weight), found[:, columns].shape, p=weight)
        found[:, columns] = rng.standard_gamma(freedom[place]) / number[place]
    return found


def measured_coherent_rate(*, L: int, alpha: float = 4.0, serving: Sender, member: Sender, shape: float,
                           samples: int = 400_000, seed: int = 1) -> float:
    """Return what `measured_joint_rate` does where amplitudes add, by Monte Carlo; parameters as there and above."""
    sir = _sampled(int(whole("L", L)), float(steepness("alpha", alpha)), float(real("shape", shape, above=0)),
                   lambda rng, size: gains_of_members(rng, size, serving, member), True, samples, seed)
    return float(np.log1p(sir).mean())


def coherent_joint_rate(*, K: int, L: int = 1, alpha: float = 4.0, D: float, samples: int = 400_000,
                        seed: int = 1) -> tuple[float, float]:
    """Return the mean rate in nats of coherent joint transmission and its standard error, by Monte Carlo.

    Parameters as in `sample_joint_sir`. There is no closed form: amplitudes of different distances add.
    """
    rates = np.log1p(sample_joint_sir(K=K, L=L, alpha=alpha, D=D, coherent=True, samples=samples, seed=seed))
    return float(rates.mean()), float(rates.std(ddof=1) / np.sqrt(rates.size))
