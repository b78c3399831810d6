"""The memory that a drop takes at least, with channels of single links."""

import tracemalloc

import pytest

import isacsys
from isacsys import Scenario
from isacsys.core.errors import ConfigError
from isacsys.simulation import memory_limits

WIDE = Scenario().replace({"propagation.model": "uma", "network.area": 50.0, "network.near_stations": 30,
                           "allocation.users_per_bs": 4, "allocation.targets_per_bs": 0, "network.bs_density": 4.0})


def test_channels_in_sub_bands_and_rays_count():
    plain, split = WIDE, WIDE.replace({"fading.subbands": 100})
    assert memory_limits.least_memory(plain)["fading.subbands"] == 0
    links = 200 * 4 * 30
    assert memory_limits.least_memory(split)["fading.subbands"] == 16 * 100 * links * WIDE.antennas.transmit
    rays = WIDE.replace({"fading.model": "tr38901"})
    more = memory_limits.least_memory(rays)["network.near_stations"] - memory_limits.least_memory(plain)[
        "network.near_stations"]
    assert more == pytest.approx(links * 100 * 4 * (3 + 16))


def test_no_more_rays_than_are_kept():
    wide = WIDE.replace({"fading.model": "tr38901", "network.area": 5e4})
    plain = wide.replace({"fading.model": "rayleigh"})
    more = [memory_limits.least_memory(some)["network.near_stations"] for some in (wide, plain)]
    assert more[0] - more[1] == pytest.approx(2 << 30)


def test_too_many_sub_bands_are_one_line(monkeypatch):
    monkeypatch.setattr(memory_limits.machine, "memory", lambda: 1e8)
    with pytest.raises(ConfigError, match=r"fading.subbands = 100: less: a drop needs at least .* GB"):
        memory_limits.check_memory(WIDE.replace({"fading.subbands": 100}))


def test_rays_are_a_lower_bound():
    case = WIDE.replace({"network.layout": "hexagonal", "network.inter_site_distance": 500.0, "network.area": 2.598,
                         "network.sectors": 3, "network.minimum_distance": 35.0, "fading.model": "tr38901",
                         "fading.subbands": 2, "fading.doppler_speed": 1.0, "simulation.frames": 1,
                         "network.users_per_cell": 4.0, "allocation.users_per_bs": 3})
    tracemalloc.start()
    isacsys.run(case, drops=1, executor="serial")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(memory_limits.least_memory(case, 36).values()) < peak
