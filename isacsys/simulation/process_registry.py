"""The built-in processes, by name."""

from __future__ import annotations

from isacsys.plugins.kinds import PluginKind, register
from isacsys.simulation.daily_processes import LoadProfile, StationTimetable
from isacsys.simulation.stage import Process

PROCESSES: dict[str, type[Process]] = {"load_profile": LoadProfile, "station_timetable": StationTimetable}
PROCESS = register(PluginKind("process", Process, "simulation.processes", PROCESSES, many=True))
