"""Reflection of targets, and of the ground. TR 38.901 section 7.9 (release 19).

The mono-static background is echoes from the ground: section 7.9.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.propagation.base import Propagation, links
from isacsys.propagation.cell_antennas import Cells, Masts, antennas

POINTS = 3  # reference points of a site, 120 degrees apart


@dataclass(frozen=True)
class TargetType:
    """A kind of target. TR 38.901 section 7.9.2.

    Attributes
    ----------
    mean_dbsm : float
        sigma_M, mean of the radar cross-section.
    bistatic : (float, float) or None
        k1, k2 of model 2; None: model 1.
    flies : bool
        Whether it is seen through the models for what flies.
    """

    mean_dbsm: float
    bistatic: tuple[float, float] | None = None
    flies: bool = False

    @property
    def mean(self) -> float:
        """sigma_M, m^2."""
        return float(10 ** (self.mean_dbsm / 10))

    def bistatic_db(self, angle: Array) -> Array:
        """Return the factor, dB [...], at ``angle`` b [...], rad: ``-3 sin(b/2)``, or ``-k1 sin(k2 b/2) + 5 lg
        cos(b/2)``.
        """
        half = np.asarray(angle, float) / 2
        if self.bistatic is None:
            return np.asarray(-3 * np.sin(half))
        k1, k2 = self.bistatic
        return np.asarray(-k1 * np.sin(k2 * half) + 5 * np.log10(np.maximum(np.cos(half), 1e-12)))


TARGET_TYPES: dict[str, TargetType] = {"uav_small": TargetType(-12.81, flies=True),
                                       "uav_large": TargetType(-5.85, (6.05, 1.33), flies=True),
                                       "human": TargetType(-1.37, (0.5714, 0.1)),
                                       "vehicle": TargetType(11.25, (6.0, 1.65)),
                                       "agv": TargetType(-4.25, (12.0, 1.45))}


@dataclass(frozen=True)
class Background:
    """Where the reference points of the mono-static background are: gamma laws. TR 38.901 section 7.9.4.

    Attributes
    ----------
    distance, height : (shape, rate, offset)
        Offset in m, rate in 1/m.
    """

    distance: tuple[float, float, float]
    height: tuple[float, float, float]

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Draw distances and heights of reference points, m, [shape] each."""
        return tuple(rng.gamma(k, 1 / rate, shape) + offset  # type: ignore[return-value]
                     for k, rate, offset in (self.distance, self.height))


BACKGROUNDS: dict[str, Background] = {"uma": Background((10.337, 0.1317, 68.7778), (16.2253, 1.9218, 2.6142)),
                                      "umi": Background((6.1996, 0.1558, 15.2697), (12.0487, 2.3261, 0.0157)),
                                      "rma": Background((6.2025, 0.0391, 1.294), (0.0007, 5.0146, 0.0522))}


def background_gains(scenario: Scenario, model: Propagation, masts: Masts, cells: Cells,
                     rng: np.random.Generator) -> Array:
    """Draw the gains [cell, point] of the reference points of sites, there and back through the pattern.

    A point is a receiver without line of sight: its loss and shadowing are those of one way, and no cross-section is
    added. The full power of cells is in it.
    """
    distance, height = BACKGROUNDS[scenario.propagation.model.removesuffix("_av")].draw(rng, (masts.sites, POINTS))
    azimuth = 2 * np.pi * (rng.random((masts.sites, 1)) + np.arange(POINTS) / POINTS)
    shadow, site = rng.standard_normal(distance.shape), masts.site_of(np.arange(len(masts.position)))
    mast = masts.height if isinstance(masts.height, float) else masts.height[:, None]
    distance, height, azimuth = distance[site], height[site], azimuth[site]  # [mast, point]
    some = links(distance, mast, np.maximum(height, 1.5), scenario.propagation.carrier_frequency, False)
    loss = (model.path_loss(some) + model.shadowing_db(some) * shadow[site])[cells.mast]
    step = np.stack([np.cos(azimuth), np.sin(azimuth)], axis=-1) * distance[..., None]
    cell = np.arange(len(cells))[:, None]
    twice = 2 * antennas(scenario, cells).towards(cell, step[cells.mast], (height - mast)[cells.mast])  # [cell, point]
    return np.asarray(10 ** ((twice - loss + cells.power[:, None]) / 10))
