"""Processes of a day: fewer active users at night, stations that are switched off; the built-in processes by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isacsys.core.errors import ConfigError
from isacsys.core.frames import on_grid
from isacsys.core.random_streams import Purpose
from isacsys.plugins.kinds import PluginKind, register
from isacsys.simulation.stage import Process, Stage, Steps

HOURS = 24
SECONDS = 86_400.0


class DailyLoad:
    """A load over the time of the day: constant over equal parts of it, from midnight on, and the same every day.

    Parameters
    ----------
    load : sequence of float
        Of each part, from 0 to 1: 24 values are those of the hours.
    day : float
        s of simulated time that a day takes; less than 86,400 is a time lapse.
    start : float
        Hour of the day at which the drop begins.
    """

    def __init__(self, load: Sequence[float], day: float = SECONDS, start: float = 0.0) -> None:
        self.load, self.day, self.start = np.atleast_1d(np.asarray(load, float)), day, start
        if self.load.ndim != 1 or not np.all((self.load >= 0) & (self.load <= 1)):
            raise ConfigError("simulation.processes.load_profile.load", load, "numbers from 0 to 1, in a list")
        self._sums = np.concatenate([[0.0], np.cumsum(self.load)])

    def at(self, seconds: float) -> float:
        """Return the load at a time."""
        return float(self.load[int(self._parts(seconds) % len(self.load))])

    def mean(self, begin: float, end: float) -> float:
        """Return the mean load between two times."""
        if not end > begin:
            return self.at(begin)
        return (self._integral(end) - self._integral(begin)) / (self._parts(end) - self._parts(begin))

    def _parts(self, seconds: float) -> float:
        """Return the time since midnight of the first day, in parts of a day."""
        return on_grid((seconds / self.day + self.start / HOURS) * len(self.load))

    def _integral(self, seconds: float) -> float:
        """Return the integral of the load since midnight of the first day, in parts of a day."""
        days, rest = divmod(self._parts(seconds), len(self.load))
        return float(days * self._sums[-1] + np.interp(rest, np.arange(len(self._sums)), self._sums))


class LoadProfile(Process):
    """Let users be active in a share that follows a profile over the day.

    With full buffers so large a share of the users has data, those with the lowest of numbers drawn once for each; with
    files that arrive at random (``traffic.model = "poisson"``), they arrive at so large a share of the rate.

    Parameters
    ----------
    load, day, start
        As in `DailyLoad`.
    """

    def __init__(self, load: Sequence[float] = (), day: float = SECONDS, start: float = 0.0) -> None:
        self._day = DailyLoad(_listed("load_profile.load", load) or (1.0,), _seconds("load_profile.day", day),
                              _hour("load_profile.start", start))

    def run(self, stage: Stage) -> Steps:
        """Set the load at the beginning of every frame."""
        if stage.scenario.traffic.model == "file":
            raise ConfigError("simulation.processes", "load_profile", "full buffers or arrivals at random: those of "
                              "traffic.model = \"file\" are given")
        stage.load_profile = self._day
        if stage.scenario.traffic.model == "full_buffer":
            yield from self._wake(stage)

    def _wake(self, stage: Stage) -> Steps:
        users, seen = stage.state.users, -1.0
        place = stage.stream(Purpose.LOAD_PROFILE).random(len(users))
        for _ in range(stage.ticks):
            load = self._day.at(stage.now * stage.frame_duration)
            if load != seen:
                users.queue, seen = np.where(place < load, np.inf, 0.0), load
                users.requeue()
            yield stage.next_frame()


class StationTimetable(Process):
    """Switch some stations off at one time of the day, and on at another.

    Parameters
    ----------
    stations : list of int, optional
        Which; by default a ``share`` of them, drawn at random in every drop.
    share : float
        From 0 to 1; one always stays on.
    off, on : float
        Hours of the day.
    day, start
        As in `DailyLoad`.
    """

    def __init__(self, stations: Sequence[int] = (), share: float = 0.5, off: float = 0.0, on: float = 6.0,
                 day: float = SECONDS, start: float = 0.0) -> None:
        if not 0 <= share <= 1:
            raise ConfigError("simulation.processes.station_timetable.share", share, "a number from 0 to 1")
        self._stations, self._share = tuple(map(int, _listed("station_timetable.stations", stations))), share
        self._off, self._on = _hour("station_timetable.off", off), _hour("station_timetable.on", on)
        self._day, self._start = _seconds("station_timetable.day", day), _hour("station_timetable.start", start)

    def run(self, stage: Stage) -> Steps:
        """Switch at the beginning of every frame in whose time it falls."""
        chosen, off = self._chosen(stage), False
        for _ in range(stage.ticks):
            night = self._night(stage.now * stage.frame_duration)
            if night != off:
                off = night
                for station in chosen:
                    stage.state.switch(station, on=not off)
            yield stage.next_frame()

    def _night(self, seconds: float) -> bool:
        hour = on_grid(seconds / self._day * HOURS + self._start) % HOURS
        return self._off <= hour < self._on if self._off <= self._on else not self._on <= hour < self._off

    def _chosen(self, stage: Stage) -> list[int]:
        count = stage.state.stations
        if not self._stations:
            rng = stage.stream(Purpose.STATION_TIMETABLE)
            return sorted(rng.permutation(count)[: min(round(self._share * count), max(count - 1, 0))].tolist())
        strangers = [station for station in self._stations if not 0 <= station < count]
        if strangers:
            raise ConfigError("simulation.processes.station_timetable.stations", strangers[0],
                              f"numbers below {count}, the stations of drop {stage.drop}")
        return list(self._stations)


def _listed(key: str, value: Sequence[float]) -> tuple[float, ...]:
    if not isinstance(value, list | tuple | np.ndarray):
        raise ConfigError(f"simulation.processes.{key}", value, "a list of numbers")
    return tuple(value)


def _seconds(key: str, value: float) -> float:
    if not value > 0:
        raise ConfigError(f"simulation.processes.{key}", value, "seconds, above 0")
    return float(value)


def _hour(key: str, value: float) -> float:
    if not 0 <= value <= HOURS:
        raise ConfigError(f"simulation.processes.{key}", value, "an hour of the day, from 0 to 24")
    return float(value)


PROCESSES: dict[str, type[Process]] = {"load_profile": LoadProfile, "station_timetable": StationTimetable}
PROCESS = register(PluginKind("process", Process, "simulation.processes", PROCESSES, many=True))
