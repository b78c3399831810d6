"""The first-time path: what each tool installs, and that a fresh clone and an installed package do what README says."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
PIP = """#!/usr/bin/env bash
while [ "$1" != --editable ]; do shift; done
echo "${2##*[}" "${@:3}" >> "$(dirname "$0")/../said"
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose Python only writes down what it is to install."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/_setup", tmp_path / "tools")
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text(PIP)
    (tmp_path / ".venv/bin/python").chmod(0o755)
    return tmp_path


def ensure(checkout, *purposes):
    """What is installed for one purpose after the other."""
    said = checkout / ".venv/said"
    said.write_text("")
    lines = "\n".join(f"(source tools/_setup; ensure {purpose}) || exit 1" for purpose in purposes)
    subprocess.run(["bash", "-eu", "-c", lines], cwd=checkout, check=True, capture_output=True)
    return said.read_text().split()


def test_every_tool_installs_what_it_needs_and_only_once(checkout):
    users = ["plot,report,geo]", "pandas", "xarray"]
    assert ensure(checkout, "use", "use") == users
    assert ensure(checkout, "dev", "docs", "docs", "dev", "use") == ["dev]", "docs]"]
    (checkout / "setup.cfg").write_text("changed")
    assert ensure(checkout, "docs", "use", "dev", "use") == ["docs]", *users, "dev]"]


def test_developers_have_what_users_have():
    extras = SETUP["options.extras_require"]
    dev = {re.split("[><=]", line)[0].strip() for line in extras["dev"].split("\n")}
    for extra in ("plot", "report", "geo"):
        assert {re.split("[><=]", line)[0].strip() for line in extras[extra].split("\n")} <= dev
    assert {"pandas", "xarray"} <= dev


@pytest.mark.parametrize("tool", ["isacsys", "test", "docs", "same", "bench"])
def test_tools_ask_for_a_purpose_that_there_is(tool):
    assert re.search(r"^ensure (use|dev|docs)$", (ROOT / "tools" / tool).read_text(), re.MULTILINE)


def test_pictures_of_readme_show_on_a_package_index():
    """It knows nothing of the files beside README."""
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    source = re.search(r"Source = (\S+)", SETUP["metadata"]["project_urls"])[1]
    home = source.replace("//github.com/", "//raw.githubusercontent.com/") + "/main/"
    assert pictures and all(link.startswith(home) and (ROOT / link.removeprefix(home)).exists() for link in pictures)


def test_every_python_that_may_be_had_is_named():
    named = re.findall(r"Python :: (3\.\d+)", SETUP["metadata"]["classifiers"])
    assert named[0] == SETUP["options"]["python_requires"].removeprefix(">=")
    assert set(re.findall(r"python(3\.\d+)", (ROOT / "tools/test-versions").read_text())) == set(named)


def run(*command, cwd):
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False,
                          env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, "PYTHON": sys.executable})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_clone_in_which_only_isacsys_has_run(tmp_path):
    """Needs a package index: every command and program of README, after the first one."""
    clone = tmp_path / "clone"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    run("tools/isacsys", "run", "scenarios/quickstart.toml", "--drops", "4", "-o", "first.h5",
        "--set", "recording.level=links", cwd=clone)
    run("tools/isacsys", "report", "first.h5", "-o", "first.html", cwd=clone)
    run("tools/isacsys", "plot", "first.h5", "-o", "first.png", cwd=clone)
    run(".venv/bin/python", "scenarios/fig3.py", "--quick", cwd=clone)
    run(".venv/bin/python", "-c", "import pandas, xarray, pyproj, isacsys\n"
        "print(pandas.DataFrame(isacsys.Run.open('first.h5').table('drops')))", cwd=clone)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (clone / "pasted.py").write_text(re.sub(r"drops=\d+", "drops=4", "".join(blocks)))
    run(".venv/bin/python", "pasted.py", cwd=clone)
    run("tools/docs", cwd=clone)


@pytest.mark.slow
def test_a_wheel_and_a_source_distribution_work_in_an_empty_environment():
    assert run("tools/package", cwd=ROOT).count("run, report, picture and plug-in work") == 2
