"""Points drawn in an area: hexagonal lattices of sites, and users and targets away from them."""

from __future__ import annotations

import numpy as np

from isacsys.config.sections import NetworkSettings
from isacsys.core import geometry
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.lazy import spatial
from isacsys.network.boundary import OpenArea, site_spacing

MOST_REDRAWS = 1000


def hexagonal_side(network: NetworkSettings) -> tuple[int, int, Array]:
    """Return columns, rows and sides [2] (km) of the torus of whole cells nearest to ``network.area``.

    Sites of area 1 / lambda have spacing ``sqrt(2 / (sqrt(3) lambda))``; rows come in pairs, being staggered.
    """
    spacing = site_spacing(network)
    pitch = np.array([spacing, spacing * np.sqrt(3) / 2])
    columns = max(1, round(np.sqrt(network.area) / pitch[0]))
    rows = 2 * max(1, round(np.sqrt(network.area) / pitch[1] / 2))
    return columns, rows, pitch * (columns, rows)


def hexagonal(network: NetworkSettings, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the sides [2], km, of a torus, and the sites [site, 2] of a lattice shifted at random."""
    columns, rows, side = hexagonal_side(network)
    row, column = np.divmod(np.arange(rows * columns), columns)
    lattice = np.stack([(column + row % 2 / 2) / columns, row / rows], axis=-1) * side
    return side, geometry.wrap(lattice + rng.random(2) * side, side)


def scattered(count: int, closest: float, index: spatial.cKDTree, ground: OpenArea | None, extent: Array,
              rng: np.random.Generator) -> Array:
    """Draw points [n, 2] uniformly in a box of ``extent`` [2], those that are covered, none closer to a site than
    ``closest``, km.
    """
    points = rng.random((count, 2))
    points[:, 0] *= extent[0]
    points[:, 1] *= extent[1]
    if ground is not None:
        points = points[ground.covers(points)]
    return _redrawn(points, closest, index, ground, extent, rng)


def populated_area(network: NetworkSettings, ground: OpenArea | None, extent: Array, cells: int) -> float:
    """Return the area, km^2, on which users and targets of the mean density are as many as a box of ``extent`` [2]
    holds.

    Of an open network whose stations are not drawn, cells have the wanted mean populations, whatever their density.
    """
    box = float(extent[0] * extent[1])
    fixed = ground is not None and network.layout in ("hexagonal", "file")
    return cells * box / (ground.area * network.bs_density) if ground is not None and fixed else box


def _redrawn(points: Array, closest: float, index: spatial.cKDTree, ground: OpenArea | None, extent: Array,
             rng: np.random.Generator) -> Array:
    """Draw those that are closer than ``closest`` (km) to a site anew until none is."""
    rows = np.arange(len(points) if closest > 0 and index.n else 0)
    for _ in range(MOST_REDRAWS):
        bad = geometry.nearest(index, points[rows], 1)[0][:, 0] < closest
        rows = rows[bad if ground is None else bad | ~ground.covers(points[rows])]
        if not len(rows):
            return points
        points[rows] = rng.random((len(rows), 2)) * extent
    raise ConfigError("network.minimum_distance", 1e3 * closest, "so short that there is room for users")
