"""The Python of the guide to beamformers works as pasted."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import isacsys

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "beamformers.md").read_text(encoding="utf-8")


def test_blocks_run_one_after_the_other(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) == 3
    (tmp_path / "pasted.py").write_text(re.sub(r"drops=\d+", "drops=2", "".join(blocks)))
    done = subprocess.run([sys.executable, "pasted.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" ± ") == 2


def test_settings_are_those_there_are():
    toml = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[0]
    isacsys.Scenario.from_dict(tomllib.loads(toml))
