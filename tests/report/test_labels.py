"""Labels, legends and remarks say what is there."""

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.campaign.result import distinct_names
from isacsys.config.catalogue import settings
from isacsys.config.scenario_values import SECTIONS
from isacsys.core.errors import ConfigError
from isacsys.recording.schema import EVENTS, TABLES
from isacsys.report.link_charts import _title
from isacsys.report.scene import scene_of
from isacsys.services.link_terms import ratio_word

SMALL = Scenario().replace({"network.area": 6.0, "network.users_per_cell": 10.0, "allocation.users_per_bs": 2,
                            "antennas.transmit": 4, "simulation.frames": 3, "recording.level": "links"})


def run(scenario=SMALL, **more):
    return isacsys.run(scenario, drops=2, executor="serial", **more)


def test_codes_of_events_are_in_the_log():
    said = next(column.description for column in TABLES["events"] if column.name == "event")
    assert all(f"{code} {name}" in said for code, name in enumerate(EVENTS))


def test_the_station_of_a_position_serves():
    for table in ("positions/users", "positions/targets"):
        assert "serving" in next(c.description for c in TABLES[table] if c.name == "station")


def test_runs_of_one_file_name_are_told_apart(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    one, other = (run(output=tmp_path / folder / "r.h5") for folder in "ab")
    assert distinct_names([one, other]) == ["a/r.h5", "b/r.h5"] and distinct_names([one]) == ["r.h5"]
    assert len(set(distinct_names([one, one, one]))) == 3
    lines = isacsys.compare(one, other).shape().lines
    assert any(line.startswith("A: a/r.h5") for line in lines) and any(line.startswith("B: b/r.h5") for line in lines)


@pytest.mark.parametrize(("noise", "word"), [(0.0, "SIR"), (0.3, "SINR")])
def test_noise_makes_it_sinr(noise, word):
    found = run(SMALL.replace({"propagation.noise_power": noise}))
    assert ratio_word([found.table("links/communication")]) == word


def test_bounds_are_called_bounds():
    assert _title("range_error") == "Bound of the range error" and _title("fused_sir") == "Fused sir"


@pytest.mark.parametrize("boundary", ["torus", "open"])
def test_only_a_torus_comes_back_on_the_other_side(boundary):
    found = run(SMALL.replace({"network.boundary": boundary}))
    assert scene_of(found, 0).wrapped == (boundary == "torus")


@pytest.mark.parametrize(("frames", "users", "said"), [(3, 30.0, True), (60, 6.0, False)])
def test_percentiles_that_are_zero_for_want_of_frames_get_a_line(frames, users, said):
    found = run(SMALL.replace({"simulation.frames": frames, "network.users_per_cell": users,
                               "recording.level": "summary"}))
    assert bool(found.remarks) == said == (found["cell_edge_rate"].mean == 0)
    assert not said or any("never served" in line or "served in none" in line for line in found.remarks)


@pytest.mark.parametrize("quiet", [{"traffic.model": "poisson", "traffic.arrival_rate": 0.3, "traffic.file_size": 1e4},
                                   {"simulation.processes": {"load_profile": {"load": [0.3]}}}])
def test_users_without_data_get_no_line(quiet):
    """More than half had nothing to receive; who had something was served: more frames would serve nobody more."""
    found = run(SMALL.replace({"simulation.frames": 60, "network.users_per_cell": 6.0, **quiet}))
    drops = found.table("drops")
    assert drops["users_never_served"].sum() > 0.5 * drops["users_there"].sum() and found["cell_edge_rate"].mean > 0
    assert not found.remarks


@pytest.mark.parametrize(("word", "meant"), [("sinr", "link.outage_sinr_db"), ("doppler", "doppler_speed"),
                                             ("lifetme", "lifetime")])
def test_suggestions_speak_of_what_was_asked(word, meant):
    with pytest.raises(ConfigError, match=meant):
        settings(word)


def test_figures_are_no_settings(capsys):
    from isacsys.cli import main

    assert main(["settings", "throughput"]) == 2
    assert "figures of a run with that name are" in capsys.readouterr().err


def test_short_is_auto_with_a_warning():
    lines = SMALL.replace({"simulation.engine": "short"}).warnings()
    assert any("auto" in line for line in lines) and not any("auto" in line for line in SMALL.warnings())
    one, other = (run(SMALL.replace({"simulation.engine": name})).table("links/communication")["sir"]
                  for name in ("auto", "short"))
    assert np.array_equal(one, other)


def test_hysteresis_is_about_what_is_received():
    assert "nearest" not in SECTIONS["mobility"].rules()["hysteresis"].meaning
