"""Processes of its own: the same file as one alone, and a death is a delay."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

import isacsys
from isacsys import Scenario
from isacsys.campaign import executors
from isacsys.campaign.executors import executor
from isacsys.campaign.payload import Payload
from isacsys.campaign.plan import Plan
from isacsys.campaign.request import SMALL
from isacsys.campaign.worker import FinishedDrops
from isacsys.core.errors import ConfigError, DropError, IncompleteRun
from tests.campaign import fakes
from tests.campaign.fakes import SCENARIO
from tests.recording.rows import same_tables


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    path = tmp_path_factory.mktemp("serial") / "run.h5"
    isacsys.run(SCENARIO, executor="serial", simulate=fakes.simulate, output=path)
    return path.read_bytes()


def test_processes_make_the_same_file_and_without_one_the_same_tables(tmp_path, serial):
    written = isacsys.run(SCENARIO, workers=2, simulate=fakes.simulate, output=tmp_path / "run.h5")
    assert (tmp_path / "run.h5").read_bytes() == serial
    same_tables(fakes.tables(isacsys.run(SCENARIO, workers=2, simulate=fakes.simulate)), fakes.tables(written))


def test_a_worker_that_dies_is_reported_and_its_drops_run_again(tmp_path, serial):
    """The first who simulates drop 7 kills itself with SIGKILL."""
    marker = fakes.Marker(tmp_path / "died")
    with pytest.warns(UserWarning, match="a worker died in drop.*run again"):
        run = isacsys.run(SCENARIO, workers=1, simulate=fakes.die_once, output=tmp_path / "run.h5", scheduler=marker)
    assert marker.path.exists()
    (tmp_path / "serial.h5").write_bytes(serial)
    same_tables(fakes.tables(run), fakes.tables(isacsys.open_run(tmp_path / "serial.h5")))


class DiesAt(executors.Serial):
    """A worker that dies in every batch with a certain drop, as `executors.Processes` tells it."""

    lost = (BrokenProcessPool,)

    def __init__(self, drop):
        self.drop = drop

    def submit(self, function, work, first, stop):
        if not first <= self.drop < stop:
            return super().submit(function, work, first, stop)
        future = Future()
        future.set_exception(BrokenProcessPool())
        return future


@pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_drop_that_kills_every_worker_is_given_up(tmp_path, serial, monkeypatch, real):
    path = tmp_path / "run.h5"
    if not real:
        monkeypatch.setattr(executors, "_make", lambda *_, **__: DiesAt(7))
    with pytest.warns(UserWarning, match="a worker died"), pytest.raises(IncompleteRun, match="3 workers died in drop"):
        isacsys.run(SCENARIO, workers=1, simulate=fakes.die_at_seven, output=path)
    monkeypatch.undo()
    isacsys.run(SCENARIO, executor="serial", simulate=fakes.simulate, output=path, resume=True)
    assert path.read_bytes() == serial


class OneIsLate(executors.Serial):
    """Two workers, of whom the first has not begun with its first drops when everybody is asked to stop."""

    slots = 2

    def __init__(self, late):
        self._late, self._waiting, self._interrupted = list(late), [], False

    def submit(self, function, work, first, stop):
        if not (self._late and first <= self._late[0] < stop):
            return super().submit(function, work, first, stop)
        del self._late[0]
        future = Future()
        self._waiting.append((future, FinishedDrops(first, first, fakes.NO_DROPS, 0.0)))
        if self._interrupted:
            self.interrupt()
        return future

    def interrupt(self):
        self._interrupted = True
        while self._waiting:
            future, nothing = self._waiting.pop()
            future.set_result(nothing)


@pytest.mark.parametrize(("late", "failing", "told"), [([0], {7}, 7), ([1], {7, 9}, 7), ([0, 0], {7}, 7),
                                                       ([1], {1, 7}, 1)])
def test_a_run_that_fails_keeps_every_drop_before_the_one_that_it_names(tmp_path, monkeypatch, late, failing, told):
    """Whoever was faster: with one worker it would be these."""
    monkeypatch.setattr(executors, "_make", lambda *_, **__: OneIsLate(late))
    with pytest.raises(DropError, match=f"drop {told}, seed 1") as error:
        isacsys.run(SCENARIO, simulate=fakes.FailAt(failing), output=tmp_path / "run.h5")
    kept = isacsys.open_run(tmp_path / "run.h5").table("drops")["drop"]
    assert set(range(told)) <= set(kept) and not set(kept) & failing
    assert f"{len(kept)} finished drops are kept" in error.value.__notes__[0]


def pids(code="", count=1):
    """Numbers of the processes that a crew uses."""
    with executor("process", count, None, code) as crew:
        return {future.result() for future in [crew.submit(os.getpid) for _ in range(count)]}


def test_workers_are_kept_for_the_next_run_of_the_same_code_and_replaced_when_they_die(monkeypatch):
    """And not where anything differs that they took over when they started (another class: the test below)."""
    one = pids()
    assert pids() == one and len(one) == 1
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    with executor("process", 1, None) as crew:
        pid = crew.submit(os.getpid).result()
        assert pid not in one
        assert crew.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        os.kill(pid, signal.SIGKILL)
        while pid in {child.pid for child in multiprocessing.active_children()}:
            time.sleep(0.01)
        assert crew.submit(os.getpid).result() not in (pid, os.getpid())
        with pytest.raises(BrokenProcessPool):  # and is not waited for when it dies in the middle of an answer
            crew.submit(fakes.die_in_the_middle_of_an_answer).result(timeout=60)


def test_workers_of_a_run_that_fails_serve_the_next_and_those_of_one_that_breaks_do_not(tmp_path):
    with pytest.raises(DropError, match=r"of course .*fakes.py, line \d+\) \(drop 7, seed 1\)"):
        isacsys.run(SCENARIO, workers=1, simulate=fakes.fail_at_seven, output=tmp_path / "run.h5")
    assert set(isacsys.open_run(tmp_path / "run.h5").table("drops")["drop"]) >= set(range(7))
    failed = {worker._pid.result() for worker in executors._kept}
    assert failed and not failed & pids()  # they had loaded other code
    with pytest.raises(ZeroDivisionError), executor("process", 1, None) as crew:
        crew.submit(os.getpid).result()
        raise ZeroDivisionError
    assert not executors._kept


@pytest.mark.parametrize("arguments", [{}, {"workers": 1}, {"executor": "serial"}])
def test_who_simulates_changes_no_byte(tmp_path, arguments, monkeypatch):
    """By default this process alone, as long as that takes no longer than starting workers."""
    scenario = Scenario().replace({"network.area": 4.0, "network.users_per_cell": 5, "allocation.users_per_bs": 2})
    monkeypatch.setattr(executors.SomeProcesses, "_spent", 0.0)
    executors.end_kept_workers()
    isacsys.run(scenario, drops=5, output=tmp_path / "run.h5", **arguments)
    alone = arguments in ({}, {"executor": "serial"})
    assert bool(multiprocessing.active_children()) is not alone
    isacsys.run(scenario, drops=5, executor="serial", output=tmp_path / "serial.h5")
    assert (tmp_path / "run.h5").read_bytes() == (tmp_path / "serial.h5").read_bytes()


def test_what_takes_longer_goes_to_workers(monkeypatch, tmp_path):
    monkeypatch.setattr(executors, "PATIENCE", 0.05)
    monkeypatch.setattr(executors, "processors", lambda: 1)
    monkeypatch.setattr(executors.SomeProcesses, "_spent", 0.0)
    executors.end_kept_workers()
    scenario = Scenario().replace({"network.area": 9.0, "simulation.batch": 1})
    isacsys.run(scenario, drops=20, output=tmp_path / "run.h5")
    assert multiprocessing.active_children()
    executors.end_kept_workers()
    assert not multiprocessing.active_children()
    isacsys.run(scenario, drops=20, executor="serial", output=tmp_path / "serial.h5")
    assert (tmp_path / "run.h5").read_bytes() == (tmp_path / "serial.h5").read_bytes()


@pytest.mark.parametrize(("changes", "drops"), [({}, 1e9), ({"network.area": 1e4}, 1), ({"simulation.frames": 1000}, 1),
                                                ({"network.layout": "file"}, 1)])
def test_a_drop_that_may_take_long_is_left_to_workers(changes, drops):
    plan = Plan(Scenario().replace(changes), 0, int(drops), Payload())
    assert (plan.size <= SMALL) is (not changes)


AT_THE_END = """
import os, sys, time
import isacsys
from isacsys.campaign import executors
scenario = isacsys.Scenario().replace({"network.area": 4.0})
for seed in range(2):
    isacsys.run(scenario, drops=4, seed=seed, workers=1)
