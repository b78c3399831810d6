"""Plug-ins are found by name, beside the scenario, installed, or as objects; what is wrong is said in one line."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import isacsys
from isacsys import Scenario, cli
from isacsys.core.errors import ConfigError, SchedulingError
from isacsys.plugins import loading
from isacsys.plugins.kinds import KINDS, PluginKind
from isacsys.scheduling import ALLOCATION_POLICY, GRANT_POLICY, SCHEDULER, allocate
from isacsys.scheduling.schedulers import Nearest

MINE = """
import isacsys
from helper_of_mine import far

class Far(isacsys.Scheduler):
    \"\"\"Serve users beyond some distance first.\"\"\"
    def __init__(self, distance=0.5, *, names=()):
        if distance < 0:
            raise ValueError("negative")
        self.distance, self.names = distance, names
    def select_users(self, station, count, rng):
        return far(station.users, self.distance)[:count]

class Broken(Far):
    def select_users(self, station, count, rng):
        return (
            1 / 0)

class Leaves(Far):
    def select_users(self, station, count, rng):
        raise {leave}
"""
HELPER = "def far(users, distance):\n    return users.ids[users.distance.argsort()][::-1]\n"
TOML = """
[network]
area = 9.0
users_per_cell = 6.0
[allocation]
users_per_bs = 2
[simulation]
drops = 2
[scheduling]
policy = "mine:{name}"
"""


@pytest.fixture
def scenario(tmp_path):
    def write(name="Far", parameters="", leave="SystemExit(0)"):
        (tmp_path / "mine.py").write_text(MINE.replace("{leave}", leave))
        (tmp_path / "helper_of_mine.py").write_text(HELPER)
        text = TOML.format(name=name) + (f"[scheduling.parameters]\n{parameters}\n" if parameters else "")
        (tmp_path / "s.toml").write_text(text)
        return Scenario.load(tmp_path / "s.toml")

    return write


def test_modules_are_found_beside_the_scenario_wherever_one_stands(scenario):
    found = scenario()
    before = list(sys.path)
    one, other = (isacsys.run(found, executor=executor, workers=1) for executor in ("serial", "process"))
    assert one["communication_rate"] == other["communication_rate"] and sys.path == before
    with pytest.raises(ConfigError, match="scheduling.policy = 'mine:Far': an importable"):
        isacsys.run(Scenario().replace({"scheduling.policy": "mine:Far"}), drops=1, executor="serial")


def test_modules_of_one_name_beside_two_scenarios_are_two(tmp_path):
    """The second is not the first again."""
    for name, line in (("a", "users.ids[:count]"), ("b", "users.ids[-count:]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same_name.py").write_text(
            f"import isacsys\nclass P(isacsys.Scheduler):\n    WHERE = {name!r}\n"
            f"    def select_users(self, station, count, rng):\n        return station.{line}\n")
    found = [SCHEDULER.find("same_name:P", beside=(str(tmp_path / name),)).WHERE for name in "aba"]
    assert found == ["a", "b", "a"]


def test_parameters_are_keyword_arguments(scenario):
    found = scenario(parameters='distance = 0.25\nnames = ["a", "b"]')
    policy = SCHEDULER.of(found)
    assert (policy.distance, policy.names) == (0.25, ("a", "b"))
    assert Scenario.from_toml(found.to_toml()) == found and hash(found) == hash(Scenario.from_toml(found.to_toml()))
    changed = found.replace({"scheduling.parameters.distance": 0.5})
    assert SCHEDULER.of(changed).distance == 0.5 and changed.get("scheduling.parameters.names") == ("a", "b")
    assert isacsys.run(found, executor="serial").scenario.scheduling.parameters == {
        "distance": 0.25, "names": ("a", "b")}
    with pytest.raises(TypeError, match=r"Scenario\.replace"):
        found.scheduling.parameters["distance"] = 1


@pytest.mark.parametrize(("parameters", "words"), [
    ("speed = 3", ["scheduling.parameters", "speed", "distance, names"]),
    ("distance = -1", ["scheduling.parameters", "ValueError: negative", "mine.py, line 9"])])
def test_wrong_parameters_are_one_line(scenario, parameters, words):
    with pytest.raises(ConfigError) as caught:
        isacsys.run(scenario(parameters=parameters))
    assert all(word in str(caught.value) for word in words) and "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["2020-01-01", "nan", "[1, 2020-01-01]"])
def test_parameters_are_plain_values(scenario, value):
    with pytest.raises(ConfigError, match="a table of numbers"):
        scenario(parameters=f"distance = {value}")


@pytest.mark.parametrize("kind", [SCHEDULER, GRANT_POLICY, ALLOCATION_POLICY], ids=lambda kind: kind.word)
def test_built_in_ones_take_no_parameters_they_do_not_know(kind):
    section = kind.key.partition(".")[0]
    changed = Scenario().replace({f"{section}.parameters": {"window": 3}})
    with pytest.raises(ConfigError, match=rf"{section}.parameters = .*window.*which are: none"):
        kind.of(changed)


@pytest.mark.parametrize("executor", ["serial", "process"])
def test_file_and_line_of_what_failed(scenario, executor):
    with pytest.raises(SchedulingError, match=r"Broken raised ZeroDivisionError.*mine\.py, line 17\)"):
        isacsys.run(scenario("Broken"), executor=executor, workers=1)


@pytest.mark.parametrize(("leave", "executor"), [("SystemExit(0)", "serial"), ("KeyboardInterrupt", "serial"),
                                                 ("MemoryError", "serial"),
                                                 pytest.param("SystemExit(0)", "process", marks=pytest.mark.slow)])
def test_leaving_is_a_fault(scenario, leave, executor):
    with pytest.raises(SchedulingError, match=rf"Leaves raised {leave[:8]}.*mine\.py, line 21\)"):
        isacsys.run(scenario("Leaves", leave=leave), executor=executor, workers=1)


@pytest.mark.parametrize("leave", ["raise SystemExit(0)", "raise KeyboardInterrupt", "raise MemoryError", "1 / 0",
                                   "1 +"])
def test_so_is_leaving_on_import(scenario, tmp_path, capsys, leave):
    scenario()
    (tmp_path / "mine.py").write_text(f"import os\n{leave}\n")
    assert cli.main(["run", str(tmp_path / "s.toml")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1 and "mine.py, line 2" in err


@pytest.mark.parametrize(("body", "words"), [
    ("1 / 0", r"Mine raised ZeroDivisionError.*\.py, line 4"), ("raise SystemExit(0)", "Mine raised SystemExit: 0"),
    ("return 3", "a mapping of"), ("return {'users_per_bs': 'x'}", r"allocation\.users_per_bs")])
def test_faults_of_allocation_policies(tmp_path, body, words):
    (tmp_path / "alloc.py").write_text(
        f"import isacsys\nclass Mine(isacsys.AllocationPolicy):\n    def allocate(self, scenario):\n        {body}\n")
    with pytest.raises(isacsys.core.errors.IsacError, match=words):
        allocate(Scenario(beside=(str(tmp_path),)).replace({"allocation.policy": "alloc:Mine"}))


def test_names_of_python_are_never_taken_from_beside(tmp_path):
    """Nor are those of what is installed."""
    for name in ("json", "wave", "simpy"):
        (tmp_path / f"{name}.py").write_text("class Mine: pass\n")
        with pytest.raises(ConfigError, match="has no Mine"):
            loading.load("key", f"{name}:Mine", (str(tmp_path),))


def test_strangers_where_one_stands_do_not_run(tmp_path):
    """A json.py there is not imported, by workers neither."""
    for name in ("json", "socket", "struct", "simpy", "tempfile"):
        (tmp_path / f"{name}.py").write_text("import os\nos.write(2, b'STRANGER\\n')\n")
    (tmp_path / "s.toml").write_text(TOML.partition("[scheduling]")[0])
    command = "import sys; from isacsys.cli import main; sys.exit(main())"  # as the installed script has it
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/isacsys").write_text(command)
    done = subprocess.run([sys.executable, "bin/isacsys", "run", "s.toml", "--workers", "1", "--json"], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "STRANGER" not in done.stderr, done.stderr
    assert json.loads(done.stdout)["complete"]


class Tool:
    """A base."""


class Hammer(Tool):
    """Hits things."""


def test_a_kind_is_one_line():
    tools = PluginKind("tool", Tool, "shed.tool", {"hammer": Hammer})
    assert isinstance(tools.find("hammer"), Hammer) and tools.available() == {"hammer": "Hits things."}
    assert (tools.group, tools.check) == ("isacsys.tools", "check_tool")
    assert (GRANT_POLICY.group, GRANT_POLICY.check) == ("isacsys.grant_policies", "check_grant_policy")
    with pytest.raises(ConfigError, match=r"shed.tool = 'hamer': did you mean \"hammer\""):
        tools.find("hamer")
    for value, words in ((Hammer, r"write Hammer\(\)"), (3, "argument = 3: a tool")):
        with pytest.raises(ConfigError, match=words):
            tools.check_object("argument", value)


def test_the_command_lists_every_kind(capsys):
    assert cli.main(["plugins", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == set(KINDS) >= {"scheduler", "grant policy", "allocation policy"}
    assert found["scheduler"]["nearest"] == Nearest.__doc__.splitlines()[0]
    assert cli.main(["plugins"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == sum(map(len, found.values())) and any(line.startswith("strongest") for line in lines)


def test_entry_points(tmp_path, monkeypatch):
    folder = tmp_path / "other-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[isacsys.schedulers]\ntheirs = their_module:Theirs\nnone = nothing:X\n")
    (tmp_path / "their_module.py").write_text(
        "import isacsys\nclass Theirs(isacsys.Scheduler):\n"
        "    def select_users(self, station, count, rng):\n        return station.users.nearest(count)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert SCHEDULER.available()["theirs"] == "from their_module:Theirs"
    assert type(SCHEDULER.find("theirs")).__name__ == "Theirs"
    with pytest.raises(ConfigError, match="nothing"):
        SCHEDULER.find("none")


THEIRS = """
import isacsys
from isacsys.metrics import Estimator, count

