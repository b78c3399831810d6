"""The wanted power that stations believe in: that of the channels they know, by law and by vectors."""

import numpy as np
import pytest

from isacsys.beamforming import checked_designs
from isacsys.beamforming.csi_ageing import own_correlation
from isacsys.config.scenario import Scenario
from isacsys.network import NetworkState, deploy
from isacsys.services.joint_transmission import believed
from isacsys.simulation.frame import coordinate, schedule
from isacsys.simulation.policies import find_policies

SETTINGS = {"network.area": 60.0, "network.users_per_cell": 12.0, "allocation.targets_per_bs": 0,
            "antennas.transmit": 8, "allocation.users_per_bs": 4, "mobility.user_speed": 10.0, "csi.own_age": 0.001}
ENGINES = {"law": {}, "vectors": {"simulation.engine": "vectors"}, "hybrid": {"precoding.policy": "regularized"}}


def coupled(**changes):
    """Return frame and couplings of the first frame of a drop."""
    scenario = Scenario().replace({**SETTINGS, **changes})
    policies, state = find_policies(scenario), NetworkState(scenario, deploy(scenario, 0))
    state.users.velocity[:, 0] = scenario.mobility.user_speed / 1e3
    frame_state = coordinate(state, 0, schedule(state, 0, policies), policies)
    known = policies.engine.know(frame_state, policies.precoder)
    beams = checked_designs.design(policies.precoder, known, 0.0)
    return frame_state, policies.engine.couple(frame_state, known, beams, policies.combiner)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_arrives_is_what_was_believed_aged(engine):
    frame_state, found = coupled(**ENGINES[engine])
    rho = own_correlation(frame_state)
    assert 0.5 < rho[0] < 0.98 and (found.believed > 0).all()
    share = 1 / frame_state.selection.users.count[frame_state.selection.users.station]
    expected = rho**2 * found.believed + (1 - rho**2) * share  # a beam of norm one in an error of CN(0, I)
    off = found.wanted - expected
    assert abs(off.mean()) < 4 * off.std() / np.sqrt(len(off))
    assert np.corrcoef(found.wanted, found.believed)[0, 1] > 0.5
    assert np.abs(found.wanted / found.believed - 1).max() > 0.01
    assert believed(frame_state, found) == pytest.approx(found.believed * frame_state.around_users.path_gain[:, 0])


@pytest.mark.parametrize("engine", ENGINES)
def test_channels_that_are_known_are_believed(engine):
    _, found = coupled(**{**ENGINES[engine], "csi.own_age": 0.0})
    assert found.believed is None


def test_few_bits_of_feedback_are_believed():
    _, found = coupled(**{"csi.own_age": 0.0, "csi.feedback_bits": 6})
    assert found.believed is not None and (found.believed > found.wanted).mean() > 0.6
