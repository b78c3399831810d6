"""The city to copy: what its files say is what is simulated and drawn; and a run of SUMO from beginning to end."""

import importlib.util
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import isacsys
from isacsys.cli import main
from isacsys.geography import read_cells
from isacsys.network import deploy
from isacsys.plotting.network_map import draw_map, lobes
from isacsys.propagation.antenna_patterns import read_msi

CITY = Path(__file__).parents[2] / "scenarios" / "my_city"


def test_it_is_what_its_files_say():
    scenario, rows = isacsys.Scenario.load(CITY / "city.toml"), read_cells(str(CITY / "cells.csv"))
    d = deploy(scenario, 0)
    assert len(d.sites) == len(rows.names) == 20 and len(d.cells) == len(rows)
    known = ~np.isnan(rows.azimuth)
    np.testing.assert_allclose(d.cells.azimuth[known], rows.azimuth[known])
    np.testing.assert_allclose(d.cells.power + scenario.radio.transmit_power_dbm, rows.power)
    assert read_msi(str(CITY / "sector.msi")).largest == 17.1
    run = isacsys.run(scenario.replace({"simulation.frames": 3, "simulation.warm_up": 1}), drops=1, executor="serial")
    assert run["communication_rate"].mean > 0.5
    assert len(run.table("ids")["id"]) == 80


def test_its_log_is_read_again_and_drawn(tmp_path):
    """Ids are text: in parts of unfinished runs, in logs, and in the report."""
    scenario = isacsys.Scenario.load(CITY / "city.toml").replace({
        "simulation.frames": 2, "simulation.warm_up": 0, "recording.level": "full", "energy.model": "earth",
        "energy.chains": 4})
    run = isacsys.run(scenario, drops=2, executor="serial", output=tmp_path / "r.h5")
    again = isacsys.open_run(tmp_path / "r.h5")
    for name, column in run.table("ids").items():
        np.testing.assert_array_equal(again.table("ids")[name], column)
    assert again.table("ids")["id"][0] == b"0"
    assert main(["report", str(tmp_path / "r.h5"), "-o", str(tmp_path / "r.html")]) == 0
    assert main(["play", str(tmp_path / "r.h5"), "-o", str(tmp_path / "p.html")]) == 0


def test_the_map_shows_beams_over_the_axes_of_its_files():
    scenario = isacsys.Scenario.load(CITY / "city.toml")
    d = deploy(scenario, 0)
    outline = lobes(scenario, d)
    reach = outline - d.stations[:, None]
    length = np.hypot(*np.moveaxis(reach, -1, 0))
    directed = length.max(axis=1) > 0
    assert directed.sum() == np.count_nonzero(~np.isnan(read_cells(str(CITY / "cells.csv")).azimuth))
    ahead = reach[np.arange(len(reach)), length.argmax(axis=1)]
    azimuth = np.degrees(np.arctan2(*ahead.T)) % 360  # clockwise from north
    off = (azimuth - d.cells.azimuth + 180) % 360 - 180
    assert np.abs(off[directed]).max() < 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = draw_map(scenario, 0).axes[0]
    assert axes.get_xlabel().startswith("km east of 11.07") and axes.get_ylabel().startswith("km north of 49.45")
    np.testing.assert_allclose(axes.get_xlim(), d.box.origin[0] + [0, d.extent[0]])


@pytest.mark.slow
def test_from_sumo_to_rates(tmp_path):
    """SUMO makes a net, drives 200 vehicles through it for 60 s, and all of them are served where it says they are."""
    found = importlib.util.find_spec("sumo")
    if found is None or found.origin is None:
        pytest.skip("needs SUMO: pip install \"isacsys[sumo]\"")
    home = Path(found.origin).parent

    def call(*words):
        subprocess.run([str(w) for w in words], cwd=tmp_path, check=True, capture_output=True,
                       env={**os.environ, "SUMO_HOME": str(home)})

    call(home / "bin" / "netgenerate", "--grid", "--grid.number", 6, "--grid.length", 250, "-o", "net.xml")
    call(sys.executable, home / "tools" / "randomTrips.py", "-n", "net.xml", "-o", "trips.xml", "-b", 0, "-e", 50, "-p",
         0.25, "--seed", 5)
    call(home / "bin" / "sumo", "-n", "net.xml", "-r", "trips.xml", "-e", 60, "--fcd-output", "fcd.xml.gz")
    scenario = isacsys.Scenario.load(CITY / "city.toml").replace({
        "mobility.positions": str(tmp_path / "fcd.xml.gz"), "mobility.offset": [-625.0, -625.0], "mobility.begin": 0.0,
        "simulation.frames": 120, "simulation.frame_duration": 0.5, "simulation.warm_up": 0,
        "allocation.targets_per_bs": 0, "recording.level": "full"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = isacsys.run(scenario, drops=1, executor="serial")
    assert len(run.table("ids")["id"]) == pytest.approx(200, abs=10)
    links = run.table("links/communication")
    assert len(links["rate"]) > 3000 and np.isfinite(links["rate"]).all()
    assert run["communication_rate"].mean > 0.5 and run["handover_rate"].mean > 0
