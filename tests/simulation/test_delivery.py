"""What users get in whole networks: order of models, conservation of bits, tables of users, traffic."""

import numpy as np
import pytest

from isacsys.campaign.estimates import estimate
from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.metrics import METRICS
from isacsys.recording import MemoryRecorder
from isacsys.simulation import simulate_drop
from isacsys.simulation.drop import Drop
from isacsys.simulation.policies import find_policies

SMALL = {"network.area": 12.0, "network.users_per_cell": 6.0, "network.targets_per_cell": 4.0, "antennas.transmit": 8,
         "allocation.users_per_bs": 4, "simulation.frames": 12, "recording.level": "links", "link.model": "nr",
         "network.near_stations": 8}
BURSTY = {"traffic.model": "poisson", "traffic.arrival_rate": 40.0, "traffic.file_size": 2e5,
          "traffic.size_law": "exponential"}


def simulate(*changes, drops=1):
    """Return scenario and recorder of a few drops."""
    scenario = Scenario().replace({k: v for some in (SMALL, *changes) for k, v in some.items()})
    recorder = MemoryRecorder(scenario.recording.level)
    for drop in range(drops):
        simulate_drop(scenario, drop, recorder)
    return scenario, recorder


def value(scenario, recorder, name):
    """Return the mean of a metric."""
    return estimate(scenario, recorder.read("drops"), METRICS[name]).mean


def test_what_is_delivered_is_in_order():
    loop = {"link.adaptation": "outer_loop", "simulation.frames": 40}
    got = {name: value(*simulate({"simulation.frames": 40}, changes), "link_throughput") for name, changes in {
        "shannon": {"link.model": "shannon"}, "ideal": {}, "none": loop, "chase": {**loop, "link.harq": "chase"},
        "ir": {**loop, "link.harq": "incremental_redundancy"}}.items()}
    assert got["shannon"] > got["ideal"] > got["none"]
    assert got["ir"] >= got["chase"] >= got["none"]


@pytest.mark.parametrize("harq", ["none", "chase", "incremental_redundancy"])
@pytest.mark.parametrize("moving", [{}, {"mobility.user_speed": 200.0, "mobility.hysteresis": 0.0}])
def test_no_bit_comes_twice_or_goes_astray(harq, moving):
    scenario = Scenario().replace({**SMALL, **BURSTY, **moving, "link.harq": harq, "link.adaptation": "fixed",
                                   "link.mcs": 9, "link.maximum_transmissions": 2, "simulation.frames": 40})
    recorder, policies = MemoryRecorder("full"), find_policies(scenario)
    drop = Drop(scenario, 0, recorder, policies)
    traffic, arrived, lost = drop._processes[0], [], []
    drop_files, deliver = traffic._arrivals, policies.link_model.deliver
    traffic._arrivals = lambda: arrived.append(drop_files()) or arrived[-1]
    policies.link_model.deliver = lambda links: lost.append((links.user, deliver(links))) or lost[-1][1]
    drop.run()
    users, queues = len(drop.stage.state.users), traffic._queues
    came, gone = np.zeros(users), np.zeros(users)
    for files in arrived:
        np.add.at(came, files.user, files.size)
    for who, sent in lost:
        np.add.at(gone, who, sent.lost)
    delivered = drop.stage.throughput.users["bits"]
    assert delivered.sum() > 0 and gone.sum() > 0 and queues.bits(users).sum() > 0
    assert delivered + gone + queues.bits(users) == pytest.approx(came, abs=1e-4)
    waiting = policies.link_model._waiting
    assert waiting is None or (waiting.bits_of(users) <= queues.bits(users) + 1e-6).all()
    files = recorder.read("files")
    done = np.bincount(files["user"], files["size"], users)
    assert (done <= delivered + gone + 1e-4).all()


def test_rows_of_users_add_up_to_links_and_metrics():
    scenario, recorder = simulate(drops=2)
    users, links = recorder.read("users/communication"), recorder.read("links/communication")
    seconds = scenario.simulation.frames * scenario.simulation.frame_duration
    each = []
    for drop in range(2):
        rows, of = users["drop"] == drop, links["drop"] == drop
        count = rows.sum()
        sums = {name: np.bincount(links["user"][of], links[name][of], count)
                for name in ("bits_delivered", "rate", "blocks_sent", "blocks_failed")}
        assert users["bits_delivered"][rows] == pytest.approx(sums["bits_delivered"])
        assert users["mean_rate"][rows] * scenario.simulation.frames == pytest.approx(sums["rate"])
        assert (users["blocks_sent"][rows] == sums["blocks_sent"]).all()
        assert (users["blocks_failed"][rows] == sums["blocks_failed"]).all()
        assert (users["frames_served"][rows] == np.bincount(links["user"][of], minlength=count)).all()
        assert users["throughput"][rows] == pytest.approx(sums["bits_delivered"] / seconds / 1e6)
        each.append(users["throughput"][rows])
    total = users["bits_delivered"].sum()
    stations = recorder.read("drops")["stations"].sum() / scenario.simulation.frames
    assert value(scenario, recorder, "throughput") == pytest.approx(np.concatenate(each).mean())
    assert value(scenario, recorder, "cell_throughput") == pytest.approx(total / stations / seconds / 1e6)
    assert value(scenario, recorder, "spectral_efficiency") == pytest.approx(total / stations / seconds / 1e7)
    for p in (5, 50, 95):
        wanted = np.mean([np.percentile(some, p) for some in each])
        assert value(scenario, recorder, f"user_throughput_{p}") == pytest.approx(wanted)
    wanted = (links["weight"] * links["bits_delivered"]).sum() / links["weight"].sum() / 0.01 / 1e6
    assert value(scenario, recorder, "link_throughput") == pytest.approx(wanted)
    failed = links["blocks_failed"].sum() / links["blocks_sent"].sum()
    assert value(scenario, recorder, "block_error_rate") == pytest.approx(failed)
    assert value(scenario, recorder, "residual_block_error_rate") == pytest.approx(failed)  # without HARQ


