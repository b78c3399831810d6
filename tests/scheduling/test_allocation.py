"""Allocations are those of P1, and are written into the log as plain numbers."""

import pytest

import isacsys
from isacsys import Scenario
from isacsys.analysis import best, design_space
from isacsys.errors import ConfigError
from isacsys.scheduling import allocate

SMALL = {"antennas.transmit": 6, "allocation.max_targets_per_bs": 3, "network.area": 9,
         "allocation.users_per_bs": 2}


@pytest.mark.parametrize(("policy", "method"), [("optimal", "exact"), ("approximate", "approximate")])
@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_optimum_is_that_of_the_analysis(policy, method, weight):
    scenario = allocate(Scenario().replace({**SMALL, "allocation.policy": policy, "allocation.weight": weight}))
    found = best(design_space(M_t=6, J_max=3, c=scenario.echo_gain, method=method), rho=weight)
    a = scenario.allocation
    assert (a.users_per_bs, a.communication_cluster, a.targets_per_bs, a.sensing_cluster) == (
        found.K, found.L, found.J, found.Q)
    assert a.policy == "fixed" and scenario.demand <= 6


def test_a_run_writes_down_what_was_chosen():
    scenario = Scenario().replace({**SMALL, "allocation.policy": "optimal", "allocation.weight": 1.0})
    run = isacsys.run(scenario, drops=2, executor="serial")
    assert run.scenario == allocate(scenario).replace({"simulation.drops": 2})


def test_fixed_changes_nothing():
    assert allocate(Scenario()) == Scenario()


def test_policies_of_users(tmp_path):
    (tmp_path / "my_allocations.py").write_text(
        "from isacsys import AllocationPolicy\nclass Two(AllocationPolicy):\n"
        "    def allocate(self, scenario):\n        return {'users_per_bs': 2}\n"
        "class Odd(Two):\n    def allocate(self, scenario):\n        return {'antennas': 2}\n")
    two = allocate(Scenario(beside=(str(tmp_path),)).replace({"allocation.policy": "my_allocations:Two"}))
    assert two == Scenario().replace({"allocation.users_per_bs": 2})
    for name, words in (("my_allocations:Odd", "antennas"), ("nothing", "one of fixed, optimal"),
                        ("math:pi", "AllocationPolicy")):
        with pytest.raises(ConfigError, match=words):
            allocate(Scenario(beside=(str(tmp_path),)).replace({"allocation.policy": name}))
