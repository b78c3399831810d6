"""What is handed to run, sweep and validate: names and paths simply work; what is wrong is said in one sentence."""

import os
import re
import shutil
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import isacsys
from isacsys import Scenario, cli
from isacsys.core.errors import ConfigError, IsacError, PluginError
from isacsys.scheduling.grant_policies import RandomGrants
from isacsys.scheduling.schedulers import Nearest

ROOT = Path(__file__).parents[1]
SMALL = Scenario().replace({"network.area": 9.0, "network.users_per_cell": 8.0, "allocation.users_per_bs": 2,
                            "antennas.transmit": 4, "allocation.communication_cluster": 2, "simulation.drops": 3})
AXES = {"allocation.users_per_bs": [1, 2]}


@pytest.fixture
def path(tmp_path):
    (tmp_path / "s.toml").write_text(SMALL.to_toml())
    return tmp_path / "s.toml"


def everything(subject, **options):
    """What run, sweep and validate make of a subject."""
    run = isacsys.run(subject, executor="serial", **options)
    swept = isacsys.sweep(subject, AXES, executor="serial", **options)
    judged = isacsys.validate(subject, executor="serial", **options)
    return run.to_dict(), swept.to_dict(), judged.to_dict()


@cache
def plain():
    return everything(SMALL)


def test_paths_are_scenarios(path):
    assert everything(str(path)) == everything(path) == plain()


@pytest.mark.parametrize(("argument", "name", "key", "instance"), [
    ("scheduler", "nearest", "scheduling.policy", Nearest()), ("grant_policy", "random", "nulling.policy",
                                                               RandomGrants())])
def test_names_are_policies(argument, name, key, instance):
    named = everything(SMALL, **{argument: name})
    assert named == everything(SMALL.replace({key: name}))
    assert named[:2] == everything(SMALL, **{argument: instance})[:2]
    assert named != plain()
    assert isacsys.run(SMALL, executor="serial", **{argument: name}).scenario.get(key) == name


@pytest.mark.parametrize(("argument", "name"), [("precoder", "maximum_ratio"), ("combiner", "zero_forcing")])
def test_names_are_designs(argument, name):
    assert isacsys.run(SMALL, executor="serial", drops=1, **{argument: name}).drops == 1
    with pytest.raises(ConfigError, match="did you mean"):
        isacsys.run(SMALL, executor="serial", drops=1, **{argument: f"{name}x"})


def test_a_name_comes_without_the_parameters_of_another():
    scenario = SMALL.replace({"scheduling.policy": "their_module:Theirs", "scheduling.parameters.reach": 3})
    assert isacsys.run(scenario, executor="serial", scheduler="nearest").scenario.scheduling.parameters == {}


CALLS = {"run": lambda subject, **options: isacsys.run(subject, **options),
         "sweep": lambda subject, **options: isacsys.sweep(subject, AXES, **options),
         "validate": lambda subject, **options: isacsys.validate(subject, **options)}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("subject", "words"), [
    ("absent.toml", ["absent.toml", "No such file"]), (Path("absent.toml"), ["absent.toml"]), (3, ["3"]),
    (Scenario, ["write Scenario()"]), ({"network": {"area": 3.0}}, ["Scenario.from_dict"]), (None, ["None"]),
    (".", ["directory"])])
def test_what_is_no_scenario(call, subject, words):
    with pytest.raises(IsacError) as caught:
        call(subject)
    assert "scenario = " in str(caught.value) and all(word in str(caught.value) for word in words)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("options", "words"), [
    ({"scheduler": "nearset"}, "scheduling.policy = 'nearset': did you mean \"nearest\""),
    ({"scheduler": Nearest}, r"scheduler = .*: an object, not a class: write Nearest\(\)"),
    ({"scheduler": RandomGrants()}, "scheduler = .*: a scheduler"), ({"scheduler": 0}, "scheduler = 0: a scheduler"),
    ({"scheduler": ""}, "scheduling.policy = ''"), ({"scheduler": []}, "scheduler = .*: a scheduler"),
    ({"grant_policy": 3}, "grant_policy = 3: a grant policy: an object of a subclass of isacsys.GrantPolicy"),
    ({"grant_policy": "strong"}, "nulling.policy = 'strong': did you mean \"strongest\""),
    ({"grant_policy": RandomGrants}, r"write RandomGrants\(\)"), ({"scheduler": {"policy": "random"}}, "scheduler = ")])
def test_what_is_no_policy(call, options, words):
    with pytest.raises(ConfigError, match=words) as caught:
        call(SMALL, **options)
    assert len(str(caught.value).splitlines()) == 1


class Outage(isacsys.Process):
    def run(self, stage):
        yield stage.wait(1)


