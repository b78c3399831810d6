"""Stations that are switched off, and on again."""

import numpy as np
import pytest

from isacsys import Scenario
from isacsys.core import geometry
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.network.station_status import StationStatus
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.simulation import Process, simulate_drop

CHANGES = {"network.area": 25, "network.users_per_cell": 8, "network.targets_per_cell": 5, "simulation.frames": 12,
           "allocation.users_per_bs": 3, "recording.level": "links", "antennas.transmit": 8}
MOVING = {"mobility.user_speed": 50.0, "mobility.target_speed": 50.0, "allocation.communication_cluster": 2,
          "allocation.sensing_cluster": 2}


class Switch(Process):
    """Switches three stations off at frame 3, and on again at frame 8."""

    def run(self, stage):
        for frames, on in ((3, False), (5, True)):
            yield stage.environment.timeout(frames)
            for station in (1, 4, 7):
                stage.state.switch(station, on=on)


def state_of(changes=()):
    scenario = Scenario().replace({**CHANGES, **dict(changes)})
    return NetworkState(scenario, deploy(scenario, 0))


def table(changes, processes=()):
    recorder = MemoryRecorder("links")
    simulate_drop(Scenario().replace({**CHANGES, **changes}), 0, recorder, processes=processes)
    return recorder.read("links/communication"), recorder.read("links/sensing")


def test_squares_are_of_the_stations_that_are_on():
    """So many people among so many stations that squares are kept, which are of other stations once one is off."""
    scenario = Scenario().replace({"network.area": 100.0, "network.layout": "fixed_count"})
    d = deploy(scenario, 0)
    status, points = StationStatus(d), np.random.default_rng(1).random((2000, 2)) * d.side
    status.attach(points)
    for station, on in ((3, False), (50, False), (3, True)):
        status.switch(station, on)
        way = geometry.displacement(points[:, None], d.stations[None], d.side)
        distance = np.where(status.on, geometry.length(way), np.inf)
        np.testing.assert_array_equal(status.attach(points)[1], distance.argmin(1))


def test_everybody_is_served_by_the_nearest_that_is_on():
    state = state_of()
    state.switch(2, on=False)
    state.switch(5, on=False)
    for members in (state.users, state.targets):
        step = geometry.displacement(members.position[:, None], state.deployment.stations, state.deployment.side)
        distance = np.where(state.operating.on, geometry.length(step), np.inf)
        assert np.array_equal(members.station, distance.argmin(1))
        assert members.distance == pytest.approx(distance.min(1))
    assert not np.isin([2, 5], state.around_users(np.arange(len(state.users))).station).any()
    around = state.around_stations(np.arange(state.stations)).station
    assert not np.isin([2, 5], around).any() and not np.any(around == np.arange(state.stations)[:, None])


def test_neighbours_that_were_known_before_are_looked_up_anew():
    state, fresh = state_of(), state_of()
    every = np.arange(state.stations)
    assert np.isin(2, state.around_stations(every).station)
    state.switch(2, on=False)
    fresh.switch(2, on=False)
    assert not np.isin(2, state.around_stations(every).station)
    assert np.array_equal(state.around_stations(every).station, fresh.around_stations(every).station)
    state.switch(2, on=True)
    assert np.isin(2, state.around_stations(every).station)


def test_on_again_is_as_before():
    state, fresh = state_of(), state_of()
    state.around_users(np.arange(20))
    state.switch(3, on=False)
    state.around_users(np.arange(20))
    state.switch(3, on=True)
    assert np.array_equal(state.users.station, fresh.users.station)
    assert state.users.distance == pytest.approx(fresh.users.distance)
    assert np.array_equal(state.around_users(np.arange(50)).station, fresh.around_users(np.arange(50)).station)


@pytest.mark.parametrize("changes", [{}, MOVING])
def test_stations_that_are_off_serve_nobody(changes):
    for links, quiet in zip(table(changes, [Switch()]), table(changes), strict=True):
        off = (links["frame"] >= 3) & (links["frame"] < 8)
        assert not np.isin(links["station"][off], [1, 4, 7]).any() and np.isin(links["station"][~off], [1, 4, 7]).any()
        before = links["frame"] < 3
        assert np.array_equal(links["sir"][before], quiet["sir"][quiet["frame"] < 3])


def test_after_an_outage_the_network_is_that_of_before():
    for links, quiet in zip(table({}, [Switch()]), table({}), strict=True):
        assert links["sir"][links["frame"] >= 8] == pytest.approx(quiet["sir"][quiet["frame"] >= 8], rel=1e-9)


def test_the_last_station_and_strangers_cannot_be_switched_off():
    state = state_of({"network.area": 2, "network.layout": "fixed_count"})
    state.switch(0, on=False)
    with pytest.raises(ConfigError, match="not the last"):
        state.switch(1, on=False)
    with pytest.raises(ConfigError, match="below 2"):
        state.switch(2, on=False)
