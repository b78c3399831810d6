"""A picture of every scenario and program of scenarios/, by short runs: python -m tools.gallery docs/_build/gallery

What a program draws, what it prints where it draws nothing, and a drop of what is a scenario. The manual is built with
these pictures; each is made once, and again when its file changes.
"""

import contextlib
import importlib
import io
import runpy
import sys
import tempfile
import warnings
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
LIBRARY = ("figures",)  # what programs share: nothing to show
SERIAL = ("--executor", "serial")
PICTURE = "picture.png"  # stands for the file that a program is to draw
# The arguments of a short run, and the picture it leaves; without one, what it prints is the picture.
PROGRAMS = {
    **{f"fig{n}": (("--quick", "--workers", "1", "-o", "."), f"fig{n}.png") for n in range(2, 7)},
    "backhaul": (("--drops", "2", *SERIAL), None),
    "beamformers": (("--drops", "4", "--users", "4", "8", "14", *SERIAL), None),
    "city": (("--drops", "3", *SERIAL), None),
    "conclusions": (("users", "--drops", "4", "--worlds", "2", *SERIAL), None),
    "cooperation": (("--drops", "4", "--rows", "2", *SERIAL), None),
    "directional": (("communication", "--drops", "2", "--sites", "3"), None),
    "measured_map": (("--drops", "4"), None),
    "policies": (("--drops", "2", "--frames", "10", *SERIAL), None),
    "roc": (("--drops", "2", "--frames", "4", "--output", PICTURE, *SERIAL), PICTURE),
    "scaling_law": (("--samples", "400", "-o", PICTURE), PICTURE),
    "sensing_power": (("--drops", "3", "--power", "0", "0.3", *SERIAL), None),
    "track_policies": (("--drops", "2", "--frames", "4", *SERIAL), None),
    "tracking_loop": (("--drops", "2", "--frames", "4", *SERIAL), None),
}
# Programs that are called: keyword arguments of main, and the picture.
CALLED = {
    "check_a_formula": ({"drops": 12, "users": (5, 11), "output": PICTURE, "executor": "serial"}, PICTURE),
    "sweep_a_parameter": ({"drops": 4, "users": (2, 6, 10, 14), "output": PICTURE, "executor": "serial"}, PICTURE),
    "night": ({"drops": 1, "output": PICTURE, "executor": "serial", "hours": (0.1, 0.3, 1.0)}, PICTURE),
    "outage": ({"drops": 4, "executor": "serial"}, None),
    "write_a_policy": ({"drops": 6, "executor": "serial"}, None),
}
# What needs more than the manual does, and whose picture is a drop of its network instead.
NETWORKS = {
    "learn_a_policy": {"network.layout": "fixed_count", "network.area": 7.0, "allocation.users_per_bs": 3},
    "ray_traced": {"network.layout": "fixed_count", "network.area": 2.0, "network.targets_per_cell": 0.0,
                   "allocation.targets_per_bs": 0},
    "first_steps": {"network.area": 25.0, "allocation.users_per_bs": 3, "allocation.communication_cluster": 2},
}


def names():
    """Everything that a gallery shows, by the names of files without suffix, and folders."""
    found = {path.stem for path in SCENARIOS.iterdir() if path.suffix in (".py", ".toml", ".ipynb")}
    folders = {path.name for path in SCENARIOS.iterdir() if path.is_dir() and any(path.glob("*.toml"))}
    return sorted((found | folders) - set(LIBRARY))


def make(folder):
    """Make every picture that is missing or older than its file."""
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in names():
        picture = folder / f"{name}.png"
        if not picture.exists() or picture.stat().st_mtime < max(path.stat().st_mtime for path in SCENARIOS.glob(
                f"{name}*")):
            draw(name, picture)


def draw(name, picture):
    """Make one picture."""
    import matplotlib

    matplotlib.use("Agg")
    with tempfile.TemporaryDirectory() as work, contextlib.chdir(work), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name in PROGRAMS or name in CALLED:
            said, made = _program(name)
            (Path(made).replace if made else _printed(said))(picture)
        else:
            _network(name, picture)


def _program(name):
    """Run a program as its readers do; return what it printed, and the file it drew."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), mock.patch.object(sys, "path", [str(SCENARIOS), *sys.path]):
        if name in CALLED:
            arguments, made = CALLED[name]
            _hours(importlib.import_module(name)).main(**arguments)
        else:
            words, made = PROGRAMS[name]
            with mock.patch.object(sys, "argv", [f"{name}.py", *words]):
                runpy.run_path(str(SCENARIOS / f"{name}.py"), run_name="__main__")
    return said.getvalue(), made


def _hours(program):
    """Shorten the hours of a program that simulates a day."""
    if hasattr(program, "NETWORK") and "simulation.frames" in program.NETWORK:
        program.NETWORK["simulation.frames"] = 40
    return program


def _printed(said):
    """Return what draws a printed text."""
    import matplotlib.pyplot as plt

    lines = [line[:110] for line in said.splitlines() if line.strip()][:24]

    def write(picture):
        figure = plt.figure(figsize=(7.2, 0.19 * len(lines) + 0.2))
        figure.text(0.01, 0.98, "\n".join(lines), family="monospace", fontsize=7.5, va="top")
        figure.savefig(picture, dpi=110, bbox_inches="tight")
        plt.close(figure)
    return write


def _network(name, picture):
    """Draw a drop of a scenario."""
    import isacsys

    files = [SCENARIOS / f"{name}.toml", *sorted((SCENARIOS / name).glob("*.toml"))]
    path = next((file for file in files if file.exists()), None)
    scenario = isacsys.Scenario.load(path) if path else isacsys.Scenario().replace(NETWORKS[name])
    if scenario.network.area * scenario.network.bs_density > 400:
        scenario = scenario.replace({"network.area": 100.0 / scenario.network.bs_density})
    isacsys.map(scenario, path=picture)


if __name__ == "__main__":
    make(sys.argv[1])
