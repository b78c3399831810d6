"""Confidence sequences of a mean: intervals that hold at all sample sizes at once, so that one may stop at any of them.

For independent normal values of unknown variance, Wang and Ramdas (2023), *Anytime-valid t-tests and confidence
sequences for Gaussian means with unknown variance*: with a normal prior of precision c on mean over standard
deviation, ``M_n = sqrt(c/(n+c)) ((1 + u)/(1 + u c/(n+c)))^(n/2)``, ``u = n d^2/((n-1) S^2)``, exceeds 1/a at any n with
probability at most a (d the error of the sample mean, S the sample standard deviation). Solved for d.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array

PRECISION = 2.0  # c: the interval is narrowest, relative to a fixed-size one, at some 20 to 200 values


def two_sided(n: npt.ArrayLike, error: float) -> Array:
    """Return the half-width, in standard deviations of the sample, of an interval around the mean of n values.

    ``sqrt((n - 1) u/n)``, ``u = (x - 1)/(1 - x c/(n + c))``, ``x = (sqrt((n + c)/c)/error)^(2/n)``.

    Parameters
    ----------
    n : int or ndarray [...]
    error : float
        Probability that the mean is ever outside, on either side, over all n.

    Returns
    -------
    ndarray [...]
        Infinite where so few values exclude nothing.
    """
    n = np.asarray(n, float)
    c, many = PRECISION, np.maximum(n, 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        x = (np.sqrt((n + c) / c) / error) ** (2 / many)
        rest = 1 - x * c / (n + c)
        width = np.sqrt((n - 1) * (x - 1) / rest / many)
    return np.where((rest > 0) & (n > 1), width, np.inf)


def one_sided(n: npt.ArrayLike, error: float) -> Array:
    """Return the distance of an upper (or lower) bound from the mean of n values, as `two_sided`; ``n`` [...] -> [...].

    ``error`` is the probability that the mean is ever beyond it: that of both sides, by symmetry, is twice as large.
    """
    return two_sided(n, 2 * error)


def half_width(deviation: Array, factor: Array) -> Array:
    """Return ``deviation * factor`` [...]; infinite where the factor is, also for a deviation of 0.

    ``deviation``, ``factor`` [...].
    """
    return np.where(np.isfinite(factor), deviation * np.where(np.isfinite(factor), factor, 0.0), np.inf)
