"""What version 0.1 wrote stays readable, and can be compared and continued."""

import json

import numpy as np
import pytest

import isacsys
from isacsys.cli import main
from isacsys.core.errors import ConfigError
from tests.recording.old import unpack

# What version 0.1 printed of it.
PRINTED = {"communication_rate": 5.263192644340942, "communication_ase": 9.837815813398558,
           "sensing_rate": 2.74491950553331, "sensing_ase": 4.280823316409126,
           "null_requests_per_bs": 3.185185185185185, "fairness": 0.4147847699711881}


@pytest.fixture
def old(tmp_path):
    return unpack(tmp_path)


@pytest.fixture
def scenario(old):
    return isacsys.open_run(old).scenario


def test_it_shows_what_it_showed(old, capsys):
    assert main(["show", str(old), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["drops"], shown["frames"], shown["complete"]) == (6, 2, True)
    for name, value in PRINTED.items():
        assert shown["metrics"][name]["mean"] == pytest.approx(value, rel=1e-12)


def test_tables_that_it_lacks_are_absent(old):
    run = isacsys.open_run(old)
    assert "refusals" not in run.tables
    with pytest.raises(ConfigError, match="older version"):
        run.table("refusals")
    assert len(run.table("links/communication")["rate"])


def test_it_can_be_compared_with_a_run_of_today(old, scenario):
    found = isacsys.compare(old, isacsys.run(scenario, executor="serial"))
    assert found.drops == 6
    assert found["communication_ase"].difference == pytest.approx(0, abs=1e-9)


def test_another_scenario_does_not_continue_it(old, scenario):
    with pytest.raises(ConfigError, match="allocation.users_per_bs"):
        isacsys.run(scenario.replace({"allocation.users_per_bs": 3}), output=old, resume=True, executor="serial")


@pytest.mark.filterwarnings("ignore:.*was begun with")
def test_it_can_be_continued(old, scenario, tmp_path):
    before = isacsys.open_run(old).table("drops")
    longer = isacsys.run(scenario, drops=8, output=old, resume=True, executor="serial")
    assert (longer.drops, longer.complete) == (8, True)
    whole = isacsys.run(scenario, drops=8, executor="serial")
    for name, column in before.items():
        assert longer.table("drops")[name][:6].tobytes() == column.tobytes()
        assert np.allclose(longer.table("drops")[name], whole.table("drops")[name], rtol=1e-9)
    assert "refusals" not in longer.tables
