"""A day's load and timetable: profiles integrate right, users and stations follow them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys import Scenario
from isacsys.core.errors import ConfigError
from isacsys.network import deploy
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.recording.schema import EVENTS
from isacsys.simulation import check, simulate_drop
from isacsys.simulation.daily_processes import DailyLoad, LoadProfile, StationTimetable
from isacsys.testing import check_process

HOURS = (0.2, 0.1, 0.05, 0.05, 0.1, 0.2, 0.4, 0.6, 0.7, 0.7, 0.8, 0.8, 0.7, 0.7, 0.7, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0, 0.8,
         0.6, 0.4)


def test_a_day_integrates_to_its_mean():
    day = DailyLoad(HOURS)
    assert day.mean(0, 86_400) == pytest.approx(np.mean(HOURS))
    assert day.mean(1e4, 1e4 + 3 * 86_400) == pytest.approx(np.mean(HOURS))
    assert day.mean(1800, 5400) == pytest.approx((0.2 + 0.1) / 2)
    assert [day.at(3600 * hour) for hour in range(24)] == list(HOURS)
    assert day.at(86_400) == day.at(0)
    assert DailyLoad(HOURS, day=24.0, start=18.0).at(0.5) == HOURS[18]
    assert DailyLoad(HOURS, day=24.0, start=18.0).mean(0, 12) == pytest.approx((sum(HOURS[18:]) + sum(HOURS[:6])) / 12)


@given(load=st.lists(st.floats(0, 1), min_size=1, max_size=30), day=st.floats(0.1, 1e5), start=st.floats(0, 24),
       begin=st.floats(0, 3e5), length=st.floats(1e-3, 2e5))
@settings(max_examples=40, deadline=None)
def test_means_are_those_of_many_moments(load, day, start, begin, length):
    profile = DailyLoad(load, day, start)
    moments = begin + length * (np.arange(500) + 0.5) / 500
    step = length / day * len(load) / 500  # parts of a day from moment to moment
    mean = np.mean([profile.at(t) for t in moments])
    assert profile.mean(begin, begin + length) == pytest.approx(mean, abs=1e-6 + (4 + step * 500) / 500)


class Look(LoadProfile):
    """Notes who has data when a frame begins."""

    seen = None

    def learn(self, record):
        Look.seen.append(np.isinf(self.users.queue).mean())

    def run(self, stage):
        self.users = stage.state.users
        return super().run(stage)


def test_users_follow_the_profile():
    Look.seen = []
    scenario = Scenario().replace({"network.area": 30, "simulation.frames": 48, "network.users_per_cell": 40})
    simulate_drop(scenario, 0, MemoryRecorder(), processes=[Look(load=list(HOURS), day=0.48)])
    users = 1200
    expected = np.repeat(HOURS, 2)
    error = np.sqrt(np.maximum(expected * (1 - expected), 1e-9) / (0.8 * users))
    assert np.all(np.abs(np.array(Look.seen) - expected) < 4.5 * error)
    assert Look.seen[18 * 2] == 1.0
    steady = np.diff(np.array(Look.seen).reshape(24, 2), axis=1)
    assert np.all(steady == 0)  # within an hour nobody changes


def test_files_arrive_as_the_profile_has_it():
    """A day of arrivals in 100 frames: Poisson, of the mean of the profile; none in an hour of none."""
    changes = {"network.area": 8, "simulation.frames": 100, "network.users_per_cell": 20, "traffic.model": "poisson",
               "traffic.arrival_rate": 5.0, "traffic.file_size": 1.0, "recording.level": "full"}
    counts = []
    for load in ([1.0], [0.0, 1.0], [0.25]):
        recorder = MemoryRecorder()
        simulate_drop(Scenario().replace(changes), 0, recorder, processes=[LoadProfile(load=load, day=1.0)])
        events = recorder.read("events")
        arrived = events["event"] == EVENTS.index("files_arrived")
        early = events["time"] <= 0.5
        counts.append((events["count"][arrived].sum(), events["count"][arrived & early].sum()))
    whole = 5.0 * 1.0 * len(deploy(Scenario().replace(changes), 0).users)
    for (total, _), mean in zip(counts, (1.0, 0.5, 0.25), strict=True):
        assert abs(total - mean * whole) < 4.5 * np.sqrt(mean * whole)
    assert counts[1][1] == 0


class Clockwork(StationTimetable):
    """Notes which stations are on in every frame."""

    def run(self, stage):
        self.operating = stage.state.operating
        return super().run(stage)

    def learn(self, record):
        Clockwork.seen.append(self.operating.on.copy())


@pytest.mark.parametrize(("off", "on", "night"), [(0.0, 6.0, [0, 1, 2, 3, 4]), (22.0, 4.0, [0, 1, 2, 3, 19])])
def test_stations_follow_the_timetable(off, on, night):
    Clockwork.seen = []
    scenario = Scenario().replace({"network.area": 30, "simulation.frames": 20, "network.users_per_cell": 4})
    hours = np.arange(20) * 1.2
    simulate_drop(scenario, 0, MemoryRecorder(), processes=[Clockwork(share=0.25, off=off, on=on, day=0.2)])
    stations = len(Clockwork.seen[0])
    dark = [bool((hour >= off) & (hour < on)) if off < on else bool((hour >= off) | (hour < on)) for hour in hours]
    assert np.flatnonzero(dark).tolist() == night
    for frame, seen in enumerate(Clockwork.seen):
        assert np.count_nonzero(~seen) == (round(0.25 * stations) if dark[frame] else 0), frame
    assert len({tuple(seen) for seen in Clockwork.seen}) == 2  # always the same


def test_stations_by_number():
    Clockwork.seen = []
    scenario = Scenario().replace({"network.area": 30, "simulation.frames": 3, "network.users_per_cell": 4})
    simulate_drop(scenario, 0, MemoryRecorder(), processes=[Clockwork(stations=[2, 5], on=24.0, day=86_400)])
    assert all(np.flatnonzero(~seen).tolist() == [2, 5] for seen in Clockwork.seen)
    with pytest.raises(ConfigError, match=r"stations = 5000"):
        simulate_drop(scenario, 0, MemoryRecorder(), processes=[Clockwork(stations=[5000], on=24.0)])


def test_named_in_a_scenario():
    scenario = Scenario().replace({"simulation.processes": {
        "load_profile": {"load": [0.5, 1.0], "day": 60.0},
        "station_timetable": {"share": 0.5, "off": 23.0, "on": 5.0}}})
    check(scenario)
    for name, parameters, words in (
            ("load_profile", {"load": [1.5]}, "from 0 to 1"), ("load_profile", {"load": 0.5}, "a list"),
            ("load_profile", {"day": 0.0}, "above 0"), ("station_timetable", {"share": 2.0}, "from 0 to 1"),
            ("station_timetable", {"off": 25.0}, "from 0 to 24"), ("station_timetable", {"hour": 3}, "hour")):
        with pytest.raises(ConfigError, match=words):
            check(scenario.replace({"simulation.processes": {name: parameters}}))


@pytest.mark.parametrize("process", [LoadProfile(load=[0.3, 0.8], day=0.03), StationTimetable(day=0.02, share=0.4)])
def test_processes_keep_what_all_keep(process):
    check_process(process)
