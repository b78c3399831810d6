"""What `import isacsys` offers, what it imports, and the names of version 0.2."""

import ast
import importlib
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import isacsys
from isacsys import moved
from isacsys.cli import COMMANDS, build_parser


def test_every_public_name_is_there_and_known_to_type_checkers():
    tree = ast.parse(Path(isacsys.__file__).read_text())
    typed = {alias.name for node in ast.walk(tree) if isinstance(node, ast.If)
             for line in node.body if isinstance(line, ast.ImportFrom) for alias in line.names}
    assert typed | {"__version__"} == set(isacsys.__all__)
    assert all(getattr(isacsys, name) is not None for name in isacsys.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        isacsys.nonsense  # noqa: B018


@pytest.mark.parametrize("program", ["import isacsys", "import isacsys.cli as c; c.build_parser(['--help'])"])
def test_importing_imports_no_library(program):
    code = f"{program}\nimport sys; print(*{{'numpy', 'scipy', 'h5py', 'simpy'}} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_help_lists_every_command_and_each_has_a_parser():
    everything = build_parser().format_help()
    assert build_parser(["--help"]).format_help() == everything


def test_modules_of_0_2_are_the_modules_of_today():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        for old, new in moved.MOVED.items():
            assert importlib.import_module(old) is importlib.import_module(new), old
    with pytest.warns(FutureWarning, match="TransmitterCsi"):
        assert isacsys.Known is isacsys.TransmitterCsi


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_parser(name, capsys):
    with pytest.raises(SystemExit) as left:
        build_parser([name]).parse_args([name, "--help"])
    assert left.value.code == 0 and f"isacsys {name}" in capsys.readouterr().out
