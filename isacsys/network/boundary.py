"""The area of a network with an open boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from isacsys.config.sections import NetworkSettings
from isacsys.core.arrays import Array, Flags
from isacsys.core.lazy import spatial
from isacsys.network.places import Box, box_around


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
