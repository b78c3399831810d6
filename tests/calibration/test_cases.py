"""Calibration cases: contract, references, and agreement in small; in full with ``--slow``."""

import csv
import json
from importlib.resources import files

import numpy as np
import pytest

from isacsys.calibration import CASES, FULL_CASES, calibrate, full
from isacsys.calibration.cases import scenario_of, submitted
from isacsys.calibration.judged import PERCENTILES, CaseComparison, Submitted, Tolerance
from isacsys.cli import main
from isacsys.core.errors import ConfigError

SHIPPED = [name for name, case in CASES.items() if case.submitted]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.slow
def test_companies_and_simulator_agree(name):
    assert calibrate(name).within


@pytest.mark.parametrize(("name", "drops"), [("uma-6ghz", 4), ("umi-6ghz", 4), ("isac-uav-6ghz", 60),
                                             ("isac-background-6ghz", 100)])
def test_medians_agree(name, drops):
    found, case = calibrate(name, drops), CASES[name]
    for metric, theirs in submitted(case.submitted).items():
        i = PERCENTILES.index(50)
        assert found.values[metric][i] == pytest.approx(theirs.median[i], abs=case.tolerance[metric] + 0.5)


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_a_scenario_that_says_its_carrier(name):
    assert scenario_of(name).propagation.carrier_frequency == (30e9 if "30ghz" in name else 6e9)


def test_references_are_those_of_the_file():
    with (files("isacsys.calibration") / "percentiles.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if (r["scenario"], r["metric"]) == ("UMa 6 GHz", "wideband_sir")]
    found = submitted("UMa 6 GHz")["wideband_sir"]
    for row in rows:
        assert found.median[PERCENTILES.index(int(row["percentile"]))] == float(row["median_db"])
    assert found.median[-1] is None and found.companies == 20


def test_json(capsys):
    assert main(["calibrate", "isac-uav-bistatic-6ghz", "--drops", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["within"] is None and list(found["metrics"]) == ["coupling_loss"]
    loss = found["metrics"]["coupling_loss"]
    assert loss["reference"] is None and loss["percentiles"] == list(PERCENTILES)
    assert np.all(np.diff(loss["values"]) >= 0)


def test_outside_is_one(capsys, monkeypatch):
    monkeypatch.setitem(CASES["isac-uav-6ghz"].tolerance, "coupling_loss", 1e-6)
    assert main(["calibrate", "isac-uav-6ghz", "--drops", "5"]) == 1
    assert "OUTSIDE" in capsys.readouterr().out


def test_judged_between_the_tenth_and_the_ninetieth_percentile():
    values = [0.0] * len(PERCENTILES)
    values[0], values[4] = 50.0, -0.7
    nothing = (0.0,) * len(PERCENTILES)
    made = CaseComparison("x", {"m": tuple(values)}, {"m": Submitted(nothing, nothing, nothing, "", 1)}, {"m": 0.5})
    assert made.largest_difference("m") == -0.7 and made.within is False


@pytest.mark.parametrize(("percentile", "judged"), [(5, False), (10, True), (90, True), (95, False)])
def test_both_ends_are_judged(percentile, judged):
    values = tuple(50.0 * (p == percentile) for p in PERCENTILES)
    nothing = (0.0,) * len(PERCENTILES)
    made = CaseComparison("x", {"m": values}, {"m": Submitted(nothing, nothing, nothing, "", 1)}, {"m": 0.5})
    assert made.within is not judged and made.largest_difference("m") == 50.0 * judged


def test_an_unknown_case_is_named(capsys):
    assert main(["calibrate", "uma-7ghz"]) == 2
    assert "uma-6ghz" in capsys.readouterr().err
    with pytest.raises(ConfigError):
        calibrate("uma-7ghz")


def test_picture(tmp_path):
    assert main(["calibrate", "uma-6ghz", "--drops", "1", "--seed", "3", "-o", str(tmp_path / "uma.png")]) in (0, 1)
    assert (tmp_path / "uma.png").stat().st_size > 10_000


JUDGED_FULL = ("uma-6ghz-full", "umi-6ghz-full", "inh-6ghz-full", "isac-uav-6ghz-full", "isac-background-6ghz-full")


@pytest.mark.parametrize("name", JUDGED_FULL)
@pytest.mark.slow
def test_companies_and_channels_agree(name):
    assert calibrate(name).within


IN_SMALL = ("uma-6ghz-full", "isac-uav-bistatic-30ghz-full", "isac-background-6ghz-full")


@pytest.mark.parametrize("name", [name if name in IN_SMALL else pytest.param(name, marks=pytest.mark.slow)
                                  for name in FULL_CASES])
def test_full_cases_in_small(name):
    """All metrics of the contract, finite, percentiles in order, near the companies' medians where they are shipped."""
    case = FULL_CASES[name]
    if "isac" in name:
        found = calibrate(name, 2)
        assert list(found.values) == ["coupling_loss", "delay_spread", "asd", "zsd", "asa", "zsa"]
    else:
        environment, frequency = name.split("-")[0], 30e9 if "30ghz" in name else 6e9
        sample = full.sample(full.LAYOUTS[environment], frequency, 14, 4, 1, 0)
        assert {"coupling_loss", "wideband_sir", "delay_spread", "asd", "zsd", "asa", "zsa", "singular_value_1",
                "singular_value_2", "singular_value_ratio"} <= set(sample)
        assert all(np.isfinite(values).all() for values in sample.values())
        return
    assert all(np.all(np.diff(values) >= 0) for values in found.values.values())
    for metric, theirs in found.submitted.items():
        if metric == "coupling_loss":
            middle = case.percentiles.index(50)
            assert found.values[metric][middle] == pytest.approx(theirs.median[middle], abs=2.5)


def test_json_of_a_full_case(capsys):
    assert main(["calibrate", "isac-background-6ghz-full", "--drops", "1", "--json"]) in (0, 1)
    found = json.loads(capsys.readouterr().out)["metrics"]["asd"]
    assert len(found["low"]) == len(found["high"]) == len(found["values"]) == len(found["percentiles"])


def test_a_full_case_has_no_scenario(capsys):
    assert main(["calibrate", "uma-6ghz-full", "--scenario"]) == 2
    assert "NAME = 'uma-6ghz-full'" in capsys.readouterr().err


def test_tolerances_allow_what_they_say():
    theirs = Submitted((10.0,), (8.0,), (15.0,), "", 3)
    assert Tolerance(relative=0.12, band=True).allows(14.9, theirs, 0)
    assert not Tolerance(relative=0.12).allows(11.3, theirs, 0)
    assert Tolerance(relative=0.12).allows(11.1, theirs, 0)
    assert str(Tolerance(relative=0.12, band=True)) == "12 % or within the band"
