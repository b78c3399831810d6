"""Laws of the wanted gain g, each as y -> 1 - E[exp(-y g)] of ln y: the factor of a mean-log integral.

``E[ln(1 + g / I)] = int_0^inf (1 - E[exp(-z g)]) E[exp(-z I)] dz / z`` (Hamdi's lemma, Meng & Masouros (7), (9)).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import gammaln

from isacsys.analysis._numerics import LARGEST_EXPONENT, Resolution, beta_nodes, log_grid
from isacsys.core.arrays import Array

GainLaw: TypeAlias = Callable[[Array], Array]

SATURATION = 40.0  # ln y beyond which every law is 1 to double precision
SPLINE_STEP = 0.2  # of the trapezoidal step
SMALLEST = 1e-300


def gamma_law(shape: float) -> GainLaw:
    """Return the law of g ~ Gamma(shape, 1)."""
    return lambda log_y: -np.expm1(-shape * np.log1p(_exp(log_y)))


def mixture_law(shapes: Array, weights: Array, log_scales: Array | None = None) -> GainLaw:
    """Return the law of g ~ exp(log_scales[i]) Gamma(shapes[i], 1) with probability weights[i], by default unscaled."""
    scales = np.zeros(len(shapes)) if log_scales is None else log_scales
    parts = [(weight, scale, gamma_law(shape)) for weight, scale, shape in zip(weights, scales, shapes, strict=True)]
    return lambda log_y: np.sum([weight * law(log_y + scale) for weight, scale, law in parts], axis=0)


@lru_cache(maxsize=64)
def beam_law(antennas: int) -> GainLaw:
    """Return the law of g ~ M_t Beta(1, M_t - 1), what one random beam of unit norm sends towards a target.

    ``1 - 1F1(1; M_t; -M_t y) = y 1F1(1; M_t + 1; -M_t y) = y E[exp(-M_t y t)]``, t ~ Beta(1, M_t), as a spline.
    """
    log_y = np.linspace(-SATURATION, SATURATION, 2000)
    log_t, weights = beta_nodes(antennas, 0.25, -2 * SATURATION - np.log(antennas), SATURATION)
    spline = CubicSpline(log_y, np.log(np.exp(-antennas * np.exp(log_y[:, None] + log_t)) @ weights))

    def law(log_y: Array) -> Array:
        below = np.minimum(log_y, SATURATION)
        return np.asarray(np.exp(below + spline(np.maximum(below, -SATURATION))))

    return law


def averaged(law: GainLaw, order: int, exponent: float, span: tuple[float, float], reach: float,
             at: Resolution) -> GainLaw:
    """Return the mean of ``law`` at y w^exponent over w ~ Gamma(order, 1), as a spline over ln y in ``span``.

    The law itself when the exponent is 0. A probability exp(-reach) of small w is cut off.
    """
    if exponent == 0:
        return law
    x, weights = gamma_nodes(order, exponent, reach, at)
    y = np.linspace(span[0] - 1, span[1] + 1, int((span[1] - span[0] + 2) / (SPLINE_STEP * at.step)) + 8)
    values = law(y[:, None] + exponent * x) @ weights
    spline = CubicSpline(y, np.log(np.maximum(values, SMALLEST)))
    return lambda log_y: np.exp(spline(log_y))


def gamma_nodes(order: int, exponent: float, reach: float, at: Resolution) -> tuple[Array, Array]:
    """Return nodes ln w and weights of w ~ Gamma(order, 1), by the trapezoidal rule in ln w.

    Good for the mean of functions that vary like w^exponent at most and are analytic for |arg w| < pi / |exponent|.
    """
    top = order + max(exponent, 0.0)
    smallest = (gammaln(order + 1) - reach) / order
    largest = np.log(top + at.margin + np.sqrt(2 * top * at.margin))
    step = at.step * min(2 / abs(exponent), 1 / np.sqrt(1 + top / 4))
    x = log_grid(smallest, largest, step)
    return x, step * np.exp(order * x - np.exp(x) - gammaln(order))


def _exp(log_y: Array) -> Array:
    return np.exp(np.minimum(log_y, LARGEST_EXPONENT))
