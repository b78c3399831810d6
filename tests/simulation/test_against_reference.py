"""The package on explicit channels agrees with the naive reference term by term, nulls included."""

import numpy as np
import pytest

from isacsys import Positions
from tests import naive
from tests.simulation.harness import frame, layout, reference, small

CASES = {
    "one cell each": {"allocation.users_per_bs": 3},
    "clusters of users": {"allocation.users_per_bs": 3, "allocation.communication_cluster": 3,
                          "allocation.targets_per_bs": 0},
    "clusters of targets": {"allocation.users_per_bs": 2, "allocation.targets_per_bs": 3,
                            "allocation.sensing_cluster": 3},
    "refusals": {"antennas.transmit": 8, "allocation.users_per_bs": 3, "allocation.communication_cluster": 2,
                 "allocation.targets_per_bs": 4, "allocation.sensing_cluster": 3},
    "around the target": {"allocation.users_per_bs": 2, "allocation.targets_per_bs": 3,
                          "allocation.sensing_cluster": 4, "sensing.cluster_center": "target",
                          "network.near_stations": 3},
    "refusals around the target": {"antennas.transmit": 6, "allocation.users_per_bs": 2,
                                   "allocation.communication_cluster": 2, "allocation.targets_per_bs": 3,
                                   "allocation.sensing_cluster": 3, "sensing.cluster_center": "target"},
    "other exponents": {"propagation.path_loss_exponent": 3.5, "propagation.echo_exponent": 2.2,
                        "allocation.users_per_bs": 3, "allocation.communication_cluster": 2,
                        "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2},
    "all antennas for users": {"antennas.transmit": 4, "allocation.users_per_bs": 4,
                               "allocation.communication_cluster": 2},
    "more targets than antennas": {"antennas.receive": 3, "allocation.users_per_bs": 1, "allocation.targets_per_bs": 6,
                                   "allocation.sensing_cluster": 2},
    "more targets than antennas, some refused": {
        "antennas.transmit": 7, "antennas.receive": 3, "allocation.users_per_bs": 1, "allocation.targets_per_bs": 6,
        "allocation.sensing_cluster": 3},
    "few users": {"network.users_per_cell": 1.5, "allocation.users_per_bs": 3, "allocation.communication_cluster": 2,
                  "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2},
    "noise and echoes of others": {"propagation.noise_power": 0.3, "sensing.inter_target_echo": True,
                                   "allocation.users_per_bs": 2, "allocation.targets_per_bs": 3, "sensing.rcs": 2.0},
    "a finite torus": {"network.far_field": "torus", "allocation.users_per_bs": 2, "allocation.sensing_cluster": 2},
    "a finite torus, all drawn": {"network.far_field": "torus", "network.near_stations": 40,
                                  "allocation.users_per_bs": 2, "allocation.sensing_cluster": 2},
    "clusters beyond the near": {"network.near_stations": 1, "allocation.users_per_bs": 2,
                                 "allocation.communication_cluster": 4, "allocation.sensing_cluster": 4},
    "clusters of everybody": {"allocation.users_per_bs": 1, "allocation.communication_cluster": 14,
                              "allocation.sensing_cluster": 14},
}


def agree(scenario, positions, seed):
    channels = naive.channels(seed, scenario.antennas.transmit, scenario.antennas.receive)
    record = frame(scenario, positions, channels)
    expected = reference(scenario, positions, channels, record)
    for kind, _, terms in record.links:
        for mine, values in terms.columns(kind).items():
            theirs = expected[kind.service][mine]
            # what rounding leaves of a null; the pattern also has the condition of bearings of targets near a station
            loudest = expected[kind.service][("signal", "echo")[kind]].max(initial=1)
            left = (1e-17 if mine == "inter_target" else 1e-20) * loudest
            assert values == pytest.approx(theirs, rel=1e-9, abs=left), (kind, mine)
    assert (
        record.services["communication"].columns["degrees_of_freedom"].tolist()
        == expected["communication"]["degrees_of_freedom"].tolist()
    )
    requests = record.frame_state.requests
    mine = {(("user", "target")[k], int(r), int(a)): bool(g) for k, r, a, g in
            zip(requests.kind, requests.receiver, requests.asked, record.frame_state.grants.granted, strict=True)}
    assert mine == {(kind, link, asked): granted for kind, link, _, asked, _, granted in expected["requests"]}
    return record, expected


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
@pytest.mark.parametrize("case", CASES)
def test_term_by_term(case, seed):
    scenario = small(CASES[case]).replace({"simulation.seed": seed})
    record, _ = agree(scenario, layout(scenario, seed), seed)
    assert len(record.frame_state.selection.users) > 0


def test_the_cases_refuse_and_grant():
    """What the cases above are named after does happen in them."""
    for case in ("refusals", "refusals around the target", "more targets than antennas, some refused"):
        scenario = small(CASES[case])
        granted = agree(scenario, layout(scenario, 1), 1)[0].frame_state.grants.granted
        assert 0 < granted.mean() < 1


def test_targets_at_equal_bearing_count_once():
    scenario = small({"allocation.users_per_bs": 1, "allocation.targets_per_bs": 4, "allocation.sensing_cluster": 2})
    positions = layout(scenario, 5)
    stations, targets = np.asarray(positions.stations), np.asarray(positions.targets)
    for i, station in enumerate(stations):  # pairs of targets on one ray of every station, close to it
        targets[2 * i:2 * i + 2] = (station + np.array([[0.01, 0.02], [0.02, 0.04]])) % np.sqrt(scenario.network.area)
    only = Positions(stations, positions.users, targets[:2 * len(stations)])
    record, _ = agree(scenario, only, 5)
    assert record.frame_state.grants.granted.all()
    assert record.frame_state.grants.constraints.sum() == len(record.frame_state.grants.granted) / 2


def test_nulls_are_null():
    scenario = small(CASES["refusals"])
    record, _ = agree(scenario, layout(scenario, 1), 1)
    for _, _, terms in record.links:
        assert np.all(terms.leakage_granted < 1e-20 * (1 + terms.interference_other))
    assert np.all(record.users.own < 1e-20 * record.users.signal.max())
