"""Mean power gains between the cells of a network: one station interferes with the echoes of another."""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.lazy import special
from isacsys.plugins.loading import is_ours
from isacsys.propagation.base import LinkPlaces, PathLossLinks, Propagation, in_sight, links
from isacsys.propagation.cell_antennas import Cells, Masts, antennas
from isacsys.propagation.fields import Field, Waves


class StationGains:
    """Links between stations: the model with the other station's height, clipped to its range, as its user's.

    Lines of sight and shadowing are symmetric: ``(f_i(x_j) + f_j(x_i)) / sqrt(2)`` of the fields f of two sites.

    Parameters
    ----------
    scenario : Scenario
    model : Propagation
    masts : Masts
    cells : Cells
    rng : numpy.random.Generator
    """

    def __init__(self, scenario: Scenario, model: Propagation, masts: Masts, cells: Cells,
                 rng: np.random.Generator) -> None:
        self._masts, self._model, self._cells, self._antennas = masts, model, cells, antennas(scenario, cells)
        self._frequency = scenario.propagation.carrier_frequency
        self.given: Array | None = None  # gains [receiver, sender] of a file, where there is one
        scale = scenario.propagation.correlation_distance
        waves = {d: Waves(1e3 * masts.side, scale * d, rng) for d in
                 (model.correlation.state, model.correlation.los, model.correlation.nlos)}
        self._state, self._seen, self._hidden = (Field(waves[d], masts.sites, rng) for d in (
            model.correlation.state, model.correlation.los, model.correlation.nlos))

    @cached_property
    def _links(self) -> PathLossLinks:
        """Links [receiver, sender] of masts."""
        masts, low = self._masts, self._model.validity.user_height
        step = 1e3 * geometry.displacement(masts.position[None], masts.position[:, None], masts.side)
        site = masts.site_of(np.arange(len(step)))
        distance = geometry.length(step) + (site[:, None] == site)  # within a site: left out by all who ask
        receiver: Array | float = np.clip(masts.height, *low)
        receiver = float(receiver) if isinstance(masts.height, float) else np.asarray(receiver)[:, None]
        some = links(distance, masts.height, receiver, self._frequency)
        if not is_ours(self._model):
            place = masts.position + masts.origin
            ends = LinkPlaces(np.arange(len(place)), site, place, place[:, None], step)
            some = dataclasses.replace(some, places=ends)
        return in_sight(some, special.ndtr(self._both(self._state)) < self._model.los_probability(some))

    def sight(self) -> Flags:
        """Return which masts [mast, mast] see each other."""
        return np.broadcast_to(self._links.line_of_sight, self._links.distance.shape)

    @cached_property
    def _gains(self) -> Array:
        masts, cell, some = self._masts, self._cells.mast, self._links
        step = 1e3 * geometry.displacement(masts.position[None], masts.position[:, None],
                                           masts.side)  # [receiver, sender]: from the sender to the receiver
        high = np.broadcast_to(masts.height, len(step))
        normal = np.where(some.line_of_sight, self._both(self._seen), self._both(self._hidden))
        loss = self._model.path_loss(some) + self._model.shadowing_db(some) * normal
        rise = high[:, None] - high  # of the receiver over the sender
        sent, heard = (self._antennas.everywhere(*way) for way in ((step, rise), (-step.swapaxes(0, 1), -rise.T)))
        total = sent[cell] + heard[cell].T - loss[cell[:, None], cell]
        if np.any(self._cells.power):
            total = total + self._cells.power
        return np.asarray(10 ** (total / 10))

    def everywhere(self) -> Array:
        """Return the gains [receiver, sender] between all cells, senders at full power; within a site without meaning.
        """
        return self._gains if self.given is None else self.given

    def of(self, one: Index, other: Index) -> Array:
        """Return the gains [pair] of cells ``other`` at cells ``one`` [pair]; within a site without meaning."""
        here, there = self._cells.mast[one], self._cells.mast[other]
        loss, step, rise = (part[:, 0] for part in self._loss(here, there[:, None]))
        sent, heard = self._antennas.towards(other, step, rise), self._antennas.towards(one, -step, -rise)
        return np.asarray(10 ** ((sent + heard - loss + self._cells.power[other]) / 10))

    def listed(self, mast: Index, listed: Index, own: Index, cell: Index) -> Array:
        """Return the gains [n, c, m k] of cells [n, m, k] on masts ``listed`` [n, m] at cells ``own`` [n, c] on a
        ``mast`` [n].

        0 where the number of a cell is that of none; within a site without meaning.
        """
        there, cell = cell < len(self._cells), np.where(cell < len(self._cells), cell, 0)
        listed, own = np.minimum(listed, len(self._masts.position) - 1), np.minimum(own, len(self._cells) - 1)
        loss, step, rise = self._loss(mast, listed)
        sent = self._antennas.towards(cell, step[:, :, None], rise[:, :, None]) + self._cells.power[cell]
        heard = self._antennas.towards(own[:, :, None], -step[:, None], -rise[:, None])
        total = sent[:, None] + heard[..., None] - loss[:, None, :, None]
        return np.asarray(np.where(there[:, None], 10 ** (total / 10), 0.0)).reshape(*own.shape, -1)

    def receiver_height(self, mast: Index) -> Array | float:
        """Return the height of masts [n], m, as that of a user, clipped to the range of the model; a float if alike."""
        height = np.clip(self._masts.height_of(mast), *self._model.validity.user_height)
        return float(height) if isinstance(self._masts.height, float) else np.asarray(height)

    def _loss(self, one: Index, other: Index) -> tuple[Array, Array, Array]:
        """Return loss (dB), way (m) and rise (m) from masts ``other`` [n, m] to masts ``one`` [n], [n, m], [n, m, 2],
        [n, m].
        """
        masts, alone, one = self._masts, one, one[:, None]
        step = 1e3 * geometry.displacement(masts.position[other], masts.position[one], masts.side)
        site = masts.site_of(one), masts.site_of(other)
        some = links(geometry.length(step) + (site[0] == site[1]), masts.height_of(other), self.receiver_height(one),
                     self._frequency)
        if not is_ours(self._model):
            place = masts.position + masts.origin
            some = dataclasses.replace(some, places=LinkPlaces(other, site[1], place[other], place[one], step))
        state, seen, hidden = (self._of_pairs(f, alone, other) for f in (self._state, self._seen, self._hidden))
        some = in_sight(some, special.ndtr(state) < self._model.los_probability(some))
        normal = np.where(some.line_of_sight, seen, hidden)
        rise = np.broadcast_to(masts.height_of(one) - masts.height_of(other), other.shape)
        return self._model.path_loss(some) + self._model.shadowing_db(some) * normal, step, rise

    def _of_pairs(self, field: Field, one: Index, other: Index) -> Array:
        """Return the values [n, m] that are common to masts ``one`` [n] and ``other`` [n, m]."""
        who, place = np.unique(np.concatenate([one, other.ravel()]), return_inverse=True)
        site, there = self._masts.site_of(who), place[len(one):].reshape(other.shape)
        return np.asarray(field.common(1e3 * self._masts.position[who], site, place[:len(one)], there) / np.sqrt(2))

    def _both(self, field: Field) -> Array:
        values = field.everywhere(1e3 * self._masts.position).astype(float)
        values = values if self._masts.site is None else values[:, self._masts.site]
        return np.asarray((values + values.T) / np.sqrt(2))
