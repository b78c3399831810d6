"""Expected bits per symbol of the typical user under any link law, from the exact coverage.

``E[T(SINR)] = T(0) + int P(SINR > gamma) dT(gamma)``: T, what a link delivers at a SINR, enters as a value
(`link_laws` has those of the package), as a law of propagation does. Coverage is that of the
gamma model, of `communication` or of `propagation`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from isacsys.analysis._arguments import mixture, real, steepness, whole
from isacsys.analysis._cluster import Link
from isacsys.analysis._coverage import beyond_disc, coverage_terms
from isacsys.analysis._line_rates import Wanted, line_coverage_terms
from isacsys.analysis._numerics import Resolution, checked
from isacsys.analysis.communication_rates import wanted_shape
from isacsys.analysis.line_process import Medium, averaged
from isacsys.analysis.link_laws import OfSinr
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

TOLERANCE = 1e-5  # of a probability
LOWEST_DB, HIGHEST_DB, LOOK_DB, STEP_DB = -60.0, 240.0, 0.5, 0.005  # of the SINR at which T is looked at
NODES_DB = 1.5  # between SINRs at which the coverage is computed
FLAT = 1e-12  # of the largest T: what it rises by beyond does not count

Terms = Callable[[Array, Resolution], Array]


class _Rises(NamedTuple):
    """T at the least SINR, and by how much it rises from one ln SINR to the next."""

    least: float
    log_sinr: Array
    values: Array


def expected_efficiency(efficiency: OfSinr, *, K: int, L: int = 1, alpha: float = 4.0, D: ArrayLike | None = None,
                        M_t: int | None = None, J: int = 1, Q: int = 1, weights: ArrayLike = 1.0,
                        streams: ArrayLike | None = None, shape: float | None = None, medium: Medium | None = None,
                        bs_density: float = 1.0) -> float:
    """Return the mean over typical users of ``efficiency`` at their SINR, bits per symbol of a stream.

    ``E[T] = T(0) + int P(SINR > gamma) dT(gamma)``; exact in the gamma model for whole D.

    Parameters
    ----------
    efficiency : callable
        T, of the linear SINR [n] to bits [n]; jumps are allowed. What it gains above 240 dB is left out.
    K, L, alpha, M_t, J, Q
        As in `communication_rate`, scalars.
    D, weights : array_like [n] or scalar, optional
        Degrees of freedom, whole, and their weights, normalised here; by default the one value of `degrees_of_freedom`.
    streams : array_like [n], optional
        Users served beside; by default K.
    shape : float, optional
        Of the gamma law of the interfering gains (`beams.interference_shape`); by default K.
    medium : Medium, optional
        In place of the power law without noise: law, noise, correlation of sites (`propagation.Medium`).
    bs_density : float
        Per km^2; it matters with a medium alone.

    Notes
    -----
    Absolute error of the coverage below 1e-5, or an AccuracyWarning; of E[T] some 1e-5 of the largest T.
    """
    freedom = np.atleast_1d(whole("D", wanted_shape(D, M_t, K, L, J, Q)))
    shapes, weight = mixture(freedom, np.broadcast_to(weights, freedom.shape))
    crowd = float(real("shape", K if shape is None else shape, above=0))
    served = np.broadcast_to(real("streams", K if streams is None else streams, above=0), shapes.shape)
    order, exponent = int(whole("L", L)), float(steepness("alpha", alpha))
    most = int(shapes.max())

    def terms(log_theta: Array, at: Resolution) -> Array:
        if medium is None:
            return coverage_terms(Link(crowd, order, exponent, exponent / 2), beyond_disc, most, log_theta, at)
        return averaged(medium.law, bs_density, medium.site_correlation, order, at, lambda table: line_coverage_terms(
            table, Wanted(crowd, order, most, crowd * medium.noise), log_theta))

    what = f"throughput, K={K}, L={L}, alpha={alpha}"
    return _expectation(_rises(efficiency), terms, _classes(shapes, weight, served / crowd), what)


def _classes(shapes: Array, weights: Array, scales: Array) -> list[tuple[float, Array]]:
    """Return ln of every scale of the threshold, and with what weight its terms [j] count: that of D > j."""
    j = np.arange(int(shapes.max()))
    return [(float(np.log(scale)), weights[scales == scale] @ (shapes[scales == scale, None] > j))
            for scale in np.unique(scales)]


def _expectation(rises: _Rises, terms: Terms, classes: list[tuple[float, Array]], what: str) -> float:
    """Return ``T(0) + int P dT``, P the sum over classes of a spline over its nodes, moved by ln of the scale."""
    if not len(rises.values):
        return rises.least
    shifts = [shift for shift, _ in classes]
    step = NODES_DB * np.log(10) / 10
    count = int(np.ceil((np.ptp(rises.log_sinr) + np.ptp(shifts)) / step)) + 4
    nodes = rises.log_sinr[0] + min(shifts) + step * np.arange(-1, count)
    found = checked(lambda at: terms(nodes, at), TOLERANCE, what, scale=1.0)  # [node, j]
    spline = CubicSpline(nodes, found @ np.array([tail for _, tail in classes]).T)
    covered = np.sum([spline(rises.log_sinr + shift)[:, i] for i, shift in enumerate(shifts)], axis=0)
    return float(rises.least + rises.values @ (covered[1:] + covered[:-1]) / 2)


def _rises(efficiency: OfSinr) -> _Rises:
    """Return T between the first and the last SINR at which it rises, which are located by larger steps."""
    found = _Rises(0.0, np.log(10) / 10 * np.array([LOWEST_DB, HIGHEST_DB]), np.zeros(0))
    for step in (LOOK_DB, STEP_DB):
        width = np.log(10) / 10 * step
        log_sinr = found.log_sinr[0] + width * np.arange(round(np.ptp(found.log_sinr) / width) + 1)
        values = np.asarray(efficiency(np.exp(log_sinr)), float)
        if values.shape != log_sinr.shape or not np.isfinite(values).all():
            raise ConfigError("efficiency", type(efficiency).__name__,
                              "a function that returns finite numbers, one a SINR")
        rises = np.diff(values)
        place = np.flatnonzero(np.abs(rises) > FLAT * np.abs(values).max())
        if not len(place):
            return _Rises(float(values[0]), log_sinr[:1], rises[:0])
        found = _Rises(float(values[0]), log_sinr[place[0] : place[-1] + 2], rises[place[0] : place[-1] + 1])
    return found
