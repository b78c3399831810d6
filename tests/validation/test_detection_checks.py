"""Looks at targets: what is computed and what is simulated agree, and a verdict that could be another."""

import dataclasses

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.analysis.detection_values import look_values
from isacsys.sensing import fusion
from isacsys.validation import detection_checks, rungs
from tests.remembered import remembered

SMALL = {"network.area": 36.0, "network.users_per_cell": 30.0, "sensing.coherent_time": 1e-5, "sensing.rcs": 2e-3,
         "radio.bandwidth": 20e6, "allocation.users_per_bs": 3, "sensing.false_alarm": 1e-4, "antennas.receive": 5}
NAMES = ("detection_probability", "detected_share", "range_error", "bearing_error", "velocity_error")


@pytest.fixture(scope="module", autouse=True)
def once():
    with remembered(detection_checks, "look_values"), remembered(rungs, "measured_communication_rate",
                                                                 "measured_sensing_rate"):
        yield


def validated(changes, drops=40):
    found = isacsys.validate(Scenario().replace({**SMALL, **changes}), drops=drops, executor="serial").findings
    return {f.name: f for f in found}


@pytest.mark.parametrize("changes", [
    {}, {"sensing.fluctuation": "swerling1"}, {"sensing.cfar_cells": 12, "sensing.fluctuation": "swerling1"},
    {"sensing.fluctuation": "lognormal", "sensing.fluctuation_deviation": 5.0, "allocation.sensing_cluster": 2}])
def test_looks_at_typical_targets(changes):
    found = validated(changes)
    steady = "sensing.fluctuation" not in changes
    assert [n for n in NAMES if n in found] == [n for n in NAMES if steady or n != "detected_share"]
    assert all(found[n].agrees for n in NAMES if n in found)
    assert found["communication_rate"].agrees  # users do not notice
    assert found["sensing_rate"].status == ("agrees" if steady else "not comparable")


def test_a_wrong_value_is_contradicted(monkeypatch):
    scenario = Scenario().replace({**SMALL, "recording.level": "links"})
    right, run = look_values(scenario), isacsys.run(scenario, drops=120, executor="serial")
    for name in NAMES:
        wrong = dataclasses.replace(right, **{name: 1.3 * getattr(right, name)})
        monkeypatch.setattr(detection_checks, "look_values", lambda _, wrong=wrong: wrong)
        found = {f.name: f for f in isacsys.validate(run).findings}
        assert found[name].status == "contradicted"
        assert all(found[n].agrees for n in NAMES if n != name)


def test_what_the_analysis_does_not_contain():
    found = validated({"propagation.noise_power": 0.2}, drops=5)
    assert all(found[n].status == "not comparable" and found[n].exact_measured is None for n in NAMES)
    assert look_values(Scenario()) is None and not any(n in validated({"sensing.coherent_time": 0.0,
                                                                      "sensing.false_alarm": "automatic"}, 3)
                                                       for n in NAMES)


def test_one_of_them_by_name():
    (found,) = isacsys.validate(Scenario().replace(SMALL), drops=20, executor="serial", metric="range_error").findings
    assert found.name == "range_error" and found.unit == "m" and found.status == "agrees"


TOGETHER = {"cooperation.sensing": "multistatic", "sensing.cluster_center": "target", "sensing.coherent_time": 2e-6,
            "allocation.sensing_cluster": 3, "sensing.rcs": 0.1, "network.area": 49.0}
FUSED = ("detection_probability", "detected_share", "range_error", "bearing_error", "velocity_error", "position_error")


@pytest.mark.parametrize("changes", [
    {}, pytest.param({"allocation.sensing_cluster": 5, "cooperation.timing_error": 3e-9,
                      "propagation.echo_exponent": 2.4}, marks=pytest.mark.slow),
    {"allocation.users_per_bs": 1, "allocation.sensing_cluster": 2, "antennas.transmit": 8}])
def test_stations_that_sense_together(changes):
    """With all their interference, against a Monte Carlo of the gamma model that shares nothing with them."""
    found = validated({**TOGETHER, **changes})
    assert all(found[name].agrees for name in FUSED) and found["sensing_rate"].agrees


@pytest.mark.parametrize(("where", "wrong", "told"), [
    ("delays", lambda right: lambda sir, *rest: right(np.triu(sir), *rest), "position_error"),
    ("delays", lambda right: lambda sir, *rest: right(0.5 * sir, *rest), "range_error"),
    ("bearings", lambda right: lambda sir, u, r, cos, m: right(sir, u, 3 * r, cos, m), "bearing_error"),
    ("detected", lambda right: lambda sir, pairs, alarm: right(sir, 1, alarm), "detection_probability")])
def test_a_fault_of_the_simulation_is_contradicted(where, wrong, told, monkeypatch):
    monkeypatch.setattr(fusion, where, wrong(getattr(fusion, where)))
    narrow = {"radio.bandwidth": 1e6} if where == "bearings" else {}
    drops = {"detected": 100, "bearings": 20}.get(where, 40)  # 9 standard errors and more off
    found = isacsys.validate(Scenario().replace({**SMALL, **TOGETHER, **narrow}), drops=drops, executor="serial",
                             metric=told)
    assert found[told].findings[0].status == "contradicted"


@pytest.mark.parametrize("changes", [{"sensing.cluster_center": "serving_bs"}, {"sensing.fluctuation": "swerling1"},
                                     {"cooperation.direct_path_rejection_db": 40.0}])
def test_what_the_analysis_of_sensing_together_does_not_contain(changes):
    found = validated({**TOGETHER, **changes}, drops=4)
    assert found["range_error"].status == "not comparable" and "position_error" not in found
    assert next(iter(changes)).split(".")[1] in found["range_error"].verdict


def test_where_no_target_is_looked_at_there_is_nothing_to_judge():
    found = validated({"network.targets_per_cell": 0.0}, drops=2)
    assert "detection_probability" not in found and found["communication_rate"].agrees


def test_what_is_too_rare_to_be_seen_is_not_judged():
    """Detections that nearly nothing but a target beside a station brings, in a few drops."""
    rare = {"sensing.coherent_time": 0.0, "sensing.rcs": 1e-4, "sensing.false_alarm": 1e-6}
    found = validated(rare, drops=3)["detection_probability"]
    assert 0 < found.exact_measured < 1e-2
    assert found.status == "agrees" or (found.status == "not judged" and "rarer kind" in found.verdict)
