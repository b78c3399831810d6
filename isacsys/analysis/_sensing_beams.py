"""Laws of gains where stations send sensing beams beside their users' beams.

A share eta of the power goes evenly on J beams, each the projection of a target's steering vector on the m dimensions
that no constraint takes, m = M_t - n; users keep (1 - eta) / K each. The unit of gains here is (1 - eta) / K, so users'
beams bring Gamma(K, 1) to whom they interfere with, and a sensing beam comes with the factor
``ratio = (eta / J) / ((1 - eta) / K)``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import roots_jacobi

from isacsys.analysis._fading import SATURATION, GainLaw, beam_law, gamma_law, gamma_nodes
from isacsys.analysis._interference import heard as heard_users
from isacsys.analysis._numerics import FINER, LARGEST_EXPONENT
from isacsys.core.arrays import Array

POINTS = 600  # of a spline
NODES = 32  # of the share of an echo's power that falls in the free dimensions
DRAWN = 12_000  # echoes, over which the overlaps of beams towards several targets are averaged
SEED = 1


class BeamPowers(NamedTuple):
    """Beams of a station at another station's receiver.

    Attributes
    ----------
    K : float
        Shape of the gamma law of what users' beams bring: the streams where these are orthogonal.
    J : int
        Sensing beams.
    left : int
        m, dimensions without constraints, at least 1.
    ratio : float
        Power of a sensing beam over that of a stream.
    """

    K: float
    J: int
    left: int
    ratio: float

    @property
    def mean(self) -> float:
        """E[g]."""
        return self.K + self.J * self.ratio

    def heard(self, log_q: Array) -> Array:
        """Return ``1 - E[exp(-q g)]``: the two kinds of beams are orthogonal, so their gains are independent."""
        users = heard_users(log_q, self.K)
        return either(users, beams_heard(self.J, self.left)(log_q + np.log(self.ratio)))


def either(one: Array, other: Array) -> Array:
    """Return ``1 - (1 - one)(1 - other)``."""
    return np.asarray(one + other - one * other)


@lru_cache(maxsize=4096)
def beams_heard(J: int, left: int) -> GainLaw:
    """Return ``1 - E[exp(-x g)]`` of ln x for the J sensing beams of a station, isotropic in ``left`` dimensions.

    ``g = h^H B B^H h``: given h, of squared norm G ~ Gamma(m, 1) in these dimensions, the overlaps of the beams with it
    are independent Beta(1, m - 1), so ``E[exp(-x g)] = E_G[1F1(1; m; -x G)^J]``: the transform over the law of the
    eigenvalues of B^H B, without it. ``(1 + x)^-J`` for J << m or J = 1, ``(1 + J x)^-1`` for m = 1.
    """
    one = beam_law(left)
    log_g, weights = gamma_nodes(left, 1.0, 40.0, FINER[1])

    def value(log_x: Array) -> Array:
        missed = one(log_x[:, None] + log_g - np.log(left))
        return np.asarray(_any_of(missed, J) @ weights)

    return _spline(value)


def echo_law(beams: BeamPowers, M_t: int, users: GainLaw | None = None) -> GainLaw:
    """Return the law of an echo's gain: users' beams Gamma(K, 1), the target's own sensing beam and the other J - 1.

    With B ~ Beta(m, M_t - m) the share of the steering vector that lies in the free dimensions the own beam brings
    ``ratio M_t B``. Another would bring ``ratio M_t B Beta(1, m - 1)`` if it were isotropic; but beams towards targets
    in the field of one array overlap more, and how much is averaged over drawn bearings: to 0.1 % of a rate. The users'
    part is the gamma law of the model, or ``users``.
    """
    taken = users or gamma_law(beams.K)
    sensing, shift = _echo_of_beams(beams.J, beams.left, M_t), np.log(beams.ratio)
    return lambda log_y: either(taken(log_y), sensing(log_y + shift))


@lru_cache(maxsize=4096)
def _echo_of_beams(J: int, left: int, M_t: int) -> GainLaw:
    """Return the part of the sensing beams in `echo_law`, at ratio 1."""
    log_b, weights = np.zeros(1), np.ones(1)
    if left < M_t:
        points, weights = roots_jacobi(NODES, M_t - left - 1, left - 1)
        log_b, weights = np.log((1 + points) / 2), weights / weights.sum()
    other, more = beam_law(left), _overlap(J, left, M_t)

    def value(log_x: Array) -> Array:
        log_a = log_x[:, None] + np.log(M_t) + log_b
        others = _any_of(other(log_a - np.log(left)), J - 1)
        own = -np.expm1(-np.exp(np.minimum(log_a, LARGEST_EXPONENT)))
        return np.asarray(either(own, others) @ weights + more(log_x))

    return _spline(value)


def _overlap(J: int, left: int, M_t: int) -> GainLaw:
    """Return what the transform of an echo gains as beams towards other targets are those of an array."""
    if J == 1 or left == 1:  # no other, or all the same
        return np.zeros_like
    own, others = drawn_echoes(J, left, M_t)
    isotropic = own * np.random.default_rng(SEED + 1).beta(1, left - 1, (J - 1, *own.shape)).sum(axis=0)
    log_x = np.linspace(-SATURATION, SATURATION, POINTS // 5)
    x = np.exp(log_x)[:, None]
    gained = np.mean(np.exp(-x * own) * (np.exp(-x * isotropic) - np.exp(-x * others)), axis=-1)
    return CubicSpline(log_x, gained)


def drawn_echoes(J: int, left: int, M_t: int) -> tuple[Array, Array]:
    """Draw the gains [n] of the own beam of a target, and of the beams towards J - 1 others together, of unit powers.

    Steering vectors of a half-wavelength array towards uniform bearings, projected on ``left`` isotropic dimensions.
    """
    rng, count = np.random.default_rng(SEED), -(-DRAWN // J)
    cosine = np.cos(np.pi * rng.random((count, 1, J)))
    vectors = np.exp(1j * np.pi * np.arange(M_t)[:, None] * cosine)
    fewer = min(left, M_t - left)
    basis = np.linalg.qr(rng.standard_normal((count, M_t, 2 * fewer)).view(complex))[0] if fewer else vectors[..., :0]
    inside = basis.conj().swapaxes(-1, -2) @ vectors
    gram = inside.conj().swapaxes(-1, -2) @ inside
    if fewer < left:  # the basis is that of what is not free
        gram = vectors.conj().swapaxes(-1, -2) @ vectors - gram
    own = np.maximum(np.einsum("njj->nj", gram).real, 1e-12)
    gains = (gram.real**2 + gram.imag**2) / own[:, None, :]
    return own.ravel(), (gains.sum(axis=-1) - own).ravel()


def _any_of(one: Array, number: int) -> Array:
    """Return ``1 - (1 - one)^number``."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(number * np.log1p(-np.minimum(one, 1.0)))) if number else np.zeros_like(one)


def _spline(value: Callable[[Array], Array]) -> GainLaw:
    """Return a law as a spline of its logarithm, proportional to x below, 1 above."""
    log_x = np.linspace(-SATURATION, SATURATION, POINTS)
    spline = CubicSpline(log_x, np.log(value(log_x)) - log_x)

    def law(log_x: Array) -> Array:
        below = np.minimum(log_x, SATURATION)
        return np.asarray(np.exp(below + spline(np.maximum(below, -SATURATION))))

    return law
