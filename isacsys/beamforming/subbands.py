"""Sub-bands folded into the axis of stations: station b in sub-band s is number ``s bs + b``; nothing else changes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from isacsys.beamforming.frame_state import FrameState, Grants, Schedule, Sensors
from isacsys.beamforming.multistatic_helpers import Helpers
from isacsys.core.arrays import Array, Complex, Index
from isacsys.network.selection import Links, Selection
from isacsys.network.surroundings import Surroundings

T = TypeVar("T", bound=npt.NDArray[np.generic])


def spread(frame_state: FrameState) -> FrameState:
    """Return the frame of all sub-bands: rows of links, sensors and stations S times, sub-band by sub-band."""
    bands, stations = frame_state.scenario.fading.subbands, frame_state.stations
    if bands == 1:
        return frame_state
    fold = _Fold(bands, stations)
    schedule = frame_state.schedule
    users, targets = (fold.links(some) for some in (schedule.selection.users, schedule.selection.targets))
    channels = schedule.channels
    if channels is not None:
        channels = np.concatenate(np.moveaxis(channels, 1, 0))
    spread_schedule: Schedule = replace(
        schedule, selection=Selection(users, targets), around_users=fold.around(schedule.around_users),
        sensors=fold.sensors(schedule.sensors), weights=fold.both(schedule.weights),
        channels=channels)
    return replace(
        frame_state, schedule=spread_schedule, around_users=fold.around(frame_state.around_users),
        sensors=fold.sensors(frame_state.sensors), distances=fold.both(frame_state.distances),
        speed=fold.rows(frame_state.speed), present=fold.rows(frame_state.present),
        grants=fold.grants(frame_state.grants, len(frame_state.sensors.station)),
        echo_gain=None if frame_state.echo_gain is None else fold.rows(frame_state.echo_gain),
        clutter=None if frame_state.clutter is None else fold.rows(frame_state.clutter),
        helpers=fold.helpers(frame_state.helpers, len(schedule.selection.targets)))


class _Fold:
    def __init__(self, bands: int, stations: int) -> None:
        self._bands, self._stations = bands, stations

    def rows(self, array: T) -> T:
        """Repeat rows."""
        return np.concatenate([array] * self._bands)  # type: ignore[return-value]

    def both(self, arrays: tuple[Array, Array]) -> tuple[Array, Array]:
        """Repeat rows of users and of targets."""
        return self.rows(arrays[0]), self.rows(arrays[1])

    def stations(self, station: Index) -> Index:
        """Renumber stations; no station is the number of all."""
        there = station < self._stations
        return np.concatenate([np.where(there, station + band * self._stations, self._bands * self._stations)
                               for band in range(self._bands)])

    def numbers(self, row: Index, count: int) -> Index:
        """Renumber rows of what has ``count``."""
        return np.concatenate([row + band * count for band in range(self._bands)])

    def links(self, some: Links) -> Links:
        """Fold links."""
        return Links(self.rows(some.ids), self.stations(some.station), self._bands * self._stations)

    def around(self, some: Surroundings) -> Surroundings:
        """Fold surroundings."""
        return Surroundings(self.stations(some.station), self.rows(some.path_gain), self.rows(some.far_field))

    def sensors(self, some: Sensors) -> Sensors:
        """Fold sensors."""
        changed = {it.name: self.rows(value) for it in fields(some)
                   if isinstance(value := getattr(some, it.name), np.ndarray)}
        changed |= {"station": self.stations(some.station), "row": self.numbers(some.row, len(some.station))}
        return replace(some, around=self.around(some.around), **changed)

    def helpers(self, some: Helpers | None, targets: int) -> Helpers | None:
        """Fold stations that help to sense, and those that they help."""
        if some is None:
            return None
        changed = {it.name: self.rows(value) for it in fields(some)
                   if isinstance(value := getattr(some, it.name), np.ndarray)}
        changed |= {"link": self.numbers(some.link, targets), "station": self.stations(some.station)}
        return replace(some, around=self.around(some.around), own=self.helpers(some.own, targets), **changed)

    def grants(self, some: Grants, sensors: int) -> Grants:
        """Fold grants; requests stay what they are, one for all sub-bands."""
        changed = {it.name: self.rows(value) for it in fields(some)
                   if isinstance(value := getattr(some, it.name), np.ndarray)}
        row, column = some.pairs
        return replace(some, **{**changed, "granted": some.granted},
                       pairs=(self.numbers(row, sensors), self.rows(column)))


def folded(channels: Complex) -> Complex:
    """Fold channels [link, near, subband, ...] into [subband x link, near, ...]."""
    return np.concatenate(np.moveaxis(channels, 2, 0))
