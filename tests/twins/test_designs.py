"""The package on explicit channels agrees term by term with the naive reference, whatever it chooses."""

import numpy as np
import pytest

from tests import naive
from tests.simulation.harness import frame, layout, parameters, small
from tests.twins.designs import Design, design_frame

NETWORKS = {
    "one cell each": {"allocation.users_per_bs": 3},
    "clusters": {"allocation.users_per_bs": 2, "allocation.communication_cluster": 3, "antennas.receive": 4,
                 "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 3},
    "refusals": {"antennas.transmit": 8, "allocation.users_per_bs": 3, "allocation.communication_cluster": 2,
                 "antennas.receive": 5, "allocation.targets_per_bs": 3, "allocation.sensing_cluster": 3},
    "few users, noise": {"network.users_per_cell": 1.2, "allocation.users_per_bs": 3, "antennas.transmit": 12,
                         "allocation.communication_cluster": 2, "allocation.targets_per_bs": 2,
                         "allocation.sensing_cluster": 2, "antennas.receive": 3, "propagation.noise_power": 0.3,
                         "sensing.inter_target_echo": True},
    "a finite torus": {"network.far_field": "torus", "allocation.users_per_bs": 2, "allocation.targets_per_bs": 2,
                       "allocation.sensing_cluster": 3, "sensing.cluster_center": "target", "antennas.receive": 4,
                       "propagation.path_loss_exponent": 3.5, "propagation.echo_exponent": 2.2},
    "all antennas for users": {"antennas.transmit": 4, "allocation.users_per_bs": 4, "antennas.receive": 3,
                               "allocation.communication_cluster": 2, "allocation.sensing_cluster": 2},
}
DESIGNS = {
    "zero forcing": Design(),
    "regularised by much": Design("regularized", 3.0),
    "regularised by little": Design("regularized", 1e-3),
    "regularised by itself": Design("regularized"),
    "maximum ratio": Design("maximum_ratio"),
    "slnr": Design("slnr"),
    "sensing beams": Design(sensing_power=0.3),
    "sensing beams beside maximum ratio": Design("maximum_ratio", sensing_power=0.6),
    "all power on sensing": Design(sensing_power=1.0),
    "nulling filters": Design(combiner="zero_forcing"),
    "mvdr": Design(combiner="mvdr"),
    "everything": Design("slnr", sensing_power=0.4, combiner="mvdr"),
    "everything else": Design("regularized", sensing_power=0.2, combiner="zero_forcing"),
}


def settings(design):
    """The design in the package's words."""
    return {"precoding.policy": design.precoder, "precoding.sensing_power": design.sensing_power,
            "precoding.regularization": "automatic" if design.regularization is None else design.regularization,
            "combining.policy": design.combiner}


def agree(record, expected, without=()):
    for kind, _, terms in record.links:
        for mine, values in terms.columns(kind).items():
            if mine in without:
                continue
            theirs = expected[kind.service][mine]
            # what rounding leaves of a null
            left = 1e-17 * expected[kind.service][("signal", "echo")[kind]].max(initial=1)
            assert values == pytest.approx(theirs, rel=1e-9, abs=left), (kind, mine)
    assert (
        record.services["communication"].columns["degrees_of_freedom"].tolist()
        == expected["communication"]["degrees_of_freedom"].tolist()
    )
    requests = record.frame_state.requests
    mine = {(("user", "target")[k], int(r), int(a)): bool(g) for k, r, a, g in
            zip(requests.kind, requests.receiver, requests.asked, record.frame_state.grants.granted, strict=True)}
    assert mine == {(kind, link, asked): granted for kind, link, _, asked, _, granted in expected["requests"]}


def both(scenario, design, seed, channels=None):
    """The record of the package and the reference's tables, of the same positions, selection and channels."""
    positions = layout(scenario, seed)
    channels = channels or naive.channels(seed, scenario.antennas.transmit, scenario.antennas.receive)
    record = frame(scenario, positions, channels)
    given = naive.Layout(*(np.asarray(p, float) for p in (positions.stations, positions.users, positions.targets)))
    chosen = record.frame_state.selection
    choice = naive.Choice(chosen.users.ids, chosen.targets.ids)
    return record, design_frame(parameters(scenario, len(given.stations)), design, given, choice, channels)


@pytest.mark.parametrize(("design", "network"), [
    pytest.param(design, network, marks=[pytest.mark.slow] * ((i + j) % 3 > 0))
    for i, design in enumerate(DESIGNS) for j, network in enumerate(NETWORKS)])
def test_term_by_term(design, network):
    for seed in 1, 2:
        scenario = small({**NETWORKS[network], **settings(DESIGNS[design]), "simulation.seed": seed})
        record, expected = both(scenario, DESIGNS[design], seed)
        assert len(record.users.sir) > 10
        agree(record, expected)