print(*(worker._pid.result() for worker in executors._kept), flush=True)
if os.fork() == 0:
    isacsys.run(scenario, drops=4, workers=1)  # no worker of its parent
    left = len(executors._kept)
    executors.end_kept_workers()
    os._exit(left - 1)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.slow
def test_kept_workers_end_with_the_program():
    done = subprocess.run([sys.executable, "-c", AT_THE_END], capture_output=True, text=True, check=False, timeout=120)
    numbers, code = done.stdout.splitlines()
    assert done.returncode == 0 and code == "0" and done.stderr == "", done.stderr
    assert len(numbers.split()) == 1 and not any(is_running(int(pid)) for pid in numbers.split())


WINDOWS = """
import signal, sys
import isacsys
for name in ("pthread_sigmask", "SIGKILL", "SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK", "SIGHUP", "SIGUSR1"):
    delattr(signal, name)
sys.modules["fcntl"] = sys.modules["resource"] = None
from tests.campaign import fakes
print(isacsys.run(fakes.SCENARIO, workers=1, simulate=fakes.FailAt(())).drops)
try:
    isacsys.run(fakes.SCENARIO, workers=1, simulate=fakes.FailAt((7,)))
except isacsys.errors.DropError as error:
    print("drop 7" in str(error))
"""


