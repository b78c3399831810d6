"""Handles read and write the arrays of the state, and nothing else."""

import numpy as np
import pytest

from isacsys import BaseStation, Scenario, Target, User
from isacsys.core.errors import SchedulingError
from isacsys.network import NetworkState, deploy
from isacsys.network.clusters import Clusters
from isacsys.simulation import find_policies, settle


@pytest.fixture
def state():
    scenario = Scenario().replace({"network.area": 20, "network.users_per_cell": 8, "allocation.users_per_bs": 3,
                                   "allocation.communication_cluster": 3, "allocation.targets_per_bs": 2,
                                   "allocation.sensing_cluster": 3})
    return NetworkState(scenario, deploy(scenario, 0))


def test_handles_are_rows(state):
    user = User(state, 5)
    assert user.distance == state.users.distance[5] and user.station.index == state.users.station[5]
    user.position = [0.125, 0.5]
    assert state.users.position[5].tolist() == [0.125, 0.5]
    assert user == User(state, 5) and user != User(state, 6) and user != Target(state, 5)
    assert len({user, User(state, 5)}) == 1 and np.arange(9)[user] == 5


def test_members_partition_the_population(state):
    ids = np.concatenate([BaseStation(state, i).users.ids for i in range(state.stations)])
    assert np.array_equal(np.sort(ids), np.arange(len(state.users.station)))
    assert [len(BaseStation(state, i).targets) for i in range(state.stations)] == state.targets.count.tolist()


def test_members_are_small_parallel_arrays(state):
    members = BaseStation(state, int(np.argmax(state.users.count))).users
    chosen = members.nearest(3)
    assert len(chosen) == 3 and set(chosen) <= set(members.ids)
    assert state.users.distance[chosen].max() <= np.sort(members.distance)[2]
    assert [u.index for u in members] == members.ids.tolist()
    assert members.lowest(np.zeros(len(members)), 2).tolist() == members.ids[:2].tolist()


def test_waiting_is_counted_from_service_or_arrival(state):
    """Frames of 10 ms: never served and there from the beginning, newly come, and served."""
    members, state.frame = BaseStation(state, int(np.argmax(state.users.count))).users, 10
    first, second, third = members.ids[:3]
    state.users.born[[second, third]] = 8
    state.users.last_served[third] = 9
    assert members.waiting_time[:3] == pytest.approx([0.11, 0.02, 0.01])
    assert state.users.born[first] == state.users.last_served[first] == -1


def test_clusters_know_who_was_asked_and_who_granted(state):
    frame_state = settle(state, 0, find_policies(state.scenario))
    clusters = Clusters(state, frame_state.selection, frame_state.requests, frame_state.grants.granted)
    users = sum(isinstance(c.receiver, User) for c in clusters)
    assert len(clusters) > users > 0
    for cluster in clusters:
        assert len(cluster.asked) == 2 and set(cluster.granted) <= set(cluster.asked)
        assert cluster.serving == cluster.receiver.station and cluster.serving not in cluster.asked
    granted = sum(len(c.granted) for c in clusters)
    assert granted == clusters.granted.sum()
    with pytest.raises(IndexError):
        clusters[len(clusters)]


def test_the_mean_sir_of_targets_is_that_of_their_echoes(state):
    station = BaseStation(state, int(np.argmax(state.targets.count)))
    targets, scenario = station.targets, state.scenario
    around = state.around_stations(np.array([station.index]))
    echo = scenario.echo_gain * targets.distance ** (-2 * scenario.propagation.echo_exponent)
    assert targets.mean_sir == pytest.approx(echo / (around.path_gain.sum() + around.far_field[0]))
    assert len(targets.mean_sir) == len(targets) != len(station.users)
    with pytest.raises(SchedulingError, match="channels of targets"):
        _ = targets.channel


def test_a_new_place_has_a_new_distance(state):
    user = User(state, 0)
    before = state.around_users(np.array([0])).path_gain
    user.position = user.station.position + [0.3, 0.4]
    assert user.distance == pytest.approx(0.5)
    assert state.around_users(np.array([0])).path_gain[0, 0] != before[0, 0]
    with pytest.raises(ValueError, match="read-only"):
        user.position[0] = 1.0
    target = Target(state, 1)
    target.position = target.station.position - [0.0, 0.2]
    assert target.distance == pytest.approx(0.2)
