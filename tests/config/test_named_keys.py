"""Every setting that the documentation names is there."""

import re
from pathlib import Path

import pytest

from isacsys.config.scenario_values import SECTIONS

HERE = Path(__file__).parents[2]
PAGES = sorted([*HERE.glob("*.md"), *HERE.glob("docs/**/*.md"), *HERE.glob("scenarios/*.toml"),
                *HERE.glob("scenarios/*.py")])
NAME = re.compile(r"(?<![\w./-])([a-z_]+)\.([a-z_0-9*]+)(\.\w+)?(?![\w/(])")
NO_KEY = {"py", "toml", "md", "h5", "csv", "png", "ipynb"}  # endings of files
CODE = re.compile(r"`([^`\n]+)`|\"([a-z_]+\.[a-z_0-9*.]+)\"")


def named(text):
    """Names of the form section.key in code, of sections there are."""
    for code in (one or other for one, other in CODE.findall(text)):
        for section, key, _ in NAME.findall(code):
            if section in SECTIONS and key not in NO_KEY:
                yield section, key


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"],
                         ids=lambda page: str(page.relative_to(HERE)))
def test_every_setting_that_is_named_exists(page):
    wrong = [f"{section}.{key}" for section, key in named(page.read_text())
             if not any(re.fullmatch(key.replace("*", ".*"), name) for name in SECTIONS[section].rules())]
    assert not wrong


def test_a_wrong_name_is_found():
    assert list(named("with `network.clutter_*` and `mobility.model = \"file\"`, in `traffic.toml`")) == [
        ("network", "clutter_*"), ("mobility", "model")]
