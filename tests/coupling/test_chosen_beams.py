"""Chosen beams and filters: both engines are one law, limits are limits, and what is switched off changes nothing."""

import numpy as np
import pytest

from isacsys import Scenario, analysis
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.simulation import simulate_drop
from tests.coupling.test_one_law import MOVING, SMALL, are_of_one_law

NETWORK = {"allocation.users_per_bs": 3, "allocation.communication_cluster": 2, "allocation.targets_per_bs": 2,
           "allocation.sensing_cluster": 2, "antennas.transmit": 10, "antennas.receive": 4}
SETTINGS = {
    "regularised, grants leak": {**NETWORK, "precoding.policy": "regularized", "precoding.regularization": 2.0},
    "maximum ratio, grants refused": {**NETWORK, "precoding.policy": "maximum_ratio", "antennas.transmit": 6,
                                      "allocation.communication_cluster": 3, "nulling.policy": "random"},
    "slnr, aged": {**NETWORK, **MOVING, "precoding.policy": "slnr", "csi.own_age": 0.003,
                   "backhaul.lead": 0.004, "simulation.frame_duration": 0.004},
    "sensing beams": {**NETWORK, "precoding.sensing_power": 0.4, "network.users_per_cell": 1.0},
    "sensing beams, aged": {**NETWORK, **MOVING, "precoding.sensing_power": 0.3, "csi.own_age": 0.003,
                            "backhaul.lead": 0.004, "simulation.frame_duration": 0.004},
    "sensing beams across known channels": {**NETWORK, "precoding.sensing_power": 0.4,
                                            "scheduling.policy": "semi_orthogonal"},
    "few bits": {**NETWORK, "csi.feedback_bits": 6},
    "lines of sight": {**NETWORK, "propagation.rician_factor_db": 6.0},
    "lines of sight, aged": {**NETWORK, **MOVING, "propagation.rician_factor_db": 3.0, "backhaul.lead": 0.004,
                             "simulation.frame_duration": 0.004, "scheduling.policy": "semi_orthogonal"},
    "lines of sight by state": {**NETWORK, "propagation.model": "umi", "propagation.rician_factor_db": "tr38901",
                                "network.bs_density": 10, "network.area": 1.4},
    "mvdr": {**NETWORK, "combining.policy": "mvdr"},
    "mvdr, grants leak": {**NETWORK, "combining.policy": "mvdr", "precoding.policy": "slnr",
                          "precoding.sensing_power": 0.3},
    "nulling filters": {**NETWORK, **MOVING, "combining.policy": "zero_forcing", "sensing.inter_target_echo": True,
                        "backhaul.lead": 0.004, "simulation.frame_duration": 0.004},
    "together, lines of sight": {**NETWORK, "cooperation.communication": "joint",
                                 "propagation.rician_factor_db": 6.0},
    "together, few bits": {**NETWORK, "cooperation.communication": "joint_coherent", "csi.feedback_bits": 6},
    "together, sensing beams": {**NETWORK, "cooperation.communication": "joint", "precoding.sensing_power": 0.4,
                                "combining.policy": "mvdr"},
    "together, lines of sight, aged": {**NETWORK, **MOVING, "cooperation.communication": "joint_coherent",
                                       "propagation.rician_factor_db": 3.0, "backhaul.lead": 0.004,
                                       "simulation.frame_duration": 0.004, "precoding.policy": "regularized"},
    "sensed together, lines of sight": {**NETWORK, "cooperation.sensing": "multistatic",
                                        "sensing.cluster_center": "target", "propagation.rician_factor_db": 6.0,
                                        "sensing.coherent_time": 1e-3},
    "sensed together, sensing beams": {**NETWORK, "cooperation.sensing": "multistatic",
                                       "sensing.cluster_center": "target", "precoding.sensing_power": 0.4,
                                       "precoding.policy": "slnr", "sensing.coherent_time": 1e-3},
}


SLOW = ("regularised, grants leak", "lines of sight, aged", "sensing beams", "sensing beams across known channels",
        "lines of sight", "mvdr", "together, lines of sight", "together, few bits",
        "sensed together, lines of sight")  # parts of what the others do at once


@pytest.mark.parametrize("setting", [pytest.param(s, marks=[pytest.mark.slow] * (s in SLOW)) for s in SETTINGS])
def test_short_forms_and_vectors_are_one_law(setting):
    short, _ = are_of_one_law(SETTINGS[setting])
    assert len(short) > 10


