"""Throughput of a scenario by the analysis: every setting of the link reaches it, and where there is no formula."""

import numpy as np
import pytest

from isacsys import Scenario, analysis
from isacsys.analysis.line_process import Medium
from isacsys.analysis.link_laws import nr, truncated_shannon
from isacsys.analysis.scenarios import communication_values, left_out
from isacsys.analysis.throughput import blocks_of_frame, symbols_of_frame
from tests.analysis.laws import uma

LINK = {"antennas.transmit": 16, "allocation.users_per_bs": 4, "allocation.targets_per_bs": 0, "link.model": "nr"}
# M_t, K, L, MCS table, symbols of a block: bit per symbol by Monte Carlo of two others, standard error 0.002
PUBLISHED = [(16, 4, 1, 1, 8000, 2.581), (16, 4, 1, 1, 4000, 2.580), (16, 4, 1, 1, 500, 2.518),
             (16, 4, 1, 2, 8000, 2.726), (16, 4, 1, 2, 500, 2.665), (16, 4, 2, 1, 8000, 2.827),
             (20, 12, 1, 1, 8000, 1.480)]


def values(changes, *laws):
    return communication_values(Scenario().replace({**LINK, **changes}), *laws)


@pytest.mark.parametrize(("M_t", "K", "L", "table", "symbols", "published"), PUBLISHED)
def test_published_values(M_t, K, L, table, symbols, published):
    """A block of 0.5 ms has that many symbols in a band of 2,000 times as many Hz without overhead."""
    bandwidth = 2000.0 * symbols
    found = values({"antennas.transmit": M_t, "allocation.users_per_bs": K, "allocation.communication_cluster": L,
                    "link.mcs_table": table, "link.overhead": 0.0, "radio.bandwidth": bandwidth}).throughput_exact
    assert found * 1e6 / bandwidth == pytest.approx(published, abs=0.008)


def test_symbols_and_blocks():
    scenario = Scenario().replace({"radio.bandwidth": 20e6, "simulation.frame_duration": 0.01})
    assert symbols_of_frame(scenario) == pytest.approx(200_000)
    assert symbols_of_frame(scenario.replace({"link.model": "nr"})) == pytest.approx(160_000)
    assert symbols_of_frame(scenario.replace({"link.model": "nr", "link.overhead": 0.1})) == pytest.approx(180_000)
    for frame, block, expected in ((0.01, 0.0005, 20), (0.01, 0.0003, 33), (0.0003, 0.0005, 1), (0.3, 0.1, 3),
                                   (0.29, 0.01, 29)):
        assert blocks_of_frame(scenario.replace({"simulation.frame_duration": frame,
                                                 "link.block_duration": block})) == expected


def test_every_setting_of_the_link_matters():
    mean = analysis.expected_efficiency(nr(3200.0, table=2, gap_db=1.0), K=4, D=13)
    found = values({"radio.bandwidth": 8e6, "link.mcs_table": 2, "link.implementation_gap_db": 1.0}).throughput_exact
    assert found == pytest.approx(mean * 8e6 * 0.8 / 1e6)
    fixed = analysis.expected_efficiency(nr(4000.0, mcs=9), K=4, D=13)
    assert values({"link.adaptation": "fixed", "link.mcs": 9}).throughput_exact == pytest.approx(fixed * 8)
    truncated = analysis.expected_efficiency(truncated_shannon(attenuation=0.7, maximum_efficiency=3.0,
                                                               minimum_sinr_db=-5.0), K=4, D=13)
    assert values({"link.model": "truncated_shannon", "link.attenuation": 0.7, "link.maximum_efficiency": 3.0,
                   "link.minimum_sinr_db": -5.0}).throughput_exact == pytest.approx(truncated * 10)


def test_shannon_is_the_rate_wherever_there_is_one():
    for changes in ({}, {"propagation.noise_power": 0.3}, {"cooperation.communication": "joint",
                                                            "allocation.communication_cluster": 2},
                    {"precoding.sensing_power": 0.4, "allocation.targets_per_bs": 1}):
        found = values({**changes, "link.model": "shannon", "link.overhead": 0.2, "radio.bandwidth": 5e6})
        assert found.throughput_exact == pytest.approx(found.rate_exact * 4)


def test_a_law_of_propagation_and_noise():
    changes = {"propagation.model": "uma", "network.bs_density": 4.6188, "radio.transmit_power_dbm": 30.0}
    scenario = Scenario().replace({**LINK, **changes})
    mean = analysis.expected_efficiency(nr(4000.0), K=4, D=13, medium=Medium(uma(), scenario.user_noise),
                                        bs_density=4.6188)
    assert communication_values(scenario, uma()).throughput_exact == pytest.approx(mean * 8)


def test_a_model_of_ones_own():
    def capped(sinr):
        return np.minimum(np.log2(1 + sinr), 2.0)

    changes = {"link.model": "mine:Capped"}
    assert values(changes).throughput_exact is None
    assert values(changes, None, capped).throughput_exact == pytest.approx(
        10 * analysis.expected_efficiency(capped, K=4, D=13))


@pytest.mark.parametrize("changes", [
    {"link.harq": "chase"}, {"link.adaptation": "outer_loop"},
    {"cooperation.communication": "joint", "allocation.communication_cluster": 2},
    {"precoding.sensing_power": 0.4, "allocation.targets_per_bs": 1}])
def test_where_there_is_no_formula(changes):
    found = values(changes)
    assert found.throughput_exact is None
    assert found.rate_exact > 0


def test_neither_links_nor_energy_matter_to_rates():
    scenario = Scenario().replace({**LINK, "link.harq": "chase", "energy.model": "earth"})
    assert left_out(scenario) == []
