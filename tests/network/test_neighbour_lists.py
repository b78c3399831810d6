"""Neighbour lists beside the comparison of all cells, beside plain loops, and over time."""

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.core import machine
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.network.neighbour_lists import _members
from isacsys.network.receivers import ReceiverType
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.simulation.drop import Drop
from isacsys.simulation.memory_limits import check_comparisons
from tests.twins import lists

UMA = {"propagation.model": "uma", "antennas.pattern": "tr38901", "antennas.vertical_elements": 8,
       "network.indoor_share": 0.4, "network.users_per_cell": 3.0, "network.targets_per_cell": 2.0,
       "network.near_stations": 6, "network.minimum_distance": 10.0, "allocation.users_per_bs": 2,
       "allocation.targets_per_bs": 1, "allocation.communication_cluster": 2, "allocation.sensing_cluster": 2}
DRAWN = {**UMA, "network.layout": "hexagonal", "network.inter_site_distance": 500.0, "network.area": 8.0,
         "network.sectors": 3, "antennas.downtilt": 100.0}
COUNT = 7


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """A file of 40 sites with one to four cells, on masts of one or two heights."""
    rng, rows = np.random.default_rng(5), ["site,x,y,height,azimuth,downtilt,power_dbm"]
    for site, (x, y) in enumerate(3 * rng.random((40, 2))):
        for cell in range(rng.integers(1, 5)):
            rows.append(f"s{site},{x:.4f},{y:.4f},{25 + 5 * (cell % 2)},{90 * cell},{6 + cell},{46 - cell}")
    path = tmp_path_factory.mktemp("cells") / "cells.csv"
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def state(count, **changes):
    scenario = Scenario().replace({**DRAWN, "network.neighbour_sites": count,
                                   **{key.replace("__", "."): value for key, value in changes.items()}})
    return NetworkState(scenario, deploy(scenario, 0))


def given(count, cells, **changes):
    scenario = Scenario().replace({**UMA, "network.cells": cells, "network.neighbour_sites": count, **changes})
    return NetworkState(scenario, deploy(scenario, 0))


def everything(s, kind, position):
    gains = s.large_scale.users if kind == ReceiverType.USER else s.large_scale.targets
    return gains.everywhere(position)


@pytest.mark.parametrize("model", ["uma", "umi", "power_law"])
def test_all_sites_in_the_list_change_no_bit(model):
    drawn = {"propagation__model": model, "network__indoor_share": 0.0, "network__area": 3.0}
    one, other = state(0, **drawn), state(1000, **drawn)
    for a, b in ((one.around_users(np.arange(len(one.users))), other.around_users(np.arange(len(other.users)))),
                 (one.around_stations(np.arange(one.stations)), other.around_stations(np.arange(other.stations)))):
        np.testing.assert_array_equal(a.station, b.station)
        np.testing.assert_array_equal(a.path_gain, b.path_gain)
        np.testing.assert_array_equal(a.far_field, b.far_field)


def test_users_and_targets_have_the_strongest_of_their_lists(cells):
    """Against plain loops over the gains of all cells."""
    s = given(COUNT, cells)
    d, around = s.deployment, s.around_users(np.arange(len(s.users)))
    gains = everything(s, ReceiverType.USER, d.users)
    for user in range(0, len(d.users), 5):
        station, gain, rest = lists.surroundings(d.users[user], gains[user], d.cells.site, d.sites, d.side, COUNT, 6)
        assert around.station[user, :len(station)].tolist() == station
        np.testing.assert_allclose(around.path_gain[user, :len(gain)], gain, rtol=1e-9)
        assert around.far_field[user] > rest * (1 - 1e-9)
    gains, clusters = everything(s, ReceiverType.TARGET, d.targets), s.target_clusters(np.arange(len(d.targets)))
    for target, place in enumerate(d.targets):
        station = lists.surroundings(place, gains[target], d.cells.site, d.sites, d.side, COUNT, 2)[0]
        assert s.targets.station[target] == station[0] and clusters.shape == (len(d.targets), 1)


def test_clusters_about_targets_are_the_strongest_of_their_lists(cells):
    s = given(COUNT, cells, **{"sensing.cluster_center": "target"})
    d = s.deployment
    gains, clusters = everything(s, ReceiverType.TARGET, d.targets), s.target_clusters(np.arange(len(d.targets)))
    for target, place in enumerate(d.targets):
        assert clusters[target, 0] == lists.surroundings(place, gains[target], d.cells.site, d.sites, d.side, COUNT,
                                                         2)[0][1]
    assert given(COUNT, cells, **{"sensing.cluster_center": "target", "allocation.sensing_cluster": 1}
                 ).target_clusters(np.arange(3)).shape == (3, 0)


