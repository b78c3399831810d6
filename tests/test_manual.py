"""The manual: its Python works as pasted, it builds without a warning, and its links lead somewhere."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from isacsys.campaign import executors

ROOT = Path(__file__).parents[1]
PAGES = sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts)
WITH_PYTHON = [page for page in PAGES if "```python\n" in page.read_text(encoding="utf-8")]


def names(pages):
    return [page.relative_to(ROOT / "docs").as_posix() for page in pages]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=names(WITH_PYTHON))
def test_python_of_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch, capsys):
    """With few drops, in this process."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "_make", lambda *_, **__: executors.Serial())
    code = re.sub(r"drops=\d+", "drops=2", "\n".join(blocks))
    exec(compile(code, str(page), "exec"), {"__name__": "pasted"})


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_relative_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (page.parent / link).exists(), link


@pytest.mark.slow
def test_it_builds_without_a_warning(tmp_path):
    pytest.importorskip("furo")
    pytest.importorskip("myst_parser")
    (ROOT / "docs/_build").mkdir(exist_ok=True)
    listed = subprocess.run([sys.executable, "-m", "isacsys", "settings"], cwd=ROOT, capture_output=True, check=True)
    (ROOT / "docs/_build/settings.txt").write_bytes(listed.stdout)
    done = subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html", "docs",
                           str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
