"""Clusters of links: delays, powers and angles. TR 38.901 section 7.5, steps 5 to 7."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isacsys.channel import spatial_tables
from isacsys.channel.draws import ZOA, ZOD, Draws
from isacsys.channel.parameters import Spreads, State
from isacsys.core.arrays import Array, Flags, Index


@dataclass(frozen=True)
class RayClusters:
    """The clusters of links in one state, in order of delay.

    Attributes
    ----------
    delay : [link, N]
        s, scaled by the Rician factor.
    power : [link, N]
        Of (7.5-6), which add up to 1.
    kept : [link, N]
        Not more than 25 dB below the strongest.
    strongest : [link, 2]
        The clusters that are spread in delay.
    angle : [link, 4, N]
        Of AOD, AOA, ZOA, ZOD, degrees.
    share : [link]
        Of the power in the line of sight, ``K / (K + 1)``.
    """

    delay: Array
    power: Array
    kept: Flags
    strongest: Index
    angle: Array
    share: Array


def clusters(state: State, spreads: Spreads, sight: Array, draws: Draws, dtype: npt.DTypeLike = float) -> RayClusters:
    """Return the clusters of links.

    Parameters
    ----------
    sight : [link, 4]
        Directions AOD, AOA, ZOA, ZOD of the line of sight, degrees.
    dtype
        Of the arithmetic.
    """
    delay, power = _delays_and_powers(state, spreads, draws, dtype)
    ratio = power / power.max(-1, keepdims=True)
    kept = ratio >= 10 ** (spatial_tables.WEAKEST_CLUSTER / 10)
    strongest = np.argsort(-power, axis=-1, kind="stable")[:, :2]
    share = np.zeros(len(power), dtype)
    if state.has_sight:
        linear = 10 ** (spreads.factor.astype(dtype) / 10)
        share = (linear / (linear + 1)).astype(dtype)
        delay = delay / _polynomial(spatial_tables.DELAY_SCALING_LOS, spreads.factor).astype(dtype)[:, None]
    return RayClusters(delay, power, kept, strongest, _angles(state, spreads, sight, draws, power, share, dtype), share)


def _delays_and_powers(state: State, spreads: Spreads, draws: Draws, dtype: npt.DTypeLike) -> tuple[Array, Array]:
    """Return delays and powers by equations (7.5-1), (7.5-2), (7.5-5), (7.5-6)."""
    scaled = np.sort(-np.log(draws.delay.astype(dtype)), axis=-1)  # tau' over r_tau DS
    scaled -= scaled[:, :1]
    power = np.exp(-scaled * (state.delay_scaling - 1) - draws.shadowing.astype(dtype)
                   * np.asarray(state.shadowing * np.log(10) / 10, dtype))
    power /= power.sum(-1, keepdims=True)
    return scaled * (state.delay_scaling * spreads.delay).astype(dtype)[:, None], power


def _angles(state: State, spreads: Spreads, sight: Array, draws: Draws, power: Array, share: Array,
            dtype: npt.DTypeLike) -> Array:
    """Return angles by equations (7.5-9) to (7.5-12), (7.5-14) to (7.5-17), (7.5-19)."""
    seen = power * (1 - share)[:, None]
    seen[:, 0] += share
    logarithm = -np.log(seen / seen.max(-1, keepdims=True))
    c_phi, c_theta = (np.full(len(power), c) for c in state.scaling)
    if state.has_sight:
        c_phi *= _polynomial(spatial_tables.AZIMUTH_SCALING_LOS, spreads.factor)
        c_theta *= _polynomial(spatial_tables.ZENITH_SCALING_LOS, spreads.factor)
    spread = np.stack([spreads.departure, spreads.arrival, spreads.zenith_arrival, spreads.zenith_departure], -1)
    wide = np.stack([spread[:, 0] / 0.7 / c_phi, spread[:, 1] / 0.7 / c_phi, spread[:, 2] / c_theta,
                     spread[:, 3] / c_theta], -1).astype(dtype)
    angle = np.empty((len(power), 4, state.clusters), dtype)
    angle[:, :ZOA] = np.sqrt(logarithm)[:, None]
    angle[:, ZOA:] = logarithm[:, None]
    angle *= draws.sign * wide[..., None]
    angle += draws.jitter * (spread / 7).astype(dtype)[..., None]
    centre = np.array(sight, dtype)
    if state.has_sight:
        return np.asarray(angle - angle[..., :1] + centre[..., None])
    if state.name == "o2i":
        centre[:, ZOA] = 90
    centre[:, ZOD] += spreads.offset
    return np.asarray(angle + centre[..., None])


def _polynomial(coefficients: tuple[float, ...], factor_db: Array) -> Array:
    return np.asarray(np.polynomial.polynomial.polyval(factor_db, coefficients))
