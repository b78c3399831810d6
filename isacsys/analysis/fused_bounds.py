"""Information of N stations around a target about its position: Fisher information of all pairs.

The N stations nearest to the target, Poisson, all illuminate it and receive. Pair (m, n) has a gain
``R_m^-beta R_n^-beta``; its delay measures the sum of two distances, with gradient u_m + u_n (unit vectors towards the
target), its bearing at n an angle, with gradient v_n / R_n, v_n across u_n:

``F = sum_mn R_m^-beta R_n^-beta [w_d (u_m + u_n)(u_m + u_n)^T + w_b R_n^-2 v_n v_n^T]``,

w_d and w_b the information of a delay and of a bearing at unit gain. No interference: gains are all there is.

`sample_fused_looks`, a Monte Carlo of the gamma model, has interference: the N stations transmit and receive, all
others interfere. Everything is drawn in the plane around the target, and nothing of it comes from the simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import gammainccinv
from scipy.stats import ncx2

from isacsys.analysis._arguments import real, steepness, whole
from isacsys.analysis._fading import gamma_nodes
from isacsys.analysis._numerics import FINER
from isacsys.analysis.sampling import batches, far_field
from isacsys.core.arrays import Array

SPEED_OF_LIGHT = 299_792_458.0  # m/s
DRAWN = 40  # stations beyond the cluster that are drawn one by one
STRONG = 1e4  # where a detection is certain


def sample_information(*, N: int, beta: float = 2.0, delays: float = 1.0, bearings: float = 0.0,
                       bs_density: float = 1.0, minimum_distance: float = 0.0, samples: int = 100_000,
                       seed: int = 1) -> Array:
    """Draw F, the information of all pairs of N stations about the position of a target.

    Parameters
    ----------
    N : int
        Stations.
    beta : float
        Path-loss exponent of one way of the echo.
    delays, bearings : float
        w_d and w_b, weights of the two kinds of measurement.
    bs_density, minimum_distance : float
        Stations per square of the unit of distance; no station is closer than this.
    samples, seed : int
        Number of independent draws; the seed determines all of them.

    Returns
    -------
    ndarray [samples, 2, 2]
        Symmetric, in the unit of distance to the power -2 (beta + 1) for bearings, -2 beta for delays.
    """
    number, exponent, closest = int(whole("N", N)), float(steepness("beta", beta, 0)), float(
        real("minimum_distance", minimum_distance, minimum=0))
    density = float(real("bs_density", bs_density, above=0))
    rng = np.random.default_rng(int(whole("seed", seed, 0)))
    parts = []
    for size in batches(samples, number):
        squares = np.cumsum(rng.standard_exponential((size, number)), axis=1) / (np.pi * density) + closest**2
        angle = rng.uniform(0, 2 * np.pi, (size, number))
        u = np.stack([np.cos(angle), np.sin(angle)], axis=-1)  # [sample, station, 2]
        gain = squares ** (-exponent / 2)
        parts.append(delays * _of_delays(u, gain) + bearings * _of_bearings(u, gain, squares))
    return np.concatenate(parts)


def information_bound(information: Array) -> Array:
    """Return ``tr F^-1`` [...], the least mean square error of the position; infinite where F is singular.

    Parameters
    ----------
    information : ndarray [..., 2, 2]
        As `sample_information` draws it.
    """
    trace = information[..., 0, 0] + information[..., 1, 1]
    determinant = information[..., 0, 0] * information[..., 1, 1] - information[..., 0, 1] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(determinant > 0, trace / determinant, np.inf))


def mean_information(*, N: int, beta: float = 2.0, delays: float = 1.0, bearings: float = 0.0, bs_density: float = 1.0,
                     minimum_distance: float = 0.0) -> float:
    """Return the exact mean of tr F; E[F] is half of it times the unit matrix.

    Given the distance of the last station, the N - 1 others are uniform within it. With ``a_p`` the mean of R^-p over
    one of them and R that of the last, the pairs of delays bring ``4 (R^-2beta + (N-1) a_2beta)
    + 2 (2 (N-1) R^-beta a_beta + (N-1)(N-2) a_beta^2)``: the angle between two different stations is uniform. Bearings
    bring ``sum_mn R_m^-beta R_n^(-beta-2)``.

    Parameters
    ----------
    N, beta, delays, bearings, bs_density, minimum_distance
        As in `sample_information`. Without a minimum distance the mean is infinite for beta >= 1 already: now and then
        a station is next to the target.
    """
    others, exponent = int(whole("N", N)) - 1, float(steepness("beta", beta, 0))
    closest = float(real("minimum_distance", minimum_distance, minimum=0))
    density = float(real("bs_density", bs_density, above=0))
    steepest = 2 * exponent + (2 if bearings else 0)
    if closest == 0 and steepest >= 2:
        return float("inf")
    log_w, weights = gamma_nodes(others + 1, -max(steepest / 2, 1.0), FINER[-1].margin, FINER[-1])
    squares = np.exp(log_w) / (np.pi * density) + closest**2
    one, two, bearing, pair = (
        (squares ** (-p / 2), _mean_power(squares, closest, p))
        for p in (exponent, 2 * exponent, exponent + 2, 2 * exponent + 2))
    own = two[0] + others * two[1]
    cross = 2 * others * one[0] * one[1] + others * (others - 1) * one[1] ** 2
    value = delays * (4 * own + 2 * cross)
    if bearings:
        mixed = others * (one[0] * bearing[1] + one[1] * bearing[0]) + others * (others - 1) * one[1] * bearing[1]
        value = value + bearings * (pair[0] + others * pair[1] + mixed)
    return float(value @ weights)


def _of_delays(u: Array, gain: Array) -> Array:
    """Return ``sum_mn g_m g_n (u_m + u_n)(u_m + u_n)^T = 2 G A + 2 s s^T``, A and s the sums of g u u^T and g u."""
    spread = np.einsum("sn,sni,snj->sij", gain, u, u)
    total = np.einsum("sn,sni->si", gain, u)
    return 2 * gain.sum(axis=1)[:, None, None] * spread + 2 * total[:, :, None] * total[:, None, :]


def _of_bearings(u: Array, gain: Array, squares: Array) -> Array:
    across = np.stack([-u[..., 1], u[..., 0]], axis=-1)
    return np.asarray(gain.sum(axis=1)[:, None, None] * np.einsum("sn,sni,snj->sij", gain / squares, across, across))


def _mean_power(squares: Array, closest: float, p: float) -> Array:
    """Return the mean of R^-p over a station that is uniform between ``closest`` and the root of ``squares``."""
    area = squares - closest**2
    if p == 2:
        return np.asarray(np.log(squares / closest**2) / area if closest > 0 else np.full_like(squares, np.inf))
    inner = closest ** (2 - p) if closest > 0 else 0.0
    return np.asarray((squares ** (1 - p / 2) - inner) / ((1 - p / 2) * area))


class FusedLooks(NamedTuple):
    """Draws of typical targets, [sample] each.

    Attributes
    ----------
    range_error, bearing_error, position_error : [sample]
        Bounds along the way from the nearest station (m), across it (rad), and both together (m).
    detection_probability : [sample]
    """

    range_error: Array
    bearing_error: Array
    position_error: Array
    detection_probability: Array


def sample_fused_looks(*, N: int, alpha: float = 4.0, beta: float = 2.0, c: float = 1.0, bs_density: float = 1.0,
                       M_r: int, bandwidth: float, timing_error: float = 0.0, false_alarm: float,
                       shape: float, echo: Callable[[np.random.Generator, tuple[int, int]], Array],
                       samples: int = 40_000, seed: int = 1) -> FusedLooks:
    """Draw what the N stations nearest to a typical target find together.

    ``gamma_mn = c h_m R_m^-beta R_n^-beta / sum_{s > N} g_s |p_s - p_n|^-alpha`` of transmitter m and receiver n,
    ``F = sum_mn (u_m + u_n)(u_m + u_n)^T / (c_0^2 (3 / (2 pi^2 B^2 gamma_mn) + t^2 [m != n]))
    + sum_mn gamma_mn pi^2 (M_r^2 - 1) / 6 sin^2(theta_n) / R_n^2 v_n v_n^T``, arrays along the x axis.

    Parameters
    ----------
    N, alpha, beta, c, bs_density
        Stations in the cluster, and as in `sensing_rate`; km.
    M_r, bandwidth, timing_error, false_alarm
        Receive antennas, Hz, s, and the probability of a false alarm of the sum over pairs.
    shape : float
        Of the gamma law, mean 1, of interfering gains g (`beams.interference_shape`).
    echo : callable
        Draws gains h of all of a station's beams towards the target, of the shape asked for.
    samples, seed : int
        Number of independent draws; the seed determines all of them.
    """
    number, antennas = int(whole("N", N)), int(whole("M_r", M_r))
    law = float(steepness("alpha", alpha)), float(steepness("beta", beta, 0)), float(real("c", c, above=0))
    density, unit = float(real("bs_density", bs_density, above=0)), float(real("shape", shape, above=0))
    rng, parts = np.random.default_rng(int(whole("seed", seed, 0))), []
    for size in batches(samples, (number + DRAWN) * number):
        radius = np.sqrt(np.cumsum(rng.standard_exponential((size, number + DRAWN)), axis=1) / (np.pi * density))
        place = radius * np.exp(2j * np.pi * rng.random(radius.shape))
        sir = _pairs(rng, place, number, law, density, unit, echo(rng, (size, number)))
        tone = 2 * np.pi**2 * bandwidth**2 / 3 * sir
        delay = tone / (1 + tone * timing_error**2 * (1 - np.eye(number))) / SPEED_OF_LIGHT**2
        parts.append((*_errors(place[:, :number], delay, sir.sum(axis=1) * np.pi**2 * (antennas**2 - 1) / 6),
                      _detected(sir.sum(axis=(1, 2)), number**2, false_alarm)))
    return FusedLooks(*(np.concatenate(found) for found in zip(*parts, strict=True)))


def _pairs(rng: np.random.Generator, place: Array, number: int, law: tuple[float, float, float], density: float,
           unit: float, lit: Array) -> Array:
    """Return gamma [sample, transmitter, receiver] of all pairs of the first ``number`` stations at ``place``."""
    alpha, beta, c = law
    near, others = place[:, :number], place[:, number:]
    apart = np.abs(others[:, None, :] - near[:, :, None])
    gain = rng.standard_gamma(unit, apart.shape) / unit
    last = np.broadcast_to(np.abs(place[:, -1:]), near.shape)
    disturbed = np.sum(gain * apart**-alpha, axis=-1) + density * far_field(last, np.abs(near), alpha)
    way = np.abs(near) ** -beta
    return np.asarray(c * (lit * way)[:, :, None] * (way / disturbed)[:, None, :])


def _errors(place: Array, delay: Array, bearing: Array) -> tuple[Array, Array, Array]:
    """Return bounds along, across (rad) and of the position of a target at the origin, from both kinds of information.

    ``delay`` [sample, N, N] is of sums of distances, 1/m^2; ``bearing`` [sample, N] of cosines.
    """
    u = -place / np.abs(place)  # from the stations to the target
    both = np.abs(u[:, :, None] + u[:, None, :]) ** 2, (u[:, :, None] + u[:, None, :]) ** 2
    cross = bearing * (1 - u.real**2) / (1e3 * np.abs(place)) ** 2
    trace = np.sum(delay * both[0], axis=(1, 2)) + cross.sum(axis=1)
    twist = np.sum(delay * both[1], axis=(1, 2)) - np.sum(cross * u**2, axis=1)  # across: (i u)^2 = -u^2
    information = np.empty((len(trace), 2, 2))
    information[:, 0, 0], information[:, 1, 1] = (trace + twist.real) / 2, (trace - twist.real) / 2
    information[:, 0, 1] = information[:, 1, 0] = twist.imag / 2
    determinant = information[:, 0, 0] * information[:, 1, 1] - information[:, 0, 1] ** 2
    along = (twist * np.conj(u[:, 0]) ** 2).real  # of F, along less across the way from the nearest station
    with np.errstate(divide="ignore", invalid="ignore"):
        radial, lateral = (np.sqrt(np.where(determinant > 0, (trace + sign * along) / 2 / determinant, np.inf))
                           for sign in (-1, 1))
        return radial, lateral / (1e3 * np.abs(place[:, 0])), np.sqrt(information_bound(information))


def _detected(total: Array, pairs: int, false_alarm: float) -> Array:
    """Return ``Q_N(sqrt(2 gamma), sqrt(2 tau))`` of the summed powers of N pairs, tau that of a Gamma(N, 1)."""
    threshold = float(gammainccinv(pairs, float(real("false_alarm", false_alarm, above=0))))
    return np.asarray(ncx2.sf(2 * threshold, 2 * pairs, 2 * np.minimum(total, STRONG)))
