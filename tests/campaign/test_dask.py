"""A dask cluster on loopback makes the same file, also where a worker is killed."""

import os
import signal
import threading
import time

import pytest

import isacsys
from isacsys.core.errors import DropError, IncompleteRun
from tests.campaign import fakes
from tests.campaign.fakes import SCENARIO


@pytest.fixture(scope="module")
def distributed():
    return pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster(distributed):
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster


def kill_a_worker(client_of, address, directory):
    """Wait for the first part, then kill the worker, which is at work; the cluster starts another one."""
    with client_of(address) as client:
        pids = client.run(os.getpid)
        while not list(directory.glob("*.npz")):
            time.sleep(0.005)
        os.kill(next(iter(pids.values())), signal.SIGKILL)


def test_a_worker_is_killed(tmp_path, distributed, cluster):
    path, address = tmp_path / "run.h5", cluster.scheduler_address
    killer = threading.Thread(target=kill_a_worker, args=(distributed.Client, address, tmp_path / "run.h5.parts"))
    killer.start()
    isacsys.run(SCENARIO, drops=80, executor="dask", dask_address=address, simulate=fakes.simulate_slowly, output=path)
    killer.join()
    isacsys.run(SCENARIO, drops=80, executor="serial", simulate=fakes.simulate, output=tmp_path / "serial.h5")
    assert path.read_bytes() == (tmp_path / "serial.h5").read_bytes()


def test_an_exception_on_the_cluster_arrives(tmp_path, cluster):
    with pytest.raises(DropError, match=r"of course .*fakes.py, line \d+\) \(drop 7, seed 1\)"):
        isacsys.run(SCENARIO, executor="dask", dask_address=cluster.scheduler_address, simulate=fakes.fail_at_seven,
                    output=tmp_path / "run.h5")
    assert isacsys.open_run(tmp_path / "run.h5").drops >= 7


def test_a_policy_travels(cluster):
    address = cluster.scheduler_address
    run = isacsys.run(SCENARIO, executor="dask", dask_address=address, simulate=fakes.count_up,
                      scheduler=fakes.Counter(), drops=10)
    assert run.drops == 10


def test_nobody_at_the_address(monkeypatch, distributed):
    monkeypatch.setattr("isacsys.campaign.dask._START_SECONDS", 0.5)
    with pytest.raises(IncompleteRun, match="no dask workers at tcp://127.0.0.1:1"):
        isacsys.run(SCENARIO, executor="dask", dask_address="tcp://127.0.0.1:1")


@pytest.mark.slow
def test_without_an_address_a_cluster_is_made(distributed):
    run = isacsys.run(SCENARIO, executor="dask", workers=2, simulate=fakes.simulate)
    assert run.metrics == isacsys.run(SCENARIO, executor="serial", simulate=fakes.simulate).metrics
