"""Poisson stations as a Poisson process of losses on the line: its mean measure, tabulated.

Seen through a path loss that is independent from station to station, stations of density lambda are a Poisson process
of losses with ``Lambda(l) = int 2 pi lambda r P(PL(r) <= l) dr``. x = ln l throughout.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from isacsys.analysis._numerics import Resolution
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.propagation_law import LinkState, OfDistance, PropagationLaw

NEPER = np.log(10) / 10  # per dB
CELLS = 4  # of the table to a trapezoidal step, times the root of the size of the cluster
FEWEST, MOST = 1e-10, 1e9  # stations within the first and the last distance
COUNTED = 1e6  # stations that are counted; those beyond enter by their mean
REACH = 7.0  # standard deviations of the shadowing that are looked at
SLOWEST = 0.99  # growth of ln Lambda with ln l beyond which the interference of all stations is infinite
PROBES = 2000  # distances at which jumps are looked for
JUMP = 10  # times the change beside
HALVINGS = 40
AT_ONCE = 2**21  # shares of rings in memory at a time, 16 MB an array
RARE = 1e-9  # stations in a state that make it worth a look


class Line(NamedTuple):
    """Stations with a loss below exp(x), at equidistant x.

    Attributes
    ----------
    first, step : float
        x of the first edge, and between edges.
    below : [edge]
        Lambda.
    tail : float
        ``ln int dLambda / l`` beyond the last edge.
    """

    first: float
    step: float
    below: Array
    tail: float

    def coarse(self, cells: int) -> Line:
        """Return every ``cells``-th edge, the last included."""
        return self._replace(first=self.first + self.step * ((len(self.below) - 1) % cells), step=self.step * cells,
                             below=self.below[(len(self.below) - 1) % cells::cells])

    def where(self, stations: float) -> float:
        """Return x at which Lambda reaches so many stations."""
        edge = min(int(np.searchsorted(self.below, stations)), len(self.below) - 1)
        return self.first + self.step * edge


class _Cells(NamedTuple):
    """Rings of stations in one state: mass, x in their middle and at both edges, spread of x, all [ring]."""

    mass: Array
    middle: Array
    low: Array
    high: Array
    spread: Array


def line(law: PropagationLaw, density: float, order: int, at: Resolution, *, common: float = 0.0,
         share: float = 0.0) -> Line:
    """Return the table of Lambda given the common part of the shadowing.

    Parameters
    ----------
    order : int
        Size of the cluster, whose last member is at ``Lambda = order +- sqrt(order)``.
    common : float
        Standard normal z0 that the shadowing of all stations shares.
    share : float
        rho, its share of the variance.
    """
    step = at.step / (CELLS * np.ceil(np.sqrt(order)))
    look = np.sqrt(np.geomspace(FEWEST, MOST, PROBES) / np.pi / density + law.minimum_distance**2)
    parts = [_cells(state, law, density, at, common, share) for state in law.states
             if np.any(state.probability(look) > 0)]
    parts = [cells for cells in parts if cells.mass.sum() > RARE]
    first = step * np.floor(min((c.low - REACH * c.spread).min() for c in parts) / step)
    far = min(c.low[-1] - REACH * c.spread[-1] for c in parts if c.mass[-1] > RARE)
    mass = np.sum([_deposited(cells, float(first), step, int((far - first) / step)) for cells in parts], axis=0)
    count = np.concatenate([[0.0], np.cumsum(mass)])
    count = count[: int(np.searchsorted(count, COUNTED)) + 1]
    return Line(float(first), step, count, _tail(float(first) + step * (len(count) - 1), step, count))


def _cells(state: LinkState, law: PropagationLaw, density: float, at: Resolution, common: float,
           share: float) -> _Cells:
    """Return rings, narrow enough for the state's shadowing to smooth what they are lumped to."""
    edges = _edges(state, law.minimum_distance**2, density, np.sqrt(1 - share), at)
    h, middle = np.diff(edges), np.exp((edges[1:] + edges[:-1]) / 2)

    def loss(r: Array) -> Array:
        return np.asarray(NEPER * (state.loss_db(r) + np.sqrt(share) * common * state.sigma_db(r)))

    def stations(r: Array) -> Array:
        return np.asarray(2 * np.pi * density * r**2 * state.probability(r))

    inner, outer = np.exp(edges[:-1] + 1e-9 * h), np.exp(edges[1:] - 1e-9 * h)  # on this side of a jump
    low, high = np.sort([loss(inner), loss(outer)], axis=0)
    spread = NEPER * np.sqrt(1 - share) * np.asarray(state.sigma_db(middle))
    smooth = spread > high - low  # the midpoint rule, exponentially good under a Gaussian; else Simpson's
    mass = np.where(smooth, stations(middle), (stations(inner) + stations(outer) + 4 * stations(middle)) / 6)
    return _Cells(h * mass, loss(middle), low, high, np.where(smooth, spread, 0.0))


