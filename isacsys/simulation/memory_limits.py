"""Memory of a drop, and reuse of the memory of frames."""

from __future__ import annotations

import numpy as np

from isacsys.channel import kernel
from isacsys.channel.clustered import MOST
from isacsys.config.scenario import Scenario
from isacsys.core import machine
from isacsys.core.errors import ConfigError

_POINT, _PAIR, _COMPLEX, _FILE = 40, 48, 16, 48  # bytes that each takes at least
_FEWEST_RAYS = 100  # of a link, in the mean over links: UMa has 260


def check_memory(scenario: Scenario, stations: float | None = None) -> None:
    """Raise ConfigError, naming the setting that takes most, where a drop certainly does not fit into this machine."""
    needed, there = least_memory(scenario, stations), machine.memory()
    if sum(needed.values()) > there:
        key = max(needed, key=needed.__getitem__)
        raise ConfigError(key, scenario.get(key), f"less: a drop needs at least {sum(needed.values()) / 1e9:.3g} GB of "
                          f"memory, and a process here may have {there / 1e9:.3g} GB")


def least_memory(scenario: Scenario, stations: float | None = None) -> dict[str, float]:
    """Return how many bytes a drop takes at least, by the setting that decides on them."""
    n, a, antennas, traffic = scenario.network, scenario.allocation, scenario.antennas, scenario.traffic
    count = n.bs_density * n.area if stations is None else stations
    users, targets = (count * min(pair) for pair in ((a.users_per_bs, n.users_per_cell),
                                                     (a.targets_per_bs, n.targets_per_cell)))
    near = min(n.near_stations, count)
    entries = near * antennas.transmit * (users + targets * antennas.receive) * scenario.explicit_channels
    arrivals = count * n.users_per_cell * traffic.arrival_rate * scenario.simulation.frame_duration
    return {"network.area": _POINT * count * (1 + n.users_per_cell + n.targets_per_cell),
            "network.near_stations": near * (_PAIR * (users + targets) + _rays(scenario) * users),
            "antennas.transmit": _COMPLEX * antennas.transmit * targets,
            "fading.subbands": _COMPLEX * scenario.fading.subbands * entries,
            "traffic.arrival_rate": _FILE * arrivals if traffic.model == "poisson" else 0.0}


def _rays(scenario: Scenario) -> float:
    """Return how many bytes the rays of a user and a station take at least, of which no more than `MOST` are kept."""
    if scenario.fading.model != "tr38901":
        return 0.0
    n = scenario.network
    bytes_a_link = _FEWEST_RAYS * 4 * (3 + min(scenario.antennas.transmit, kernel.BLOCK))
    links = n.bs_density * n.area * min(scenario.allocation.users_per_bs, n.users_per_cell) * n.near_stations
    return bytes_a_link * min(1.0, MOST / max(bytes_a_link * links, 1.0))


def keep_freed_memory() -> None:
    """Set the C library to keep memory that arrays of a frame free, instead of returning it to the system every frame.

    glibc returns freed memory at once until it has seen a larger block come and go (mallopt(3), M_MMAP_THRESHOLD):
    so let one come and go, untouched. Page faults took a fifth to a third of a frame of 100 stations. Elsewhere this
    does nothing.
    """
    np.empty(24 << 20, np.uint8)
