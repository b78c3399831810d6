"""Tracking filters: the state of every target as mean and covariance, batched over all.

A belief is a mean ``(x, y, v_x, v_y)`` in m and m/s and a covariance; the model is constant velocity with white
acceleration, the measurements are range, bearing and range rate from a station. Shapes: mean [n, 4], covariance
[n, 4, 4].
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields

import numpy as np

from isacsys.core.arrays import Array, Flags, Index
from isacsys.plugins.kinds import PluginKind, register
from isacsys.sensing.polar_beliefs import ANYWHERE, to_cartesian, to_polar

_UNTOLD = 1e12  # variance, from which on a measurement says nothing
_VAGUE = 0.5**2  # rad^2, of a bearing, likewise: larger errors wrap round, and do not add up as normal ones do
_BENT = 0.2  # of the error of a measurement, up to which a prediction counts as straight


@dataclass(frozen=True)
class Beliefs:
    """States of n targets: mean and covariance.

    Attributes
    ----------
    mean : [n, 4]
        x, y in m; v_x, v_y in m/s.
    covariance : [n, 4, 4]
    """

    mean: Array
    covariance: Array

    def __len__(self) -> int:
        return len(self.mean)

    def __getitem__(self, rows: Index | Flags) -> Beliefs:
        return Beliefs(self.mean[rows], self.covariance[rows])


@dataclass(frozen=True)
class Measured:
    """What one look at each of n targets measured.

    Attributes
    ----------
    origin : [n, 2]
        Where the station is, m, in the coordinates of the beliefs.
    value : [n, 3]
        Range in m, bearing in rad (counterclockwise from x), range rate in m/s.
    variance : [n, 3]
        Of each; infinite for what is not measured.
    """

    origin: Array
    value: Array
    variance: Array

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, rows: Index | Flags) -> Measured:
        return Measured(*(getattr(self, f.name)[rows] for f in fields(self)))


class Tracker(ABC):
    """Base of every filter: override `update`, and the others where the model is another one.

    The base keeps the books: which tracks there are, which coast, which are lost. A filter only computes.
    `isacsys.testing.check_tracker` runs one through the invariants of all.

    Parameters
    ----------
    acceleration : float
        q, power density of the white acceleration along each axis, m^2/s^3.
    speed : float
        Deviation of each component of the velocity of a target of which nothing is known yet, m/s.

    Examples
    --------
    >>> class Last(Tracker):
    ...     def update(self, beliefs, measured):
    ...         return self.start(measured)
    """

    def __init__(self, acceleration: float = 1.0, speed: float = 20.0) -> None:
        self.acceleration, self.speed = acceleration, speed

    def start(self, measured: Measured) -> Beliefs:
        """Begin tracks from one look each, however poor its bearing: moments of the place, not a linearisation."""
        mean, spread = np.zeros((len(measured), 4)), np.zeros((len(measured), 4, 4))
        mean[:, :2], spread[:, 0, 0] = measured.value[:, :2], measured.variance[:, 0]
        spread[:, 1, 1] = np.where(told(measured)[:, 1], measured.variance[:, 1], ANYWHERE)
        share = self.speed**2 / (self.speed**2 + measured.variance[:, 2])  # what a speed that is measured says
        mean[:, 2], spread[:, 2, 2] = share * measured.value[:, 2], (1 - share) * self.speed**2
        spread[:, 3, 3] = self.speed**2
        return Beliefs(*to_cartesian(mean, spread, measured.origin))

    def predict(self, beliefs: Beliefs, seconds: Array) -> Beliefs:
        """Return the states predicted for ``seconds`` [n] later."""
        return predicted(beliefs, seconds, self.acceleration)

    @abstractmethod
    def update(self, beliefs: Beliefs, measured: Measured) -> Beliefs:
        """Take a measurement of each target into account."""


class ExtendedKalman(Tracker):
    """Extended Kalman filter: measurements linearised at the prediction; where that is bent, in polar coordinates."""

    def update(self, beliefs: Beliefs, measured: Measured) -> Beliefs:
        """Correct the prediction."""
        return updated(beliefs, measured)


def predicted(beliefs: Beliefs, seconds: Array, acceleration: float) -> Beliefs:
    """Predict states by constant velocity with white acceleration of power density q, over ``seconds`` [n].

    ``F = [[I, t I], [0, I]]``, ``Q = q [[t^3/3 I, t^2/2 I], [t^2/2 I, t I]]``. Bar-Shalom, Li and Kirubarajan (2001),
    section 6.2.2.
    """
    t = np.asarray(seconds, float)
    mean, p = beliefs.mean.copy(), beliefs.covariance
    mean[:, :2] += t[:, None] * mean[:, 2:]
    moved = np.empty_like(p)
    cross = p[:, :2, 2:] + t[:, None, None] * p[:, 2:, 2:]
    moved[:, :2, :2] = p[:, :2, :2] + t[:, None, None] * (p[:, 2:, :2] + cross)
    moved[:, :2, 2:], moved[:, 2:, :2], moved[:, 2:, 2:] = cross, cross.swapaxes(1, 2), p[:, 2:, 2:]
    for i, j, power in ((0, 0, t**3 / 3), (0, 2, t**2 / 2), (2, 2, t)):
        for axis in range(2):
            moved[:, i + axis, j + axis] += acceleration * power
            if i != j:
                moved[:, j + axis, i + axis] += acceleration * power
    return Beliefs(mean, moved)


def expected(mean: Array, origin: Array) -> tuple[Array, Array]:
    """Return range, bearing and range rate [n, 3] of states ``mean`` [n, 4], seen from ``origin`` [n, 2].

    Second, their derivatives [n, 3, 4].
    """
    way, velocity = mean[:, :2] - origin, mean[:, 2:]
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    ahead = way / length[:, None]
    across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    rate, turning = np.sum(ahead * velocity, axis=1), np.sum(across * velocity, axis=1)
    value = np.stack([length, np.arctan2(way[:, 1], way[:, 0]), rate], axis=1)
    slope = np.zeros((len(mean), 3, 4))
    slope[:, 0, :2] = slope[:, 2, 2:] = ahead
    slope[:, 1, :2] = across / length[:, None]
    slope[:, 2, :2] = across * (turning / length)[:, None]
    return value, slope


def corrected(beliefs: Beliefs, measured: Measured) -> Beliefs:
    """Correct predictions by measurements, linearised at the predictions.

    Errors of range, bearing and range rate are independent, so each corrects by itself: the same as all at once, and
    without inverting a matrix. Bar-Shalom, Li and Kirubarajan (2001), section 10.3.3.
    """
    value, slope = expected(beliefs.mean, measured.origin)
    shift, p = _gained(difference(measured.value, value), beliefs.covariance, slope, measured)
    return Beliefs(beliefs.mean + shift, p)


def updated(beliefs: Beliefs, measured: Measured) -> Beliefs:
    """Correct predictions by measurements: as `corrected`, and where they are `bent`, in polar coordinates."""
    found = corrected(beliefs, measured)
    rows = np.flatnonzero(bent(beliefs, measured))
    if len(rows):
        some, origin = measured[rows], measured.origin[rows]
        mean, p = to_polar(beliefs.mean[rows], beliefs.covariance[rows], origin)
        straight = np.broadcast_to(np.eye(3, 4), (len(rows), 3, 4))
        shift, p = _gained(difference(some.value, mean[:, :3]), p, straight, some)
        found.mean[rows], found.covariance[rows] = to_cartesian(mean + shift, p, origin)
    return found


def bent(beliefs: Beliefs, measured: Measured) -> Flags:
    """Return which predictions [n] are too wide across the line of sight to be linearised there.

    Of a variance C across it, at distance r, an arc is ``C / (2 r)`` deep, compared with the error of the range; a
    velocity of variance V across it adds ``sqrt(C V) / r`` to the range rate, compared with that of the rate.
    """
    way = beliefs.mean[:, :2] - measured.origin
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    x, y = way[:, 0] / length, way[:, 1] / length
    p = beliefs.covariance
    place, speed = (np.maximum(p[:, i, i] * y * y - 2 * p[:, i, i + 1] * x * y + p[:, i + 1, i + 1] * x * x, 0.0)
                    for i in (0, 2))
    deep = place / (2 * length) > _BENT * np.sqrt(measured.variance[:, 0])
    return np.asarray(deep | (np.sqrt(place * speed) / length > _BENT * np.sqrt(measured.variance[:, 2])))


def told(measured: Measured) -> Flags:
    """Return which of range, bearing and range rate [n, 3] are measured well enough to say anything."""
    return np.asarray(measured.variance < [_UNTOLD, _VAGUE, _UNTOLD])


def _gained(innovation: Array, covariance: Array, slope: Array, measured: Measured) -> tuple[Array, Array]:
    """Shift [n, 4] of the means, and covariances [n, 4, 4], that innovations [n, 3] lead to, one after the other."""
    shift, p = np.zeros((len(covariance), 4)), covariance.copy()
    said, variance = told(measured), measured.variance
    for k in range(3):
        h = slope[:, k]
        ph = np.einsum("nij,nj->ni", p, h)
        spread = np.einsum("ni,ni->n", h, ph) + np.where(said[:, k], variance[:, k], 1.0)
        gain = np.where(said[:, k], 1 / spread, 0.0)[:, None] * ph
        shift += gain * (innovation[:, k] - np.einsum("ni,ni->n", h, shift))[:, None]
        p -= gain[:, :, None] * ph[:, None, :]
    return shift, p


def difference(value: Array, other: Array) -> Array:
    """Return ``value`` less ``other``, measurements [n, 3], bearings modulo 2 pi."""
    found = value - other
    found[:, 1] = np.remainder(found[:, 1] + np.pi, 2 * np.pi) - np.pi
    return np.asarray(found)


def anywhere(beliefs: Beliefs, measured: Measured, deviations: Array) -> Array:
    """Return measurements [n, 3] that lie so many ``deviations`` [n, 3] of the innovation beside what is expected."""
    value, s = _innovation(beliefs, measured, linear=False)
    return np.asarray(value + deviations * np.sqrt(np.einsum("nii->ni", s)))


def surprise(beliefs: Beliefs, measured: Measured, *, linear: bool = True) -> tuple[Array, Index]:
    """Return the squared distance ``nu^T S^-1 nu`` of a measurement from what was expected, and its freedom, [n].

    nu is the innovation of what is measured, S its covariance: linearised, or, where a prediction is `bent`, not.
    """
    value, s = _innovation(beliefs, measured, linear)
    said = told(measured)
    nu = difference(measured.value, value) * said
    return np.einsum("ni,ni->n", nu, np.linalg.solve(s, nu[..., None])[..., 0]), said.sum(1)


def _innovation(beliefs: Beliefs, measured: Measured, linear: bool) -> tuple[Array, Array]:
    """Return what is expected [n, 3], and the covariance [n, 3, 3] of the innovation; 1 for what is not measured."""
    value, slope = expected(beliefs.mean, measured.origin)
    said = told(measured)
    s = slope @ beliefs.covariance @ slope.swapaxes(1, 2)
    rows = np.flatnonzero(bent(beliefs, measured))
    if len(rows) and not linear:
        mean, spread = to_polar(beliefs.mean[rows], beliefs.covariance[rows], measured.origin[rows])
        value[rows], s[rows] = mean[:, :3], spread[:, :3, :3]
    s *= said[:, :, None] & said[:, None, :]
    place = np.arange(3)
    s[:, place, place] += np.where(said, measured.variance, 1.0)
    return value, s


def information(spread: Array, way: Array, variance: tuple[Array, Array]) -> Array:
    """Return the information about its position that a detection of each target would gain, nats, [n].

    ``(1/2) ln det(I + R^-1/2 P R^-1/2)``, P the covariance of the position along and across the line of sight, R that
    of what is measured there.

    Parameters
    ----------
    spread : [3, n]
        xx, xy and yy of the covariance, m^2.
    way : [n, 2]
        From the station to the target.
    variance : two arrays [n]
        Of the range, and of the position across, m^2.
    """
    length = np.maximum(np.sqrt(np.sum(way**2, axis=1)), 1e-12)
    c, s = way[:, 0] / length, way[:, 1] / length
    xx, xy, yy = spread
    along, across = c * c * xx + 2 * c * s * xy + s * s * yy, s * s * xx - 2 * c * s * xy + c * c * yy
    mixed = c * s * (yy - xx) + (c * c - s * s) * xy
    gained = (1 + along / variance[0]) * (1 + across / variance[1]) - mixed**2 / (variance[0] * variance[1])
    return np.asarray(0.5 * np.log(np.maximum(gained, 1.0)))


TRACKER = register(PluginKind("tracker", Tracker, "tracking.policy", {"extended_kalman": ExtendedKalman}))
