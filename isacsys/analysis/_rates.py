"""E[ln(1 + SIR)] from a geometry and the laws of the wanted gain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isacsys.analysis._cluster import Geometry, Link, Terms, line_grid
from isacsys.analysis._fading import GainLaw, averaged
from isacsys.analysis._numerics import Resolution
from isacsys.core.arrays import Array


def mean_log(link: Link, geometry: Geometry, laws: Sequence[GainLaw], mean_gain: float, log_c: float,
             at: Resolution) -> Array:
    """Return ``E[ln(1 + SIR)]`` in nats for each law: the sum over nodes and the line integral of `_cluster`.

    Parameters
    ----------
    laws : sequence of callables
        ``1 - E[exp(-y g)]`` of ln y.
    mean_gain : float
        E[g], the largest of the laws.
    log_c : float
        ln of the factor in front of g, ``c (pi lambda)^-eta``.
    """
    grid = line_grid(link, log_c + np.log(mean_gain), at)
    terms = [term._replace(log_argument=term.log_argument + log_c) for term in geometry(link, grid, at)]
    span = min(term.log_argument.min() for term in terms), max(term.log_argument.max() for term in terms)
    gains = [averaged(law, link.order, link.eta, span, -grid.least, at) for law in laws]
    return grid.step * np.array([sum(_integral(term, gain) for term in terms) for gain in gains])


def _integral(term: Terms, gain: GainLaw) -> float:
    return float(np.sum(np.exp(term.log_mass) * gain(term.log_argument), axis=0) @ term.weights)
