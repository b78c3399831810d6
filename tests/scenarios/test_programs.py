"""The programs that people copy run, and their pictures have in them what they should."""

import csv
import importlib
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).parents[2] / "scenarios"
# program: panels, computed curves in the first panel, simulated families in it, and what it must say
FIGURES = {
    "fig2": (1, 6, 3, "exact 3/5 = 60%, 6/10 = 60%, 12/20 = 60%"),
    "fig3": (1, 10, 5, "largest at (K, L) = (12, 1) by the exact formula"),
    "fig4": (2, 3, 6, "1.476 times by the exact formula"),
    "fig5": (1, 8, 4, "T_c up to"),
    "fig6": (1, 6, 3, "the other way round"),
}


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(str(SCENARIOS))


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.slow] * (name in ("fig3", "fig4", "fig5", "fig6"))) for name in FIGURES])
def test_a_figure_of_the_paper(name, tmp_path, capsys):
    panels, curves, families, says = FIGURES[name]
    figure = importlib.import_module(name).main(["--quick", "-o", str(tmp_path)])
    said = capsys.readouterr().out
    assert says in said
    assert "contradicted" not in said
    assert said.count("THEY DO NOT AGREE") == (name in ("fig4", "fig6"))  # twice the ASE; the direction of rho
    assert len(figure.axes) == panels
    first = figure.axes[0]
    assert "ASE (bit/s/Hz/km²)" in first.get_ylabel() and first.get_xlabel()
    assert len(first.containers) == families
    assert sum(line.get_linestyle() in ("-", "--", ":") and len(line.get_xdata()) > 1 for line in first.lines) == curves
    with open(tmp_path / f"{name}.csv", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) >= 8
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    assert "ASE" in (tmp_path / f"{name}.svg").read_text()


def test_sweeping_a_parameter(tmp_path, capsys):
    program = importlib.import_module("sweep_a_parameter")
    figure = program.main(drops=4, users=(4, 12), output=tmp_path / "sweep.png", executor="serial")
    assert capsys.readouterr().out.startswith("K =  4: ")
    assert figure.axes[0].get_xlabel() == "users per base station"


def test_writing_a_policy():
    found = importlib.import_module("write_a_policy").main(drops=6, executor="serial")
    gain = found["communication_rate_scheduled"]
    assert gain.difference + gain.half_width < 0


def test_checking_a_formula(tmp_path):
    program = importlib.import_module("check_a_formula")
    rate, distance = program.main(drops=12, users=(5, 11), output=tmp_path / "formula.png", executor="serial")
    assert rate.agrees and distance.agrees


def test_an_outage():
    quiet, outage = importlib.import_module("outage").main(drops=4, executor="serial")
    assert outage[0] == quiet[0] and outage[2] == pytest.approx(quiet[2], rel=1e-12)
    assert 0.7 < outage[1] / quiet[1] < 0.9  # a fifth of the stations, at an SIR that density does not change


@pytest.mark.parametrize(("what", "pays"), [("users", False), ("targets", True)])
def test_conclusions_of_the_paper_in_its_own_world(what, pays, capsys):
    """Clusters take from the communication ASE, and add to that of sensing."""
    importlib.import_module("conclusions").main([what, "--drops", "5", "--worlds", "1", "--executor", "serial"])
    *_, row = capsys.readouterr().out.splitlines()
    assert row.count("±") == 2 and row.count(" +" if pays else " -") == 2


def test_cooperation(capsys):
    importlib.import_module("cooperation").main(["--drops", "6", "--rows", "2", "--executor", "serial"])
    *_, last, said = capsys.readouterr().out.splitlines()
    assert last.startswith("3") and last.count("±") == 3 and last.endswith(" pays")
    assert said.startswith("users at rest: ") and said.endswith(" of 2")


def test_scaling_law(tmp_path, capsys):
    table = importlib.import_module("scaling_law").main(["--samples", "200", "-o", str(tmp_path / "law.png")])
    said = capsys.readouterr().out
    assert said.count("slopes") == len(table) == 18 and (tmp_path / "law.png").stat().st_size > 10_000
    alone, disturbed = table[2.0, False, "delays"], table[2.0, True, "delays"]
    assert alone[1] / alone[-1] < 15 < 60 < disturbed[1] / disturbed[-1]


def test_beamformers(capsys):
    found = importlib.import_module("beamformers").main(["--drops", "6", "--users", "4", "14", "--executor", "serial"])
    assert capsys.readouterr().out.splitlines()[0].split()[1] == "zero_forcing"
    few, many = (found[users][1] for users in (4, 14))
    assert many["regularized"].difference > 4 * many["regularized"].half_width  # crowded: nulls cost too much
    assert few["maximum_ratio"].difference + few["maximum_ratio"].half_width < 0
    assert abs(many["slnr"].difference - many["regularized"].difference) < 1e-9  # nothing granted: the same beams


def test_sensing_power(tmp_path, capsys):
    rows = importlib.import_module("sensing_power").main(
        ["--drops", "5", "--power", "0", "0.3", "--executor", "serial", "--csv", str(tmp_path / "front.csv")])
    assert "*" in capsys.readouterr().out and len(rows) == 12
    found = {row[:3]: row[3:] for row in rows}
    for cluster in (1, 2, 3):
        for combiner in ("mrc", "mvdr"):
            dark, lit = found[0.0, cluster, combiner], found[0.3, cluster, combiner]
            assert lit[0] < dark[0] and lit[1] > dark[1]
        assert found[0.3, cluster, "mvdr"][1] > found[0.3, cluster, "mrc"][1]
    assert len((tmp_path / "front.csv").read_text().splitlines()) == 13


@pytest.mark.parametrize(("name", "lines"), [("roc", 5), ("track_policies", 18), ("tracking_loop", 17)])
def test_programs_about_targets(name, lines, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [name, "--drops", "2", "--frames", "2", "--executor", "serial"])
    importlib.import_module(name).main()
    assert len(capsys.readouterr().out.splitlines()) == lines


def test_a_network_at_night(tmp_path, capsys, monkeypatch):
    program = importlib.import_module("night")
    monkeypatch.setitem(program.NETWORK, "simulation.frames", 20)
    found = program.main(drops=1, output=tmp_path / "night.png", executor="serial", hours=(0.1,) * 6 + (1.0,))
    assert len(capsys.readouterr().out.splitlines()) == 3
    awake, asleep, off = ([hour["power"].mean for hour in hours] for hours in found.values())
    assert awake[0] > 2 * asleep[0] > 2 * off[0]
    assert awake[6] > asleep[6] == off[6]
    assert found["sleeps"][0]["track_availability"].mean == found["always on"][0]["track_availability"].mean
    assert (tmp_path / "night.png").stat().st_size > 10_000


@pytest.mark.slow
def test_learning_a_policy():
    """That it goes through, and pairs; what comes out is in the findings."""
    pytest.importorskip("stable_baselines3")
    found = importlib.import_module("learn_a_policy").main(steps=1000, drops=3, drops_at_most=200)
    assert len(found) == 4
    assert all(width > 0 for _, width in found.values())
