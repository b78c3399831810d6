"""Quadrature that every formula of the analysis shares.

Integrands are positive, analytic near the real axis and fall off exponentially at both ends of a logarithmic
variable, so the trapezoidal rule with step h converges like exp(-2 pi d / h), d the half-width of the strip of
analyticity. Everything is computed at two resolutions at least; their difference is the error estimate.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

LARGEST_EXPONENT = 700.0  # exp beyond this overflows


class AccuracyWarning(UserWarning):
    """A value whose estimated error exceeds the tolerance stated for it."""


@dataclass(frozen=True)
class Resolution:
    """How finely an integral is sampled.

    Parameters
    ----------
    step : float
        Trapezoidal step in a logarithmic variable, for a strip of analyticity of half-width pi / 2.
    margin : float
        Tails below exp(-margin) are cut off.
    nodes : int
        Gauss-Legendre nodes on a finite interval.
    """

    step: float
    margin: float
    nodes: int


COARSE = Resolution(step=0.55, margin=17.0, nodes=28)
FINE = Resolution(step=0.42, margin=21.0, nodes=40)
FINER = (Resolution(step=0.3, margin=24.0, nodes=56), Resolution(step=0.2, margin=27.0, nodes=80),
         Resolution(step=0.12, margin=30.0, nodes=120))


def checked(evaluate: Callable[[Resolution], Array], tolerance: float, what: str, scale: float = 0.0) -> Array:
    """Return ``evaluate(FINE)``, or at the first finer resolution that changes the value by less than ``tolerance``.

    Relative to the value, or to ``scale`` where that is larger. Warn if none does.
    """
    error = np.inf
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what comes of it is looked at
        coarse = evaluate(COARSE)
        for at in (FINE, *FINER):
            fine = evaluate(at)
            error = float(np.max(np.abs(fine - coarse) / np.maximum(np.abs(fine), max(scale, 1e-300)), initial=0.0))
            if error <= tolerance:
                return fine
            coarse = fine
    if not np.isfinite(coarse).all():
        raise ConfigError("arguments", what, "what can be computed in double precision")
    warnings.warn(f"{what}: estimated error {error:.1e} exceeds {tolerance:.0e}", AccuracyWarning, stacklevel=3)
    return coarse


def log_grid(low: float, high: float, step: float) -> Array:
    """Return the multiples of ``step`` that cover [low, high]."""
    return step * np.arange(np.floor(low / step), np.ceil(high / step) + 1)


def beta_nodes(order: int, step: float, least: float, margin: float) -> tuple[Array, Array]:
    """Return nodes ln t and weights of the law t ~ Beta(1, order), by the trapezoidal rule in ln(t / (1 - t)).

    The nodes are the same for every order but 0.

    Parameters
    ----------
    order : int
        At least 1; 0 stands for t = 1.
    step, margin : float
        See `Resolution`.
    """
    if order == 0:
        return np.zeros(1), np.ones(1)
    x = log_grid(least, margin, step)
    log_t, log_rest = -np.logaddexp(0, -x), -np.logaddexp(0, x)
    return log_t, step * order * np.exp(log_t + order * log_rest)


@lru_cache(maxsize=16)
def gauss_legendre(nodes: int) -> tuple[Array, Array, Array]:
    """Return nodes r in (0, 1), weights, and the matrix that integrates from each node to 1.

    ``matrix @ f`` is the integral of the polynomial through (r, f) from r[i] to 1.
    """
    x, w = np.polynomial.legendre.leggauss(nodes)
    degrees = np.arange(nodes)
    values = np.polynomial.legendre.legvander(x, nodes)  # [node, degree]
    above = np.empty((nodes, nodes))
    above[:, 0] = 1 - x
    above[:, 1:] = (values[:, :-2] - values[:, 2:]) / (2 * degrees[1:] + 1)
    project = (degrees[:, None] + 0.5) * values[:, :-1].T * w  # [degree, node]
    return (1 + x) / 2, w / 2, above @ project / 2
