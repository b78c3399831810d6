"""The mean power of sites that are not listed: beside plain loops, and beside what is drawn."""

import numpy as np
import pytest

from isacsys import Scenario
from isacsys.network import NetworkState, deploy
from isacsys.propagation.buildings import outdoors
from isacsys.propagation.far_sites import RINGS, powers_by_distance
from tests.twins import lists

SIDE = np.array([4000.0, 5000.0])


def gain(distance):
    return np.maximum(distance, 1.0) ** -3.5


@pytest.mark.parametrize("count, side, error", [(150, SIDE, 0.005), (2500, 4 * SIDE, 0.03)])
def test_power_beyond_lists_is_that_of_plain_loops(count, side, error):
    """At d^-3.5 the interpolation between rings is 0.2 % too high; the middles of groups add to it."""
    rng = np.random.default_rng(3)
    position, power = side * rng.random((count, 2)), rng.random(count) + 0.5
    away = np.abs(position[:, None] - position)
    away = np.hypot(*np.minimum(away, side - away).transpose(2, 0, 1))
    listed = np.argsort(away, axis=1)[:, :20]
    found = powers_by_distance(position, side, power, listed)
    np.testing.assert_allclose(found.sum(1), power.sum() - power[listed].sum(1))
    if count < 1000:
        np.testing.assert_allclose(found @ gain(RINGS), lists.beyond(position, side, power, 20, gain), rtol=error)
    else:
        np.put_along_axis(away, listed, np.inf, 1)
        np.testing.assert_allclose(found @ gain(RINGS), gain(away) @ power, rtol=error)
        assert np.mean(found @ gain(RINGS)) == pytest.approx(np.mean(gain(away) @ power), rel=0.003)


@pytest.mark.parametrize("model", ["uma", "rma"])
def test_the_mean_is_that_of_what_is_drawn(model):
    """Of 300 drops with the same places: the sum over cells that are not listed, at eight sites."""
    scenario = Scenario().replace({
        "propagation.model": model, "antennas.pattern": "tr38901", "antennas.vertical_elements": 4,
        "network.layout": "hexagonal", "network.sectors": 3, "network.inter_site_distance": 500.0,
        "network.area": 8.0, "network.users_per_cell": 0.0, "network.targets_per_cell": 0.0, "antennas.downtilt": 95.0,
        "network.neighbour_sites": 9})
    drawn = []
    for drop in range(300):
        s = NetworkState(scenario, deploy(scenario, drop))
        sites = s.deployment.sites
        away = s.large_scale._lists._listed
        gains = s.large_scale.users.everywhere(sites[:8]).reshape(8, len(sites), 3).sum(-1)
        np.put_along_axis(gains, away[:8], 0.0, 1)
        drawn.append(gains.sum(1).mean())
    expected = s.large_scale._lists.far.at(np.arange(8), outdoors(8, 1.5)).mean()
    assert abs(np.mean(drawn) - expected) < 4 * np.std(drawn) / np.sqrt(300) + 0.02 * expected
