"""Runs of small networks whose drops share frames: who simulates them, and in what order, changes no byte."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import isacsys
from isacsys import Scenario
from isacsys.campaign import worker
from isacsys.campaign.dispatcher import Crew, Dispatcher, Job
from isacsys.simulation import batch_rules

SMALL = Scenario().replace({"network.area": 5.0, "network.users_per_cell": 6.0, "network.targets_per_cell": 3.0,
                            "allocation.users_per_bs": 2, "antennas.transmit": 8, "simulation.frames": 2,
                            "simulation.drops": 20, "recording.level": "links"})


def tables(path):
    """Every table of a log."""
    log = isacsys.open_run(path)
    return {name: {column: values.tobytes() for column, values in log.table(name).items()}
            for name in ("drops", "frames", "links/communication", "links/sensing", "classes")}


def run(path, scenario=SMALL, **options):
    """A run of it, in a file."""
    isacsys.run(scenario, output=path, progress=False, **options)
    return tables(path)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    path = tmp_path_factory.mktemp("expected") / "run.h5"
    return run(path, SMALL.replace({"simulation.batch": 1}), executor="serial")


@pytest.mark.parametrize(("size", "options"), [
    *((size, {"executor": "serial"}) for size in ("automatic", 3, 16)), (3, {"workers": 2}),
    *(pytest.param(size, {"workers": 2}, marks=pytest.mark.slow) for size in ("automatic", 16))])
def test_any_executor_gives_what_drops_give_one_by_one(size, options, expected, tmp_path):
    assert run(tmp_path / "run.h5", SMALL.replace({"simulation.batch": size}), **options) == expected


@pytest.mark.slow
def test_dask(expected, tmp_path):
    pytest.importorskip("distributed")
    assert run(tmp_path / "run.h5", executor="dask", workers=2) == expected


def test_a_run_goes_on_with_another_size(expected, tmp_path):
    run(tmp_path / "run.h5", SMALL.replace({"simulation.batch": 3, "simulation.drops": 7}), executor="serial")
    assert run(tmp_path / "run.h5", executor="serial", resume=True) == expected


FAULT = """
from isacsys.simulation import batch, drop
real = batch.deploy

def failing(scenario, number, positions=None):
    if number == 7:
        raise FloatingPointError("no number")
    return real(scenario, number, positions)

batch.deploy = drop.deploy = failing
"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [3, 16])
@pytest.mark.parametrize("options", ["--executor serial", "--workers 2", "--executor dask --workers 2"])
def test_a_drop_that_fails_in_a_batch_is_named_and_no_other_is_lost(size, options, expected, tmp_path):
    if "dask" in options:
        pytest.importorskip("distributed")
    (tmp_path / "sitecustomize.py").write_text(FAULT)  # workers have it too
    (tmp_path / "a.toml").write_text(SMALL.replace({"simulation.batch": size}).to_toml())
    path, here = tmp_path / "run.h5", str(Path(isacsys.__file__).parents[1])
    found = subprocess.run([sys.executable, "-m", "isacsys", "run", str(tmp_path / "a.toml"), "-o", str(path),
                            "--quiet", *options.split()], capture_output=True, text=True, timeout=300,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), here))})
    assert (found.returncode, "(drop 7, seed" in found.stderr) == (3, True)
    kept = int(found.stderr.split(" finished drops are kept")[0].split()[-1])
    assert 7 <= kept < 20
    assert isacsys.open_run(path).drops == kept
    assert run(path, executor="serial", resume=True) == expected  # with the size that is chosen by itself


def test_the_same_bytes_whoever_simulates(tmp_path):
    for name, options in (("one.h5", {"executor": "serial"}), ("two.h5", {"workers": 2})):
        run(tmp_path / name, **options)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def test_drops_that_share_a_frame_are_handed_out_together():
    class Named:
        together = 8

    class Two:
        slots = 2

    class Empty:
        done = ()

    job = Job(Named(), Empty(), 0, 40)
    dispatcher = Dispatcher([job], Crew(Two(), None), lambda: "")
    assert dispatcher._size(0) == 8
    job.waiting = worker.Waiting([(0, 6)])
    assert dispatcher._size(0) == 3  # some for the other worker


def test_a_run_says_what_is_simulated_one_by_one(capsys, tmp_path):
    from isacsys.cli import main
    (tmp_path / "a.toml").write_text(SMALL.to_toml())
    arguments = ["run", str(tmp_path / "a.toml"), "--drops", "1", "--quiet", "--executor", "serial"]
    main(arguments)
    assert "one by one" not in capsys.readouterr().err
    main([*arguments, "--set", "precoding.policy=slnr"])
    assert "one by one (precoding.policy = \"slnr\")" in capsys.readouterr().err
    assert not batch_rules.remark(SMALL.replace({"precoding.policy": "slnr", "network.area": 300.0}))