def tables(changes, engine="vectors", drops=3):
    """Rows of the links of some drops."""
    scenario = Scenario().replace({**SMALL, **NETWORK, "simulation.engine": engine, **changes})
    recorder = MemoryRecorder("links")
    for drop in range(drops):
        simulate_drop(scenario, drop, recorder)
    return {kind: recorder.read(f"links/{kind}") for kind in ("communication", "sensing")}


def equal(one, other, tolerance):
    for kind, columns in one.items():
        for name, values in columns.items():
            loudest = np.abs(other[kind].get("signal", other[kind].get("echo"))).max()
            assert values == pytest.approx(other[kind][name], rel=tolerance, abs=tolerance * loudest), (kind, name)


LIMITS = {
    "no regularisation is zero forcing": (
        {"precoding.policy": "regularized", "precoding.regularization": 0.0}, {}, 1e-7),
    "much of it is maximum ratio": (
        {"precoding.policy": "regularized", "precoding.regularization": 1e12}, {"precoding.policy": "maximum_ratio"},
        1e-6),
    "many bits are the channel": ({"csi.feedback_bits": 900}, {}, 1e-9),
    "no line of sight is scattering": ({"propagation.rician_factor_db": float("-inf")}, {}, 0),
    "one receive antenna leaves no choice": (
        {"antennas.receive": 1, "combining.policy": "mvdr", "allocation.targets_per_bs": 1},
        {"antennas.receive": 1, "allocation.targets_per_bs": 1}, 1e-9),
    "one receive antenna, two targets, nulling filters": (
        {"antennas.receive": 1, "combining.policy": "zero_forcing"}, {"antennas.receive": 1}, 1e-9),
    "one receive antenna, two targets, mvdr": (
        {"antennas.receive": 1, "combining.policy": "mvdr"}, {"antennas.receive": 1}, 1e-9),
    "next to no power on sensing beams": ({"precoding.sensing_power": 1e-12}, {}, 1e-9),
    "next to no power on sensing beams, slnr": (
        {"precoding.sensing_power": 1e-12, "precoding.policy": "slnr"}, {"precoding.policy": "slnr"}, 1e-9),
    "one target has none to null": (
        {"combining.policy": "zero_forcing", "allocation.targets_per_bs": 1}, {"allocation.targets_per_bs": 1}, 1e-9),
    "one user, no grants: zero forcing is maximum ratio": (
        {"allocation.users_per_bs": 1, "allocation.communication_cluster": 1, "allocation.sensing_cluster": 1},
        {"allocation.users_per_bs": 1, "allocation.communication_cluster": 1, "allocation.sensing_cluster": 1,
         "precoding.policy": "maximum_ratio"}, 1e-7),
    "one user, no grants: so is regularised": (
        {"allocation.users_per_bs": 1, "allocation.communication_cluster": 1, "allocation.sensing_cluster": 1,
         "precoding.policy": "regularized"},
        {"allocation.users_per_bs": 1, "allocation.communication_cluster": 1, "allocation.sensing_cluster": 1,
         "precoding.policy": "maximum_ratio"}, 1e-7),
    "without grants, slnr is regularised": (
        {"allocation.communication_cluster": 1, "allocation.sensing_cluster": 1, "precoding.policy": "slnr"},
        {"allocation.communication_cluster": 1, "allocation.sensing_cluster": 1, "precoding.policy": "regularized"},
        1e-9),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_limits(limit):
    one, other, tolerance = LIMITS[limit]
    equal(tables(one), tables(other), tolerance)


@pytest.mark.parametrize("engine", ["short", "vectors"])
@pytest.mark.parametrize("changes", [{"precoding.regularization": 3.0}, {"propagation.carrier_frequency": 6e9},
                                     {"targets.revisit_spread": 0.5}])
def test_what_belongs_to_another_choice_changes_no_bit(changes, engine):
    equal(tables(changes, engine), tables({}, engine), 0)


@pytest.mark.parametrize("policy", ["zero_forcing", "regularized", "maximum_ratio", "slnr"])
@pytest.mark.parametrize("engine", ["short", "vectors"])
def test_no_power_on_sensing_beams_is_the_design_without_them_bit_for_bit(policy, engine):
    design = {"precoding.policy": policy}
    equal(tables({**design, "precoding.sensing_power": 0.0}, engine), tables(design, engine), 0)


def test_in_the_same_frame_no_filter_beats_mvdr():
    best = tables({"combining.policy": "mvdr"})["sensing"]
    for combiner in ("mrc", "zero_forcing"):
        other = tables({"combining.policy": combiner, "allocation.sensing_cluster": 2})["sensing"]
        assert np.array_equal(best["target"], other["target"])
    asked = {"allocation.sensing_cluster": 1}  # null requests name other filters: compare where there are none
    best = tables({**asked, "combining.policy": "mvdr"})["sensing"]["sir"]
    for combiner in ("mrc", "zero_forcing"):
        other = tables({**asked, "combining.policy": combiner})["sensing"]["sir"]
        assert np.all(best >= other * (1 - 1e-9)) and best.mean() > 1.1 * other.mean()
    named = tables({"combining.policy": "mvdr"})["sensing"]["sir"], tables({})["sensing"]["sir"]
    assert np.all(named[0] >= named[1] * (1 - 1e-9))  # MRC and MVDR name the same


def test_granted_nulls_hold_for_automatic_regularisation_and_beside_sensing_beams():
    for changes in ({"precoding.policy": "regularized"}, {"precoding.sensing_power": 0.5},
                    {"combining.policy": "zero_forcing"}):
        for engine in ("short", "vectors"):
            for kind, wanted in (("communication", "signal"), ("sensing", "echo")):
                found = tables(changes, engine)[kind]
                assert np.all(found["leakage_granted"] <= 1e-12 * (found[wanted] + found["interference_other"]))


def test_power_is_conserved_and_stations_without_users_light_their_targets():
    """Without users everywhere: more targets are sensed, and echoes of a lone target grow to all of the power."""
    few = {"network.users_per_cell": 0.7, "allocation.targets_per_bs": 1, "allocation.communication_cluster": 1,
           "allocation.sensing_cluster": 1}
    dark, lit = (tables({**few, "precoding.sensing_power": eta}, "short", 6)["sensing"] for eta in (0.0, 0.2))
    assert len(lit["target"]) > len(dark["target"])
    served = np.isin(lit["drop"] * 1000 + lit["station"], dark["drop"] * 1000 + dark["station"])
    gain = lit["echo"] / lit["distance"] ** (-2 * 2.2) / (0.1 * 4)
    assert np.allclose(gain[~served], 10)  # M_t: all power on one beam straight at the target
    assert np.all(gain[served] < 10)


def test_few_bits_cost_what_the_angle_says():
    """One user, no grants: the mean wanted gain is ``M_t (1 - E[sin^2])``, and little bits leak nothing else."""
    alone = {"allocation.users_per_bs": 1, "allocation.communication_cluster": 1, "allocation.sensing_cluster": 1,
             "csi.feedback_bits": 5}
    found = tables(alone, "short", 150)["communication"]
    gain = found["signal"] * found["distance"] ** 3.5
    error = gain.std() / np.sqrt(len(gain))
    assert abs(gain.mean() - 10 * (1 - analysis.quantisation_error(B=5, M_t=10))) < 4 * error
    assert len(gain) > 1000


def test_lines_of_sight_alone_leave_nothing_to_chance():
    """Maximum ratio then sends along steering vectors: gains follow from bearings, whoever draws the phases."""
    alone = {"propagation.rician_factor_db": float("inf"), "precoding.policy": "maximum_ratio",
             "allocation.communication_cluster": 1, "allocation.targets_per_bs": 0}
    short, vectors = (tables(alone, engine)["communication"] for engine in ("short", "vectors"))
    for name in ("signal", "intra_cell", "interference_other", "sir"):
        assert short[name] == pytest.approx(vectors[name], rel=1e-6)
    streams = np.array([np.sum((short["drop"] == d) & (short["station"] == s))
                        for d, s in zip(short["drop"], short["station"], strict=True)])
    assert short["signal"] * short["distance"] ** 3.5 * streams == pytest.approx(np.full(len(streams), 10.0))


@pytest.mark.parametrize("design", [
    {}, {"precoding.policy": "regularized"}, {"precoding.policy": "slnr", "cooperation.communication": "joint"},
    {"precoding.sensing_power": 0.3}, {"precoding.policy": "maximum_ratio", "cooperation.communication": "joint"}])
def test_with_lines_of_sight_alone_every_design_follows_from_bearings(design):
    """Streams of different stations have no phase in common: powers add, and no draw is left in any of them."""
    sight = {**design, "propagation.rician_factor_db": float("inf"), "allocation.sensing_cluster": 1}
    short, vectors = (tables(sight, engine)["communication"] for engine in ("short", "vectors"))
    loudest = short["signal"].max()
    for name in ("signal", "intra_cell", "leakage_granted", "interference_refused", "interference_other"):
        assert short[name] == pytest.approx(vectors[name], rel=1e-6, abs=1e-12 * loudest), name