def test_rows_of_targets_add_up_to_links():
    _, recorder = simulate({"allocation.targets_per_bs": 2})
    targets, links = recorder.read("users/sensing"), recorder.read("links/sensing")
    count = len(targets["target"])
    assert (targets["frames_sensed"] == np.bincount(links["target"], minlength=count)).all()
    assert targets["mean_rate"] * 12 == pytest.approx(np.bincount(links["target"], links["rate"], count))


def test_throughput_of_truncated_shannon_by_hand():
    _, recorder = simulate({"link.model": "truncated_shannon"})
    users, links = recorder.read("users/communication"), recorder.read("links/communication")
    sir = links["sir"]
    rate = np.where(10 * np.log10(sir) < -10, 0, np.minimum(4.4, 0.6 * np.log2(1 + sir)))
    got = np.bincount(links["user"], rate * 10e6 * 0.01, len(users["user"])) / 0.12 / 1e6
    assert users["throughput"] == pytest.approx(got, rel=1e-12)


def test_shannon_delivers_the_rate_and_drains_queues_by_it():
    scenario, recorder = simulate({"link.model": "shannon"})
    links, users = recorder.read("links/communication"), recorder.read("users/communication")
    assert "bits_delivered" not in links
    got = np.bincount(links["user"], links["rate"] * 1e5, len(users["user"]))
    assert users["bits_delivered"] == pytest.approx(got)
    rate = value(scenario, recorder, "communication_rate")
    assert value(scenario, recorder, "link_throughput") == pytest.approx(10 * rate)
    assert value(scenario, recorder, "outage_probability") is None
    scenario, recorder = simulate(BURSTY, {"link.model": "shannon", "simulation.frames": 30})
    files, users = recorder.read("files"), recorder.read("users/communication")
    done = np.bincount(files["user"], files["size"], len(users["user"]))
    assert (users["bits_delivered"] >= done - 1e-4).all() and done.sum() > 0
    links = recorder.read("links/communication")  # known only when a frame has ended, and logged all the same
    bits = np.bincount(links["user"], links["bits_delivered"], len(users["user"]))
    assert bits == pytest.approx(users["bits_delivered"])
    assert (links["bits_delivered"] <= links["rate"] * 1e5 * (1 + 1e-12)).all() and (np.diff(links["frame"]) >= 0).all()
    each = files["size"] / files["delay"] / 1e6
    assert value(scenario, recorder, "file_throughput") == pytest.approx(each.mean())
    assert value(scenario, recorder, "file_throughput_50") == pytest.approx(np.median(each))


def test_outage_is_counted_below_the_sinr_that_is_asked_for():
    scenario, recorder = simulate({"link.outage_sinr_db": 3.0})
    sir = recorder.read("links/communication")["sir"]
    assert value(scenario, recorder, "outage_probability") == pytest.approx(np.mean(sir < 10**0.3))


def test_places_of_users_are_those_of_the_network():
    _, recorder = simulate({
        "propagation.model": "uma", "network.layout": "hexagonal", "network.sectors": 3, "network.area": 1.0,
        "network.inter_site_distance": 400.0, "network.users_per_cell": 8.0, "network.indoor_share": 0.6,
        "network.fewest_storeys": 4, "network.most_storeys": 8, "allocation.targets_per_bs": 0})
    users = recorder.read("users/communication")
    inside = users["indoor"] == 1
    assert 0.3 < inside.mean() < 0.9 and set(users["line_of_sight"]) <= {0, 1}
    assert (users["height"][~inside] == 1.5).all() and (users["height"][inside] >= 1.5).all()
    assert users["height"].max() > 4
    assert 60 < np.median(users["coupling_loss"]) < 160 and -15 < np.median(users["geometry"]) < 25


def test_a_scheduler_sees_who_waits():
    import isacsys

    seen = []

    class Watch(isacsys.Scheduler):
        def select_users(self, station, count, rng):
            seen.append(station.users.waiting_blocks.sum())
            return station.users.ids[:count]

    scenario = Scenario().replace({**SMALL, "link.adaptation": "fixed", "link.mcs": 20, "link.harq": "chase"})
    simulate_drop(scenario, 0, MemoryRecorder("links"), scheduler=Watch())
    assert max(seen) > 0


@pytest.mark.parametrize("changes", [{"link.harq": "chase"}, {"link.adaptation": "outer_loop"}])
def test_models_without_blocks_refuse_what_only_blocks_have(changes):
    key = next(iter(changes))
    with pytest.raises(ConfigError, match=key):
        find_policies(Scenario().replace(changes))


def test_a_run_remarks_on_users_that_nobody_served_and_on_loops_that_have_not_settled():
    import isacsys

    scenario = Scenario().replace({**SMALL, "network.users_per_cell": 12.0, "simulation.frames": 3,
                                   "link.adaptation": "outer_loop", "simulation.drops": 1})
    run = isacsys.run(scenario, executor="serial")
    assert [line.split()[2] for line in run.remarks] == ["the", "\"outer_loop\""]
    assert run.users().columns.tolist()[:3] == ["drop", "user", "cell"] and len(run.users()) > len(run.targets()) > 0
    assert not isacsys.run(Scenario().replace({**SMALL, "simulation.frames": 1, "simulation.drops": 1}),
                           executor="serial").remarks
