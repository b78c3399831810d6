"""Allocations are those of P1, and are written into the log as plain numbers."""

from dataclasses import replace
from itertools import product

import pytest

import isacsys
from isacsys import Scenario, analysis
from isacsys.core.errors import ConfigError
from isacsys.recording import MemoryRecorder
from isacsys.scheduling import FrameAllocation, allocate
from isacsys.simulation import simulate_drop
from isacsys.simulation.drop import Drop
from isacsys.simulation.policies import find_policies

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


class Alternating(isacsys.AllocationPolicy):
    """Every other frame serves fewer, with smaller clusters."""

    def __init__(self, frames=(({}), {"users_per_bs": 1, "communication_cluster": 1, "targets_per_bs": 0})):
        self.frames, self.seen = list(frames), []

    def allocate_frame(self, network):
        self.seen.append((network.frame, int(network.users.count.sum())))
        return self.frames[network.frame % len(self.frames)]


EVERY = Scenario().replace({"network.area": 9, "network.layout": "fixed_count", "network.users_per_cell": 6,
                            "network.targets_per_cell": 4, "antennas.transmit": 8, "allocation.users_per_bs": 3,
                            "allocation.targets_per_bs": 2, "allocation.communication_cluster": 2,
                            "allocation.sensing_cluster": 2, "simulation.frames": 6, "recording.level": "links"})


def every_frame(policy, scenario=EVERY):
    """Simulate a drop with a policy that is asked every frame; return its tables."""
    policies = replace(find_policies(scenario), allocation=FrameAllocation(policy, scenario))
    recorder = MemoryRecorder("links")
    Drop(scenario, 0, recorder, policies).run()
    return {table: recorder.read(table) for table in ("frames", "drops", "links/communication", "links/sensing")}


def test_a_policy_that_chooses_nothing_for_a_frame_changes_nothing():
    recorder = MemoryRecorder("links")
    simulate_drop(EVERY, 0, recorder)
    found = every_frame(Alternating([{}]))
    for table, columns in found.items():
        for name, column in columns.items():
            assert (column == recorder.read(table)[name]).all(), (table, name)


@pytest.mark.parametrize("changes", [{}, {"backhaul.latency": 0.02, "mobility.user_speed": 30.0},
                                     {"cooperation.communication": "joint"}, {"cooperation.sensing": "multistatic"},
                                     {"precoding.sensing_power": 0.3}, {"tracking.enabled": True}])
def test_sizes_change_from_frame_to_frame(changes):
    policy = Alternating()
    rows = every_frame(policy, EVERY.replace(changes))["frames"]
    assert [frame for frame, _ in policy.seen] == list(range(6))
    for frame in range(6):
        full = frame % 2 == 0
        assert (rows["communication_links"][frame] > 9) == full
        assert (rows["sensing_links"][frame] > 0) == full
        if not changes:
            assert (rows["null_requests"][frame] > 0) == full


def test_a_frame_of_other_sizes_is_that_frame_of_a_scenario_of_those_sizes():
    """Same stations and selection streams: with K = 2 in every frame it is the run with K = 2."""
    recorder, less = MemoryRecorder("links"), EVERY.replace({"allocation.users_per_bs": 2})
    simulate_drop(less, 0, recorder)
    found = every_frame(Alternating([{"users_per_bs": 2}]))
    for table in ("frames", "links/communication", "links/sensing"):
        for name, column in found[table].items():
            assert (column == recorder.read(table)[name]).all(), (table, name)


@pytest.mark.parametrize(("chosen", "message"), [
    ({"users_per_bs": 4}, "Alternating chose users_per_bs = 4 for a frame, not a whole number from 1 to the scen"),
    ({"users_per_bs": 0}, "users_per_bs = 0"), ({"targets_per_bs": 1.5}, "targets_per_bs = 1.5"),
    ({"sensing_cluster": 3}, "sensing_cluster = 3"), ({"weight": 1}, "not a mapping of some of users_per_bs"), (3, "3"),
])
def test_what_a_policy_may_not_choose_for_a_frame_is_named(chosen, message):
    with pytest.raises(isacsys.errors.SchedulingError, match=message):
        every_frame(Alternating([chosen]))


def test_a_scenario_names_a_policy_that_is_asked_every_frame(tmp_path):
    (tmp_path / "sizes.py").write_text(
        "import isacsys\nclass Fewer(isacsys.AllocationPolicy):\n    def __init__(self, users=1):\n"
        "        self.users = users\n    def allocate_frame(self, network):\n"
        "        return {'users_per_bs': self.users}\n")
    path = tmp_path / "scenario.toml"
    chosen = {"allocation.policy": "sizes:Fewer", "allocation.parameters": {"users": 2}}
    path.write_text(EVERY.replace(chosen).to_toml())
    run = isacsys.run(Scenario.load(path), drops=1, executor="serial")
    assert run.scenario.allocation.policy == "sizes:Fewer"
    assert run.metrics == isacsys.run(EVERY.replace({"allocation.users_per_bs": 2}), drops=1,
                                      executor="serial").metrics
    isacsys.testing.check_allocation_policy(Alternating([{"users_per_bs": 1}]))
