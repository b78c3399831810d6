"""Numbers that can only be slips, names that no file has, and the rest of what nobody means: one line, and exit 2."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import isacsys
from isacsys import analysis, cli
from isacsys.campaign import plan, store
from isacsys.core.errors import ConfigError
from isacsys.simulation import memory_limits

ROOT = Path(__file__).parents[1]
TOML = """
[network]
area = 9.0
users_per_cell = 6.0
[allocation]
users_per_bs = 2
[simulation]
drops = 1
"""
LONG, LONGER = "9" * 400, "9" * 5000
GRID = [f"{key}=1:10000" for key in ("network.area", "network.users_per_cell", "targets.lifetime")]


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "s.toml").write_text(TOML)
    return str(tmp_path / "s.toml")


def refused(capsys, words):
    """Run a command that is refused; return what it says, which is one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            code = cli.main(words)
        except SystemExit as error:
            code = error.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "") and len(err.splitlines()) == 1, (code, err)
    return err


@pytest.mark.parametrize("setting", [
    *(f"{key}={number}" for number in (LONG, LONGER, f"-{LONG}") for key in (
        "simulation.seed", "simulation.drops", "network.area", "scheduling.parameters.x", "network.near_stations")),
    f"network.area={'[' * 2000}{']' * 2000}", f"scheduling.parameters.x={'[' * 90}{']' * 90}", "backhaul.lead=1e308",
    "backhaul.lead=1e9", "backhaul.latency=1e308", "network.near_stations=9223372036854775808",
    "targets.lifetime=1e-9", "mobility.hysteresis=1e5", "traffic.arrival_rate=1e300", "antennas.transmit=1000000000000",
    "antennas.vertical_elements=100000000000", "propagation.path_loss_exponent=1000", "propagation.echo_exponent=1e5",
    "sensing.rcs=1e300",
    f"scheduling.rate_window={LONG}", "sensing.rcs=1e-300", "network.bs_density=1e300",
    "simulation.frames=1000000000000000"])
def test_settings(scenario, capsys, setting):
    key = setting.partition("=")[0].removesuffix(".x")
    said = refused(capsys, ["run", scenario, "--executor", "serial", "--set", setting])
    assert key in said and len(said) < 1000


@pytest.mark.parametrize("words", [
    ["run", "S", "--drops", LONG], ["run", "S", "--drops", LONGER], ["run", "S", "--workers", LONG],
    ["run", "S", "--only-drop", LONG], ["run", "S", "--precision", LONGER],
    ["optimize", "S", "--weight", LONG], ["optimize", "S", "--min-communication-cluster", LONG],
    ["sweep", "S", "--over", f"allocation.users_per_bs=1:{LONG}"], ["sweep", "S", "--over", "network.area=1:1e12"],
    ["sweep", "S", "--over", *GRID], ["analyze", "S", "--over", *GRID],
    ["analyze", "S", "--set", "propagation.path_loss_exponent=1000"],
    ["optimize", "S", "--set", "antennas.transmit=100000"],
    ["optimize", "S", "--set", "antennas.transmit=1000000"], ["optimize", "S", "--set", "antennas.transmit=2000"],
    ["run", "a\0b.toml"], ["run", "S", "-o", "a\0b.h5"], ["show", "a\0b.h5"], ["new", "a\0b.toml"],
    ["map", "S", "-o", "a\0b.png"], ["validate", "a\0b"], ["compare", "a\0", "b"],
    ["sweep", "S", "--over", "allocation.users_per_bs=1", "-o", "a\0b"],
    ["run", "S", "--set", "network.layout=file", "--set", "network.positions=\"a\\u0000b\""],
    ["run", "S", "--executor", "dask", "--dask-address", ""]],
    ids=lambda words: " ".join(word[:30].replace("\0", "NUL") for word in words))
