"""Joint transmission on given channels, every term of every link against a frame by somebody who saw no kernel."""

import numpy as np
import pytest

from tests import naive
from tests.simulation.harness import frame, layout, parameters, small
from tests.twins.joint_frames import joint_frame
from tests.twins.test_designs import agree

CASES = {
    "pairs": {"allocation.users_per_bs": 3, "allocation.communication_cluster": 2},
    "filters shared": {"allocation.users_per_bs": 2, "allocation.communication_cluster": 3, "antennas.receive": 4,
                       "allocation.targets_per_bs": 3, "allocation.sensing_cluster": 3},
    "refusals": {"antennas.transmit": 8, "allocation.users_per_bs": 3, "allocation.communication_cluster": 3,
                 "antennas.receive": 5, "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2},
    "few users, noise": {"network.users_per_cell": 1.0, "allocation.users_per_bs": 2, "propagation.noise_power": 0.3,
                         "allocation.communication_cluster": 3, "allocation.sensing_cluster": 2},
    "a finite torus": {"network.far_field": "torus", "allocation.users_per_bs": 2, "antennas.receive": 4,
                       "allocation.communication_cluster": 2, "propagation.path_loss_exponent": 3.5,
                       "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 3},
    "alone": {"allocation.users_per_bs": 4},
}


@pytest.mark.parametrize(("case", "mode"), [
    pytest.param(case, mode, marks=[pytest.mark.slow] * ((i + j) % 2))
    for i, case in enumerate(CASES) for j, mode in enumerate(["joint", "joint_coherent"])])
def test_term_by_term(case, mode):
    for seed in 1, 2:
        scenario = small({**CASES[case], "cooperation.communication": mode, "simulation.seed": seed})
        positions = layout(scenario, seed)
        channels = naive.channels(seed, scenario.antennas.transmit, scenario.antennas.receive)
        record = frame(scenario, positions, channels)
        given = naive.Layout(*(np.asarray(p, float) for p in (positions.stations, positions.users, positions.targets)))
        chosen = record.frame_state.selection
        choice = naive.Choice(chosen.users.ids, chosen.targets.ids)
        size = parameters(scenario, len(given.stations))
        expected = joint_frame(size, given, choice, channels, mode == "joint_coherent")
        assert len(record.users.sir) > 10
        agree(record, expected)
