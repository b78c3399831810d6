"""E[ln(1 + SINR)] and P(SINR > theta) of a user among the Poisson process of losses of `_line`.

With ``a(q) = 1 - E[exp(-q g)]`` of the wanted gain, ``h(q) = 1 - E[exp(-q g')]`` of an interfering one, and
``T(l, y) = int_l^inf h(y / s) dLambda(s)``:

``R = int dy / y exp(-y N) int dLambda(l) exp(-Lambda(l) - T(l, y)) W(l, y)``,
``W = a(y / l)`` for L = 1, else ``int_{l1 < l} dLambda(l1) (Lambda(l) - Lambda(l1))^(L-2) / (L-2)! a(y / l1)``.

The rule for cells is of second order; two widths of cell and Richardson's extrapolation make it fourth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import gammaln

from isacsys.analysis._coverage import exponential
from isacsys.analysis._fading import GainLaw
from isacsys.analysis._interference import heard, negative_binomial
from isacsys.analysis._line import Line
from isacsys.analysis._numerics import LARGEST_EXPONENT, Resolution
from isacsys.core.arrays import Array, Flags, Index

NEGLIGIBLE = 1e-9  # a pair of stations that are less likely than this


class Crowd(NamedTuple):
    """What interferes: ``heard(ln q) = 1 - E[exp(-q g)]``, and E[g]."""

    heard: Callable[[Array], Array]
    mean: float


class LineRows(NamedTuple):
    """Cells of loss: x in the middle [cell]; of the first ones, where a cluster may end: see below [serving].

    Attributes
    ----------
    mass : [cell]
        dLambda.
    below : [serving]
        Lambda in the middle.
    last : [serving]
        ``exp(-Lambda) dLambda``.
    """

    x: Array
    mass: Array
    below: Array
    last: Array


Cluster: TypeAlias = Callable[[LineRows, Array, int], Array]


def gamma_crowd(K: float) -> Crowd:
    """Return interfering gains Gamma(K, 1)."""
    return Crowd(lambda log_q: heard(log_q, K), K)


def line_rates(table: Line, laws: Sequence[GainLaw], crowd: Crowd, order: int, noise: float, most: float,
               at: Resolution, cluster: Cluster | None = None) -> Array:
    """Return the rate in nats for each law of the wanted gain, most its largest mean.

    ``noise`` is N, in units of y; ``cluster`` says what W is, `nulled` or `joined`.
    """
    span = _span(table, order, noise, most, at)
    values = [_rates(table.coarse(cells), laws, crowd, order, noise, span, at, cluster or nulled) for cells in (2, 1)]
    return np.asarray((4 * values[1] - values[0]) / 3)


def _rates(table: Line, laws: Sequence[GainLaw], crowd: Crowd, order: int, noise: float, span: tuple[float, float],
           at: Resolution, cluster: Cluster) -> Array:
    rows, log_y = _rows(table, order), np.arange(*span, at.step)
    place, ratios = _ratios(rows.x, log_y, table.step, at.step)
    y = np.exp(np.minimum(log_y, LARGEST_EXPONENT))
    above = _above(crowd.heard(ratios)[place] * rows.mass[:, None], rows) + y * crowd.mean * np.exp(table.tail)
    silence = np.exp(-above - noise * y) * rows.last[:, None]
    place = place[: len(rows.last)]
    return at.step * np.array([np.sum(silence * cluster(rows, law(ratios)[place], order)) for law in laws])


def nulled(rows: LineRows, wanted: Array, order: int) -> Array:
    """Return W where the others of a cluster keep quiet: ``wanted``, a(y / l), integrated order - 1 times."""
    for _ in range(order - 1):
        wanted = _below(wanted, rows)
    return wanted


def joined(rows: LineRows, wanted: Array, order: int) -> Array:
    """Return W where all of a cluster send and powers add.

    ``W = Lambda^(L-1) / (L-1)! [1 - (1 - a(y / l)) (int_{l1 < l} (1 - a(y / l1)) dLambda / Lambda)^(L-1)]``.
    """
    if order == 1:
        return wanted
    lambdas = rows.below[:, None]
    share = np.minimum(_below(wanted, rows) / lambdas, 1.0)
    with np.errstate(divide="ignore"):
        missed = np.log1p(-np.minimum(wanted, 1.0)) + (order - 1) * np.log1p(-share)
    return np.asarray(-np.expm1(missed) * np.exp((order - 1) * np.log(lambdas) - gammaln(order)))


def joined_in_order(rows: LineRows, wanted: Array, order: int) -> Array:
    """Return the same where the nearest of a cluster has another law than its other members.

    ``wanted`` [..., 2] holds a(y / l) of both; with ``U_1 = int_{l1 < l} a_1 dLambda`` and
    ``U_k = int_{l1 < l} [a_2 Lambda^(k-1) / (k-1)! + (1 - a_2) U_(k-1)] dLambda``, W is the last integrand, at l.
    """
    nearest, member = wanted[..., 0], wanted[..., 1]
    found = nearest
    for k in range(1, order):
        found = member * np.exp(k * np.log(rows.below[:, None]) - gammaln(k + 1)) + (1 - member) * _below(found, rows)
    return np.asarray(found)


class Wanted(NamedTuple):
    """What coverage asks of a line: shape of interfering gains, cluster, shape of the wanted gain (whole), noise N."""

    K: float
    order: int
    D: int
    noise: float


def line_coverage(table: Line, link: Wanted, log_theta: Array) -> Array:
    """Return P(SINR > theta) for gains Gamma(K, 1) and a wanted one Gamma(D, 1)."""
    terms = _extrapolated(table, lambda cells: np.array([_terms(cells, link, x, 1, 1)[0] for x in log_theta]))
    return np.clip(terms.sum(axis=-1), 0.0, 1.0)


def line_coverage_terms(table: Line, link: Wanted, log_theta: Array) -> Array:
    """Return the terms [threshold, j < D] that coverage is the sum of, as in `_coverage`, at many equidistant theta.

    By a spline over thresholds at multiples of the table's own step, which have all their work in common.
    """
    def between(cells: Line) -> Array:
        stride = max(1, int((log_theta[1] - log_theta[0]) / cells.step))
        step = stride * cells.step
        nodes = log_theta[0] - step + step * np.arange(int(np.ptp(log_theta) / step) + 4)
        return np.asarray(CubicSpline(nodes, _terms(cells, link, float(nodes[0]), stride, len(nodes)))(log_theta))
    return _extrapolated(table, between)


def _extrapolated(table: Line, value: Callable[[Line], Array]) -> Array:
    return np.asarray((4 * value(table.coarse(1)) - value(table.coarse(2))) / 3)


def _terms(table: Line, link: Wanted, log_theta: float, stride: int, count: int) -> Array:
    """Return the terms of coverage [threshold, j] at ln theta and ``count - 1`` more, ``stride`` cells apart.

    The first D Taylor coefficients in x of ``exp(-T(l, y (1 - x)) - y (1 - x) N)`` at y = theta l1 are positive. They
    are functions of y and l, so thresholds have them in common.
    """
    rows = _rows(table, link.order)
    first, last, chance = _pairs(rows, link.order)
    places = first + stride * np.arange(count)[:, None]  # of y [threshold, pair]
    needed = np.zeros((len(rows.last), int(places.max()) + 1), dtype=bool)
    needed[np.broadcast_to(last, places.shape), places] = True
    number = np.cumsum(needed).reshape(needed.shape) - 1
    terms = exponential(_series(rows, link, log_theta, table, needed))
    return np.array([chance @ terms[number[last, place]] for place in places])


def _series(rows: LineRows, link: Wanted, log_theta: float, table: Line, needed: Flags) -> Array:
    """Return the Taylor coefficients of ``-T - y N`` [needed, j] for the needed cells [last, y]."""
    last, at_y = np.nonzero(needed)
    cells, columns = np.arange(len(rows.x)), np.arange(needed.shape[1])
    log_y = log_theta + rows.x[0] + table.step * columns
    outside = np.exp(np.minimum(log_y, LARGEST_EXPONENT)) * (link.K * np.exp(table.tail) + link.noise)
    ratios = negative_binomial(log_theta + table.step * np.arange(-len(cells) + 1, len(columns)), link.K, link.D)
    place = columns - cells[:, None] + len(cells) - 1  # [cell, y]
    series = np.empty((len(last), link.D))
    for j in range(link.D):
        terms = (1 - ratios[:, 0] if j == 0 else ratios[:, j])[place] * rows.mass[:, None]
        above = _above(terms, rows)[last, at_y] + (j < 2) * outside[at_y]
        series[:, j] = -above if j == 0 else above
    return series


def _pairs(rows: LineRows, order: int) -> tuple[Index, Index, Array]:
    """Return the cells of the first and the last of a cluster and the probability of the pair."""
    if order == 1:
        own = np.arange(len(rows.last))
        return own, own, rows.last
    mass = rows.mass[: len(rows.last)]
    between = np.maximum(rows.below[:, None] - rows.below, 0.0)  # [last, first]
    nearer = np.tril(np.ones_like(between)) - np.eye(len(mass)) / 2
    density = nearer * np.exp((order - 2) * np.log(np.maximum(between, 1e-300)) - gammaln(order - 1)) \
        if order > 2 else nearer
    chance = rows.last[:, None] * density * mass
    last, first = np.nonzero(chance > NEGLIGIBLE * mass.size**-1)
    return first, last, chance[last, first]


def _ratios(x: Array, log_y: Array, step: float, stride: float) -> tuple[Index, Array]:
    """Return where ln(y / l) [cell, y] stands in a list of all that occur, and the list."""
    place = round(stride / step) * np.arange(log_y.size) - np.arange(x.size)[:, None]
    least = int(place.min())
    return place - least, log_y[0] - x[0] + step * np.arange(least, int(place.max()) + 1)


def _above(values: Array, rows: LineRows) -> Array:
    """Return the sum of ``values`` [cell, ...] over the larger losses, for the cells that may serve."""
    serving = len(rows.last)
    beyond = values[serving:].sum(axis=0)
    inside = values[:serving]
    return np.asarray(np.cumsum(inside[::-1], axis=0)[::-1] - inside / 2 + beyond)


def _below(values: Array, rows: LineRows) -> Array:
    """Return the integral of ``values`` [serving, y] dLambda over the smaller losses."""
    inside = values * rows.mass[: len(rows.last), None]
    return np.asarray(np.cumsum(inside, axis=0) - inside / 2)


def _most_stations(order: int) -> float:
    return float(order + 8 * np.sqrt(order) + 60)


def _rows(table: Line, order: int) -> LineRows:
    mass, below = np.diff(table.below), (table.below[1:] + table.below[:-1]) / 2
    x = table.first + table.step * (np.arange(len(mass)) + 0.5)
    serving = int(np.searchsorted(below, _most_stations(order)))
    last = np.exp(-table.below[:serving]) * -np.expm1(-mass[:serving])
    return LineRows(x, mass, np.maximum(below[:serving], 1e-300), last)


def _span(table: Line, order: int, noise: float, most: float, at: Resolution) -> tuple[float, float]:
    """Return the range of ln y that matters."""
    limit = -np.log(noise) if noise > 0 else np.inf
    low = min(table.where(1e-8), table.where(1.0) - at.margin, limit - at.margin) - np.log(max(most, 1.0))
    return low, min(table.where(2 * _most_stations(order)), limit + 4) + at.step
