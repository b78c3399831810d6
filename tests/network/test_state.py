"""Surroundings: who is drawn one by one, and what stands for the rest."""

import numpy as np
import pytest

from isacsys import Scenario
from isacsys.network import NetworkState, deploy
from isacsys.network.population import Population
from isacsys.propagation import power_law


def state(**changes):
    scenario = Scenario().replace({"network.users_per_cell": 5, **changes})
    return NetworkState(scenario, deploy(scenario, 0))


def test_surroundings_do_not_depend_on_when_they_are_asked_for():
    users = np.array([3, 1, 7])
    one, other = state(), state()
    other.around_users(np.array([7, 200]))
    a, b = one.around_users(users), other.around_users(users)
    assert np.array_equal(a.station, b.station) and np.array_equal(a.path_gain, b.path_gain)


def test_the_nearest_is_the_serving_station():
    s = state()
    users = np.arange(50)
    around = s.around_users(users)
    assert np.array_equal(around.station[:, 0], s.users.station[users])
    assert around.path_gain[:, 0] == pytest.approx(s.users.distance[users] ** -4.0)


def test_far_field_starts_where_the_drawn_end():
    s = state()
    around = s.around_users(np.arange(50))
    rho = around.path_gain[:, -1] ** -0.25
    assert around.far_field == pytest.approx(power_law.plane_far_field(1.0, rho, 4.0))


def test_on_a_small_torus_it_starts_at_half_a_side_and_a_cluster_is_still_drawn():
    s = state(**{"network.area": 16, "allocation.communication_cluster": 10, "allocation.users_per_bs": 1})
    around = s.around_users(np.arange(20))
    assert around.far_field == pytest.approx(power_law.plane_far_field(1.0, 2.0, 4.0))
    assert np.all(around.path_gain[:, :10] > 0)
    others = around.path_gain[:, 10:]
    assert np.all((others == 0) | (others >= 2.0**-4))


def test_fewer_stations_than_near():
    s = state(**{"network.area": 4, "network.layout": "fixed_count"})
    around = s.around_users(np.arange(5))
    assert around.station.shape == (5, 16) and np.all(around.station[:, 4:] == 4)
    assert np.all(around.path_gain[:, 4:] == 0)


def test_those_who_come_while_distances_are_to_be_measured_are_measured_once():
    """As many distances as users, those of the newcomers included."""
    station = np.zeros(3, int)
    one = Population(np.zeros((3, 2)), station, np.zeros(3), 1)
    one.moved(lambda: one.position[:, 0] + 1)
    one.append(Population(np.full((2, 2), 5.0), station[:2], np.zeros(2), 1))
    assert one.distance.tolist() == [1, 1, 1, 6, 6]
