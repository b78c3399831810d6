"""The program that simulates in a traced street canyon: with Sionna RT, and with paths that a test makes."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import isacsys
from isacsys.channel.files import ChannelFile, one_way, read_channels, write_channels

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture
def program(monkeypatch):
    monkeypatch.syspath_prepend(str(SCENARIOS))
    return importlib.import_module("ray_traced")


def by_geometry(program, points):
    """Return the straight path and one from the ground, with the gains and directions of geometry."""
    step = points[None] - program.STATIONS[:, None]
    step = np.stack([step, step - [0, 0, 2 * 1.5]], axis=2)  # [cell, point, path, 3]
    length = np.linalg.norm(step, axis=-1)
    wavelength = 299_792_458.0 / program.CARRIER
    gain = wavelength / (4 * np.pi * length) * np.exp(-2j * np.pi * length / wavelength) * np.array([1, -0.5])
    azimuth, zenith = np.arctan2(step[..., 1], step[..., 0]), np.arccos(step[..., 2] / length)
    arrival = np.arccos(np.stack([-step[..., 0, 2], step[..., 1, 2]], -1) / length)
    return {"gain": gain, "delay": length / 299_792_458.0, "azimuth_departure": azimuth, "zenith_departure": zenith,
            "azimuth_arrival": np.mod(azimuth + np.pi, 2 * np.pi), "zenith_arrival": arrival}


def two_paths(program, points, path):
    """Write both to points and between stations."""
    between = one_way(by_geometry(program, program.STATIONS + [0, 0, 1e-9]))
    file = ChannelFile("paths", program.CARRIER, program.STATIONS, points, np.full(2, np.pi / 2),
                       {**by_geometry(program, points), **between})
    write_channels(file, path)
    return read_channels(path)


def test_frames_over_paths_of_our_own(program, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(program, "traced", lambda points, path: two_paths(program, points, path))
    network = program.network
    monkeypatch.setattr(program, "network", lambda *given: network(*given).replace({"simulation.frames": 3}))
    program.main(["--points", "6", "-o", str(tmp_path / "picture.png")])
    said = capsys.readouterr().out
    assert "24 paths between 2 stations and 6 points" in said and "L = 2" in said
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    file = two_paths(program, np.array([[-20.0, 0, 1.5], [25.0, 2, 1.5]]), str(tmp_path / "small.h5"))
    assert (tmp_path / "small.h5").stat().st_size < 40_000
    run = isacsys.run(program.network(file, str(tmp_path / "small.h5"), tmp_path).replace({"simulation.frames": 2}),
                      executor="serial")
    assert run["communication_rate"].mean > 1 and 0 < run["sensing_rate"].mean < np.inf


TRACED = """
import sys
sys.path.insert(0, {scenarios!r})
import numpy as np
import ray_traced
ray_traced.traced(np.array([[-20.0, 0, 1.5], [25.0, 2, 1.5]]), {folder!r} + "/canyon.h5")
ray_traced.main(["--points", "6", "-o", {folder!r} + "/picture.png"])
"""


@pytest.mark.slow
def test_frames_over_a_traced_canyon(program, tmp_path):
    """Sionna RT traces the street canyon that it ships; what is traced agrees with geometry where there is sight."""
    if importlib.util.find_spec("sionna") is None or importlib.util.find_spec("sionna.rt") is None:
        pytest.skip("needs the extra rt")
    done = subprocess.run([sys.executable, "-c", TRACED.format(scenarios=str(SCENARIOS), folder=str(tmp_path))],
                          capture_output=True, text=True, check=False)
    if done.returncode < 0:
        pytest.skip(f"Sionna RT ends by signal {-done.returncode}: it has no LLVM that it can use")
    assert done.returncode == 0 and "L = 2" in done.stdout, done.stderr
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    file = read_channels(str(tmp_path / "canyon.h5")).arrays
    own = two_paths(program, np.array([[-20.0, 0, 1.5], [25.0, 2, 1.5]]), str(tmp_path / "own.h5")).arrays
    assert np.nanmin(np.where(file["between_gain"][0, 1] != 0, file["between_delay"][0, 1], np.nan)) == pytest.approx(
        own["between_delay"][0, 1, 0], rel=1e-3)
    for place in ((0, 0), (1, 1)):
        first = np.argmin(np.where(file["gain"][place] != 0, file["delay"][place], np.inf))
        for name in ("delay", "azimuth_departure", "zenith_departure", "zenith_arrival"):
            assert file[name][place][first] == pytest.approx(own[name][place][0], rel=1e-3), name
        assert abs(file["gain"][place][first]) == pytest.approx(abs(own["gain"][place][0]), rel=1e-2)
