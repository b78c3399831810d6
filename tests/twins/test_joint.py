"""Joint transmission on given channels, term by term against a frame written from the model."""

import numpy as np
import pytest

from tests import naive
from tests.simulation.harness import frame, layout, parameters, small
from tests.twins import joint

CASES = {
    "two together": {"allocation.users_per_bs": 3, "allocation.communication_cluster": 2,
                     "allocation.targets_per_bs": 0},
    "three, with nulls for filters": {"allocation.users_per_bs": 2, "allocation.communication_cluster": 3,
                                      "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2},
    "refusals": {"antennas.transmit": 8, "allocation.users_per_bs": 3, "allocation.communication_cluster": 3,
                 "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2},
    "stations without users of their own": {"network.users_per_cell": 0.8, "allocation.users_per_bs": 2,
                                            "allocation.communication_cluster": 3},
    "alone": {"allocation.users_per_bs": 4, "allocation.communication_cluster": 1},
}
TERMS = ("signal", "intra_cell", "leakage_granted", "interference_refused", "interference_other", "far_field")


@pytest.mark.parametrize("mode", ["joint", "joint_coherent"])
@pytest.mark.parametrize("case", CASES)
def test_term_by_term(case, mode):
    scenario = small(CASES[case]).replace({"cooperation.communication": mode, "simulation.seed": 5})
    positions = layout(scenario, 5)
    known = naive.channels(5, scenario.antennas.transmit, scenario.antennas.receive)
    record = frame(scenario, positions, known)
    frame_state, requests = record.frame_state, record.frame_state.requests
    grants = {(("user", "target")[k], int(r), int(a)) for k, r, a, g in
              zip(requests.kind, requests.receiver, requests.asked, frame_state.grants.granted, strict=True) if g}
    given = naive.Layout(*(np.asarray(p, float) for p in (positions.stations, positions.users, positions.targets)))
    choice = naive.Choice(frame_state.selection.users.ids, frame_state.selection.targets.ids)
    size = parameters(scenario, len(given.stations))
    expected = joint.users_of(size, given, choice, known, grants, mode == "joint_coherent")
    columns = record.users.columns(0)
    loudest = max(row["signal"] for row in expected)
    for name in TERMS:
        theirs = np.array([row[name] for row in expected])
        assert columns[name] == pytest.approx(theirs, rel=1e-9, abs=1e-19 * loudest), name
    lit = joint.echoes_of(size, given, choice, known, grants)
    assert record.targets.signal == pytest.approx(np.array(lit), rel=1e-9)
    if case == "refusals":
        assert 0 < frame_state.grants.granted.mean() < 1 and columns["interference_refused"].any()
    if case == "stations without users of their own":
        silent = frame_state.selection.silent
        assert np.any(record.transmitting & silent)  # it sends to users of others
