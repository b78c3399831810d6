"""The command: figures, verdicts, exit codes, one line for what is wrong."""

import json
from pathlib import Path

import pytest

import isacsys
from isacsys.cli import main
from isacsys.validation import rungs

PAPER = str(Path(__file__).parents[2] / "scenarios" / "paper.toml")
KEYS = {"name", "status", "simulation", "half_width", "exact_measured", "exact_nominal", "paper", "standard_errors",
        "verdict"}
QUICK = ["--drops", "16", "--quiet", "--set", "network.area=49"]


def test_the_paper_agrees(capsys):
    assert main(["validate", PAPER, "--json", *QUICK]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["agrees"] is True
    assert [q["name"] for q in found["quantities"]] == ["communication_rate", "communication_ase_typical",
                                                        "sensing_rate", "sensing_ase_typical"]
    for quantity in found["quantities"]:
        assert set(quantity) == KEYS
        assert quantity["verdict"].startswith("agrees")


def test_a_contradiction_is_exit_1(monkeypatch, capsys):
    right = rungs.measured_communication_rate
    monkeypatch.setattr(rungs, "measured_communication_rate", lambda **at: 1.3 * right(**at))
    assert main(["validate", PAPER, *QUICK]) == 1
    assert "contradicted" in capsys.readouterr().out


def test_what_is_not_comparable_is_exit_0(capsys):
    assert main(["validate", PAPER, *QUICK, "--set", "scheduling.policy=nearest", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["agrees"] is None and {q["status"] for q in found["quantities"]} == {"not comparable"}


def test_a_log_is_taken_as_it_is(tmp_path, capsys):
    log = tmp_path / "run.h5"
    scenario = isacsys.Scenario().replace({"network.area": 25.0, "simulation.drops": 20})
    isacsys.run(scenario, output=log, executor="serial")
    assert main(["validate", str(log)]) == 0
    assert main(["validate", str(log), "--drops", "5"]) == 2
    assert "only with a scenario" in capsys.readouterr().err


FORMULAS = """
from isacsys.analysis.scenarios import communication_values

def broken(scenario):
    return 1 / 0

def broken_law(scenario, thresholds):
    return scenario.nothing

def right(scenario):
    return communication_values(scenario).rate_exact

def in_nats(scenario):
    return 0.693 * right(scenario)
"""


@pytest.mark.parametrize(("formula", "code", "word"), [("right", 0, "agrees"), ("in_nats", 1, "contradicted")])
def test_a_formula_by_name(formula, code, word, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "formulas_of_mine.py").write_text(FORMULAS)
    assert main(["validate", PAPER, *QUICK, "--formula", f"formulas_of_mine:{formula}", "--metric",
                 "communication_rate", "--sweep", "allocation.users_per_bs=4,8", "--plot",
                 str(tmp_path / "mine.png")]) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith(f"communication_rate at allocation.users_per_bs = 8: {word}")
    assert (tmp_path / "mine.png").exists()


@pytest.mark.parametrize(("formula", "metric", "line"), [
    ("broken", "communication_rate", 5), ("broken_law", "communication_sir", 8)])
def test_a_formula_that_fails_is_exit_2_and_says_where(formula, metric, line, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "broken_formulas.py").write_text(FORMULAS)
    assert main(["validate", PAPER, *QUICK, "--formula", f"broken_formulas:{formula}", "--metric", metric]) == 2
    said = capsys.readouterr().err
    assert f"broken_formulas.py, line {line}" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[PAPER, "--formula", "nowhere:f"], [PAPER, "--formula", "math:pi"],
                                       ["nowhere.toml"], [PAPER, "--tolerance", "-1"], [PAPER, "--set", "a.b=1"],
                                       [PAPER, "--drops", "1"]])
def test_bad_input_is_one_line_and_exit_2(arguments, capsys):
    assert main(["validate", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
