"""Power of stations, energy for a bit and for a look, sleep."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.columns import count, real
from isacsys.energy import EnergyMeter, EnergyModel, stations
from isacsys.metrics.base import Estimator, Metric
from isacsys.services.frame_record import FrameRecord


class EnergyMetrics(Metric):
    """Energy of the stations of a drop, sleep and its transitions included.

    Where an energy model knows no watts, powers are relative, and what is in W or J is null.
    """

    columns = (
        count("stations_metered", "base stations whose power is known, summed over frames"),
        count("stations_asleep", "those of them that sleep or are off"),
    )
    drop_columns = (
        real("energy", "J", "energy that base stations drew, sleep and its transitions included"),
        real("energy_time", "s", "time of base stations over which this is known"),
        count("energy_looks", "looks at targets meanwhile"),
        real("energy_share", "1", "energy over that of a base station at full load for a frame"),
    )
    estimates = (
        Estimator("power", {"energy": 1, "energy_time": -1}, "W", "power drawn by a base station", "stations_metered"),
        Estimator("energy_efficiency", {"megabits": 1, "energy": -1}, "Mbit/J",
                  "bits delivered to users over energy of all base stations", "stations_metered"),
        Estimator("energy_per_look", {"energy": 1, "energy_looks": -1}, "J",
                  "energy of all base stations over looks at targets", "stations_metered"),
        Estimator("relative_power", {"energy_share": 1, "stations_metered": -1}, "1",
                  "power drawn over that of base stations at full load", "stations_metered"),
        Estimator("sleep_share", {"stations_asleep": 1, "stations_metered": -1}, "1",
                  "share of the time that base stations sleep or are off", "stations_metered"),
    )

    def __init__(self) -> None:
        self._model: EnergyModel | None = None
        self._meter = EnergyMeter((), 0.0)
        self._full: Array = np.zeros(0)  # W, [bs]
        self._station_frames, self._looks, self._duration = 0, 0, 0.0

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether there is an energy model."""
        return scenario.energy.model != "none"

    def sums(self, record: FrameRecord) -> Mapping[str, float]:
        """Return the sums of a frame's energy."""
        found = record.stations
        if "power" not in found:  # of a frame that was not run in a drop
            return {"stations_metered": 0, "stations_asleep": 0}
        if self._model is None:
            self._start(record, np.asarray(found["full_power"]))
        self._meter.frame(np.asarray(found["power"]), np.asarray(found["on"], bool), np.asarray(found["asleep"], bool))
        self._station_frames += len(found["on"])
        self._looks += len(record.frame_state.selection.targets)
        return {"stations_metered": len(found["on"]), "stations_asleep": int(np.count_nonzero(found["asleep"]))}

    def _start(self, record: FrameRecord, watts: Array) -> None:
        scenario, self._model = record.frame_state.scenario, record.energy_model
        assert self._model is not None
        self._duration = scenario.simulation.frame_duration
        self._meter = EnergyMeter(self._model.sleep_states(), self._duration, scenario.energy.sleep)
        self._full = self._model.drawn(stations(np.ones(len(watts)), full_power=watts))

    def drop(self) -> Mapping[str, float]:
        """Return the energy of the drop."""
        energy, known = self._meter.total(), self._model is not None and self._model.watts
        full = self._full * self._duration
        return {"energy": float(energy.sum()) if known else 0.0,
                "energy_time": self._station_frames * self._duration if known else 0.0,
                "energy_looks": self._looks if known else 0,
                "energy_share": float(np.divide(energy, full, out=np.zeros_like(energy), where=full > 0).sum())}