def test_commands(scenario, capsys, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(capsys, [scenario if word == "S" else word for word in words])
    assert [p.name for p in tmp_path.iterdir()] == ["s.toml"]


@pytest.mark.parametrize("text", [f"[network]\narea = {'[' * 2000}{']' * 2000}", f"[network]\narea = {LONGER}",
                                  f"[{'.'.join('a' * 2000)}]\nx = 1", f"scheduling.parameters{'.a' * 2000} = 1",
                                  f"[scheduling.parameters]\nx = {'{a = ' * 40}1{'}' * 40}", "\0", "\ud800"])
def test_files(tmp_path, capsys, text):
    (tmp_path / "s.toml").write_text(text, errors="surrogatepass")
    refused(capsys, ["run", str(tmp_path / "s.toml")])


def test_a_pipe_for_a_scenario(tmp_path, capsys):
    os.mkfifo(tmp_path / "s.toml")
    assert "pipe" in refused(capsys, ["run", str(tmp_path / "s.toml")])


@pytest.mark.parametrize("call", [lambda: isacsys.run("a\0b"), lambda: isacsys.run(isacsys.Scenario(), output="a\0b"),
                                  lambda: isacsys.sweep(isacsys.Scenario(), {"network.area": iter(range(1, 2**40))}),
                                  lambda: isacsys.run(isacsys.Scenario(), workers=2**40, drops=1)])
def test_from_python(call):
    with pytest.raises(ConfigError):
        call()


@pytest.mark.parametrize("call", [
    lambda: analysis.sensing_coverage(threshold=1.0, K=5, Q=1000), lambda: analysis.optimal_load(alpha=100),
    lambda: analysis.sensing_rate(K=5, c=1e-300), lambda: analysis.sensing_rate(K=np.full(300, 1.5)),
    lambda: analysis.communication_rate(K=np.arange(100).reshape(10, 10) - 3.0, L=1, D=5),
    lambda: analysis.echo_gain(xi=[1, 2], kappa=[0.1, 0.2, 0.3]),
    lambda: analysis.optimal_load(L=[1, 2], alpha=[3, 4, 5]),
    lambda: analysis.degrees_of_freedom(M_t=[20, 30], K=[1, 2, 3]), lambda: analysis.effective_gain(L=1e90),
    lambda: analysis.sensing_coverage(threshold=[1, 2], K=3, c=[1, 2, 3]),
    lambda: analysis.design_space(M_t=10**6), lambda: analysis.design_space(M_t=4, J_max=10**12),
    lambda: analysis.sensing_rate(K=5, beta=1e5), lambda: analysis.communication_rate(K=5, L=2, D=5, alpha=1e300)])
def test_analysis(call):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConfigError) as error:
            call()
    assert len(str(error.value).splitlines()) == 1 and len(str(error.value)) < 600


def test_a_network_without_any_interference_says_so(scenario, capsys):
    settings = ("network.layout=fixed_count", "network.far_field=torus", "network.area=2.0", "network.near_stations=1",
                "allocation.communication_cluster=2", "allocation.sensing_cluster=2")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert cli.main(["run", scenario, "--executor", "serial", *(w for s in settings for w in ("--set", s))]) == 0
    assert "nothing disturbs" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run {s} --executor serial", pytest.param("settings", marks=pytest.mark.slow),
                                     pytest.param("analyze {s}", marks=pytest.mark.slow)])
