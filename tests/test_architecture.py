"""The architecture page is true: sub-packages and modules that it names exist, names are unique, imports at the top."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import isacsys

PACKAGE = Path(isacsys.__file__).parent
MAP = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
SHARED_NAMES = {"__init__", "base", "registry"}
OPTIONAL = {"distributed", "xarray", "tqdm", "jinja2", "markupsafe", "matplotlib", "fcntl", "resource", "pandas",
            "pyproj", "gymnasium", "pettingzoo", "importlib", "scipy", "sionna", "deepmimo", "drjit", "mitsuba"}


def test_every_sub_package_is_on_the_map():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    listed = set(re.findall(r"^\| `(\w+)` \|", MAP, re.MULTILINE))
    assert packages <= listed, packages - listed


def test_modules_named_on_the_map_exist():
    for name in re.findall(r"`((?:\w+/)+\w+\.py)`", MAP):
        where = PACKAGE.parent if name.startswith("isacsys/") else PACKAGE
        assert (where / name).exists() or name.startswith("tests/PACKAGE"), name


def test_module_names_are_unique():
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        places[path.stem].append(path.parent.name)
    twice = {name: homes for name, homes in places.items() if len(homes) > 1 and name not in SHARED_NAMES}
    assert len(twice) <= 3, twice


def test_public_class_names_are_unique():
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert not {name: homes for name, homes in places.items() if len(homes) > 1}


def test_imports_stand_at_the_top_but_for_optional_packages():
    inner = []
    for path in PACKAGE.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else \
                    [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                inner += [f"{path.relative_to(PACKAGE)}: {module}" for module in modules
                          if module.split(".")[0] not in OPTIONAL]
    assert not inner