class Outage(isacsys.Process):
    def __init__(self, station=0, after=0.0):
        self.station, self.after = station, after
    def run(self, stage):
        yield stage.wait(self.after)
        stage.state.switch(self.station, on=False)

class Slow(isacsys.Metric):
    columns = (count("slow_users", "scheduled users that are slow"),)
    estimates = (Estimator("slow_share", {"slow_users": 1, "communication_links": -1}, "1", "share of slow users"),)
    def __init__(self, rate=1.0):
        self.rate = rate
    def sums(self, record):
        return {"slow_users": int((record.users.rate < self.rate).sum())}
"""


def test_processes_and_metrics_from_toml(tmp_path, capsys):
    (tmp_path / "theirs.py").write_text(THEIRS)
    text = TOML.partition("[scheduling]")[0].replace("drops = 2", "drops = 2\nframes = 3")
    (tmp_path / "s.toml").write_text(
        text + '[simulation.processes]\n"theirs:Outage" = {station = 1, after = 0.01}\n'
        '[recording.metrics]\n"theirs:Slow" = {rate = 2.0}\n')
    found = Scenario.load(tmp_path / "s.toml")
    sys.path.insert(0, str(tmp_path))
    try:
        import theirs
    finally:
        sys.path.remove(str(tmp_path))
    bare = found.replace({"simulation.processes": {}, "recording.metrics": {}})
    handed = isacsys.run(bare, executor="serial", processes=[theirs.Outage(1, 0.01)], measure=[theirs.Slow(2.0)])
    run = isacsys.run(found, executor="serial", output=tmp_path / "run.h5")
    assert run["slow_share"].mean == handed["slow_share"].mean > 0
    assert run["communication_rate"] == handed["communication_rate"]
    assert run["communication_rate"] != isacsys.run(bare, executor="serial")["communication_rate"]
    del sys.modules["theirs"]
    assert cli.main(["show", str(tmp_path / "run.h5"), "--json"]) == 0
    assert "slow_share" in json.loads(capsys.readouterr().out)["metrics"] and "theirs" not in sys.modules
    for key, value, words in (("simulation.processes", {"theirs:Outage": 3}, "theirs:Outage = 3: a table"),
                              ("simulation.processes", {"theirs:Outage": {"x": 3}}, "Outage = .*which are: station"),
                              ("recording.metrics", {"theirs:Outage": {}}, "a subclass of isacsys.Metric"),
                              ("recording.metrics", {"theirs": {}}, "module:Class")):
        with pytest.raises(ConfigError, match=words):
            isacsys.run(found.replace({key: value}), executor="serial")


def test_the_guide_works_as_pasted(tmp_path):
    """Its class beside its TOML, and its check."""
    guide = (Path(__file__).parents[2] / "docs/guides/plugins.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    toml = re.search(r"```toml\n(.*?)```", guide, re.DOTALL)[1]
    (tmp_path / "my_module.py").write_text("import isacsys\n" + blocks[0])
    (tmp_path / "s.toml").write_text(TOML.partition("[scheduling]")[0] + toml)
    assert SCHEDULER.of(Scenario.load(tmp_path / "s.toml")).reach == 0.4
    assert isacsys.run(tmp_path / "s.toml", executor="serial").drops == 2
    exec("import isacsys\n" + blocks[0] + blocks[1], {})
