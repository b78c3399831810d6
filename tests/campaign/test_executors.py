"""Processes of its own: the same file as one alone, and a death is a delay."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

import isacsys
from isacsys.campaign.executors import executor
from isacsys.core.errors import ConfigError, DropError, IncompleteRun
from tests.campaign import fakes
from tests.campaign.fakes import SCENARIO
from tests.recording.rows import same_tables


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    path = tmp_path_factory.mktemp("serial") / "run.h5"
    isacsys.run(SCENARIO, executor="serial", simulate=fakes.simulate, output=path)
    return path.read_bytes()


def test_processes_make_the_same_file(tmp_path, serial):
    isacsys.run(SCENARIO, workers=2, simulate=fakes.simulate, output=tmp_path / "run.h5")
    assert (tmp_path / "run.h5").read_bytes() == serial


def test_processes_give_the_same_tables_without_a_file():
    one, other = (isacsys.run(SCENARIO, workers=1, executor=e, simulate=fakes.simulate) for e in ("serial", "process"))
    same_tables(fakes.tables(one), fakes.tables(other))


def test_a_worker_that_dies_is_reported_and_its_drops_run_again(tmp_path):
    """The first who simulates drop 7 kills itself with SIGKILL."""
    marker = fakes.Marker(tmp_path / "died")
    with pytest.warns(UserWarning, match="a worker died in drop.*run again"):
        run = isacsys.run(SCENARIO, workers=2, simulate=fakes.die_once, output=tmp_path / "run.h5", scheduler=marker)
    assert marker.path.exists()
    plain = isacsys.run(SCENARIO, executor="serial", simulate=fakes.simulate)
    same_tables(fakes.tables(run), fakes.tables(plain))


def test_a_drop_that_kills_every_worker_is_given_up(tmp_path, serial):
    path = tmp_path / "run.h5"
    with pytest.warns(UserWarning, match="a worker died"), pytest.raises(IncompleteRun, match="3 workers died in drop"):
        isacsys.run(SCENARIO, workers=1, simulate=fakes.die_at_seven, output=path)
    isacsys.run(SCENARIO, executor="serial", simulate=fakes.simulate, output=path, resume=True)
    assert path.read_bytes() == serial


def test_an_exception_in_a_worker_arrives(tmp_path):
    with pytest.raises(DropError, match=r"of course .*fakes.py, line \d+\) \(drop 7, seed 1\)"):
        isacsys.run(SCENARIO, workers=2, simulate=fakes.fail_at_seven, output=tmp_path / "run.h5")
    assert set(isacsys.open_run(tmp_path / "run.h5").table("drops")["drop"]) >= set(range(7))


def test_a_worker_that_died_idle_is_replaced():
    with executor("process", 1, None) as crew:
        pid = crew.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        while multiprocessing.active_children():
            time.sleep(0.01)
        other = crew.submit(os.getpid).result()
        assert other not in (pid, os.getpid())


def test_workers_use_one_thread():
    with executor("process", 1, None) as crew:
        assert crew.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"


def test_no_worker_outlives_its_parent():
    program = ("import os, time\nfrom isacsys.campaign.executors import Processes\n"
               "workers = Processes(2)\nfutures = [workers.submit(os.getpid) for _ in range(2)]\n"
               "print(*(f.result() for f in futures), flush=True)\n"
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
print(isacsys.run(scenario, scheduler=Last(), workers=2)["communication_rate"].mean)
print(isacsys.run(scenario, scheduler=Last(), executor="serial")["communication_rate"].mean)
"""


def test_a_program_needs_no_guard_and_may_define_its_policy(tmp_path):
    """As in the README: no ``if __name__ == "__main__"``, and the class in the program itself."""
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run([sys.executable, tmp_path / "program.py"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    one, other = done.stdout.split()
    assert one == other


def test_what_is_typed_at_a_prompt():
    """No worker can read it: it travels with its code."""
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

for executor in ("serial", "process", "dask"):
    print(isacsys.run(scenario, scheduler=policy(), executor=executor, workers=1)["communication_rate"].mean)
"""


def test_a_policy_made_between_two_runs_from_the_result_of_the_first(tmp_path):
    """In a function, with a helper and a figure from around it."""
    (tmp_path / "program.py").write_text(BETWEEN)
    done = subprocess.run([sys.executable, tmp_path / "program.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split())) == 1 and len(done.stdout.split()) == 3


def test_dask_that_is_not_installed_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"pip install 'isacsys\[dask\]'"):
        isacsys.run(SCENARIO, executor="dask")
