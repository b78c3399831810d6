"""Mean power gains between the cells of a network: one station interferes with the echoes of another."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.special import ndtr

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array
from isacsys.propagation.base import Propagation
from isacsys.propagation.cell_gains import Pattern, Sites
from isacsys.propagation.fields import Field, Waves
from isacsys.propagation.path_loss_links import in_sight, links


class StationGains:
    """Links between stations: the model with the other station's height, clipped to its range, as its user's.

    Lines of sight and shadowing are symmetric: ``(f_i(x_j) + f_j(x_i)) / sqrt(2)`` of the fields f of two sites.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    sites : Sites
    rng : numpy.random.Generator
    """

    def __init__(self, scenario: Scenario, model: Propagation, sites: Sites, rng: np.random.Generator) -> None:
        self._sites, self._model, self._pattern = sites, model, Pattern(scenario)
        self._frequency = scenario.propagation.carrier_frequency
        scale = scenario.propagation.correlation_distance
        waves = {d: Waves(1e3 * sites.side, scale * d, rng) for d in
                 (model.correlation.state, model.correlation.los, model.correlation.nlos)}
        self._state, self._seen, self._hidden = (Field(waves[d], len(sites.position), rng) for d in (
            model.correlation.state, model.correlation.los, model.correlation.nlos))

    @cached_property
    def _gains(self) -> Array:
        step = 1e3 * geometry.displacement(self._sites.position[None], self._sites.position[:, None],
                                           self._sites.side)  # [receiver, sender]: from the sender to the receiver
        low, high = self._model.validity.user_height
        distance = geometry.length(step) + np.eye(len(step))  # a site to itself: left out by all who ask
        some = links(distance, self._sites.height, float(np.clip(self._sites.height, low, high)), self._frequency)
        some = in_sight(some, ndtr(self._both(self._state)) < self._model.los_probability(some))
        normal = np.where(some.line_of_sight, self._both(self._seen), self._both(self._hidden))
        loss = self._model.path_loss(some) + self._model.shadowing_db(some) * normal
        sent, heard = (self._pattern.of_sectors(way, np.zeros(loss.shape)) for way in (step, -step))
        total = sent[:, None, :, :] + np.swapaxes(heard, 1, 2)[..., None] - loss[:, None, :, None]
        cells = len(step) * self._pattern.sectors
        return np.asarray(10 ** (total / 10)).reshape(cells, cells)

    def everywhere(self) -> Array:
        """Return the gains [receiver, sender] between all cells; those within a site mean nothing."""
        return self._gains

    def _both(self, field: Field) -> Array:
        values = field.everywhere(1e3 * self._sites.position).astype(float)
        return np.asarray((values + values.T) / np.sqrt(2))
