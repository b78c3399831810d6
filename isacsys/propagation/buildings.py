"""Buildings: who is inside, behind which wall, how deep, and on which floor, as functions of the place.

The penetration loss of walls is that of TR 38.901 section 7.4.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.lazy import special
from isacsys.propagation.base import Propagation
from isacsys.propagation.fields import Field, Waves

SPREAD_LOW, SPREAD_HIGH = 4.4, 6.5  # dB, sigma_P of low-loss and high-loss buildings. Table 7.4.3-2
PER_METRE = 0.5  # dB/m inside. Table 7.4.3-2
# Distances (m) over which a building, the way inside, and its wall stay alike. Table 7.6.3.1-2
STATE, DEPTH, WALL = 50.0, 25.0, 10.0
STOREY = 3.0  # m. Table 7.2-1, note


def glass(gigahertz: float) -> float:
    """Return the loss of a standard multi-pane window, dB. Table 7.4.3-1."""
    return 2 + 0.2 * gigahertz


def coated_glass(gigahertz: float, release: int = 19) -> float:
    """Return the loss of an infrared-reflecting window, dB: Table 7.4.3-1 of release 19, or of release 14."""
    return 23 + 0.3 * gigahertz if release == 14 else 25.4 + 0.11 * gigahertz


def concrete(gigahertz: float) -> float:
    """Return the loss of concrete, dB. Table 7.4.3-1."""
    return 5 + 4 * gigahertz


def low_loss(gigahertz: float) -> float:
    """Return ``5 - 10 lg(0.3 10^(-L_glass/10) + 0.7 10^(-L_concrete/10))``, 30 % plain glass, dB. Table 7.4.3-2."""
    return float(5 - 10 * np.log10(0.3 * 10 ** (-glass(gigahertz) / 10) + 0.7 * 10 ** (-concrete(gigahertz) / 10)))


def high_loss(gigahertz: float, release: int = 19) -> float:
    """Return ``5 - 10 lg(0.7 10^(-L_IRR/10) + 0.3 10^(-L_concrete/10))``, 70 % coated glass, dB. Table 7.4.3-2."""
    coated = coated_glass(gigahertz, release)
    return float(5 - 10 * np.log10(0.7 * 10 ** (-coated / 10) + 0.3 * 10 ** (-concrete(gigahertz) / 10)))


def penetration(gigahertz: float, high: Flags, depth: Array, normal: Array, release: int = 19) -> Array:
    """Return the loss of users indoors, dB [n]: wall, way inside, and spread.

    Parameters
    ----------
    gigahertz : float
    high : [n]
        Whether the building is of the high-loss kind.
    depth : [n]
        Way inside, m.
    normal : [n]
        Standard normal; times sigma_P.
    release : int
        14 or 19.
    """
    wall = np.where(high, high_loss(gigahertz, release), low_loss(gigahertz))
    return np.asarray(wall + PER_METRE * depth + np.where(high, SPREAD_HIGH, SPREAD_LOW) * normal)


@dataclass(frozen=True)
class Places:
    """Buildings and heights at places, each [n].

    Attributes
    ----------
    indoor : whether inside a building
    height, depth : m, of the antenna above ground, and of the way inside
    loss_db : of walls and way inside
    ids : numbers of the receivers at these places, where their channels are kept; or None
    """

    indoor: Flags
    height: Array
    depth: Array
    loss_db: Array
    ids: Index | None = None

    def __len__(self) -> int:
        return len(self.height)

    def __getitem__(self, rows: Index | slice) -> Places:
        ids = None if self.ids is None else self.ids[rows]
        return Places(self.indoor[rows], self.height[rows], self.depth[rows], self.loss_db[rows], ids)


class Buildings:
    """The buildings of a drop.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    height : float
        Of antennas outdoors, m.
    side : [2]
        Of the torus, m.
    rng : numpy.random.Generator
    """

    def __init__(self, scenario: Scenario, model: Propagation, height: float, side: Array,
                 rng: np.random.Generator) -> None:
        self._scenario, self._model, self._height = scenario, model, height
        scale = scenario.propagation.correlation_distance
        self._kind = Field(Waves(side, scale * STATE, rng), 4, rng)  # indoor, high loss, storeys, floor
        self._depth, self._wall = (Field(Waves(side, scale * d, rng), 1, rng) for d in (DEPTH, WALL))

    def at(self, position: Array, known: Array | None = None) -> Places:
        """Return the buildings at ``position`` [n, 2] in m. The way inside is the shorter of two uniform ones.

        ``known`` [n] is 1 for who is inside, 0 for who is outside, NaN where the place decides.
        """
        network, count = self._scenario.network, len(position)
        if not network.indoor_share and (known is None or not np.any(known == 1)):
            return outdoors(count, self._height)
        kind = special.ndtr(self._kind.everywhere(position).astype(float))
        indoor = kind[:, 0] < network.indoor_share
        if known is not None:
            indoor = np.where(np.isnan(known), indoor, known == 1)
        high = (kind[:, 1] < 0.5) & self._model.high_loss_buildings
        deep = special.ndtr(self._depth.everywhere(position)[:, 0].astype(float))
        depth = indoor * self._model.indoor_depth * (1 - np.sqrt(1 - deep))
        loss = penetration(self._scenario.propagation.carrier_frequency / 1e9, high, depth,
                           self._wall.everywhere(position)[:, 0], self._scenario.propagation.o2i_release)
        return Places(indoor, self._height + indoor * STOREY * self._floor(kind[:, 2], kind[:, 3]), depth,
                      np.where(indoor, loss, 0.0))

    def _floor(self, storeys: Array, floor: Array) -> Array:
        """Return the floors above the ground, uniform over those of a building."""
        network = self._scenario.network
        choices = network.most_storeys - network.fewest_storeys + 1
        count = network.fewest_storeys + np.minimum(np.floor(storeys * choices), choices - 1)
        return np.maximum(np.minimum(np.floor(floor * count), count - 1), 0)


def outdoors(count: int, height: float) -> Places:
    """Return places outdoors."""
    nothing = np.zeros(count)
    return Places(np.zeros(count, bool), np.full(count, height), nothing, nothing)