def test_stations_have_the_strongest_of_longer_lists(cells):
    s = given(5, cells)  # 20 sites
    d, everywhere = s.deployment, s.large_scale.between_cells.everywhere()
    around = s.around_stations(np.arange(s.stations))
    for cell in range(s.stations):
        gains = np.where(d.cells.site == d.cells.site[cell], 0.0, everywhere[cell])
        station, gain, _ = lists.surroundings(d.sites[d.cells.site[cell]], gains, d.cells.site, d.sites, d.side, 20, 6)
        assert around.station[cell].tolist() == station
        np.testing.assert_allclose(around.path_gain[cell], gain, rtol=1e-9)
    one, other = np.divmod(np.arange(s.stations**2), s.stations)
    apart = d.cells.site[one] != d.cells.site[other]
    np.testing.assert_allclose(s.path_gain(one, other), np.where(apart, everywhere.ravel(), 0.0), rtol=1e-9)


def test_what_is_beyond_is_there_in_the_mean():
    """All received power of users and of stations, listed or not, against that of all cells: 200 sites, their mean."""
    ratio = []
    for count in (0, 40):
        s = state(count, network__area=45.0, network__targets_per_cell=0.0, network__users_per_cell=2.0)
        for around in (s.around_users(np.arange(len(s.users))), s.around_stations(np.arange(s.stations))):
            ratio.append((around.path_gain[:, 1:].sum(-1) + around.far_field).mean())
    assert ratio[2] == pytest.approx(ratio[0], rel=0.01) and ratio[3] == pytest.approx(ratio[1], rel=0.02)


def test_those_who_move_are_where_a_fresh_look_would_put_them():
    scenario = Scenario().replace({**DRAWN, "network.neighbour_sites": COUNT, "mobility.user_speed": 2.5,
                                   "mobility.target_speed": 2.5, "simulation.frames": 30,
                                   "simulation.frame_duration": 0.2})
    s = Drop(scenario, 0, MemoryRecorder("summary"))
    s.run()
    for kind in ReceiverType:
        members, network = s.stage.state.population(kind), s.stage.state
        best = network.large_scale._best(kind, members.position, np.arange(len(members)))
        assert np.mean(members.station == best) > 0.95  # a line of sight may come or go within half a metre


def test_a_cell_that_is_switched_off_serves_nobody(cells):
    s = given(COUNT, cells)
    busy, users = int(np.bincount(s.users.station).argmax()), np.arange(len(s.users))
    before = s.users.station.copy()
    s.switch(busy, on=False)
    assert not np.any(s.users.station == busy) and not np.any(s.around_users(users).station == busy)
    assert not np.any(s.around_stations(np.delete(np.arange(s.stations), busy)).station == busy)
    s.switch(busy, on=True)
    np.testing.assert_array_equal(s.users.station, before)


def test_drops_that_share_frames_give_the_same_bits(cells):
    scenario = Scenario().replace({**UMA, "network.cells": cells, "network.neighbour_sites": COUNT,
                                   "simulation.frames": 2, "simulation.drops": 3})
    one, three = (isacsys.run(scenario.replace({"simulation.batch": batch}), executor="serial") for batch in (1, 3))
    assert one.to_dict()["metrics"] == three.to_dict()["metrics"]


@pytest.mark.parametrize("changes, allowed", [
    ({"propagation.model": "power_law", "network.sectors": 1, "antennas.pattern": "omni",
      "antennas.vertical_elements": 1, "network.indoor_share": 0.0}, "0 with the power law"),
    ({"fading.model": "tr38901"}, "0 with fading.model"), ({"allocation.sensing_cluster": 9}, "at least 9")])
def test_what_lists_do_not_go_with_is_said(changes, allowed):
    with pytest.raises(ConfigError, match=allowed) as error:
        Scenario().replace({**DRAWN, "network.neighbour_sites": 8, **changes})
    assert error.value.key == "network.neighbour_sites"


def test_a_network_too_large_for_comparing_all_is_told_so(monkeypatch):
    scenario = Scenario().replace(DRAWN)
    assert check_comparisons(scenario, 300, 3e3) == []
    line, = check_comparisons(scenario, 15e3, 150e3)
    assert "network.neighbour_sites = 0" in line and "11 minutes" in line
    assert check_comparisons(scenario.replace({"network.neighbour_sites": 256}), 3e5, 3e6) == []
    monkeypatch.setattr(machine, "memory", lambda: 16e9)
    with pytest.raises(ConfigError, match="network.neighbour_sites = 0") as error:
        check_comparisons(scenario, 3e5, 3e6)
    assert "2.16e+03 GB" in str(error.value)


def test_members_of_owners():
    assert _members(np.array([2, 0, 2, 2, 1]), 4).tolist() == [[1, 5, 5], [4, 5, 5], [0, 2, 3], [5, 5, 5]]
