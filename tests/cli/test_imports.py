"""What a command imports before it has its arguments: nothing that simulates, draws or reads logs."""

import subprocess
import sys

import pytest

from isacsys.cli import COMMANDS

HEAVY = {"scipy.special", "scipy.spatial", "scipy.linalg", "simpy", "h5py", "matplotlib", "isacsys.campaign",
         "isacsys.simulation", "isacsys.analysis", "isacsys.report", "isacsys.plotting"}
LISTS_CASES = {"calibrate"}  # and so imports what samples them


@pytest.mark.parametrize("words", [
    pytest.param(sorted(set(COMMANDS) - LISTS_CASES), id="help of every command"),
    pytest.param(["settings"], id="settings"), pytest.param(["schedulers"], id="schedulers")])
def test_what_declares_or_lists_imports_nothing_that_computes(words):
    code = ("import sys; from isacsys.cli import build_parser, main\n"
            f"for word in {words}: build_parser([word])\n"
            f"if {len(words)} == 1: main({words})\n"
            f"print(*{HEAVY} & set(sys.modules), file=sys.stderr)")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(found.stderr.split()) - ({"h5py"} if len(words) == 1 or "settings" in words else set()) == set()
