"""Requirements of TS 22.137 on sensing services, and which looks meet them.

Of its table of service categories, horizontal position, refresh, missed detection and false alarm are judged: the
position part. Vertical position, velocity, resolution and latency are not judged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Flags
from isacsys.core.lazy import special

CONFIDENCE = 0.95
_TAIL = 8.0  # deviations out to which is integrated, by Gauss and Legendre: 1e-9 for any ratio of the axes
_TURN, _WEIGHT = ((x + add) * np.pi / 4 for x, add in zip(np.polynomial.legendre.leggauss(48), (1, 0), strict=True))
_LINE, _CIRCLE = 1.959964, 2.447747  # deviations within which 95 % lie along an axis, and in a circle


@dataclass(frozen=True)
class Category:
    """One sensing service category; where the table has a range, its loosest end.

    Attributes
    ----------
    name : str
    horizontal, vertical : float
        Position error that 95 % do not exceed, m; vertical ones are not judged.
    refresh : float
        Time between two sensings, s.
    missed_detection, false_alarm : float
        Probabilities.
    """

    name: str
    horizontal: float
    vertical: float
    refresh: float
    missed_detection: float
    false_alarm: float


CATEGORIES = (Category("1", 10.0, 10.0, 1.0, 0.05, 0.02), Category("2", 2.0, 5.0, 0.2, 0.05, 0.05),
              Category("3", 1.0, 1.0, 1.0, 0.02, 0.02), Category("4", 0.5, 0.5, 0.1, 0.01, 0.03))
NOT_JUDGED = ("vertical position", "velocity", "resolution", "latency")


def within(radius: float, one: npt.ArrayLike, other: npt.ArrayLike) -> Array:
    """Return the probability that a normal error in the plane is at most ``radius``.

    ``P = 2 int_0^{R/a} phi(x) erf(sqrt(R^2 - a^2 x^2) / (b sqrt 2)) dx``, a the smaller of the deviations ``one`` and
    ``other`` along its axes, which broadcast and may be infinite.
    """
    a, b = np.minimum(one, other)[..., None], np.maximum(one, other)[..., None]
    with np.errstate(divide="ignore"):
        end = np.minimum(radius / a, _TAIL)
        x = end * np.sin(_TURN)  # takes the root's edge away
        inside = np.where(end > 0, radius**2 - (np.where(end > 0, a, 0.0) * x) ** 2, 0.0)
        share = special.erf(np.sqrt(np.maximum(inside, 0.0) / 2) / b)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray((2 * density * share * end * np.cos(_TURN)) @ _WEIGHT)


def met(category: Category, detection: npt.ArrayLike, false_alarm: float, one: npt.ArrayLike, other: npt.ArrayLike,
        since: npt.ArrayLike) -> Flags:
    """Return which looks meet the position part of a category, [look].

    Parameters
    ----------
    category : Category
    detection : [look]
        Probability of detection.
    false_alarm : float
    one, other : [look]
        Deviations of the horizontal position along its axes, m.
    since : [look]
        Seconds since the look before at the same target; NaN for a first look, whose refresh is not judged.
    """
    if false_alarm > category.false_alarm:
        return np.zeros(np.shape(detection), bool)
    good = 1 - np.asarray(detection) <= category.missed_detection
    good = good & ~(np.asarray(since) > category.refresh * (1 + 1e-9))
    larger = np.maximum(one, other)
    good = good & (_LINE * larger <= category.horizontal * (1 + 1e-6))
    close = good & (_CIRCLE * larger > category.horizontal * (1 - 1e-6))  # else 95 % are within, whatever the other is
    good[close] = within(category.horizontal, np.asarray(one)[close], np.asarray(other)[close]) >= CONFIDENCE
    return np.asarray(good)
