"""Stations that sense a target together, in frames."""

from types import SimpleNamespace

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.core.errors import ConfigError
from isacsys.core.random_streams import FrameName
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.services import multistatic
from isacsys.simulation import simulate_drop
from tests.statistics import has_mean

SMALL = {"network.area": 16.0, "network.near_stations": 8, "network.users_per_cell": 6, "network.targets_per_cell": 6,
         "antennas.transmit": 12, "allocation.users_per_bs": 3, "allocation.targets_per_bs": 2,
         "allocation.sensing_cluster": 3, "radio.bandwidth": 20e6, "sensing.rcs": 0.003, "recording.level": "full"}
TOGETHER = {"cooperation.sensing": "multistatic"}


def tables(changes, drop=0):
    recorder = MemoryRecorder("full")
    simulate_drop(Scenario().replace({**SMALL, **changes}), drop, recorder)
    return {name: recorder.read(name) for name in recorder.tables()}


@pytest.mark.parametrize("changes", [
    {}, {"sensing.cluster_center": "target"}, {"simulation.engine": "vectors"},
    {"sensing.fluctuation": "swerling1", "sensing.coherent_time": 1e-3},
    {"tracking.enabled": True, "mobility.target_speed": 10.0, "simulation.frames": 5, "sensing.coherent_time": 1e-3}])
def test_alone_it_is_what_it_was_bit_for_bit(changes):
    alone = {"sensing.false_alarm": 1e-5, **changes, "allocation.sensing_cluster": 1}
    one, other = tables(alone), tables({**alone, **TOGETHER})
    for name, columns in one.items():
        for column, values in columns.items():
            assert np.array_equal(values, other[name][column], equal_nan=values.dtype.kind == "f"), (name, column)


def test_every_pair_once_and_their_sum():
    rows = tables(TOGETHER)
    pairs, links = rows["pairs"], rows["links/sensing"]
    assert len(set(zip(pairs["target"], pairs["transmitter"], pairs["receiver"], strict=True))) == len(pairs["sir"])
    total = dict.fromkeys(links["target"], 0.0)
    for target, sir in zip(pairs["target"], pairs["sir"], strict=True):
        total[target] += sir
    assert links["fused_sir"] == pytest.approx(np.array([total[t] for t in links["target"]]))
    own = set(zip(links["target"], links["station"], links["station"], strict=True))
    listed = set(zip(pairs["target"], pairs["transmitter"], pairs["receiver"], strict=True))
    assert own <= listed and np.all(links["pairs"] <= 9)


def test_it_spends_no_antennas_and_helps():
    null, both = tables({"sensing.false_alarm": 1e-5}), tables({**TOGETHER, "sensing.false_alarm": 1e-5})
    assert both["requests"]["granted"].all()
    assert both["links/communication"]["degrees_of_freedom"].min() == 12 + 1 - 3
    assert null["links/communication"]["degrees_of_freedom"].min() < 10
    assert np.median(both["links/sensing"]["position_error"]) < 0.5 * np.median(null["links/sensing"]["position_error"])


def test_users_agree_with_the_analysis_of_no_nulls_for_targets():
    scenario = Scenario().replace({"network.area": 36.0, "allocation.users_per_bs": 4, "allocation.targets_per_bs": 2,
                                   "allocation.sensing_cluster": 4, **TOGETHER})
    assert scenario.degrees_of_freedom == 20 - 4 + 1
    found = {f.name: f for f in isacsys.validate(scenario, drops=25, executor="serial").findings}
    assert found["communication_rate"].agrees and found["sensing_rate"].agrees


def test_direct_paths_cost_what_is_left_of_them():
    clean, dirty = tables(TOGETHER), tables({**TOGETHER, "cooperation.direct_path_rejection_db": 0.0})
    assert not clean["links/sensing"]["leakage_granted"].any() and dirty["links/sensing"]["leakage_granted"].all()
    assert np.all(dirty["links/sensing"]["fused_sir"] < clean["links/sensing"]["fused_sir"])
    assert np.array_equal(dirty["links/sensing"]["interference_other"], clean["links/sensing"]["interference_other"])


def test_measurements_that_come_too_late_are_missing():
    late = {**TOGETHER, "backhaul.latency": 0.02, "backhaul.lead": 0.01, "simulation.frames": 3}
    rows = tables(late)
    assert np.all(rows["links/sensing"]["pairs"] == 1) and not len(rows["pairs"]["sir"])


def test_tracks_are_corrected_by_all_of_it():
    """Position errors of tracks fall, on the same drops."""
    scenario = Scenario().replace({
        **SMALL, "tracking.enabled": True, "mobility.target_speed": 10.0, "network.area": 9.0, "simulation.frames": 25,
        "simulation.frame_duration": 0.02, "recording.level": "summary", "sensing.coherent_time": 1e-3,
        "sensing.rcs": 1e-5, "antennas.transmit": 20, "scheduling.target_policy": "stalest_first"})
    one, other = (isacsys.run(scenario.replace(changes), drops=6, executor="serial") for changes in ({}, TOGETHER))
    found = isacsys.compare(one, other)
    error, there = found["track_position_error"], found["track_availability"]
    assert error.difference + error.half_width < 0 and there.difference > -there.half_width


@pytest.mark.parametrize(("changes", "key"), [
    ({"combining.policy": "mvdr"}, "combining.policy"), ({"sensing.cfar_cells": 8}, "sensing.cfar_cells"),
    ({"sensing.inter_target_echo": True}, "sensing.inter_target_echo")])
def test_what_it_does_not_know_is_refused(changes, key):
    with pytest.raises(ConfigError, match=f"^{key.replace('.', '[.]')} = "):
        Scenario().replace({**TOGETHER, **changes})


def test_built_networks_have_a_bistatic_factor():
    flying = {"propagation.model": "uma_av", "network.bs_density": 4.0, "network.sectors": 3, "network.area": 6.0,
              "antennas.pattern": "tr38901", "network.target_height": 100.0, "sensing.target_type": "uav_large",
              "radio.transmit_power_dbm": 46.0, "sensing.coherent_time": 1e-3, "network.layout": "hexagonal"}
    rows = tables({**TOGETHER, **flying})
    assert np.all(np.isfinite(rows["pairs"]["sir"])) and (rows["links/sensing"]["pairs"] > 1).any()


@pytest.mark.parametrize("law", ["swerling1", "lognormal"])
def test_what_pairs_see_of_a_target_is_the_same_both_ways_and_one_on_average(law):
    scenario = Scenario().replace({**SMALL, **TOGETHER, "sensing.fluctuation": law})
    state = SimpleNamespace(scenario=scenario, name=FrameName(1, 0, 0))
    seen = multistatic._reflected(state, np.zeros((20_000, 3, 2)))
    assert np.array_equal(seen, seen.swapaxes(1, 2))
    for m, n in zip(*np.triu_indices(3), strict=True):
        has_mean(seen[:, m, n], 1.0, bias=0.02)  # what a lognormal law loses by its clip
