"""Several drops at once give the bits of each by itself; faults that are put in show."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from isacsys import Scenario
from isacsys.beamforming import Schedule
from isacsys.campaign import worker
from isacsys.core.drop_parts import Parts, sums
from isacsys.core.joined_streams import JoinedGenerator
from isacsys.network.joined_state import JoinedState, UnlikeDrops
from isacsys.network.selection import Links, Selection
from isacsys.network.surroundings import Surroundings
from isacsys.recording import MemoryRecorder
from isacsys.scheduling import allocate
from isacsys.scheduling.schedulers import SCHEDULERS
from isacsys.services import base as service_base
from isacsys.services.communication import Communication
from isacsys.simulation import batch, batch_rules, find_policies, simulate_drop
from isacsys.simulation.daily_processes import PROCESS
from tools import reference_scenarios

SMALL = {"network.area": 7.0, "network.users_per_cell": 8.0, "network.targets_per_cell": 5.0, "antennas.transmit": 12,
         "allocation.users_per_bs": 3, "allocation.communication_cluster": 3, "allocation.targets_per_bs": 2,
         "allocation.sensing_cluster": 3, "recording.level": "links", "simulation.frames": 4, "simulation.seed": 5}
ABILITIES = {
    "plain": {}, "one frame": {"simulation.frames": 1}, "one target": {"allocation.targets_per_bs": 1},
    "no target": {"allocation.targets_per_bs": 0}, "fixed count": {"network.layout": "fixed_count"},
    "hexagonal": {"network.layout": "hexagonal", "network.boundary": "open"}, "torus": {"network.far_field": "torus"},
    "random grants": {"nulling.policy": "random", "antennas.transmit": 8},
    "sensing first": {"nulling.policy": "sensing_first", "antennas.transmit": 8},
    "sensing beams": {"precoding.sensing_power": 0.3}, "warm-up": {"simulation.warm_up": 2},
    "truncated": {"link.model": "truncated_shannon"}, "nr": {"link.model": "nr", "recording.level": "users"},
    "outer loop": {"link.model": "nr", "link.adaptation": "outer_loop", "link.harq": "chase"},
    "incremental": {"link.model": "nr", "link.adaptation": "fixed", "link.mcs": 12,
                    "link.harq": "incremental_redundancy"},
    "swerling": {"sensing.fluctuation": "swerling1", "sensing.cfar_cells": 8, "recording.level": "users"},
    "lognormal": {"sensing.fluctuation": "lognormal", "sensing.coherent_time": 0.01},
    "uma": {"propagation.model": "uma", "network.sectors": 3, "network.area": 9.0, "sensing.clutter": True},
    "channels seen": {"scheduling.policy": "proportional_fair", "scheduling.target_policy": "stalest_first"},
    "umi": {"propagation.model": "umi", "network.minimum_distance": 10.0}}


def alone(scenario, drops):
    """Tables of every drop by itself."""
    found = []
    for drop in drops:
        recorder = MemoryRecorder(scenario.recording.level)
        simulate_drop(scenario, drop, recorder)
        found.append({table: recorder.read(table) for table in recorder.tables()})
    return found


def together(scenario, drops):
    """Tables of every drop that came through together, by number."""
    recorders = {drop: MemoryRecorder(scenario.recording.level) for drop in drops}
    through = batch.simulate_together(allocate(scenario), drops, list(recorders.values()))
    return {drop: {table: recorders[drop].read(table) for table in recorders[drop].tables()} for drop in through}


def differences(scenario, drops):
    """Columns that are not the same bits, and how many drops came through."""
    one_by_one, found = alone(scenario, drops), together(scenario, drops)
    wrong = {f"{table}.{column}" for drop, tables in zip(drops, one_by_one, strict=True) if drop in found
             for table, columns in tables.items() for column in {*columns, *found[drop][table]}
             if column not in columns or column not in found[drop][table]
             or columns[column].tobytes() != found[drop][table][column].tobytes()
             or columns[column].dtype != found[drop][table][column].dtype}
    return wrong, len(found)


@pytest.mark.parametrize("name", ABILITIES)
def test_drops_together_give_the_bits_of_each_by_itself(name):
    wrong, through = differences(Scenario().replace({**SMALL, **ABILITIES[name]}), range(3, 6))
    assert not wrong
    assert through >= 2


@pytest.mark.parametrize("name", sorted(SCHEDULERS))
def test_every_policy_either_gives_the_same_bits_or_is_simulated_one_by_one(name):
    more = {"targets.revisit_period": 0.1} if name == "due" else {}
    scenario = Scenario().replace({**SMALL, **more, "scheduling.policy": name})
    if not batch_rules.one_by_one(scenario):
        assert differences(scenario, range(2)) == (set(), 2)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 3, 16])
@pytest.mark.parametrize("level", ["links", "users"])
@pytest.mark.parametrize("name", [*reference_scenarios.CASES, *reference_scenarios.MORE])
def test_reference_scenarios(name, level, size, tmp_path):
    reference_scenarios.write_files(tmp_path)
    scenario = reference_scenarios.scenario(name, tmp_path)[0].replace({"recording.level": level})
    if batch_rules.one_by_one(scenario):
        assert batch_rules.batch_size(scenario) == 1
        return
    if scenario.network.layout != "file" and scenario.network.bs_density * scenario.network.area > 1000:
        size = min(size, 3)  # 16 drops of 10,000 stations take 11 GB
    wrong, through = differences(scenario, range(size))
    assert not wrong
    assert through > size // 2


@pytest.mark.parametrize(("changes", "why"), [
    ({"precoding.policy": "slnr"}, "precoding.policy"), ({"mobility.user_speed": 3.0}, "mobility.model"),
    ({"traffic.model": "poisson", "traffic.arrival_rate": 1.0}, "traffic.model"),
    ({"fading.subbands": 2}, "fading.subbands"), ({"simulation.engine": "vectors"}, "simulation.engine"),
    ({"recording.level": "full"}, "recording.level"), ({"backhaul.latency": 0.02}, "backhaul.latency"),
    *(({"simulation.processes": {name: {}}}, f"simulation.processes = {name}") for name in PROCESS.available())])
def test_what_is_simulated_one_by_one_says_why(changes, why):
    scenario = Scenario().replace({**SMALL, **changes, "simulation.batch": 16})
    assert why in batch_rules.one_by_one(scenario)
    assert batch_rules.batch_size(scenario) == 1


def test_objects_of_ones_own_are_simulated_one_by_one():
    assert "scheduler" in batch_rules.one_by_one(Scenario(), ("scheduler",))
    assert not batch_rules.one_by_one(Scenario(), ("positions",))


def test_small_networks_are_simulated_together_by_themselves():
    size = {area: batch_rules.batch_size(Scenario().replace({"network.area": area})) for area in (7.0, 57.0, 300.0)}
    assert size[7.0] > size[57.0] > size[300.0] == 1
    assert batch_rules.batch_size(Scenario().replace({"network.area": 300.0, "simulation.batch": 3})) == 3


@pytest.mark.parametrize("changes", [
    {"network.users_per_cell": 20000.0}, {"recording.level": "links", "simulation.frames": 100_000}])
def test_what_takes_much_memory_is_simulated_one_by_one(changes):
    assert batch_rules.batch_size(Scenario().replace({"network.area": 7.0, **changes})) == 1


def test_long_drops_are_fewer_at_a_time():
    sizes = [batch_rules.batch_size(Scenario().replace({"network.area": 7.0, "simulation.frames": frames}))
             for frames in (1, 10_000, 1_000_000)]
    assert sizes == [64, 14, 8]


def run(work, stop):
    """Simulate drops as a worker does."""
    return worker.simulate_batch(work, 0, stop)


def work(scenario, size, **more):
    """What a worker is told."""
    from isacsys.campaign.payload import Payload
    return worker.Work(allocate(scenario), Payload(), simulate_drop, "", None, {}, size, **more)


@pytest.mark.parametrize("size", [1, 3, 16])
def test_a_worker_keeps_the_same_rows_in_the_same_order(size):
    scenario = Scenario().replace({**SMALL, "recording.level": "users"})
    several, single = run(work(scenario, size), 5).tables, run(work(scenario, 1), 5).tables
    for table in single.tables():
        for column, values in single.read(table).items():
            assert several.read(table)[column].tobytes() == values.tobytes(), (table, column)


def test_a_drop_that_fails_is_named_and_those_before_it_are_kept(monkeypatch):
    from isacsys.network import deployment
    real = deployment.deploy

    def failing(scenario, drop, positions=None):
        if drop == 3:
            raise FloatingPointError("no number")
        return real(scenario, drop, positions)

    monkeypatch.setattr(batch, "deploy", failing)
    monkeypatch.setattr("isacsys.simulation.drop.deploy", failing)
    done = run(work(Scenario().replace(SMALL), 6), 6)
    assert done.stop == 3
    assert "drop 3" in str(done.failure)
    assert len(done.drops["drop"]) == 3


@pytest.mark.parametrize("kind", ["stations", "users"])
def test_a_drop_without_numbers_leaves_the_others_theirs(kind, monkeypatch):
    real = batch.deploy

    def spoiled(scenario, drop, positions=None):
        found = real(scenario, drop, positions)
        if drop == 3:
            found = replace(found, **{kind: np.full_like(getattr(found, kind), np.nan)})
        return found

    monkeypatch.setattr(batch, "deploy", spoiled)
    monkeypatch.setattr("isacsys.simulation.drop.deploy", spoiled)
    scenario = Scenario().replace(SMALL)
    single, several = (run(work(scenario, size), 6) for size in (1, 6))
    assert (single.stop, str(single.failure)) == (several.stop, str(several.failure))
    for table in single.tables.tables():
        for column, values in single.tables.read(table).items():
            assert several.tables.read(table)[column].tobytes() == values.tobytes(), (table, column)


def test_a_signal_within_the_answer_to_another_waits_for_no_lock():
    """Call the handler again at every line of itself: the lock of an Event would be waited for for ever."""
    program = ("import faulthandler, signal, sys; faulthandler.dump_traceback_later(20, exit=True)\n"
               "from isacsys.campaign.worker import stop_soon\n"
               "def trace(frame, event, argument):\n"
               "    if frame.f_code.co_name in ('stop_soon', 'set', 'notify_all') and event in ('line', 'return'):\n"
               "        sys.settrace(None); stop_soon(); sys.settrace(trace)\n"
               "    return trace\n"
               "sys.settrace(trace); stop_soon()\n")
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


def test_a_drop_of_other_widths_is_simulated_by_itself():
    scenario = Scenario().replace({**SMALL, "network.targets_per_cell": 0.4, "simulation.frames": 3})
    drops = range(8)
    wrong, through = differences(scenario, drops)
    assert not wrong
    assert 0 < through < len(drops)
    several = run(work(scenario, 8), 8).tables.read("drops")["drop"]
    assert several.tolist() == list(drops)


def test_a_network_without_stations_shares_nothing():
    scenario = Scenario().replace({**SMALL, "network.area": 1.0, "allocation.communication_cluster": 1,
                                   "allocation.sensing_cluster": 1})
    with pytest.raises(UnlikeDrops):
        together(scenario, range(6))


# Faults that are put in, each of which has to show.


def numbered_from_zero(monkeypatch):
    monkeypatch.setattr(JoinedState, "_joined", lambda self, each: Surroundings(*(
        np.concatenate([getattr(one, name) for one in each]) for name in ("station", "path_gain", "far_field"))))


def one_stream(monkeypatch):
    real = JoinedGenerator.__init__
    monkeypatch.setattr(JoinedGenerator, "__init__", lambda self, generators, pieces: real(
        self, [generators[0]] * len(generators), pieces))


def shared_far_field(monkeypatch):
    from isacsys.services import communication
    monkeypatch.setattr(communication, "active_share", lambda state, sending, station: np.mean(sending))


def padded_sums(monkeypatch):
    from isacsys.services import frame_record

    def padded(bounds, *values):
        most = int(np.diff(bounds).max()) + 3
        table = np.zeros((len(values), len(bounds) - 1, most))
        for i, (a, b) in enumerate(pairwise(bounds)):
            table[:, i, most - (b - a):] = np.stack(values)[:, a:b]
        return table.sum(-1)

    monkeypatch.setattr(frame_record, "sums", padded)


def forgotten_offset_of_users(monkeypatch):
    monkeypatch.setattr(JoinedState, "members", lambda self, kind, part: slice(
        0, int(np.diff(self.first[kind])[part])))


def padded_nulls(monkeypatch):
    from isacsys.channel.gaussian import complex_normal
    from isacsys.core.random_streams import Purpose
    from isacsys.coupling import sampled
    monkeypatch.setattr(sampled, "_nulled", lambda law: complex_normal(
        law.name.stream(Purpose.NULLS_HELD), (len(law.nulls), int(law.nulls.max()), law.antennas)))


def narrow_not_seen(monkeypatch):
    monkeypatch.setattr(batch.Batch, "_apart", lambda self, scheduled: np.zeros(len(self.state.drops), bool))


FAULTS = {numbered_from_zero: {}, one_stream: {}, shared_far_field: {"network.users_per_cell": 1.0,
                                                                    "network.near_stations": 3},
          padded_sums: {"network.users_per_cell": 30.0}, forgotten_offset_of_users: {},
          padded_nulls: {"scheduling.policy": "semi_orthogonal", "antennas.transmit": 20, "simulation.frames": 8},
          narrow_not_seen: {"network.targets_per_cell": 0.4}}


@cache
def without_difference(scenario):
    """Six drops that together give the bits of each by itself."""
    drops = [drop for drop in range(12) if len(batch.deploy(scenario, drop).stations) > 3][:6]
    assert not differences(scenario, drops)[0]
    return drops


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_shows(fault, monkeypatch):
    scenario = Scenario().replace({**SMALL, **FAULTS[fault]})
    drops = without_difference(scenario)
    fault(monkeypatch)
    assert differences(scenario, drops)[0]


def test_rows_that_belong_to_no_drop_are_refused():
    rng = JoinedGenerator([np.random.default_rng(i) for i in range(2)], Parts.of([2, 3]).whole)
    assert rng.random((2, 4)).shape == (2, 4)  # a slice ...
    rng.standard_normal((3,))  # ... and the rest
    with pytest.raises(ValueError, match="6 rows"):
        rng.random(6)


@pytest.mark.parametrize("sizes", [[3, 3, 3], [0, 5, 1], [17, 130, 9], [0, 0]])
def test_sums_are_those_of_each_drop(sizes):
    bounds = np.cumsum([0, *sizes])
    one, other = np.random.default_rng(1).random((2, bounds[-1]))
    found = sums(bounds, one, other)
    expected = [[values[a:b].sum() for a, b in pairwise(bounds)] for values in (one, other)]
    assert found.tolist() == np.array(expected).tolist()


@pytest.mark.parametrize(("clusters", "alone"), [(2, 0), (8, 2)])
def test_a_lone_link_with_a_wide_cluster_is_apart(clusters, alone):
    scenario = Scenario().replace({**SMALL, "network.area": 12.0, "network.layout": "fixed_count",
                                   "allocation.communication_cluster": clusters, "allocation.users_per_bs": 1,
                                   "allocation.targets_per_bs": 0, "network.users_per_cell": 1.0})
    shared = batch.Batch(scenario, (0, 1, 2), [MemoryRecorder("links")] * 3, find_policies(scenario))
    links = Links(np.arange(4), np.array([0, 13, 15, 30]), 36)
    scheduled = Schedule(0, Selection(links, Links(np.arange(0), np.arange(0), 36)), *[None] * 5)
    assert np.count_nonzero(shared._apart(scheduled)) == alone


def test_shares_are_those_of_each_drop():
    parts = Parts.of([2, 3])
    name = type("Name", (), {"parts": parts})
    share = service_base.active_share(type("State", (), {"name": name}), np.array([True, False, True, True, False]),
                                      np.array([0, 1, 4]))
    assert share.tolist() == [0.5, 0.5, 2 / 3]


def test_tables_of_a_service_are_recorded_one_by_one(monkeypatch):
    account = Communication.account

    def with_table(*arguments):
        record = account(*arguments)
        rows = {"link": np.arange(len(record.links)), "arrival": 0.0, "size": 1.0, "delay": record.terms.sir}
        return replace(record, tables={"files": rows})

    monkeypatch.setattr(Communication, "account", with_table)
    with pytest.raises(UnlikeDrops, match="tables of the communication service"):
        together(Scenario().replace(SMALL), range(2))
