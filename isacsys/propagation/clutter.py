"""What the ground sends back of a station's own signal: the mono-static background. TR 38.901 section 7.9.4."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.propagation.base import Propagation
from isacsys.propagation.cell_gains import Pattern
from isacsys.propagation.path_loss_links import links
from isacsys.propagation.registry import heights
from isacsys.propagation.target_types import BACKGROUNDS

POINTS = 3  # reference points of a site, 120 degrees apart


def background_gains(scenario: Scenario, model: Propagation, sites: int, rng: np.random.Generator) -> Array:
    """Draw the gains [site, sector, point] of the reference points of sites, there and back through the pattern.

    A point is a receiver without line of sight: its loss and shadowing are those of one way, and no cross-section is
    added.
    """
    distance, height = BACKGROUNDS[scenario.propagation.model.removesuffix("_av")].draw(rng, (sites, POINTS))
    azimuth = 2 * np.pi * (rng.random((sites, 1)) + np.arange(POINTS) / POINTS)
    mast = heights(scenario, model)[0]
    some = links(distance, mast, np.maximum(height, 1.5), scenario.propagation.carrier_frequency, False)
    loss = model.path_loss(some) + model.shadowing_db(some) * rng.standard_normal(distance.shape)
    step = np.stack([np.cos(azimuth), np.sin(azimuth)], axis=-1) * distance[..., None]
    twice = 2 * Pattern(scenario).of_sectors(step, height - mast)  # [site, point, sector]
    return np.asarray(10 ** ((np.swapaxes(twice, 1, 2) - loss[:, None, :]) / 10))