def test_a_system_without_posix_signals():
    done = subprocess.run([sys.executable, "-c", WINDOWS], capture_output=True, text=True, check=False, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
    assert (done.stdout, done.stderr) == ("40\nTrue\n", "")


@pytest.mark.parametrize("arguments", [{"executor": "serial"}, {"workers": 1}])
def test_a_warning_of_a_drop_is_given_once(arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        isacsys.run(SCENARIO, simulate=fakes.warn, **arguments)
    assert [(str(w.message), w.category) for w in caught] == [("of something", RuntimeWarning)]


def test_no_worker_outlives_its_parent():
    program = ("import os, time\nfrom isacsys.campaign.executors import Processes\n"
               "workers = Processes(1)\nprint(workers.submit(os.getpid).result(), flush=True)\n"
               "workers.submit(time.sleep, 600)\ntime.sleep(600)\n")
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 30
    while any(map(is_running, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


PROGRAM = """
import isacsys
from isacsys import Scenario, Scheduler

class Last(Scheduler):
    def select_users(self, station, count, rng):
        return station.users.nearest(len(station.users))[-count:]

scenario = Scenario().replace({"network.area": 9.0, "simulation.drops": 6, "allocation.users_per_bs": 2})
print(isacsys.run(scenario, scheduler=Last(), workers=1)["communication_rate"].mean)
print(isacsys.run(scenario, scheduler=Last(), executor="serial")["communication_rate"].mean)
"""


@pytest.mark.slow
def test_what_is_typed_at_a_prompt():
    """No worker can read it: it travels with its code, and the program needs no guard (nor does that of README)."""
    done = subprocess.run([sys.executable, "-"], input=PROGRAM, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    one, other = done.stdout.split()
    assert one == other


BETWEEN = """
import sys
import isacsys
from isacsys import Scenario, Scheduler

if len(sys.argv) > 1:
    raise SystemExit("the program was run again")
scenario = Scenario().replace({"network.area": 9.0, "simulation.drops": 3, "allocation.users_per_bs": 2})
count = isacsys.run(scenario, executor="serial").drops

def policy():
    class Mine(Scheduler):
        def select_users(self, station, number, rng):
            return users(station)[:min(number, count)]
    return Mine()

def users(station):
    return station.users.ids

for executor in ("serial", "process"):
    print(isacsys.run(scenario, scheduler=policy(), executor=executor, workers=1)["communication_rate"].mean)
"""


def test_a_policy_made_between_two_runs_from_the_result_of_the_first(tmp_path):
    """In a function, with a helper and a figure from around it."""
    (tmp_path / "program.py").write_text(BETWEEN)
    done = subprocess.run([sys.executable, tmp_path / "program.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split())) == 1 and len(done.stdout.split()) == 2


def test_dask_that_is_not_installed_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"pip install 'isacsys\[dask\]'"):
        isacsys.run(SCENARIO, executor="dask")
