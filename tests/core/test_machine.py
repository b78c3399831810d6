"""Limits of containers: control groups of both versions, as docker, Slurm and systemd set them."""

import math

import pytest

import isacsys
from isacsys.core import machine

GB = 2**30


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A machine with 16 processors and 64 GB, and a function that writes its control groups."""
    root, membership = tmp_path / "cgroup", tmp_path / "self"

    def write(lines, files):
        membership.write_text("".join(f"{line}\n" for line in lines))
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")

    monkeypatch.setattr(machine, "ROOT", root)
    monkeypatch.setattr(machine, "MEMBERSHIP", membership)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(machine, "_physical", lambda: 64.0 * GB)
    monkeypatch.setattr(machine, "_address_space", lambda: math.inf)
    return write


V1 = ["4:memory:/docker/0a1b", "3:cpuset:/", "2:cpu,cpuacct:/docker/0a1b", "1:name=systemd:/docker/0a1b"]
HUGE = 9223372036854771712


@pytest.mark.parametrize(("lines", "files", "count", "gigabytes"), [
    ([], {}, 16, 64),
    (["0::/"], {"cpu.max": "150000 100000", "memory.max": 2 * GB}, 2, 2),
    (["0::/"], {"cpu.max": "max 100000", "memory.max": "max"}, 16, 64),
    (["0::/"], {"cpu.max": "10000 100000", "memory.max": 3 * GB}, 1, 3),
    (["0::/a/b"], {"a/cpu.max": "300000 100000", "a/b/cpu.max": "500000 100000", "a/memory.max": GB,
                   "a/b/memory.max": "max"}, 3, 1),
    (["0::/../../else"], {"cpu.max": "400000 100000"}, 4, 64),
    (V1, {"cpu,cpuacct/cpu.cfs_quota_us": 200000, "cpu,cpuacct/cpu.cfs_period_us": 100000,
          "memory/memory.limit_in_bytes": 5 * GB}, 2, 5),
    (V1, {"cpu/docker/0a1b/cpu.cfs_quota_us": 50000, "cpu/docker/0a1b/cpu.cfs_period_us": 20000,
          "memory/docker/0a1b/memory.limit_in_bytes": 4 * GB, "memory/memory.limit_in_bytes": HUGE}, 3, 4),
    (V1, {"cpu,cpuacct/cpu.cfs_quota_us": -1, "cpu,cpuacct/cpu.cfs_period_us": 100000,
          "memory/memory.limit_in_bytes": HUGE}, 16, 64),
    ([*V1, "0::/x"], {"unified/x/cpu.max": "200000 100000"}, 2, 64),
    (["nonsense", "", "0::"], {"cpu.max": "what", "memory.max": ""}, 16, 64),
])
def test_limits(groups, lines, files, count, gigabytes):
    groups(lines, files)
    assert machine.processors() == count
    assert machine.memory() == gigabytes * GB


def test_a_scenario_that_does_not_fit_into_the_container_is_refused(groups):
    groups(["0::/"], {"memory.max": 2**22})
    with pytest.raises(isacsys.ConfigError, match=r"network\..* memory, and a process here may have 0.00419 GB"):
        isacsys.run(isacsys.Scenario().replace({"network.area": 1e4}), drops=1)


def test_a_system_without_control_groups(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "MEMBERSHIP", tmp_path / "nothing")
    assert machine.processors() >= 1 and machine.memory() > 2**20
