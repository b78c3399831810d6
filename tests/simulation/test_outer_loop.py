"""Outer-loop link adaptation in whole networks: the share that fails tends to its target, and the identity holds."""

import numpy as np
import pytest

from isacsys.config.scenario import Scenario
from isacsys.recording import MemoryRecorder
from isacsys.simulation.drop import Drop
from isacsys.simulation.policies import find_policies

SETTINGS = {"network.area": 12.0, "network.users_per_cell": 5.0, "allocation.targets_per_bs": 0,
            "antennas.transmit": 8, "allocation.users_per_bs": 4, "network.near_stations": 8,
            "link.model": "nr", "link.adaptation": "outer_loop", "recording.level": "links"}
NETWORKS = {
    "static": {},
    "30 km/h, CSI aged": {"mobility.user_speed": 30 / 3.6, "csi.own_age": 0.001},
    "refusals": {"allocation.communication_cluster": 3, "nulling.policy": "strongest"},
    "bursty traffic": {"traffic.model": "poisson", "traffic.arrival_rate": 25.0, "traffic.file_size": 2e5},
}


def simulate(frames, **changes):
    """Return link rows of a drop, and the link model as it is at the end."""
    scenario = Scenario().replace({**SETTINGS, "simulation.frames": frames, **changes})
    recorder, policies = MemoryRecorder("links"), find_policies(scenario)
    Drop(scenario, 0, recorder, policies).run()
    return recorder.read("links/communication"), policies.link_model


def judged(rows, users, fewest):
    """Mean failed share over the second half of the frames of users who are rarely at an end of the table."""
    failed = []
    for user in range(users):
        mine = rows["user"] == user
        sent, missed, mcs = (rows[name][mine] for name in ("blocks_sent", "blocks_failed", "mcs"))
        if len(sent) < fewest or np.mean((mcs == 0) | (mcs == 28)) >= 0.02:
            continue
        half = slice(len(sent) // 2, None)
        some = sent[half] > 0
        failed.append((missed[half][some] / sent[half][some]).mean())
    return np.array(failed)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_tenth_of_first_transmissions_fails(name):
    rows, model = simulate(1200, **NETWORKS[name])
    failed = judged(rows, len(model._outer_loop.offset), 400)
    assert len(failed) >= 5
    assert failed.mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.slow
def test_a_hundredth_of_first_transmissions_fails():
    rows, model = simulate(3000, **{"link.target_bler": 0.01, "network.users_per_cell": 3.0})
    failed = judged(rows, len(model._outer_loop.offset), 2000)
    assert len(failed) >= 5
    assert failed.mean() == pytest.approx(0.01, abs=0.003)


@pytest.mark.parametrize("name", NETWORKS)
def test_failed_shares_add_up_to_the_way_of_the_offset(name):
    rows, model = simulate(25, **NETWORKS[name])
    assert len(np.unique(rows["user"])) > 10 and rows["blocks_failed"].sum() > 0
    for user, offset in enumerate(model._outer_loop.offset):
        mine = (rows["user"] == user) & (rows["blocks_sent"] > 0)
        share = rows["blocks_failed"][mine] / rows["blocks_sent"][mine]
        assert np.sum(0.1 - share) == pytest.approx(0.9 * offset / 0.5, abs=1e-9)
