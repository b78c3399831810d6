"""Settings are listed from where they are declared: every key once, and a schema that agrees with the checks."""

import dataclasses
import inspect
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from isacsys import Scenario
from isacsys.cli import main
from isacsys.config.catalogue import PLACES, files, models, new_scenario, schema, settings
from isacsys.config.rules import Section
from isacsys.core.errors import ConfigError
from isacsys.network.places import read_positions
from isacsys.network.queues import read_arrivals
from isacsys.network.trajectories import read_trajectories
from isacsys.simulation.daily_processes import PROCESS

ROOT = Path(__file__).parents[2]
DECLARED = [f"{section.name}.{f.name}" for section in Section.__subclasses__()
            if section.__module__.startswith("isacsys.") for f in dataclasses.fields(section)]
VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_every_key_is_listed_once_as_it_is_declared():
    assert sorted(setting.name for setting in settings()) == sorted(DECLARED)
    assert dict(Scenario().items()) == {setting.name: setting.default for setting in settings()}


@pytest.mark.parametrize("setting", settings(), ids=lambda setting: setting.name)
def test_every_key_says_what_it_is(setting):
    assert setting.rule.meaning.strip() and "  " not in setting.rule.meaning
    assert (setting.rule.unit != "") == (setting.rule.kind in ("real", "integer", "pair"))
    assert setting.rule.convert(setting.default) == setting.default
    assert setting.name in setting.to_text() and setting.rule.meaning.split()[0] in setting.to_text()
    json.dumps(setting.to_dict(), allow_nan=False)


def test_a_section_a_key_and_a_short_name_are_found():
    assert {s.section for s in settings("network")} == {"network"}
    assert [s.name for s in settings("allocation.users_per_bs")] == ["allocation.users_per_bs"]
    assert [s.name for s in settings("users_per_bs")] == ["allocation.users_per_bs"]
    with pytest.raises(ConfigError, match="did you mean allocation.users_per_bs"):
        settings("allocation.user_per_bs")


def test_the_command_prints_text_json_and_a_schema(capsys):
    assert main(["settings"]) == 0
    said = capsys.readouterr().out
    assert all(said.count(f"{name} = ") == 1 for name in DECLARED)
    assert main(["settings", "users_per_bs", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["settings"]
    assert (found["default"], found["minimum"], found["unit"]) == (12, 1, "1")
    assert main(["settings", "--schema"]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))
    assert main(["settings", "nonsense_of_mine"]) == 2


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").rglob("*.toml")), ids=lambda path: path.name)
def test_the_schema_accepts_every_scenario_file(path):
    VALIDATOR.validate(tomllib.loads(path.read_text()))


WRONG = {
    "an unknown section": "[networks]\narea = 1.0",
    "an unknown key": "[network]\nareas = 1.0",
    "a key outside a section": "area = 1.0",
    "a section that is no table": "network = 3",
    "a section twice, as a list": "[[network]]\narea = 1.0",
    "text for a number": "[network]\narea = \"100\"",
    "a number for text": "[scheduling]\npolicy = 3",
    "true for a number": "[network]\narea = true",
    "a number for true": "[sensing]\ninter_target_echo = 1",
    "a fraction for a whole number": "[antennas]\ntransmit = 2.5",
    "a list for a number": "[antennas]\ntransmit = [20]",
    "a word that is no choice": "[network]\nlayout = \"square\"",
    "a choice in capitals": "[recording]\nlevel = \"FULL\"",
    "zero where it must be more": "[network]\nbs_density = 0",
    "less than nothing": "[network]\nusers_per_cell = -1",
    "an exponent at its bound": "[propagation]\npath_loss_exponent = 2",
    "a probability above one": "[backhaul]\nloss = 1.5",
    "a loss of more than all": "[sensing]\nmismatch_loss = 1.01",
    "no users at all": "[allocation]\nusers_per_bs = 0",
    "a seed below zero": "[simulation]\nseed = -1",
    "a seed too large": f"[simulation]\nseed = {2**63}",
    "a date": "[simulation]\ndrops = 2026-01-01",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_the_schema_refuses_what_a_scenario_refuses(text):
    content = tomllib.loads(text)
    assert list(VALIDATOR.iter_errors(content))
    with pytest.raises(ConfigError):
        Scenario.from_dict(content)


@pytest.mark.parametrize("model", [None, *models()])
def test_a_new_scenario_is_commented_and_whole(tmp_path, capsys, model):
    text = new_scenario(model)
    assert Scenario.from_toml(text).replace({}) == (Scenario() if model in (None, models()[0]) else
                                                    Scenario().replace({"propagation.model": model}))
    lines = text.splitlines()
    keys = [i for i, line in enumerate(lines) if line and not line.startswith(("#", "["))]
    assert len(keys) == len(DECLARED) and all(lines[i - 1].startswith("#") for i in keys)
    path = tmp_path / "new.toml"
    assert main(["new", str(path), *(["--model", model] if model else [])]) == 0
    assert path.read_text() == text
    assert main(["new", str(path)]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_comments_leave_the_scenario_as_it_is():
    scenario = Scenario().replace({"allocation.users_per_bs": 5, "scheduling.policy": "nearest"})
    assert Scenario.from_toml(scenario.to_toml(comments=True)) == scenario == Scenario.from_toml(scenario.to_toml())


def test_a_wrong_model_is_refused(tmp_path):
    assert main(["new", str(tmp_path / "x.toml"), "--model", "martian"]) == 2
    assert not list(tmp_path.iterdir())


READERS = {
    "network.positions": read_positions,
    "mobility.positions": read_trajectories,
    "traffic.arrivals": read_arrivals,
}
CELLS = {"kind": "user", "time": "0.5", "bits": "8"}


@pytest.mark.parametrize("setting", files(), ids=lambda setting: setting.name)
def test_a_file_with_the_columns_that_are_listed_is_read(tmp_path, setting):
    names = [name for name, _ in setting.rule.columns]
    rows = [names, [CELLS.get(name, "1") for name in names]]
    (tmp_path / "x.csv").write_text("\n".join(map(",".join, rows)))
    READERS[setting.name](str(tmp_path / "x.csv"))


def test_help_shows_the_columns(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    said = capsys.readouterr().out
    for setting in files():
        assert f"{setting.name}: header {','.join(name for name, _ in setting.rule.columns)}" in said
    assert all(f"{name}:" in said for name in PLACES)


def test_a_built_in_process_leads_to_the_setting_that_names_it():
    meaning = settings("simulation.processes")[0].rule.meaning
    for name, process in PROCESS.built_in.items():
        said = re.search(rf"\b{name} = {{(.*?)}}", meaning)
        assert said and set(re.split(", | or ", said[1])) == set(inspect.signature(process).parameters)
        with pytest.raises(ConfigError, match="of it speak simulation.processes"):
            settings(name)
