"""Points drawn in an area, perhaps with an open boundary: hexagonal sites, users and targets away from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from isacsys.config.sections import NetworkSettings
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags
from isacsys.core.errors import ConfigError
from isacsys.core.lazy import spatial
from isacsys.network.places import Box, box_around

MOST_REDRAWS = 1000


@dataclass(frozen=True)
class OpenArea:
    """The area that a network with an open boundary covers.

    Attributes
    ----------
    box : Box
        Around it.
    area : float
        km^2.
    spacing : float
        Of the lattice of a hexagonal layout, km, whose cells are covered; 0: the whole box is.
    lattice : [site, 2]
        Its sites.
    """

    box: Box
    area: float
    spacing: float = 0.0
    lattice: Array = field(default_factory=lambda: np.empty((0, 2)))

    def covers(self, points: Array) -> Flags:
        """Return which points [n, 2] lie in the area."""
        if not self.spacing:
            return np.ones(len(points), bool)
        normal = np.array([[np.cos(a), np.sin(a)] for a in (0.0, np.pi / 3, 2 * np.pi / 3)])
        count = min(3, len(self.lattice))  # that many cells meet at a corner
        near = self.lattice[spatial.cKDTree(self.lattice).query(points, k=np.arange(1, count + 1))[1]]
        within = np.abs((points[:, None] - near) @ normal.T) <= self.spacing / 2
        return np.asarray(within.all(axis=-1).any(axis=-1))


def site_spacing(network: NetworkSettings) -> float:
    """Return the distance of neighbours (km) in the hexagonal lattice of a network's density of sites."""
    return float(np.sqrt(2 * network.sectors / (np.sqrt(3) * network.bs_density)))


def open_ground(network: NetworkSettings, given: Sequence[Array] | None) -> OpenArea:
    """Return the area of a network: its own, that of a hexagon of sites, or the box around ``given`` places [n, 2].
    """
    if given is not None:
        box = box_around(given or [np.zeros((1, 2))])
        return OpenArea(box, float(np.prod(box.extent)))
    if network.layout == "hexagonal":
        return _hexagon(network)
    return OpenArea(Box(np.zeros(2), np.full(2, np.sqrt(network.area))), network.area)


def _hexagon(network: NetworkSettings) -> OpenArea:
    """Return the rings of sites around one, as many as come nearest to the wanted number: 1, 7, 19, 37 ... sites."""
    spacing, wanted = site_spacing(network), network.bs_density * network.area / network.sectors
    rings = int(np.argmin([abs(1 + 3 * r * (r + 1) - wanted) for r in range(1 + int(np.sqrt(wanted / 3) + 1))]))
    i, j = np.meshgrid(np.arange(-rings, rings + 1), np.arange(-rings, rings + 1))
    inside = np.abs(i + j) <= rings
    i, j = i[inside], j[inside]
    lattice = spacing * np.stack([i + j / 2, j * np.sqrt(3) / 2], axis=-1)
    half = np.array([spacing / 2, spacing / np.sqrt(3)])  # of a cell
    low, high = lattice.min(axis=0) - half, lattice.max(axis=0) + half
    cell = np.sqrt(3) / 2 * spacing**2
    return OpenArea(Box(np.zeros(2), high - low), float(len(lattice) * cell), spacing, lattice - low)


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
