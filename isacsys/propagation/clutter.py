"""The mono-static background: echoes from the ground. TR 38.901 section 7.9.4."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.propagation.base import Propagation
from isacsys.propagation.cell_antennas import Cells, Masts, antennas
from isacsys.propagation.path_loss_links import links
from isacsys.propagation.target_types import BACKGROUNDS

POINTS = 3  # reference points of a site, 120 degrees apart


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
