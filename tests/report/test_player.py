"""A drop played back: what the page holds is what the log holds."""

import base64
import json
import re

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.cli import main
from isacsys.core.errors import ConfigError
from isacsys.report.player import ABSENT, play_data, write_player

MOVING = Scenario().replace({
    "network.area": 6.0, "network.layout": "fixed_count", "network.users_per_cell": 6.0,
    "network.targets_per_cell": 2.0, "antennas.transmit": 4,
    "allocation.users_per_bs": 2, "allocation.communication_cluster": 2, "mobility.user_speed": 30.0,
    "mobility.target_speed": 20.0, "targets.lifetime": 0.5, "tracking.enabled": True, "sensing.coherent_time": 0.01,
    "simulation.drops": 2, "simulation.frames": 8, "simulation.frame_duration": 0.1, "recording.level": "full"})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return isacsys.run(MOVING, executor="serial", output=tmp_path_factory.mktemp("play") / "run.h5")


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


@pytest.mark.parametrize("kind", ["user", "target"])
def test_places_are_those_of_the_log_within_a_centimetre(run, kind):
    data = play_data(run, 1)[f"{kind}s"]
    places = unpacked(data["places"], "<i4").reshape(run.frames, data["count"], 2)
    paths = run.table(f"paths/{kind}s")
    mine = paths["drop"] == 1
    found = places[paths["frame"][mine], paths[kind][mine]] / 1e5
    assert np.abs(found - np.stack([paths["x"][mine], paths["y"][mine]], axis=-1)).max() <= 0.5e-5 + 1e-12
    assert np.count_nonzero(places[..., 0] != ABSENT) == np.count_nonzero(mine)  # nobody else is there
    assert np.ptp(places[:, 0, 0]) > 0  # somebody moves


def test_rows_of_every_frame_are_those_of_the_log(run):
    data, requests = play_data(run, 0), run.table("requests")
    mine = (requests["drop"] == 0) & (requests["granted"] > 0)
    assert np.any((requests["drop"] == 0) & (requests["granted"] == 0))
    first = data["nulls"]["first"]
    assert np.diff(first).tolist() == np.bincount(requests["frame"][mine], minlength=run.frames).tolist()
    assert unpacked(data["nulls"]["asked"], "<u2").tolist() == requests["asked"][mine].tolist()
    tracks = run.table("paths/tracks")
    assert data["tracks"]["first"][-1] == np.count_nonzero(tracks["drop"] == 0) > 0


def test_an_ellipse_holds_95_percent(run):
    """Of the law that a track believes in, drawn here."""
    data, tracks = play_data(run, 0), run.table("paths/tracks")
    row = int(np.flatnonzero(tracks["drop"] == 0)[0])
    order = np.flatnonzero(tracks["drop"] == 0)
    at = list(order).index(row)
    xx, xy, yy = (tracks[name][row] for name in ("variance_x", "covariance_xy", "variance_y"))
    drawn = np.random.default_rng(3).multivariate_normal([0, 0], [[xx, xy], [xy, yy]], 40_000)
    major, minor = (unpacked(data["tracks"][name], "<f4")[at] / 100 for name in ("major", "minor"))
    angle = np.radians(unpacked(data["tracks"]["angle"], "<f4")[at])
    along = drawn @ [np.cos(angle), np.sin(angle)]
    across = drawn @ [-np.sin(angle), np.cos(angle)]
    inside = np.mean((along / major) ** 2 + (across / max(minor, 1e-9)) ** 2 <= 1)
    assert inside == pytest.approx(0.95, abs=0.005)  # 4.6 standard errors


def test_the_command_writes_one_page_that_needs_nothing_else(run, tmp_path, capsys):
    assert main(["play", str(run.path), "-o", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    assert not re.search(r"(src|href)=\"(?!data:|#)", page) and 'type="range"' in page
    recorded = json.loads(re.search(r"class=\"recorded\">(.*?)</script>", page, re.DOTALL)[1])
    assert recorded["frames"] == 8 and len(recorded["stations"]["x"]) == 6


@pytest.mark.parametrize(("level", "drop", "output", "named"), [
    ("links", None, "p.html", "recording.level"), ("full", 7, "p.html", "--drop"), ("full", None, "p.txt", "output")])
def test_bad_input_is_named(level, drop, output, named, tmp_path):
    found = isacsys.run(MOVING.replace({"recording.level": level, "simulation.drops": 1, "simulation.frames": 2}),
                        executor="serial")
    with pytest.raises(ConfigError, match=named):
        write_player(found, tmp_path / output, drop)
    assert not (tmp_path / output).exists()
