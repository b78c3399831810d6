"""Memory of a drop, and reuse of the memory of frames."""

from __future__ import annotations

import numpy as np

from isacsys.channel import kernel
from isacsys.channel.clustered import MOST
from isacsys.config.scenario import Scenario
from isacsys.core import machine
from isacsys.core.errors import ConfigError

_POINT, _PAIR, _COMPLEX, _FILE = 40, 48, 16, 48  # bytes that each takes at least
_BETWEEN = 24  # bytes of two cells: their gain, and what is sorted
_COMPARISON = 3e-7  # s that a receiver and a cell take
LONG, USUAL = 10.0, 256  # minutes that are worth a line; sites that bring rates to 0.3 % (docs/speed.md)
_FEWEST_RAYS = 100  # of a link, in the mean over links: UMa has 260


def check_memory(scenario: Scenario, stations: float | None = None) -> None:
    """Raise ConfigError, naming the setting that takes most, where a drop certainly does not fit into this machine."""
    needed, there = least_memory(scenario, stations), machine.memory()
    if sum(needed.values()) > there:
        key = max(needed, key=needed.__getitem__)
        raise ConfigError(key, scenario.get(key), f"less: a drop needs at least {sum(needed.values()) / 1e9:.3g} GB of "
                          f"memory, and a process here may have {there / 1e9:.3g} GB")


def check_comparisons(scenario: Scenario, cells: float, receivers: float) -> list[str]:
    """Return a line where it takes long to compare all ``receivers``, users and targets, with all ``cells``.

    Raises
    ------
    ConfigError
        Where the gains between all cells do not fit into this machine.
    """
    if not scenario.built or scenario.network.neighbour_sites:
        return []
    needed, there = _BETWEEN * cells**2 * (scenario.allocation.targets_per_bs > 0), machine.memory()
    if needed > there:
        raise ConfigError("network.neighbour_sites", 0, f"sites of which the cells are compared, as {USUAL}: gains "
                          f"between all {cells:.0f} cells need {needed / 1e9:.3g} GB of memory, and a process here may "
                          f"have {there / 1e9:.3g} GB")
    minutes = cells * receivers * _COMPARISON / 60
    if minutes < LONG:
        return []
    return [f"network.neighbour_sites = 0: each of {receivers:.0f} users and targets is compared with each of "
            f"{cells:.0f} cells, which takes some {minutes:.0f} minutes a drop; {USUAL} compares those of the nearest "
            f"{USUAL} sites, and all others are mean power"]


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
