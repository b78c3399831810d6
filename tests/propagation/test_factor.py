"""Rician factors by the state of each link: none without a line of sight, and the law of Table 7.5-6 with one."""

import numpy as np
import pytest
from scipy import stats

from isacsys import Scenario
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.propagation.registry import MODELS
from isacsys.simulation.drop import check
from tests.statistics import has_law

BASE = Scenario().replace({"network.area": 4, "network.bs_density": 5, "propagation.model": "umi",
                           "propagation.rician_factor_db": "tr38901", "allocation.targets_per_bs": 0})


def shares(scenario, drop=0):
    state = NetworkState(scenario, deploy(scenario, drop))
    users = np.arange(len(state.users))
    around = state.around_users(users)
    return state.large_scale.sight_share(users, around.station), around, state


def test_factors_have_their_law_and_only_some_links_have_one():
    independent = BASE.replace({"propagation.correlation_distance": 0.0})
    found = np.concatenate([shares(independent, drop)[0].ravel() for drop in range(3)])
    seen = found[found > 0]
    assert 0.02 < len(seen) / len(found) < 0.9
    has_law(10 * np.log10(seen / (1 - seen)), stats.norm(9, 5).cdf)


def test_links_without_a_factor_are_those_with_the_loss_of_no_line_of_sight():
    """Without shadowing to blur them: UMi loses more than 6 dB more out of sight, from 30 m on."""
    share, around, state = shares(BASE.replace({"propagation.correlation_distance": 0.0}))
    users = state.users.position
    d = state.deployment
    near = around.station < state.stations
    rows, columns = np.nonzero(near)
    step = users[rows] - d.stations[around.station[rows, columns]]
    step -= d.side * np.round(step / d.side)
    distance = 1e3 * np.hypot(*step.T)
    loss, lit = -10 * np.log10(around.path_gain[near]), share[near] > 0
    for low, high in ((60, 90), (90, 140)):
        ring = (distance > low) & (distance < high)
        assert loss[ring & ~lit].mean() - loss[ring & lit].mean() > 6


def test_the_same_place_has_the_same_factor():
    one, _, _ = shares(BASE)
    other, _, _ = shares(BASE)
    assert np.array_equal(one, other)


def test_indoors_there_is_none():
    share, _, _ = shares(BASE.replace({"network.indoor_share": 1.0}))
    assert not share.any()


@pytest.mark.parametrize("model", [model for model in MODELS if model != "file"])  # whose channels are in the file
def test_models_without_a_table_say_so(model):
    scenario = Scenario().replace({"propagation.model": model, "propagation.rician_factor_db": "tr38901",
                                   "propagation.carrier_frequency": 3.5e9, "network.near_stations": 4})
    if MODELS[model].factor is not None:
        check(scenario)
        return
    with pytest.raises(ConfigError, match="rician_factor_db = 'tr38901': a number, or a model"):
        check(scenario)
