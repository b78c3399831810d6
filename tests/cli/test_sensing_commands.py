"""The command about targets."""

import json

import numpy as np
import pytest

from isacsys import Scenario, cli
from isacsys.campaign.roc import Curve, roc
from isacsys.core.errors import ConfigError
from isacsys.sensing import detection

SMALL = {"network.area": 9, "network.users_per_cell": 4, "network.targets_per_cell": 4, "allocation.users_per_bs": 2}
ARGUMENTS = [f"--set={key}={value}" for key, value in SMALL.items()]


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("[sensing]\nmatched_filter_gain = 100.0\n")
    return str(path)


def test_roc_prints_a_table_a_picture_and_json(scenario, tmp_path, capsys):
    common = ["roc", scenario, *ARGUMENTS, "--drops", "4", "--executor", "serial"]
    assert cli.main([*common, "--json", "-o", str(tmp_path / "roc.png")]) == 0
    found = json.loads(capsys.readouterr().out)["roc"]
    assert len(found) == 8 and (tmp_path / "roc.png").stat().st_size > 5000
    values = [point["detection_probability"] for point in found]
    assert values == sorted(values) and all(point["half_width"] > 0 for point in found)
    assert cli.main([*common, "--false-alarm", "1e-3,0.1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_roc_is_the_mean_over_looks():
    plain = Scenario().replace({**SMALL, "simulation.drops": 3, "sensing.false_alarm": 1e-3})
    (point,) = roc(plain, [1e-3], executor="serial")
    from isacsys import run

    assert point.detection_probability == pytest.approx(run(plain, executor="serial")["detection_probability"].mean)


def test_roc_refuses_what_is_no_probability(scenario, capsys):
    assert cli.main(["roc", scenario, "--false-alarm", "2"]) == 2
    assert "false_alarm = 2.0: greater than 0" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="nothing is sensed"):
        roc(Scenario().replace({"allocation.targets_per_bs": 0}))


def test_a_curve_adds_up_the_closed_form():
    class Record:
        class targets:
            sir = np.array([1.0, 5.0])

        class frame_state:
            scenario = Scenario()

    assert Curve([0.01]).sums(Record())["roc_0"] == pytest.approx(detection.known_rcs([1.0, 5.0], 0.01).sum())
