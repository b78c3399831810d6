"""One identity: the same computation; another: something that matters is different."""

import functools
import importlib.util
import runpy
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.campaign.payload import identity
from isacsys.cli import main
from isacsys.core.errors import ConfigError

SOURCE = '''
import functools
import numpy as np
import isacsys
from dataclasses import dataclass

FACTOR = 2.0
TABLE = np.arange(3)

def helper(users):
    return users.nearest(len(users))

@functools.lru_cache
def cached(number):
    return number + 1

def unused():
    return 1

class Base(isacsys.Scheduler):
    def order(self, users):
        return helper(users)

class Mine(Base):
    """Mine."""
    reach = 0.5
    def __init__(self, window=3):
        self.window = window
    def select_users(self, station, count, rng):
        key = lambda n: n * FACTOR + cached(n) + TABLE[0]
        return self.order(station.users)[:count]
    @property
    def far(self):
        return self.reach

@dataclass(frozen=True)
class Value:
    number: int = 1
'''


def load(tmp_path, text=SOURCE):
    """The module that `text` is, in a file of its own."""
    path = tmp_path / f"mine_{len(list(tmp_path.iterdir()))}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_was_made_twice_is_one(tmp_path):
    one, other = load(tmp_path), load(tmp_path)
    assert identity(one.Mine()) == identity(other.Mine()) == identity(one.Mine(3))
    assert identity(one.Mine) == identity(other.Mine) and identity(one.Value(2)) == identity(other.Value(2))


@pytest.mark.parametrize(("old", "new"), [
    ("nearest(len(users))", "nearest(len(users))[::-1]"), ("reach = 0.5", "reach = 0.4"), ("[:count]", "[:count - 1]"),
    ("FACTOR = 2.0", "FACTOR = 2.5"), ("np.arange(3)", "np.arange(4)"), ("number + 1", "number + 2"),
    ("return self.reach", "return -self.reach"), ("n * FACTOR", "n + FACTOR"), ("class Mine(", "class Other("),
    ("return helper(users)", "return users.ids")])
def test_what_it_uses_counts(tmp_path, old, new):
    one, other = load(tmp_path), load(tmp_path, SOURCE.replace(old, new))
    assert identity(one.Mine()) != identity(getattr(other, "Other", getattr(other, "Mine", None))())


@pytest.mark.parametrize(("old", "new"), [("return 1\n", "return 2\n"),
                                          ("import functools\n", "import functools\n\n# a word\n")])
def test_what_it_does_not_use_does_not(tmp_path, old, new):
    one, other = load(tmp_path), load(tmp_path, SOURCE.replace(old, new))
    assert identity(one.Mine()) == identity(other.Mine())


@dataclass
class Holder:
    value: object


VALUES = [0, 1, 1.5, True, "1", b"1", None, (1,), [1, 2], {"a": 1}, {"a": 2}, {1, 2}, np.arange(3), np.arange(3.0),
          np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2), np.array(["a"], object), np.random.default_rng(1),
          np.random.default_rng(2), len, max, functools.partial(max, 1), functools.partial(max, 2), Scenario(),
          Scenario().replace({"simulation.seed": 5}), lambda: 1, lambda: 2]


def test_values_differ():
    found = [identity(Holder(value)) for value in VALUES]
    assert len(set(found)) == len(found)
    assert identity({"a", "b", "c"}) == identity({"c", "b", "a"})


def test_what_holds_itself_has_one():
    loop = []
    loop.append(loop)
    assert identity(loop) == identity(loop)


AGAIN = """
import sys
import isacsys

class Mine(isacsys.Scheduler):
    def __init__(self, names):
        self.names = names
    def select_users(self, station, count, rng):
        return station.users.ids[:count]

scenario = isacsys.Scenario().replace({"network.area": 9.0, "allocation.users_per_bs": 2})
run = isacsys.run(scenario, scheduler=Mine({"a", "b", "c"}), drops=DROPS, executor="serial", output="run.h5",
                  resume=True)
print(run.drops)
"""


def test_a_program_may_be_changed_and_run_again(tmp_path, monkeypatch, capsys):
    """More drops, another hash seed; but not another policy."""
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "program.py"
    program.write_text(AGAIN.replace("DROPS", "2"))
    runpy.run_path(str(program), run_name="__main__")
    assert capsys.readouterr().out == "2\n"
    program.write_text(AGAIN.replace("DROPS", "4").replace("import sys\n", "import sys\n# more\n"))
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, check=False)
    assert done.stdout == "4\n", done.stderr
    program.write_text(AGAIN.replace("DROPS", "6").replace("ids[:count]", "ids[1:count]"))
    with pytest.raises(ConfigError, match="scheduler = 'Mine "):
        runpy.run_path(str(program), run_name="__main__")


def test_a_policy_beside_a_scenario_that_was_edited_is_another(tmp_path):
    text = ("import isacsys\nclass Mine(isacsys.Scheduler):\n    def select_users(self, station, count, rng):\n"
            "        return station.users.ids[:count]\n")
    (tmp_path / "edited_policy.py").write_text(text)
    (tmp_path / "s.toml").write_text("[network]\narea = 9.0\n[allocation]\nusers_per_bs = 2\n"
                                     '[scheduling]\npolicy = "edited_policy:Mine"\n')
    command = ["run", str(tmp_path / "s.toml"), "-o", str(tmp_path / "run.h5"), "--resume", "--executor", "serial",
               "--drops"]
    assert main([*command, "1"]) == 0
    (tmp_path / "edited_policy.py").write_text(text.replace("ids[:count]", "nearest(count)"))
    done = subprocess.run([sys.executable, "-m", "isacsys", *command, "2"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "source of scheduling.policy" in done.stderr, done.stderr


class NotToBeCopied(isacsys.Scheduler):
    def __init__(self):
        self.lines = (line for line in "ab")

    def select_users(self, station, count, rng):
        return []


@pytest.mark.parametrize("executor", ["serial", "process"])
def test_what_cannot_be_copied_is_one_line(executor):
    with pytest.raises(ConfigError, match="scheduler = .*an object that can be copied .*TypeError"):
        isacsys.run(Scenario(), scheduler=NotToBeCopied(), executor=executor)
