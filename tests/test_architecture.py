"""The map of the house is true: rooms and modules that it names exist, names are unique, imports stand at the top."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import isacsys

HOUSE = Path(isacsys.__file__).parent
MAP = (HOUSE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
SHARED_NAMES = {"__init__", "base", "registry"}
OPTIONAL = {"distributed", "xarray", "tqdm", "jinja2", "markupsafe", "matplotlib", "fcntl", "resource", "pandas",
            "pyproj", "gymnasium", "pettingzoo", "importlib", "scipy", "sionna", "deepmimo", "drjit", "mitsuba"}


def test_every_room_is_on_the_map():
    rooms = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    listed = set(re.findall(r"^\| `(\w+)` \|", MAP, re.MULTILINE))
    assert rooms <= listed, rooms - listed


def test_modules_named_on_the_map_exist():
    for name in re.findall(r"`((?:\w+/)+\w+\.py)`", MAP):
        where = HOUSE.parent if name.startswith("isacsys/") else HOUSE
        assert (where / name).exists() or name.startswith("tests/PACKAGE"), name


def test_module_names_are_unique():
    places = defaultdict(list)
    for path in HOUSE.rglob("*.py"):
        places[path.stem].append(path.parent.name)
    twice = {name: rooms for name, rooms in places.items() if len(rooms) > 1 and name not in SHARED_NAMES}
    assert len(twice) <= 3, twice


def test_imports_stand_at_the_top_but_for_optional_packages():
    inner = []
    for path in HOUSE.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else \
                    [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                inner += [f"{path.relative_to(HOUSE)}: {module}" for module in modules
                          if module.split(".")[0] not in OPTIONAL]
    assert not inner
