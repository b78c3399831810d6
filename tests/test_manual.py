"""The manual: what can be pasted from it runs, it builds without a warning, and its links lead somewhere."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from isacsys.campaign import executors
from isacsys.cli import COMMANDS, build_parser
from isacsys.config.catalogue import settings
from isacsys.recording.schema import EVENTS, LEVELS, TABLES
from tests import pages
from tests.pages import PAGES, ROOT, blocks, shell
from tools import gallery

RUN = [page for page in (*PAGES, ROOT / "README.md") if any(block.kind in ("python", "sh") for block in blocks(page))]
SLOW = ("README", *(f"docs/{page}" for page in (
    "index", "tutorial", "tasks", "log", "guides/scripting", "guides/search", "guides/report", "guides/sweeps",
    "guides/figures", "guides/formulas", "guides/campaigns", "models/analysis", "models/beams.md")))
# Blocks that are shown and not run, by page and how they begin, and why.
SHOWN = {
    ("docs/guides/campaigns.md", "from dask_jobqueue"): "needs a cluster with Slurm",
    ("docs/guides/plugins.md", "from isacsys.plugins.kinds"): "an excerpt of the package, which tests/plugins compare",
}
WORDS = ("text", "{eval-rst}", "{image}", "{include}", "{literalinclude}", "{toctree}")  # output, and directives


def name(page):
    return page.relative_to(ROOT).as_posix()


def marked(page):
    return pytest.param(page, id=name(page), marks=[pytest.mark.slow] * name(page).startswith(SLOW))


@pytest.mark.parametrize("page", [marked(page) for page in RUN])
def test_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    """Its Python (but of README, see test_readme) and its commands, in one folder, with few drops, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "_make", lambda *_, **__: executors.Serial())
    monkeypatch.setattr(sys, "path", list(sys.path))
    pages.lay_out(tmp_path)
    space = {"__name__": "pasted"}
    for block in blocks(page):
        if block.kind == "sh":
            for words in pages.lines(block.text):
                shell(words)
        elif block.kind == "python" and page.name != "README.md":
            exec(compile(re.sub(r"drops=\d+", "drops=2", block.text), str(page), "exec"), space)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=name)
def test_no_block_is_left_out(page):
    """What is shown runs, is a fragment of a scenario whose keys there are, or is listed with a reason."""
    keys = {setting.name for setting in settings()}
    for block in blocks(page):
        if block.kind == "toml":
            check_keys(tomllib.loads(block.text), "", keys)
        elif block.kind not in ("python", "sh") and not block.kind.startswith(WORDS):
            assert any(name(page) == of and block.text.startswith(start) for of, start in SHOWN), block
    for command in pages.INDENTED.findall(page.read_text(encoding="utf-8")):
        check_command(command)


def check_keys(table, prefix, keys):
    """Every key of a fragment is a setting, or lies within one that is a table."""
    for key, value in table.items():
        full = f"{prefix}{key}"
        if full not in keys:
            assert isinstance(value, dict), full
            check_keys(value, f"{full}.", keys)


def check_command(command):
    """A command that takes too long to run here: its program is run by a test, or its options and keys are known."""
    words = next(pages.lines(command))
    if words[0] == "python":
        tests = (ROOT / "tests/scenarios/test_programs.py").read_text(encoding="utf-8")
        program = Path(words[1]).stem  # the gallery runs each, small, where the manual is built
        assert (ROOT / words[1]).exists() and (program in tests or program in gallery.PROGRAMS), command
        return
    found = build_parser(words[1:]).parse_args(words[1:])
    keys = {setting.name for setting in settings()}
    given = re.findall(r"(?:^| )([a-z_]+\.[a-z_]+)=", command)
    assert found and set(given) <= keys, command


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=name)
def test_commands_within_a_line_are_there(page):
    text = pages.FENCE.sub("", page.read_text(encoding="utf-8"))
    for command in re.findall(r"`(?:tools/)?isacsys ([a-z]+)(?: [^`]*)?`", text):
        assert command in COMMANDS, command
    for tool in re.findall(r"`(?:tools/|python (?=scenarios/))([^`\s]+)", text):
        assert (ROOT / "tools" / tool).exists() or (ROOT / tool).exists(), tool


def test_every_page_is_in_the_contents():
    contents = re.findall(r"```{toctree}\n(.*?)```", (ROOT / "docs/index.md").read_text(encoding="utf-8"), re.DOTALL)
    named = [line for part in contents for line in part.splitlines() if line and not line.startswith(":")]
    for page in PAGES:
        own = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        assert own == "index" or any(Path(own).match(line) for line in named), own


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_relative_links_lead_somewhere(page):
    text = pages.FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\((?!https?:|#|_build/gallery/)([^)#]+)", text):  # those are made when it is built
        assert (page.parent / link).exists(), link


def test_the_page_of_the_log_has_every_group_and_column():
    text = (ROOT / "docs/log.md").read_text(encoding="utf-8")
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(.*?)` \| (.*) \|$", text, re.MULTILINE)}
    assert set(rows) == set(TABLES)
    for table, columns in TABLES.items():
        level, said = rows[table].split(" | ")
        assert table in LEVELS[level] and all(f"`{c.name}`" in said for c in columns) == (len(columns) < 40), table


def test_the_page_of_the_log_has_the_legend_of_events():
    said = " ".join((ROOT / "docs/log.md").read_text(encoding="utf-8").split())
    assert ", ".join(f"{code} `{event}`" for code, event in enumerate(EVENTS)) in said


def test_the_gallery_shows_everything():
    """Every scenario and program has a picture on the page, and a way to make it."""
    shown = re.findall(r"!\[(\w+)\]\(_build/gallery/\1.png\)", (ROOT / "docs/gallery.md").read_text(encoding="utf-8"))
    assert sorted(shown) == gallery.names()
    programs = {path.stem for path in gallery.SCENARIOS.glob("*.py")} - set(gallery.LIBRARY)
    made = [*gallery.PROGRAMS, *gallery.CALLED, *gallery.NETWORKS]
    assert programs <= set(made) and len(made) == len(set(made))


def test_a_picture_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "names", lambda: ["paper", "write_a_policy"])
    gallery.make(tmp_path)
    made = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    gallery.make(tmp_path)
    assert set(made) == {"paper.png", "write_a_policy.png"}
    assert made == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert all((tmp_path / name).stat().st_size > 5_000 for name in made)


@pytest.mark.slow
def test_it_builds_without_a_warning(tmp_path):
    pytest.importorskip("furo")
    pytest.importorskip("myst_parser")
    done = subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html", "docs",
                           str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
