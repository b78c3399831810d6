"""Processors and memory that a process may use, limits of containers included.

A container (``docker --cpus --memory``, Slurm, Kubernetes) is limited by control groups of the kernel, of version 2
(``cpu.max``, ``memory.max``) or 1 (``cpu.cfs_quota_us``, ``memory.limit_in_bytes``), its own or any above it.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT, MEMBERSHIP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_UNLIMITED = 2.0**60  # bytes: version 1 says so much, in whole pages, where there is no limit


def processors() -> int:
    """Return how many processors this process may keep busy, at least one."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(there, _quota())))


def memory() -> float:
    """Return how many bytes of memory this process may have; infinite where nothing says."""
    return min(_physical(), _address_space(), *_memory_limits(), math.inf)


def _physical() -> float:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    return math.inf


def _address_space() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return math.inf if limit == resource.RLIM_INFINITY else float(limit)


def _quota() -> float:
    """Return how many processors the control groups of this process grant it on average."""
    found = [math.inf]
    for directory in _groups("cpu"):
        limits = _numbers(directory / "cpu.max") or (
            _numbers(directory / "cpu.cfs_quota_us") + _numbers(directory / "cpu.cfs_period_us"))
        if len(limits) == 2 and limits[0] > 0 and limits[1] > 0:
            found.append(limits[0] / limits[1])
    return min(found)


def _memory_limits() -> list[float]:
    """Return the limits that the control groups of this process set on its memory, in bytes."""
    numbers = [number for directory in _groups("memory") for name in ("memory.max", "memory.limit_in_bytes")
               for number in _numbers(directory / name)]
    return [number for number in numbers if 0 < number < _UNLIMITED]


def _groups(controller: str) -> Iterator[Path]:
    """Yield the directories of the control groups that this process is in, and of those above.

    Inside a container the path of a group is often that of the host, and its directory the root of what is mounted.
    """
    try:
        lines = MEMBERSHIP.read_text().splitlines()
    except (OSError, ValueError):  # not Linux
        return
    for line in lines:
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        names = controllers.split(",")
        if controllers and controller not in names:
            continue
        place = PurePosixPath(path.lstrip("/"))
        for root in {ROOT / controllers, ROOT / controller} if controllers else (ROOT, ROOT / "unified"):
            yield from (root / above for above in (place, *place.parents))


def _numbers(path: Path) -> list[float]:
    """Return the numbers in a small file; none where it has others, or is not there."""
    with contextlib.suppress(OSError, ValueError):
        return [float(word) for word in path.read_text().split()]
    return []