@pytest.mark.parametrize(("options", "words"), [
    ({"positions": 3}, "positions = 3: an object of isacsys.Positions"), ({"precoder": 3}, "precoder = 3: a precoder"),
    ({"processes": Outage()}, "processes = .*: a list of objects"), ({"processes": [Outage]}, r"write Outage\(\)"),
    ({"processes": [3]}, "processes = 3"), ({"measure": 3}, "measure = 3: a list"), ({"measure": ["r"]}, "measure = "),
    ({"combiner": Nearest()}, "combiner = .*: a combiner")])
def test_what_is_nothing_else(options, words):
    with pytest.raises(ConfigError, match=words):
        isacsys.run(SMALL, **options)


@pytest.mark.parametrize(("section", "value"), [("scheduling", {"policy": "nearest"}), ("network", 3),
                                                ("targets", type(SMALL.targets)), ("csi", SMALL.network)])
def test_what_is_no_section(section, value):
    with pytest.raises(ConfigError, match=f"{section} = .*: an object of isacsys.config.sections"):
        Scenario(**{section: value})


class Falsy(isacsys.Scheduler):
    def __len__(self):
        return 0

    def select_users(self, station, count, rng):
        return station.users.nearest(count)


class FalsyGrants(RandomGrants):
    def __bool__(self):
        return False


def test_what_is_falsy_is_used_all_the_same():
    for options, name in (({"scheduler": Falsy()}, "scheduler"), ({"grant_policy": FalsyGrants()}, "grant_policy")):
        run = isacsys.run(SMALL, executor="serial", **options)
        assert name in run.attributes
        assert run.to_dict() != isacsys.run(SMALL, executor="serial").to_dict()


class Fails(isacsys.Process):
    def __init__(self, at):
        self.at = at

    def run(self, stage):
        if self.at == "start":
            raise SystemExit(0)
        if self.at == "generator":
            return None
        return self.steps(stage)

    def steps(self, stage):
        yield stage.wait(0)
        if self.at == "step":
            raise ZeroDivisionError("again")

    def learn(self, record):
        if self.at == "learn":
            raise MemoryError


@pytest.mark.parametrize(("at", "words", "executor"), [
    ("start", "raised SystemExit: 0 .*test_arguments.py, line", "serial"),
    pytest.param("start", "raised SystemExit: 0 .*test_arguments.py, line", "process", marks=pytest.mark.slow),
    ("generator", "yields nothing to wait for", "serial"),
    ("step", "raised ZeroDivisionError: .*test_arguments.py, line", "serial"),
    ("learn", r"raised MemoryError .*test_arguments.py, line \d+\) learning from a frame", "serial")])
def test_processes_that_fail_are_named(at, words, executor):
    with pytest.raises(PluginError, match=f"process Fails {words}.*drop 0, frame"):
        isacsys.run(SMALL, processes=[Fails(at)], drops=1, frames=2, executor=executor, workers=1)


class Wrong(isacsys.Metric):
    columns = (isacsys.metrics.count("odd_things", "things that are odd"),)

    def __init__(self, answer):
        self.answer = answer

    def sums(self, record):
        return self.answer()


@pytest.mark.parametrize(("answer", "words"), [
    (lambda: 1 / 0, "raised ZeroDivisionError: .*test_arguments.py, line"), (lambda: sys.exit(0), "raised SystemExit"),
    (lambda: 3, "gave 3, not one number"), (dict, "gave {}, not one number")])
def test_metrics_that_fail_are_named(answer, words):
    with pytest.raises(PluginError, match=f"metric Wrong {words}"):
        isacsys.run(SMALL, measure=[Wrong(answer)], drops=1, executor="serial")


@pytest.mark.parametrize("formula", ["math:sqrt", "math:pi", "no_such_module:f", "os:_exit_", "leaves:f", "leaves:g"])
def test_formulas_of_the_command_line(path, formula, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leaves.py").write_text("def f(scenario):\n    raise SystemExit(0)\ndef g(scenario):\n    return 'x'\n")
    assert cli.main(["validate", str(path), "--set", "antennas.transmit=8", "--formula", formula, "--metric",
                     "communication_rate"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1 and "formula" in err


def test_the_tool_of_the_repository_imports_nothing_from_where_one_stands(tmp_path):
    """`tools/isacsys` with a virtual environment that is there already; a stranger's modules lie around."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    shutil.copytree(ROOT / "tools", home / "tools", ignore=shutil.ignore_patterns("benchmarks"))
    (home / ".venv/bin").mkdir(parents=True)
    for name in ("setup.cfg", ".venv/installed-dev", ".venv/installed"):
        shutil.copy(ROOT / "setup.cfg", home / name)
    python = home / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    elsewhere.mkdir()
    for name in ("json", "simpy", "csv", "h5py"):
        (elsewhere / f"{name}.py").write_text("import os\nos.write(2, b'STRANGER\\n')\n")
    done = subprocess.run([home / "tools/isacsys", "show", "absent.h5"], cwd=elsewhere, capture_output=True, text=True,
                          check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 2 and "STRANGER" not in done.stderr, done.stderr
    assert re.fullmatch(r"isacsys: .*absent\.h5.*\n", done.stderr)
