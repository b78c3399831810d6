"""Stations that sense together, on given channels: every pair against a frame by somebody who saw no kernel."""

import numpy as np
import pytest

from isacsys.coupling import FullChannelCoupling
from isacsys.coupling.helper_gains import HelperGains
from isacsys.network import NetworkState, deploy
from isacsys.services import multistatic
from isacsys.simulation import find_policies
from isacsys.simulation.frame import settle, transmit
from tests import naive
from tests.simulation.harness import Given, layout, parameters, small
from tests.twins.multistatic_frames import Multistatic, Together, multistatic_frame

BASE = {"allocation.users_per_bs": 2, "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 3,
        "cooperation.sensing": "multistatic", "radio.bandwidth": 20e6, "sensing.false_alarm": 1e-3,
        "antennas.receive": 5, "sensing.rcs": 0.01}
CASES = {
    "around the station, users' nulls": {"allocation.communication_cluster": 3},
    "around the target, noise": {"sensing.cluster_center": "target", "propagation.noise_power": 0.2},
    "direct paths and clocks": {"cooperation.direct_path_rejection_db": 10.0, "cooperation.timing_error": 3e-8,
                                "sensing.cluster_center": "target", "allocation.sensing_cluster": 4},
    "other exponents, refusals": {"propagation.echo_exponent": 2.3, "propagation.path_loss_exponent": 3.5,
                                  "antennas.transmit": 5, "allocation.communication_cluster": 3},
}


@pytest.mark.parametrize("case", CASES)
def test_pair_by_pair(case, monkeypatch):
    for seed in 1, 2:
        scenario = small({**BASE, **CASES[case], "simulation.seed": seed})
        positions = layout(scenario, seed)
        channels = naive.channels(seed, scenario.antennas.transmit, scenario.antennas.receive)
        policies = find_policies(scenario, engine=FullChannelCoupling(Given(channels)))
        frame_state = settle(NetworkState(scenario, deploy(scenario, 0, positions)), 0, policies)
        given = naive.Layout(*(np.asarray(p, float) for p in (positions.stations, positions.users, positions.targets)))
        users, targets = frame_state.selection.users.ids, frame_state.selection.targets.ids
        mine = Multistatic(parameters(scenario, len(given.stations)), given, naive.Choice(users, targets), channels)
        # what stations that help hear is drawn by its law: here it comes of the same channels
        helpers = frame_state.helpers
        lit = [mine.lit(int(s), int(targets[row])) for row, s in zip(helpers.link, helpers.station, strict=True)]
        around = helpers.around.station
        through = np.zeros(around.shape)
        for row, column in np.argwhere(around < len(given.stations)):
            if around[row, column] != helpers.station[row]:
                through[row, column] = mine.through(
                    int(helpers.station[row]), int(targets[helpers.link[row]]), int(around[row, column]))
        given = HelperGains(np.array(lit), through)
        monkeypatch.setattr(multistatic, "helped", lambda *_, found=given: found)
        record = transmit(frame_state, policies)
        rejection = scenario.cooperation.direct_path_rejection_db
        together = Together(0.0 if isinstance(rejection, str) else 10 ** (-rejection / 10), 20e6,
                            scenario.cooperation.timing_error, 1e-3)
        expected = multistatic_frame(mine, together)
        assert mine.scene.targets == targets.tolist() and len(targets) > 10
        listed = {
            (int(link), int(m), int(n)): sir
            for link, m, n, sir in zip(
                *(
                    record.services["sensing"].tables["pairs"][name]
                    for name in ("link", "transmitter", "receiver", "sir")
                ),
                strict=True,
            )
        }
        theirs = {(link, *pair): sir for link, (sirs, _, _) in enumerate(expected) for pair, sir in sirs.items()}
        assert listed == pytest.approx(theirs, rel=1e-9)
        more = record.targets.more
        assert more["position_error"] == pytest.approx(np.array([bound for _, bound, _ in expected]), rel=1e-9)
        found = np.array([probability for _, _, probability in expected])
        assert more["detection_probability"] == pytest.approx(found, abs=1e-9)
        assert np.any((found > 0.05) & (found < 0.95))
