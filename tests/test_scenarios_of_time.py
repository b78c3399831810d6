"""The scenarios of time and policies run, and print what they promise."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from isacsys.cli import main

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture
def program(monkeypatch, capsys):
    def run(name, *arguments):
        monkeypatch.setattr("sys.argv", [name, "--executor", "serial", *arguments])
        runpy.run_path(str(SCENARIOS / name), run_name="__main__")
        return capsys.readouterr().out
    return run


def figures(capsys, name, *arguments):
    assert main(["run", str(SCENARIOS / name), "--executor", "serial", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)["metrics"]


def test_traffic(capsys):
    found = figures(capsys, "traffic.toml", "--drops", "2", "--frames", "60")
    assert found["file_delay"]["mean"] > 0 and found["file_delay_95"]["mean"] > found["file_delay"]["mean"]
    assert 0 < found["fairness"]["mean"] <= 1 and "cell_edge_rate" in found and "handover_rate" in found
    assert "missed_revisits_fraction" not in found


def test_tracking(capsys):
    found = figures(capsys, "tracking.toml", "--drops", "2", "--frames", "40")
    assert 0 < found["null_late_fraction"]["mean"] < 1 and 0 < found["missed_revisits_fraction"]["mean"] < 1
    assert found["time_between_sensings"]["mean"] > 0 and "file_delay" not in found


def test_backhaul(program):
    lines = program("backhaul.py", "--drops", "2").splitlines()
    assert len(lines) == 7 and all("pays" in line for line in lines[2:])
    still = re.findall(r"[+-]\d+\.\d+", lines[2])
    assert len(still) == 6 and len(set(still)) == 1  # who stands still loses nothing by waiting
    assert "throughout" in lines[2] and "up to" in lines[-1]


def test_policies(program):
    lines = program("policies.py", "--drops", "2", "--frames", "10").splitlines()
    assert lines[1].startswith("round_robin") and len(lines) == 10
    assert all("±" in line for line in lines[2:])


README_POLICY = '''
import isacsys
from isacsys.testing import check_scheduler

class Patient(isacsys.Scheduler):
    """Serve those who have waited longest for their data, and sense the targets that are closest."""

    def select_users(self, station, count, rng):
        users = station.users
        return users.lowest(-users.waiting_time * users.queue.clip(max=1e9), count)

    def select_targets(self, station, count, rng):
        return station.targets.nearest(count)

check_scheduler(Patient)
scenario = isacsys.Scenario().replace({"network.area": 9, "traffic.model": "poisson", "simulation.frames": 5})
print(isacsys.run(scenario, drops=2, executor="serial", scheduler=Patient())["communication_rate_scheduled"])
'''


def test_a_policy_works_as_pasted(tmp_path):
    (tmp_path / "pasted.py").write_text(README_POLICY)
    done = subprocess.run([sys.executable, "pasted.py"], cwd=tmp_path, capture_output=True, text=True, timeout=200,
                          check=False)
    assert done.returncode == 0 and re.fullmatch(r"\S+ ± \S+ bit/s/Hz\n", done.stdout), done.stderr


BAD_POLICY = '''
import isacsys

class Bad(isacsys.Scheduler):
    def select_users(self, station, count, rng):
        return station.users.ids[[0, 0]]
'''


@pytest.mark.parametrize("seed", [3])
def test_a_bad_policy_is_one_line_and_finished_drops_are_kept(tmp_path, monkeypatch, capsys, seed):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad_policy_module.py").write_text(BAD_POLICY.replace(
        "return", "if rng.bit_generator.seed_seq.spawn_key[0] < 2:\n            return station.users.nearest(count)\n"
        "        return"))
    arguments = ["--executor", "serial", "--drops", "4", "-o", "run.h5", "--set", "network.area=9", "--set",
                 "scheduling.policy=bad_policy_module:Bad"]
    assert main(["run", str(SCENARIOS / "paper.toml"), *arguments]) == 2
    error = capsys.readouterr().err
    assert all(word in error for word in ("Bad", "drop 2", "frame 0", "twice")) and len(error.splitlines()) <= 2
    assert main(["show", "run.h5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["drops"] == 2
