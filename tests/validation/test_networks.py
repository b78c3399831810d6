"""Poisson networks under laws of TR 38.901 agree with the exact analysis, which shares no code with them."""

import pytest

import isacsys

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


@pytest.mark.parametrize("model", NETWORKS)
def test_rates(model):
    scenario = isacsys.Scenario().replace({
        **NETWORKS[model], "propagation.model": model, "network.users_per_cell": 20.0, "antennas.transmit": 12,
        "allocation.users_per_bs": 3, "allocation.targets_per_bs": 0, "nulling.policy": "random"})
    found = isacsys.validate(scenario, drops=40, executor="serial", metric="communication_rate").findings[0]
    assert found.status == "agrees" and found.paper is None, found.verdict
