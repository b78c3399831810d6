"""Nothing that is finished is lost, whoever is killed and whenever, and the numbers stay what they were."""

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import time

import psutil
import pytest

import isacsys
from isacsys.campaign.output import parts_directory
from isacsys.cli import main
from tests.recording.rows import same_tables

DROPS = 70
SCENARIO = """
[network]
area = 4.0
users_per_cell = 10.0
targets_per_cell = 10.0
[allocation]
users_per_bs = 3
communication_cluster = 2
targets_per_bs = 2
sensing_cluster = 2
[simulation]
frames = 2
[recording]
level = "links"
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = tmp_path_factory.mktemp("scenario") / "scenario.toml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture(scope="module")
def whole(scenario):
    """The log of an undisturbed run in one process."""
    path = scenario.with_name("whole.h5")
    isacsys.run(isacsys.Scenario.load(scenario), drops=DROPS, executor="serial", output=path)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.h5"


def start(scenario, path, *arguments, limit=None):
    """Run the campaign in a process group of its own, with two workers."""
    def prepare():
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the tests themselves run in the background
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-m", "isacsys", "run", scenario, "-o", path, "--drops", str(DROPS), "--workers", "2",
               "--resume", *arguments]
    return subprocess.Popen(list(map(str, command)), start_new_session=True, text=True, preexec_fn=prepare,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process, code=0):
    """Wait for its end and return what it said on stderr."""
    _, errors = process.communicate(timeout=120)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    return errors


def wait_for_parts(path, count, process):
    """Wait until so many batches are finished, or the run is."""
    while process.poll() is None and len(list(parts_directory(path).glob("*.npz"))) < count:
        time.sleep(0.005)


def resume(scenario, path):
    """Do the rest, here and alone."""
    isacsys.run(isacsys.Scenario.load(scenario), drops=DROPS, executor="serial", output=path, resume=True)


def same_logs(path, whole):
    """Whether two files are the same, dataset for dataset, bit for bit, and in the end byte for byte."""
    one, other = isacsys.open_run(path), isacsys.open_run(whole)
    tables = [{table: run.table(table) for table in ("drops", "frames", "links/communication", "links/sensing")}
              for run in (one, other)]
    same_tables(*tables)
    assert path.read_bytes() == whole.read_bytes()
    assert not parts_directory(path).exists()


def kill_and_resume(scenario, path, whole, kills):
    moments = random.Random()
    seen, interrupted = 0, 0
    for _ in range(kills):
        process = start(scenario, path)
        wait_for_parts(path, moments.randrange(len(list(parts_directory(path).glob("*.npz"))) + 3), process)
        time.sleep(moments.uniform(0, 0.3))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        interrupted += process.returncode != 0
        if path.exists() or parts_directory(path).exists():
            drops = isacsys.open_run(path).drops
            assert drops >= seen
            seen = drops
    resume(scenario, path)
    same_logs(path, whole)
    assert interrupted


@pytest.mark.slow
def test_the_whole_group_is_killed_ten_times(scenario, path, whole):
    kill_and_resume(scenario, path, whole, 10)


def workers(process):
    """Worker processes of a run."""
    try:
        children = psutil.Process(process.pid).children()
        return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]
    except psutil.Error:
        return []


@pytest.mark.slow  # by default one kills itself: test_executors
def test_single_workers_are_killed(scenario, path, whole):
    process, killed = start(scenario, path), 0
    while process.poll() is None and killed < 1:
        wait_for_parts(path, 2 * killed + 1, process)
        for pid in random.sample(workers(process), k=min(1, len(workers(process)))):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    errors = finish(process)
    assert killed
    assert "a worker died in drop" in errors
    same_logs(path, whole)


@contextlib.contextmanager
def files_of_at_most(size):
    """Let no file of this process grow longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("fraction", [0.01, 0.95])
def test_the_disk_is_full(scenario, path, whole, fraction, capsys):
    """First hardly a batch fits, then all of them do and the finished log does not."""
    limit = int(fraction * whole.stat().st_size)
    if fraction < 0.5:
        errors = finish(start(scenario, path, "--executor", "serial", limit=limit), code=3)
    else:
        with files_of_at_most(limit):
            arguments = ["--drops", str(DROPS), "--executor", "serial", "--resume"]
            assert main(["run", str(scenario), "-o", str(path), *arguments]) == 3
        errors = capsys.readouterr().err
    remark, error = errors.splitlines()
    assert "nothing of it is there yet" in remark and "File too large" in error
    kept = isacsys.open_run(path).drops if parts_directory(path).exists() else 0
    assert f"{kept} finished drops are kept; --resume" in errors or (kept == 0 and "no drop was finished" in errors)
    resume(scenario, path)
    same_logs(path, whole)


@pytest.mark.parametrize(("number", "everybody"), [
    (signal.SIGINT, True), pytest.param(signal.SIGTERM, False, marks=pytest.mark.slow)])
def test_ctrl_c_finishes_the_write_and_says_how_to_resume(scenario, path, whole, number, everybody):
    """A terminal signals the whole group, `kill` one process alone."""
    process = start(scenario, path)
    wait_for_parts(path, 1, process)
    (os.killpg if everybody else os.kill)(process.pid, number)
    errors = finish(process, code=3)
    kept = isacsys.open_run(path)
    assert not kept.complete
    assert 0 < kept.drops < DROPS
    assert f"interrupted; {kept.drops} finished drops are kept; --resume -o {path} continues" in errors
    resume(scenario, path)
    same_logs(path, whole)


def test_ctrl_c_while_workers_start_is_no_traceback(scenario, path):
    process = start(scenario, path)
    while process.poll() is None and not parts_directory(path).exists():
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGINT)
    errors = finish(process, code=3)
    assert "interrupted" in errors
