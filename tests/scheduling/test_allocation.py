"""Allocations are those of P1, and are written into the log as plain numbers."""

from itertools import product

import pytest

import isacsys
from isacsys import Scenario, analysis
from isacsys.core.errors import ConfigError
from isacsys.scheduling import allocate

SMALL = {"antennas.transmit": 6, "allocation.max_targets_per_bs": 3, "network.area": 9,
         "allocation.users_per_bs": 2}


RATES = {"optimal": (analysis.communication_rate, analysis.sensing_rate),
         "approximate": (analysis.communication_rate_approximate, analysis.sensing_rate_approximate)}
ORDER = {"cluster_center": "serving_bs"}  # of the exact sensing rate


def largest(policy, weight, c, antennas=6, most=3):
    """The design of the largest weighted ASE, all of them tried one by one."""
    communication, sensing = RATES[policy]
    around = ORDER if policy == "optimal" else {}
    merit = {}
    for K in range(1, antennas):
        for L in range(1, antennas):
            for J in range(1, most + 1):
                for Q in range(1, antennas + 1):
                    if antennas > K * L + J * (Q - 1):
                        ase = (K * communication(M_t=antennas, K=K, L=L, J=J, Q=Q),
                               J * sensing(K=K, Q=Q, c=c, **around))
                        other = ase[0] if weight < 0.5 else ase[1]
                        merit[K, L, J, Q] = weight * ase[0] + (1 - weight) * ase[1], other, -L, -Q, -K, -J
    return max(merit, key=merit.get)


@pytest.mark.parametrize("policy", RATES)
@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_optimum_is_that_of_trying_all(policy, weight):
    scenario = allocate(Scenario().replace({**SMALL, "allocation.policy": policy, "allocation.weight": weight}))
    a = scenario.allocation
    chosen = a.users_per_bs, a.communication_cluster, a.targets_per_bs, a.sensing_cluster
    assert chosen == largest(policy, weight, scenario.echo_gain)
    assert a.policy == "fixed" and scenario.demand <= 6


def test_exact_and_approximate_differ():
    """At M_t = 5 the best K is 3 by the exact rate and 4 by Theorem 1."""
    for policy, users in (("optimal", 3), ("approximate", 4)):
        chosen = allocate(Scenario().replace({"antennas.transmit": 5, "allocation.users_per_bs": 1, "allocation.policy":
                                              policy, "allocation.weight": 1.0}))
        assert chosen.allocation.users_per_bs == users


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_the_optimum_knows_the_share_of_sensing_beams(share):
    """Against trying all sizes by the rates with beams."""
    weight = 0.3
    scenario = Scenario().replace({**SMALL, "precoding.sensing_power": share, "allocation.weight": weight})
    link = {"M_t": scenario.antennas.transmit, "sensing_power": share, "bs_density": scenario.network.bs_density}
    merit = {}
    for K, L, J, Q in product(range(1, 6), range(1, 6), range(1, 4), range(1, 6)):
        if scenario.antennas.transmit >= K * L + J * (Q - 1) + 1:
            users = analysis.communication_rate_with_beams(K=K, L=L, J=J, Q=Q, M_t=link["M_t"], sensing_power=share)
            targets = analysis.sensing_rate_with_beams(K=K, L=L, J=J, Q=Q, c=scenario.echo_gain, **link)
            merit[K, L, J, Q] = weight * K * float(users) + (1 - weight) * J * float(targets)
    a = allocate(scenario.replace({"allocation.policy": "optimal"})).allocation
    chosen = a.users_per_bs, a.communication_cluster, a.targets_per_bs, a.sensing_cluster
    assert merit[chosen] == pytest.approx(max(merit.values()), rel=1e-6)


@pytest.mark.parametrize(("changes", "key"), [
    ({"precoding.policy": "regularized"}, "precoding.policy"), ({"combining.policy": "mvdr"}, "combining.policy"),
    ({"propagation.rician_factor_db": 3.0}, "propagation.rician_factor_db"),
    ({"csi.feedback_bits": 8}, "csi.feedback_bits"), ({"propagation.model": "uma"}, "propagation.model"),
    ({"precoding.sensing_power": 1.0}, "precoding.sensing_power")])
def test_designs_without_a_formula_have_no_optimum(changes, key):
    """Rather than that of zero forcing, without a word."""
    with pytest.raises(ConfigError, match=f"^{key.replace('.', '[.]')} = "):
        allocate(Scenario().replace({**SMALL, **changes, "allocation.policy": "optimal"}))


def test_a_run_writes_down_what_was_chosen():
    scenario = Scenario().replace({**SMALL, "allocation.policy": "optimal", "allocation.weight": 1.0})
    run = isacsys.run(scenario, drops=2, executor="serial")
    a = run.scenario.allocation
    assert (a.policy, a.users_per_bs, a.communication_cluster) == ("fixed", 4, 1)
    assert run.scenario == allocate(scenario).replace({"simulation.drops": 2})
    links, stations = (run.table("drops")[name].sum() for name in ("communication_links", "stations"))
    assert 3.8 * stations < links <= 4 * stations


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
