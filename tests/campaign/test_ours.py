"""Only what a run put there is ever removed, and nothing of a run is left."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import isacsys
from isacsys.campaign.output import parts_directory
from isacsys.core.errors import ConfigError, IncompleteRun

SCENARIO = isacsys.Scenario().replace({
    "network.area": 2.0, "network.users_per_cell": 3.0, "allocation.users_per_bs": 1, "allocation.targets_per_bs": 0,
    "simulation.drops": 2})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.h5"


def run(path, **arguments):
    return isacsys.run(SCENARIO, output=path, executor="serial", **arguments)


@pytest.mark.parametrize("arguments", [{}, {"force": True}, {"resume": True}])
@pytest.mark.parametrize("name", ["notes.txt", "x.part", "mine.tmp", "drops-1-2.part"])
def test_a_stranger_is_named_and_stays(path, arguments, name):
    directory = parts_directory(path)
    directory.mkdir()
    (directory / name).write_text("mine")
    with pytest.raises(ConfigError, match=name):
        run(path, **arguments)
    assert (directory / name).read_text() == "mine" and not path.exists()


def test_a_stranger_that_comes_during_a_run_stays(path):
    def simulate(scenario, drop, recorder, **handed):
        (parts_directory(path) / "notes.txt").write_text("mine")
        isacsys.simulation.simulate_drop(scenario, drop, recorder, **handed)

    run(path, simulate=simulate)
    assert (parts_directory(path) / "notes.txt").read_text() == "mine"
    assert [p.name for p in parts_directory(path).iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("arguments", [{}, {"force": True}, {"resume": True}])
def test_nothing_behind_a_symbolic_link_is_touched(path, tmp_path, arguments):
    other = tmp_path / "other"
    other.mkdir()
    for name in ("drops-000000000-000000000.npz", "campaign.json", "lock"):
        (other / name).write_text("theirs")
    parts_directory(path).symlink_to(other)
    with pytest.raises(ConfigError, match="output"):
        run(path, **arguments)
    assert all(file.read_text() == "theirs" for file in other.iterdir()) and len(list(other.iterdir())) == 3


def test_force_replaces_logs_only(path):
    path.write_text("my notes")
    with pytest.raises(ConfigError, match="this one is none"):
        run(path, force=True)
    assert path.read_text() == "my notes" and [p.name for p in path.parent.iterdir()] == ["run.h5"]
    path.unlink()
    run(path)
    run(path, force=True)


def test_what_a_killed_run_left_half_written_goes(path):
    left = path.with_name("run.h5.12345.tmp")
    others = [path.with_name(name) for name in ("run.h5.tmp", "run.h5.x.tmp", "run2.h5.1.tmp", "arun.h5.1.tmp")]
    for file in (left, *others):
        file.write_text("x")
    directory = parts_directory(path)
    directory.mkdir()
    (directory / "campaign.json.99.tmp").write_text("x")
    run(path)
    assert sorted(p.name for p in path.parent.iterdir()) == sorted(["run.h5", *(p.name for p in others)])


def loop(path, both, said):
    both.wait()
    until = time.monotonic() + 0.6
    while time.monotonic() < until:
        try:
            run(path, force=True)
        except ConfigError as error:
            if "another run that is going on" not in str(error):
                said.put(str(error))
        except Exception as error:
            said.put(f"{type(error).__name__}: {error}")


def test_runs_that_loop_on_one_output_get_out_of_each_others_way(path):
    context = multiprocessing.get_context("spawn")
    both, said = context.Barrier(2), context.Queue()
    processes = [context.Process(target=loop, args=(path, both, said)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert said.empty(), said.get()
    assert [p.name for p in path.parent.iterdir()] in (["run.h5"], [])


SIGNALLED = """
import os, signal, sys, threading, time
from pathlib import Path
from isacsys.recording import write_log
from isacsys.recording.memory_recorder import MemoryRecorder
from tests.recording.rows import fill

directory, number = Path(sys.argv[1]), int(sys.argv[2])
recorder, path, interrupted = MemoryRecorder("links"), directory / "run.h5", 0
fill(recorder, "links", (20_000,))
signal.signal(number, lambda *_: None)
for i in range(12):
    threading.Timer(0.004 * (i + 1), os.kill, (os.getpid(), number)).start()
    try:
        write_log(path, "links", {}, recorder)
    except KeyboardInterrupt:
        interrupted += 1
        assert set(directory.iterdir()) <= {path}, list(directory.iterdir())
    time.sleep(0.06)
print(interrupted)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_log_is_written_whole_or_not_at_all_whatever_signals_come(tmp_path, number):
    """An exception inside a call of HDF5 would end the process, so it has one of its own."""
    done = subprocess.run([sys.executable, "-c", SIGNALLED, str(tmp_path), str(int(number))], capture_output=True,
                          text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0 and int(done.stdout) > 3, done.stderr


def test_ctrl_c_while_gathering_is_a_run_that_can_be_resumed(path, monkeypatch):
    from isacsys.recording import merge
    original = merge.MergedSources.blocks

    def blocks(self, table):
        os.kill(os.getpid(), signal.SIGTERM)
        yield from original(self, table)

    with monkeypatch.context() as patched:
        patched.setattr(merge.MergedSources, "blocks", blocks)
        patched.setattr("isacsys.campaign.store.FileStore.drops", lambda self, before: None)
        with pytest.raises(IncompleteRun, match="interrupted; 2 finished drops are kept"):
            run(path)
    assert sorted(p.name for p in path.parent.iterdir()) == ["run.h5.parts"]
    assert run(path, resume=True).complete


@pytest.mark.parametrize("name", ["x" * 241 + ".h5", "\u00e4" * 122 + ".h5", "x" * 252 + ".h5"])
def test_a_name_that_is_too_long_in_the_end_is_refused_before_anything_is_simulated(tmp_path, name):
    def simulate(*_, **__):
        pytest.fail("simulated")

    with pytest.raises(ConfigError, match="output = .*: a"):
        run(tmp_path / name, simulate=simulate)
    assert not list(tmp_path.iterdir())


def test_the_longest_name_and_names_that_are_no_text_can_be_written(tmp_path):
    folder = tmp_path / os.fsdecode(b"\xff\xfe")
    folder.mkdir()
    for name in ("x" * 240 + ".h5", os.fsdecode(b"\xff.h5")):
        assert run(folder / name).complete and isacsys.open_run(folder / name).drops == 2
