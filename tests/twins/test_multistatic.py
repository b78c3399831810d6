"""Stations that sense together, target by target against plain loops."""

import numpy as np
import pytest

from isacsys import Scenario
from isacsys.coupling.helper_gains import HelperGains
from isacsys.network import NetworkState, deploy
from isacsys.services import multistatic
from isacsys.simulation import find_policies
from isacsys.simulation.frame import settle, transmit
from tests.simulation.harness import layout
from tests.twins import multistatic as twin

BASE = {"network.layout": "file", "network.area": 30.25, "network.near_stations": 6, "network.users_per_cell": 6,
        "network.targets_per_cell": 6, "network.bs_density": 0.7, "allocation.users_per_bs": 2,
        "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 3, "cooperation.sensing": "multistatic",
        "radio.bandwidth": 20e6, "sensing.rcs": 0.002}
CASES = {
    "around the target": {"sensing.cluster_center": "target"},
    "around the station, noise": {"propagation.noise_power": 0.2, "antennas.receive": 4},
    "direct paths and clocks": {"cooperation.direct_path_rejection_db": 10.0, "cooperation.timing_error": 3e-8,
                                "sensing.cluster_center": "target"},
    "another exponent": {"propagation.echo_exponent": 2.4, "propagation.path_loss_exponent": 3.5},
}


@pytest.mark.parametrize("case", CASES)
def test_term_by_term(case, monkeypatch):
    scenario = Scenario().replace({**BASE, **CASES[case], "sensing.false_alarm": 1e-3})
    positions = layout(scenario, 4)
    state, policies = NetworkState(scenario, deploy(scenario, 0, positions)), find_policies(scenario)
    frame_state = settle(state, 0, policies)
    helpers, rng = frame_state.helpers, np.random.default_rng(4)
    given = HelperGains(rng.gamma(2.0, size=len(helpers.link)), rng.gamma(2.0, size=helpers.around.station.shape))
    monkeypatch.setattr(multistatic, "helped", lambda *_: given)
    record = transmit(frame_state, policies)
    targets, side = record.targets, state.deployment.side
    places, stations = state.targets.position, state.deployment.stations
    rejection = multistatic.direct_path(scenario)
    expected = {"position_error": [], "detection_probability": []}
    listed = {
        (link, a, b): sir
        for link, a, b, sir in zip(
            *(record.services["sensing"].tables["pairs"][name] for name in ("link", "transmitter", "receiver", "sir")),
            strict=True,
        )
    }
    active = record.transmitting.mean()
    for link, target in enumerate(frame_state.selection.targets.ids):
        serving = frame_state.selection.targets.station[link]
        rows = np.flatnonzero(helpers.link == link)
        members = [int(serving), *map(int, helpers.station[rows])]
        mono = -2 * scenario.propagation.echo_exponent
        reach = np.hypot(*twin.displacement(stations[serving], places[target], side))
        lit = {int(serving): targets.signal[link] / (scenario.echo_gain * reach**mono)}
        noise = {int(serving): targets.signal[link] / targets.sir[link]}
        for row in rows:
            helper = int(helpers.station[row])
            lit[helper] = given.lit[row]
            around = helpers.around.station[row]
            gains = {int(s): given.through[row, i] for i, s in enumerate(around) if s < len(stations)
                     and helpers.around.path_gain[row, i] > 0}
            rest = helpers.around.far_field[row] * active + scenario.propagation.noise_power
            noise[helper] = twin.interference(helper, members, stations, side, gains,
                                              scenario.propagation.path_loss_exponent, rejection, rest)
        sirs = twin.pair_sirs(stations, places[target], side, members, lit, noise, scenario.echo_gain,
                              scenario.propagation.echo_exponent)
        assert {(link, *pair) for pair in sirs} == {key for key in listed if key[0] == link}
        for pair, sir in sirs.items():
            assert listed[link, *pair] == pytest.approx(sir, rel=1e-9)
        expected["position_error"].append(twin.position_bound(
            stations, places[target], side, members, sirs, scenario.bandwidth, scenario.antennas.receive,
            scenario.cooperation.timing_error))
        total = sum(sirs.values())
        expected["detection_probability"].append(twin.detected(total, len(sirs), 1e-3) if total < 60 else 1.0)
    assert targets.more["position_error"] == pytest.approx(np.array(expected["position_error"]), rel=1e-9)
    assert targets.more["detection_probability"] == pytest.approx(np.array(expected["detection_probability"]), abs=1e-9)
    found = targets.more["detection_probability"]
    assert len(helpers.link) > 40 and found.min() < 0.1 and np.any((found > 0.01) & (found < 0.99))
