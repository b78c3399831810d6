"""Expected bits per symbol of the typical user under any link law, from the exact coverage.

``E[T(SINR)] = T(0) + int P(SINR > gamma) dT(gamma)``: T, what a link delivers at a SINR, enters as a value
(`link_laws` has those of the package), as a law of propagation does. Coverage is that of the
gamma model, of `communication` or of `propagation`.

Throughput of a scenario's typical user while it is served, in Mbit/s, is by the analysis alone: only of a link model
that a user wrote the law T is the model's own, passed as a value. Coverage is known with the power law or any isotropic
law of propagation, with noise and nulling clusters; Shannon's law needs the rate alone.
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
from isacsys.analysis.communication_rates import bits, wanted_shape
from isacsys.analysis.line_process import Medium, averaged
from isacsys.analysis.link_laws import OfSinr, link_law, shannon
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

TOLERANCE = 1e-5  # of a probability
LOWEST_DB, HIGHEST_DB, LOOK_DB, STEP_DB = -60.0, 240.0, 0.5, 0.005  # of the SINR at which T is looked at
NODES_DB = 1.5  # between SINRs at which the coverage is computed
FLAT = 1e-12  # of the largest T: what it rises by beyond does not count

Terms = Callable[[Array, Resolution], Array]
NR_OVERHEAD = 0.2
WHOLE = 1e-9  # of a block: quotients that are closer to a whole number than this are meant to be one
MEGA = 1e6


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


def symbols_of_frame(scenario: Scenario) -> float:
    """Return n, complex symbols of a stream in a frame: ``B x frame_duration x (1 - overhead)``."""
    given = scenario.link.overhead
    overhead = given if isinstance(given, float) else NR_OVERHEAD if scenario.link.model == "nr" else 0.0
    return scenario.radio.bandwidth * scenario.simulation.frame_duration * (1 - overhead)


def blocks_of_frame(scenario: Scenario) -> int:
    """Return how many transport blocks of NR a frame carries."""
    number = scenario.simulation.frame_duration / scenario.link.block_duration
    nearest = round(number)
    return max(1, nearest if abs(number - nearest) <= WHOLE else int(number))


def link_law_of(scenario: Scenario, own: OfSinr | None = None) -> OfSinr | None:
    """Return the law of a scenario's link model; ``own`` for one that is not built in. None where there is no law."""
    link = scenario.link
    if link.model not in ("shannon", "truncated_shannon", "nr"):
        return own
    if without_law(scenario):
        return None
    gap, fixed = link.implementation_gap_db, link.adaptation == "fixed"
    return link_law(link.model, symbols=symbols_of_frame(scenario) / blocks_of_frame(scenario),
                    attenuation=link.attenuation, maximum_efficiency=link.maximum_efficiency,
                    minimum_sinr_db=link.minimum_sinr_db, table=link.mcs_table,
                    gap_db=gap if isinstance(gap, float) else None, mcs=link.mcs if fixed else None)


def without_law(scenario: Scenario) -> list[str]:
    """Return one line for everything that leaves a link model without a law of the SINR of one frame."""
    link = scenario.link
    if link.model != "nr":
        return []
    lines = []
    if link.adaptation == "outer_loop":
        lines.append("link.adaptation = outer_loop: the analysis knows the SINR that a frame will have")
    if link.harq != "none":
        lines.append(f"link.harq = {link.harq}: the analysis knows no retransmissions")
    return lines


def without_coverage(scenario: Scenario) -> list[str]:
    """Return one line for everything with which only rates are known, not the law of the SINR."""
    a = scenario.allocation
    lines: list[str] = []
    if scenario.link.model == "shannon":
        return lines
    if scenario.joint and a.communication_cluster > 1:
        lines.append(f"cooperation.communication = {scenario.cooperation.communication}: the analysis has no coverage")
    if 0 < scenario.precoding.sensing_power < 1 and a.targets_per_bs:
        lines.append("precoding.sensing_power: the analysis has no coverage beside sensing beams")
    return lines


def throughput(scenario: Scenario, medium: Medium | None, *, rate: float, D: ArrayLike, streams: ArrayLike,
               weights: ArrayLike = 1.0, shape: float, own: OfSinr | None = None) -> float | None:
    """Return the throughput of the typical user while it is served, Mbit/s; None where no formula is known.

    Parameters
    ----------
    medium : Medium or None
        As in `scenarios.medium_of`.
    rate : float
        Its rate at the same laws, nats.
    D, streams, weights : array_like [n]
        As in `throughput.expected_efficiency`.
    shape : float
        As there.
    own : callable, optional
        As in `link_law_of`.
    """
    law, a = link_law_of(scenario, own), scenario.allocation
    if law is None or without_coverage(scenario):
        return None
    if law is shannon:
        efficiency = float(bits(rate))
    else:
        efficiency = expected_efficiency(
            law, K=a.users_per_bs, L=a.communication_cluster, alpha=scenario.propagation.path_loss_exponent, D=D,
            weights=weights, streams=streams, shape=shape, medium=medium, bs_density=scenario.network.bs_density)
    return efficiency * symbols_of_frame(scenario) / scenario.simulation.frame_duration / MEGA
