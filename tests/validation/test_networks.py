"""Poisson networks under laws of TR 38.901 agree with the exact analysis, which shares no code with them."""

import itertools

import pytest

import isacsys
from isacsys.propagation.far_field import unresolved

NETWORKS = {
    "uma": {"propagation.carrier_frequency": 3.5e9, "network.bs_density": 4.6188, "network.area": 30.0,
            "radio.transmit_power_dbm": 46.0},
    "umi": {"propagation.carrier_frequency": 3.5e9, "network.bs_density": 28.87, "network.area": 4.0,
            "radio.transmit_power_dbm": 33.0, "propagation.site_correlation": 0.5},
    "rma": {"propagation.carrier_frequency": 0.8e9, "network.bs_density": 0.4, "network.area": 200.0},
    "inh": {"propagation.carrier_frequency": 4e9, "network.bs_density": 2000.0, "network.area": 0.05,
            "radio.transmit_power_dbm": 24.0},
    "inf_sl": {"propagation.carrier_frequency": 3.5e9, "network.bs_density": 500.0, "network.area": 0.2,
               "radio.transmit_power_dbm": 24.0, "allocation.communication_cluster": 2},
    "inf_dh": {"propagation.carrier_frequency": 3.5e9, "network.bs_density": 500.0, "network.area": 0.2,
               "radio.transmit_power_dbm": 24.0},
}


@pytest.mark.parametrize("model", [
    pytest.param(model, marks=[pytest.mark.slow] * (model not in ("uma", "inf_sl"))) for model in NETWORKS])
def test_rates(model):
    scenario = isacsys.Scenario().replace({  # so many users that no station is without one
        **NETWORKS[model], "propagation.model": model, "network.users_per_cell": 40.0, "antennas.transmit": 12,
        "allocation.users_per_bs": 3, "allocation.targets_per_bs": 0, "nulling.policy": "random"})
    found = isacsys.validate(scenario, drops=10, executor="serial", metric="communication_rate").findings[0]
    assert found.status == "agrees" and found.paper is None, found.verdict


@pytest.mark.parametrize("changes", [
    {"network.area": 4.0},
    pytest.param({"network.area": 9.0, "allocation.communication_cluster": 4}, marks=pytest.mark.slow),
    {"propagation.model": "uma", "network.bs_density": 4.6, "network.area": 4.0}])
def test_small_tori_are_no_planes(changes):
    found = isacsys.validate(isacsys.Scenario().replace(changes), drops=4, executor="serial")
    assert found.agrees is None and all("network.area" in finding.verdict for finding in found.findings)


def test_strong_cells_beyond_the_torus_are_fewer_the_larger_it_is():
    share = [unresolved(isacsys.Scenario().replace({"propagation.model": "uma", "network.bs_density": 4.6,
                                                    "network.area": area})) for area in (2.0, 6.0, 20.0, 60.0)]
    assert all(larger < smaller for smaller, larger in itertools.pairwise(share)) and share[0] > 1 > 0.01 > share[-1]
    assert unresolved(isacsys.Scenario()) == 0


@pytest.mark.parametrize("drops", [2, 3])
def test_what_rounding_leaves_of_no_cost_is_none(drops):
    found = isacsys.validate(isacsys.Scenario().replace({"network.area": 9.0}), drops=drops, executor="serial")
    assert found.agrees and not any("cost" in finding.verdict for finding in found.findings)


def test_shadowing_draws_other_cells_so_links_are_as_simulated():
    """Twelve users of twenty on average: how many stations have fewer depends on the areas of their cells."""
    scenario = isacsys.Scenario().replace({
        "propagation.model": "rma", "network.bs_density": 5.0, "network.area": 25.0, "network.users_per_cell": 20.0})
    found = {one.name: one for one in isacsys.validate(scenario, drops=8, executor="serial").findings}
    assert found["communication_ase_typical"].agrees and found["communication_rate"].agrees
