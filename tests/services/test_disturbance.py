"""Noise and interference, measured and expected, link by link."""

import numpy as np
import pytest

from isacsys.config.scenario import Scenario
from isacsys.network import NetworkState, deploy
from isacsys.services.delivery import disturbance, mean_disturbance
from isacsys.simulation.frame import run_frame
from isacsys.simulation.policies import find_policies

SETTINGS = {"network.area": 20.0, "network.users_per_cell": 8.0, "allocation.targets_per_bs": 0,
            "antennas.transmit": 8, "allocation.users_per_bs": 3, "allocation.communication_cluster": 3,
            "propagation.noise_power": 0.2}


def test_both_by_hand():
    scenario = Scenario().replace(SETTINGS)
    state = NetworkState(scenario, deploy(scenario, 0))
    record = run_frame(state, 0, find_policies(scenario))
    assert disturbance(record.users) == pytest.approx(record.users.signal / record.users.sir)
    frame, granted = record.frame_state, 0
    for link, found in enumerate(mean_disturbance(frame)):
        total = frame.around_users.far_field[link] + 0.2
        for column, gain in enumerate(frame.around_users.path_gain[link]):
            nulls = column < 3 and frame.grants.user_granted[link, column]
            total += 0 if column == 0 or nulls else gain
            granted += nulls
        assert found == pytest.approx(total)
    assert granted > 10 and np.any(~frame.grants.user_granted[:, 1:])
