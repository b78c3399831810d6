"""Load and power of stations in every frame."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.units import from_db
from isacsys.energy import EnergyModel, Stations, find_energy_model, full_power
from isacsys.services import FrameRecord
from isacsys.simulation.stage import Process, Stage, Steps


class EnergyProcess(Process):
    """Adds to every frame its stations: on or off, asleep or awake, load, and power drawn."""

    def __init__(self, model: EnergyModel | None = None) -> None:
        self._given = model

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether there is an energy model."""
        return scenario.energy.model != "none"

    def run(self, stage: Stage) -> Steps:
        """Find the model; frames are looked at as they are completed."""
        self._stage, self._model = stage, find_energy_model(stage.scenario, self._given)
        yield from ()

    def complete(self, record: FrameRecord) -> FrameRecord:
        """Add the values of stations: ``on``, ``asleep``, ``listening``, ``load``, ``output``, ``full_power``,
        ``power``.
        """
        assert self._model is not None
        state = self._stage.state
        watts = full_power(self._stage.scenario) * from_db(state.deployment.cells.power)
        found = stations_of(record, state.operating.on, watts)
        values: dict[str, Array | Index | Flags] = {
            "on": found.on, "asleep": found.asleep, "listening": found.listening, "load": data_share(record),
            "output": found.load * found.sent, "full_power": watts, "power": self._model.drawn(found)}
        return dataclasses.replace(record, stations={**record.stations, **values}, energy_model=self._model)


def stations_of(record: FrameRecord, on: Flags, watts: Array) -> Stations:
    """Return the stations of a frame, those that are ``on`` and their full power in ``watts`` known, [bs] each.

    Sensing beams fill the frame; users' beams carry power in the share of it that has data. A station that serves no
    user, sends nothing and receives no echo may sleep.
    """
    scenario, beams = record.frame_state.scenario, sensing_share(record)
    users, data = np.maximum(record.power.sum(-1) - beams, 0.0), data_share(record)
    load = np.where(beams > 0, 1.0, data * (users > 0))
    sent = np.divide(users * data + beams, load, out=np.zeros_like(load), where=load > 0)
    hearing = listening(record)
    idle = ~(record.transmitting | hearing)
    asleep = ~on | idle if scenario.energy.sleep != "never" else ~on
    return Stations(load, on.copy(), asleep, sent, hearing, watts)


def data_share(record: FrameRecord) -> Array:
    """Return the share of the frame in which stations send data, [bs]; all of it to users of others alone."""
    sending = record.power.sum(-1) - sensing_share(record) > 0
    return np.where(record.frame_state.selection.users.count > 0, record.load, 1.0) * sending


def sensing_share(record: FrameRecord) -> Array:
    """Return the power of sensing beams, of a full power of 1, [bs]."""
    state = record.frame_state
    if not state.scenario.precoding.sensing_power:
        return np.zeros(len(record.power))
    first = record.power.shape[1] - state.sensors.active.shape[1]
    return np.asarray(record.power[:, first:].sum(-1))


def listening(record: FrameRecord) -> Flags:
    """Return the stations that look at targets of their own, or help to, [bs]."""
    state = record.frame_state
    looks = state.selection.targets.count
    if state.helpers is not None:
        looks = looks + np.bincount(state.helpers.station, minlength=len(looks))
    return np.asarray(looks > 0)