def test_any_encoding(scenario, command):
    words = command.format(s=scenario).split()
    done = subprocess.run([sys.executable, "-m", "isacsys", *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr


def test_broken_entry_points_of_others(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "other-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[isacsys.schedulers]\nbroken\n= = =\n[isacsys.metrics\nx=\0:?\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert cli.main(["plugins"]) == 0
    assert isacsys.run(isacsys.Scenario().replace({"network.area": 4.0}), drops=1, executor="serial").drops == 1
    assert "Traceback" not in capsys.readouterr().err


def test_what_cannot_fit_is_said_before_it_is_begun(scenario, capsys, monkeypatch):
    monkeypatch.setattr(memory_limits.machine, "memory", lambda: 4e9)
    for setting in "network.area=2000000.0", "antennas.transmit=100000", "network.near_stations=1000000":
        said = refused(capsys, ["run", scenario, "--executor", "serial", "--set", "network.area=400000.0", "--set",
                                setting, "--set", "allocation.targets_per_bs=1"])
        assert "a drop needs at least" in said and "GB of memory" in said


@pytest.mark.parametrize("changes", [{}, {"network.near_stations": 60}, {"antennas.transmit": 64}])
def test_the_statement_is_a_lower_bound(changes):
    """What is refused could not have been: a drop takes more than is said of it."""
    import tracemalloc

    case = isacsys.Scenario().replace({"network.area": 60.0, "simulation.drops": 1, **changes})
    tracemalloc.start()
    isacsys.run(case, executor="serial")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(memory_limits.least_memory(case).values()) < peak


def test_the_kind_of_processor_is_in_the_log(tmp_path):
    said = isacsys.run(isacsys.Scenario().replace({"network.area": 4.0}), drops=1, executor="serial",
                       output=tmp_path / "run.h5").attributes
    assert {"machine", "cpu_features", "blas_kernel"} <= set(said)
    assert said["machine"] == os.uname().machine


@pytest.mark.parametrize("variable", [{"OPENBLAS_CORETYPE": "Prescott"},
                                      pytest.param({"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512F"},
                                                   marks=pytest.mark.slow)])
def test_a_run_that_goes_on_elsewhere_is_warned_of(tmp_path, scenario, variable):
    """An environment that takes features away is another processor as far as numbers go."""
    path, here = tmp_path / "run.h5", plan.processor()
    subprocess.run([sys.executable, "-W", "ignore", "-m", "isacsys", "run", scenario, "--executor", "serial", "-o",
                    path], check=True, capture_output=True, env={**os.environ, **variable, "PYTHONPATH": str(ROOT)})
    if not plan.differences(isacsys.open_run(path).attributes, here):
        pytest.skip("this processor has nothing that could be taken away")
    with pytest.warns(UserWarning, match=r"another kind of processor \((cpu_features|blas_kernel) "):
        isacsys.run(scenario, drops=2, executor="serial", output=path, resume=True)


def test_a_run_that_goes_on_here_is_not(tmp_path, scenario, monkeypatch):
    arguments = {"executor": "serial", "output": tmp_path / "run.h5"}
    isacsys.run(scenario, **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        isacsys.run(scenario, drops=2, resume=True, **arguments)
    monkeypatch.setattr(store, "processor", lambda: {"machine": "abacus"})
    with pytest.warns(UserWarning, match=r"\(machine \w+, not abacus\)"):
        isacsys.run(scenario, drops=3, resume=True, **arguments)


def test_dask_workers_that_differ_are_warned_of(scenario, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("isacsys.campaign.dask.processor", lambda: {"machine": "abacus"})
    monkeypatch.setattr("isacsys.campaign.dask.differences", lambda theirs, mine: ["machine x, not y"])
    with pytest.warns(UserWarning, match="the dask worker .* is another kind of processor"):
        isacsys.run(scenario, executor="dask", workers=1)


def test_a_dask_address_that_needs_a_certificate(scenario, capsys):
    pytest.importorskip("distributed")
    assert cli.main(["run", scenario, "--executor", "dask", "--dask-address", "tls://127.0.0.1:1"]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_one_station_cannot_locate_is_no_infinity(scenario, capsys):
    """Nothing in JSON is infinite, or no number."""
    changes = ["cooperation.sensing=multistatic", "sensing.coherent_time=0.005", "allocation.sensing_cluster=1"]
    assert cli.main(["analyze", scenario, "--json", *(w for change in changes for w in ("--set", change))]) == 0
    assert "Infinity" not in capsys.readouterr().out
