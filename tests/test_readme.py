"""The README's Python works as pasted, and its commands are those there are."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import isacsys
from isacsys.campaign import executors
from isacsys.cli import main
from isacsys.config.scenario import Scenario

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def pasted(tmp_path, blocks, drops):
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "pasted.py").write_text(re.sub(r"drops=\d+", f"drops={drops}", "".join(blocks)))
    return tmp_path / "pasted.py"


def test_python_blocks_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    """Pasted into a file, here without workers."""
    assert len(BLOCKS) >= 3
    program = pasted(tmp_path, BLOCKS, 2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "_make", lambda *_, **__: executors.Serial())
    exec(compile(program.read_text(), str(program), "exec"), {"__name__": "pasted"})
    said = capsys.readouterr().out
    assert " ± " in said and "bit/s/Hz/km²" in said


def test_a_program_has_workers_and_needs_no_guard(tmp_path):
    """On one processor, a worker."""
    program = pasted(tmp_path, BLOCKS[:1], 4)
    done = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False,
                          preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
    assert done.returncode == 0, done.stderr
    assert " ± " in done.stdout and "bit/s/Hz/km²" in done.stdout


@pytest.mark.slow
def test_all_of_it_is_a_program_with_workers(tmp_path):
    done = subprocess.run([sys.executable, pasted(tmp_path, BLOCKS, 4)], cwd=tmp_path, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr


def test_the_precoder_is_what_it_says():
    """With next to no loading it is zero forcing; with the package's own fixed loading it is that."""
    block = next(b for b in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "class Whitened" in b)
    space = {"isacsys": isacsys}
    exec(block.split("\nprint(")[0], space)
    small = Scenario().replace({"network.area": 9.0, "allocation.users_per_bs": 5, "allocation.targets_per_bs": 0})
    for loading, policy in ((1e-9, {}), (2.0, {"precoding.policy": "regularized", "precoding.regularization": 2.0})):
        mine, theirs = (isacsys.run(small.replace(changes), drops=4, executor="serial", precoder=precoder)
                        for changes, precoder in (({"simulation.engine": "vectors"}, space["Whitened"](loading)),
                                                  ({"simulation.engine": "vectors", **policy}, None)))
        assert mine["communication_rate"].mean == pytest.approx(theirs["communication_rate"].mean, rel=1e-5)


COMMANDS = re.findall(r"`(\w+) [A-Z]", README[README.index("| command | does |"):].split("\n\n")[0])


@pytest.mark.parametrize("command", [*COMMANDS, "schedulers"])
def test_commands_exist_and_help_has_an_example(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0 and "isacsys " in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.toml")), ids=lambda p: p.name)
def test_scenarios_load(path):
    assert Scenario.load(path).warnings() == []


def test_paper_scenario_is_the_default():
    assert Scenario.load(ROOT / "scenarios/paper.toml") == Scenario()