def _edges(state: LinkState, nearest: float, density: float, left: float, at: Resolution) -> Array:
    """Return ln r at the edges of the rings; where a function of the state jumps there is an edge."""
    least, most = max(nearest, FEWEST / np.pi / density), nearest + MOST / np.pi / density
    probe = np.linspace(np.log(least) / 2, np.log(most) / 2, PROBES)
    width = np.clip(0.025 * at.step * left * state.sigma_db(np.exp(probe)).min(), 0.007 * at.step, 0.1 * at.step)
    ends = np.unique(np.concatenate([probe[[0, -1]], *(_jumps(function, probe) for function in (
        state.probability, state.loss_db, state.sigma_db))]))
    parts = [np.linspace(a, b, int(np.ceil((b - a) / width)) + 1)[:-1] for a, b in itertools.pairwise(ends)]
    return np.concatenate([*parts, ends[-1:]])


def _jumps(function: OfDistance, x: Array) -> Array:
    """Return where a function of the distance exp(x) jumps between two points, by bisection."""
    change = np.abs(np.diff(function(np.exp(x))))
    beside = np.maximum(np.append(change[1:], 0.0), np.append(0.0, change[:-1]))
    place = np.flatnonzero(change > JUMP * beside + 1e-9)
    low, high = x[place], x[place + 1]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        left, centre, right = function(np.exp(np.array([low, middle, high])))
        within = np.abs(centre - left) > np.abs(right - centre)
        low, high = np.where(within, low, middle), np.where(within, middle, high)
    return np.asarray(high)


def _deposited(cells: _Cells, first: float, step: float, number: int) -> Array:
    """Return how many stations fall between each two of ``number + 1`` edges."""
    below, above = cells.low - REACH * cells.spread, cells.high + REACH * cells.spread
    start = np.floor((below - first) / step).astype(np.int64)
    wide = int(np.ceil(((above - below).max()) / step)) + 2
    total = np.zeros(number + 1)
    smooth = cells.spread > 0
    for kind, law in ((smooth, _shadowed), (~smooth, _even)):
        rings = np.flatnonzero(kind)
        for some in np.array_split(rings, -(-len(rings) * wide // AT_ONCE) or 1):
            part = _Cells(*(values[some] for values in cells))
            edges = first + step * (start[some][:, None] + np.arange(wide + 1))
            shares = np.diff(law(edges, part), axis=1)
            place = np.clip(start[some][:, None] + np.arange(wide), 0, number)
            total += np.bincount(place.ravel(), (part.mass[:, None] * shares).ravel(), number + 1)[: number + 1]
    return total[:-1]


def _shadowed(edges: Array, cells: _Cells) -> Array:
    return np.asarray(ndtr((edges - cells.middle[:, None]) / cells.spread[:, None]))


def _even(edges: Array, cells: _Cells) -> Array:
    width = np.maximum(cells.high - cells.low, 1e-9)
    return np.clip((edges - cells.low[:, None]) / width[:, None], 0.0, 1.0)


def _tail(last: float, step: float, count: Array) -> float:
    """Return ln of what is beyond by its mean, Lambda going on as the power of l that it ends with."""
    back = min(int(2 / step), len(count) - 2)
    growth = np.log(count[-1] / count[-1 - back]) / (step * back)
    if not growth < SLOWEST:
        raise ConfigError("law", f"loss that grows like distance^{2 / growth:.3g}",
                          "a loss that grows faster than the square of the distance, or interference is infinite")
    return float(np.log(count[-1]) - last + np.log(growth / (1 - growth)))
