"""Throughput of NR by simulation against values of an independent Monte Carlo of the gamma model."""

import numpy as np
import pytest

from isacsys.campaign.estimates import linearise
from isacsys.config.scenario import Scenario
from isacsys.recording import MemoryRecorder
from isacsys.simulation import simulate_drop

DROPS, OVERHEAD = 30, 0.2
SETTINGS = {"allocation.targets_per_bs": 0, "antennas.transmit": 16, "allocation.users_per_bs": 4,
            "propagation.path_loss_exponent": 4.0, "link.model": "nr", "network.users_per_cell": 30.0,
            "simulation.seed": 3}
LARGE, SMALL = {"link.block_duration": 0.001}, {"radio.bandwidth": 1.25e6}  # 8,000 and 500 symbols a block
# Bits per symbol, one standard error 0.002.
VALUES = {"8,000 symbols": (LARGE, 2.581), "4,000 symbols": ({}, 2.580), "500 symbols": (SMALL, 2.518),
          "table 2, 8,000": ({**LARGE, "link.mcs_table": 2}, 2.726),
          "table 2, 500": ({**SMALL, "link.mcs_table": 2}, 2.665),
          "L = 2": ({**LARGE, "allocation.communication_cluster": 2}, 2.827),
          "K = 12": ({**LARGE, "antennas.transmit": 20, "allocation.users_per_bs": 12}, 1.480)}


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.slow] * (name in ("4,000 symbols", "500 symbols", "table 2, 8,000")))
    for name in VALUES])
def test_throughput_of_the_typical_user_while_it_is_served(name):
    changes, bits = VALUES[name]
    scenario = Scenario().replace({**SETTINGS, **changes})
    recorder = MemoryRecorder("summary")
    for drop in range(DROPS):
        simulate_drop(scenario, drop, recorder)
    found = linearise(scenario, recorder.read("drops"), "link_throughput")
    symbols = scenario.radio.bandwidth * (1 - OVERHEAD) / 1e6  # a second, in millions
    error = np.std(found.influence, ddof=1) / np.sqrt(DROPS) / symbols
    assert error < 0.04
    assert abs(found.value / symbols - bits) < 4 * np.hypot(error, 0.002)
