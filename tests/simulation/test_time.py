"""What takes time: schedules fixed ahead, nulls that age, requests too late, movement, queues, target life."""

from typing import ClassVar

import numpy as np
import pytest
from scipy import stats
from scipy.special import j0

from isacsys import Scenario, Scheduler
from isacsys.beamforming import filter_spans
from isacsys.core.errors import ConfigError, SchedulingError
from isacsys.network import NetworkState, deploy
from isacsys.recording.schema import EVENTS
from isacsys.simulation import Process, find_policies, simulate_drop
from isacsys.simulation.frame import coordinate, schedule, transmit
from tests.simulation.test_laws import Tables, run
from tests.statistics import has_law, has_mean

COOPERATIVE = {"simulation.frames": 6, "allocation.users_per_bs": 3, "allocation.communication_cluster": 3,
               "allocation.targets_per_bs": 3, "allocation.sensing_cluster": 3, "antennas.transmit": 12}
EVERYTHING = {
    "backhaul.latency": 0.015, "backhaul.latency_law": "exponential", "backhaul.capacity": 5000.0,
    "backhaul.loss": 0.02, "csi.own_age": 0.002, "mobility.user_speed": 100.0, "mobility.target_speed": 20.0,
    "mobility.hysteresis": 0.5,
    "traffic.model": "poisson", "traffic.arrival_rate": 30.0, "traffic.size_law": "exponential",
    "targets.lifetime": 0.5, "targets.revisit_period": 0.05, "targets.revisit_spread": 0.5,
    "scheduling.policy": "longest_queue", "scheduling.target_policy": "deadline"}


def same_tables(one, other):
    for table in ("drops", "frames", "links/communication", "links/sensing", "requests", "selections/sensing"):
        for name, values in one.table(table).items():
            if name not in ("travel", "revisits"):
                assert np.array_equal(values, other.table(table)[name]), (table, name)


@pytest.mark.parametrize("policy", ["random", "round_robin"])
@pytest.mark.parametrize("changes", [
    {"backhaul.lead": 0.03}, {"backhaul.latency": 0.013}, {"backhaul.latency": 0.02, "backhaul.capacity": 1e9,
                                                           "backhaul.lead": 0.03},
    {"csi.own_age": 0.1, "backhaul.lead": 0.01}, {"mobility.hysteresis": 3.0, "mobility.turn_rate": 5.0},
    {"targets.revisit_period": 1.0}, {"scheduling.rate_window": 3, "propagation.carrier_frequency": 1e9}])
def test_where_nothing_moves_time_changes_not_a_bit(changes, policy):
    base = {**COOPERATIVE, "scheduling.policy": policy}
    same_tables(run(base), run({**base, **changes}))


def test_full_queues_are_full_buffers_bit_for_bit(tmp_path):
    """Everybody has been sent a large file before the first frame."""
    path = tmp_path / "arrivals.csv"
    path.write_text("time,user,bits\n" + "".join(f"-1,{i},1e12\n" for i in range(len(run({}).table(
        "positions/users")["user"]))))
    base = {**COOPERATIVE, "backhaul.lead": 0.01}
    same_tables(run(base), run({**base, "traffic.model": "file", "traffic.arrivals": str(path)}))


def test_everything_on_is_reproducible_finite_and_fills_every_column():
    changes = {**COOPERATIVE, **EVERYTHING, "simulation.frames": 60}
    one, other = run(changes), run(changes)
    for table, columns in one.rows.items():
        for name in columns:
            values = one.table(table)[name]
            assert np.array_equal(values, other.table(table)[name], equal_nan=True)
            if table == "users/sensing":
                values = values[one.table(table)["cell"] >= 0]  # those that have left have no distance
            assert np.all(np.isfinite(values)) or name in ("sir", "travel"), (table, name)
    drop = {name: values[0] for name, values in one.table("drops").items()}
    for name in ("null_late", "null_lost", "null_refused", "files", "handovers", "sensing_gaps", "revisits_missed"):
        assert drop[name] > 0, name
    assert drop["user_time"] == pytest.approx(len(one.table("positions/users")["user"]) * 0.6)
    links = one.table("links/communication")
    assert np.mean(links["intra_cell"] > 0) > 0.9 and np.any(links["leakage_granted"] > 0)


def sent(changes, speed, frames=40):
    """Frames planned while users and targets are where they are, and sent a lead later; nobody really moves."""
    seed = int(1000 * speed + 1e6 * changes.get("simulation.frame_duration", 0))  # independent from case to case
    scenario = Scenario().replace({"network.area": 36, "network.users_per_cell": 10, "allocation.users_per_bs": 3,
                                   "mobility.user_speed": speed, "allocation.targets_per_bs": 0, **changes,
                                   "simulation.seed": seed})
    state = NetworkState(scenario, deploy(scenario, 0))
    policies = find_policies(scenario)
    state.users.velocity[:] = [speed / 1e3, 0]
    for frame in range(frames):
        state.frame = frame
        yield state, lambda: coordinate(state, 0, schedule(state, 0, policies), policies), policies


@pytest.mark.parametrize(("speed", "age"), [(1.0, 0.005), (3.0, 0.005), (3.0, 0.01), (10.0, 0.005), (30.0, 0.002),
                                            (30.0, 0.01), (2.0, 0.02)])
def test_leakage_of_a_null_is_what_has_aged(speed, age):
    """``1 - J0(2 pi f_D tau)^2`` times the mean power d^-alpha of a station that sends; frames replicate."""
    changes = {"allocation.communication_cluster": 3, "simulation.frame_duration": age, "backhaul.lead": age}
    shares = []
    for _, settle, policies in sent(changes, speed):
        frame_state = settle()
        around, sends = frame_state.around_users, np.append(~frame_state.selection.silent, False)
        asked = frame_state.grants.user_granted * (around.path_gain * sends[around.station])[:, :3]
        nulled = np.sum(asked, axis=1)
        leaked = transmit(frame_state, policies).users.leakage_granted
        assert np.all(leaked[nulled == 0] == 0) and np.count_nonzero(nulled) > 50
        shares.append(np.mean(leaked[nulled > 0] / nulled[nulled > 0]))
    has_mean(shares, 1 - j0(2 * np.pi * speed * 3.5e9 / 299792458 * age) ** 2)


SEEN = {"scheduling.policy": "semi_orthogonal", "backhaul.lead": 0.004, "simulation.frame_duration": 0.004}


@pytest.mark.parametrize(("speed", "age", "changes"), [
    (3.0, 0.005, {"csi.own_age": 0.005}), (10.0, 0.003, {"csi.own_age": 0.003}), (6.0, 0.004, SEEN),
    (5.0, 0.006, {**SEEN, "csi.own_age": 0.006})])
def test_beams_leak_into_the_cell_as_own_channels_age(speed, age, changes):
    """``(1 - rho^2) (K - 1) / K`` of the power that a beam of unit norm gives on average to somebody it ignores.

    Channels that a scheduler has looked at are at least as old as its schedule.
    """
    shares = []
    for state, settle, policies in sent({"allocation.users_per_bs": 4, **changes}, speed):
        record = transmit(settle(), policies)
        links = record.frame_state.selection.users
        streams = links.count[links.station]
        path = state.users.distance[links.ids] ** -4.0
        many = streams > 1
        shares.append(np.mean((record.users.own / path * streams / np.maximum(streams - 1, 1))[many]))
    has_mean(shares, 1 - j0(2 * np.pi * speed * 3.5e9 / 299792458 * age) ** 2)


def test_a_null_stands_for_the_filter_of_then():
    """With one target, ``1 - |v_then^H v_now|^2`` of the mean power D^-alpha leaks."""
    changes = {"allocation.targets_per_bs": 1, "allocation.sensing_cluster": 2, "backhaul.lead": 0.01}
    scenario = Scenario().replace({"network.area": 36, "mobility.target_speed": 30.0, **changes})
    state, rng, shares = NetworkState(scenario, deploy(scenario, 0)), np.random.default_rng(0), []
    policies = find_policies(scenario)
    for frame in range(60):
        state.frame = frame
        fixed = schedule(state, 0, policies)
        state.targets.position += rng.normal(0, 0.02, state.targets.position.shape)
        frame_state = coordinate(state, 0, fixed, policies)
        record = transmit(frame_state, policies)
        then, now = (filter_spans.mrc_filters(r.cosine[:, 0], 10) for r in (fixed.sensors, frame_state.sensors))
        left = 1 - np.abs(np.sum(then.conj() * now, axis=1)) ** 2
        path = np.sum(frame_state.sensors.around.path_gain * frame_state.grants.target_granted[:, :, 0], axis=1)
        expected = (left * path)[frame_state.sensors.row]
        shares.append(np.sum(record.targets.leakage_granted[expected > 0] / expected[expected > 0])
                      / np.count_nonzero(expected))
    has_mean(shares, 1.0)


def test_power_is_that_of_the_places_of_now():
    """Users move between schedule and frame: who serves stays, every path loss is new."""
    scenario = Scenario().replace({"network.area": 36, "mobility.user_speed": 30.0, "backhaul.lead": 0.01,
                                   "allocation.communication_cluster": 2, "allocation.users_per_bs": 4})
    state, policies = NetworkState(scenario, deploy(scenario, 0)), find_policies(scenario)
    fixed, serving = schedule(state, 0, policies), state.users.station.copy()
    state.users.position += np.random.default_rng(0).normal(0, 0.05, state.users.position.shape)
    frame_state = coordinate(state, 0, fixed, policies)
    users, around = frame_state.selection.users, frame_state.around_users
    gap = np.abs(state.users.position[users.ids][:, None] - state.deployment.stations[around.station])
    distance = np.hypot(*np.moveaxis(np.minimum(gap, state.deployment.side - gap), -1, 0))
    heard = around.path_gain > 0
    assert heard[:, :2].all() and around.path_gain[heard] == pytest.approx(distance[heard] ** -4.0)
    assert frame_state.distances[0] == pytest.approx(distance[:, 0])
    assert np.array_equal(around.station[:, 0], serving[users.ids])


class Deadlines(Process):
    """Looks at the deadlines of targets when a frame has been learnt from."""

    seen: ClassVar = []  # every drop has a process of its own

    def run(self, stage):
        self.targets = stage.state.targets
        yield stage.next_frame()

    def learn(self, record):
        sensed, frame = record.frame_state.selection.targets.ids, record.frame_state.name.frame
        assert self.targets.due[sensed] == pytest.approx(frame + self.targets.period[sensed])
        self.seen.extend(sensed)


def test_a_target_is_due_a_period_after_it_was_sensed():
    """Long before its deadline as well: the next one counts from the sensing, not from the deadline."""
    run({"targets.revisit_period": 0.06, "targets.revisit_spread": 0.4, "simulation.frames": 20,
         "scheduling.target_policy": "random"}, processes=[Deadlines()])
    assert len(Deadlines.seen) > 50


def test_a_late_request_is_never_honoured():
    tables = run({**COOPERATIVE, "backhaul.latency": 0.012, "backhaul.latency_law": "exponential",
                  "backhaul.lead": 0.01, "backhaul.loss": 0.1, "simulation.frames": 12})
    requests, frames, events = tables.table("requests"), tables.table("frames"), tables.table("events")
    late, lost, granted = requests["late"].astype(bool), np.isinf(requests["travel"]), requests["granted"].astype(bool)
    assert np.array_equal(late, requests["travel"] > 0.01 * (1 + 1e-9)) and 0.2 < late.mean() < 0.8
    assert granted.any() and not np.any(granted & late)
    assert frames["null_lost"].sum() == lost.sum() and frames["null_late"].sum() == (late & ~lost).sum()
    assert frames["null_refused"].sum() == (~granted & ~late).sum()
    counts = {name: events["count"][events["event"] == EVENTS.index(name)].sum() for name in EVENTS}
    assert counts["requests_arrived"] == (~late).sum() and counts["requests_late"] == (late & ~lost).sum()
    assert counts["requests_lost"] == lost.sum() and counts["grants"] == granted.sum()
    asking = tables.table("links/communication")
    waiting = requests["frame"][late & (requests["kind"] == 0)], requests["receiver"][late & (requests["kind"] == 0)]
    refused = dict(zip(zip(asking["frame"].tolist(), asking["user"].tolist(), strict=True),
                       asking["interference_refused"].tolist(), strict=True))
    assert all(refused[key] > 0 for key in zip(waiting[0].tolist(), waiting[1].tolist(), strict=True))


def test_with_latency_and_no_lead_everything_is_late():
    tables = run({**COOPERATIVE, "backhaul.latency": 0.001, "backhaul.lead": 0.0})
    assert tables.table("requests")["late"].all() and not tables.table("requests")["granted"].any()
    assert not np.any(tables.table("links/communication")["leakage_granted"])


def test_a_constant_latency_is_always_in_time_for_its_own_lead():
    for latency in (0.001, 0.01, 0.03, 0.07):
        tables = run({**COOPERATIVE, "backhaul.latency": latency})
        assert not tables.table("requests")["late"].any()


def test_capacity_sends_the_strongest_first():
    tables = run({**COOPERATIVE, "backhaul.capacity": 1000.0, "backhaul.lead": 0.01, "simulation.frames": 1})
    requests = tables.table("requests")
    for station in np.unique(requests["station"]):
        mine = requests["station"] == station
        order = np.argsort(-requests["strength"][mine])
        assert requests["travel"][mine][order] == pytest.approx(np.arange(1, mine.sum() + 1) / 1000)
    assert np.array_equal(requests["late"].astype(bool), requests["travel"] > 0.01 + 1e-12)


def test_a_backlog_is_carried_over():
    travel = run({**COOPERATIVE, "backhaul.capacity": 100.0, "backhaul.lead": 0.01}).table("requests")
    longest = [travel["travel"][travel["frame"] == f].max() for f in range(6)]
    assert np.all(np.diff(longest) > 0.05)


def test_handovers_are_logged_and_counted():
    tables = run({"mobility.user_speed": 200.0, "simulation.frames": 30, "allocation.targets_per_bs": 0})
    events = tables.table("events")
    rows = events["event"] == EVENTS.index("handover")
    assert rows.sum() == tables.table("drops")["handovers"][0] > 0
    assert np.all(events["subject"][rows] >= 0) and np.all(np.isin(np.round(events["time"][rows] / 0.01), range(1, 31)))
    links = tables.table("links/communication")
    moved = np.unique(events["subject"][rows])
    assert any(len(np.unique(links["station"][links["user"] == u])) > 1 for u in moved)


def test_files_are_delivered_at_bandwidth_times_rate():
    tables = run({"traffic.model": "poisson", "traffic.arrival_rate": 20.0, "traffic.file_size": 1e6,
                  "simulation.frames": 80, "allocation.targets_per_bs": 0})
    files, links, drop = tables.table("files"), tables.table("links/communication"), tables.table("drops")
    assert len(files["user"]) == drop["files"][0] > 50
    assert files["delay"].sum() == pytest.approx(drop["file_delay"][0])
    assert np.percentile(files["delay"], 95) == pytest.approx(drop["file_delay_95"][0])
    could = np.bincount(links["user"], links["rate"]) * 10e6 * 0.01
    got = np.bincount(files["user"], files["size"], len(could))
    assert np.all(got <= could * (1 + 1e-9)) and np.all(files["delay"] > 0)
    events = tables.table("events")
    assert events["count"][events["event"] == EVENTS.index("files_delivered")].sum() == len(files["user"])


def test_files_come_at_their_rate_and_at_any_moment_of_a_frame():
    tables = run({"traffic.model": "poisson", "traffic.arrival_rate": 20.0, "traffic.file_size": 1e3,
                  "simulation.frames": 60, "allocation.targets_per_bs": 0, "allocation.users_per_bs": 8})
    events, users = tables.table("events"), len(tables.table("positions/users")["user"])
    has_mean(events["count"][events["event"] == EVENTS.index("files_arrived")], 20.0 * 0.01 * users)
    files = tables.table("files")
    assert len(files["user"]) > 500
    has_law(files["arrival"] / 0.01 % 1, "uniform")
    has_law(files["user"] / users, "uniform")


def test_only_users_with_data_are_served():
    class Watcher(Scheduler):
        def select_users(self, station, count, rng):
            assert np.all(station.users.queue > 0)
            return station.users.nearest(count)

    changes = {"traffic.model": "poisson", "traffic.arrival_rate": 2.0, "simulation.frames": 10}
    links = run(changes, scheduler=Watcher()).table("frames")["communication_links"]
    assert links[0] == 0 < links[9]


def test_targets_come_and_go_in_balance():
    numbers, lives = [], []
    base = {"targets.lifetime": 0.2, "simulation.frames": 40, "network.targets_per_cell": 30,
            "network.users_per_cell": 1, "allocation.users_per_bs": 1}
    for drop in range(12):
        tables = run(base, drop=drop)
        events = tables.table("events")
        change = {name: events["count"][events["event"] == EVENTS.index(name)].sum()
                  for name in ("targets_appeared", "targets_left")}
        first = len(tables.table("positions/targets")["target"])
        rows, last = tables.table("users/sensing"), events["time"] >= 0.4  # when the last frame has ended
        late = events["count"][last & (events["event"] == EVENTS.index("targets_appeared"))].sum()
        assert len(rows["target"]) == first + change["targets_appeared"] - late and (rows["cell"] >= 0).all()
        numbers.append(first + change["targets_appeared"] - change["targets_left"])
        lives.append(change["targets_left"] / (first * 40 * 0.01))
    has_mean(numbers, 25 * 30)
    has_mean(lives, 5.0, bias=0.2)  # left per target and second; the number of targets varies meanwhile


def test_a_target_that_has_left_gives_no_echo():
    tables = run({"targets.lifetime": 0.02, "simulation.frames": 20, "backhaul.lead": 0.02})
    echo = tables.table("links/sensing")["echo"]
    assert 0.3 < np.mean(echo == 0) < 0.8  # 1 - exp(-1) have left within the lead


def test_revisits_are_kept_or_missed():
    """Ten frames between turns of everybody: nobody is late with a period of a second, everybody with one of 20 ms."""
    base = {"network.targets_per_cell": 5, "scheduling.target_policy": "stalest_first", "simulation.frames": 50}
    relaxed = run({**base, "targets.revisit_period": 1.0}).table("drops")
    hurried = run({**base, "targets.revisit_period": 0.02}).table("drops")
    assert relaxed["revisits_missed"][0] == 0 < relaxed["revisits"][0]
    assert hurried["revisits_missed"][0] > 0.5 * hurried["revisits"][0]
    assert relaxed["sensing_gap"][0] / relaxed["sensing_gaps"][0] < 0.15


def test_deadlines_first_miss_fewer_than_chance():
    base = {"simulation.frames": 60, "targets.revisit_period": 0.06, "targets.revisit_spread": 0.8}
    missed = {policy: run({**base, "scheduling.target_policy": policy}).table("drops")["revisits_missed"][0]
              for policy in ("deadline", "random")}
    assert missed["deadline"] < missed["random"]


def test_proportional_fair_beats_round_robin_in_rate_and_max_rate_in_fairness():
    """On the same drops, paired; 95 % intervals exclude zero."""
    base = {"network.area": 16, "network.layout": "fixed_count", "network.users_per_cell": 8, "antennas.transmit": 4,
            "allocation.users_per_bs": 2, "allocation.targets_per_bs": 0, "simulation.frames": 30,
            "recording.level": "summary"}
    found = {}
    for policy in ("proportional_fair", "round_robin", "max_rate"):
        drops = [run({**base, "scheduling.policy": policy}, drop=d).table("drops") for d in range(8)]
        found[policy] = {name: np.array([d[name][0] for d in drops]) for name in ("communication_rate", "fairness")}
    fair = found["proportional_fair"]
    for other, name in (("round_robin", "communication_rate"), ("max_rate", "fairness")):
        difference = fair[name] - found[other][name]
        half = stats.t.ppf(0.975, 7) * difference.std(ddof=1) / np.sqrt(8)
        assert difference.mean() > half > 0, (other, difference.mean(), half)


@pytest.mark.parametrize(("fault", "words"), [
    (lambda s, n: (s.users.ids[:1] + 1) % len(s.state.users), "not one of its own"),
    (lambda s, n: s.users.ids[[0, 0]], "twice"), (lambda s, n: s.users.ids[:n + 1], "at most 3"),
    (lambda s, n: 1 / 0, "ZeroDivisionError")])
def test_a_bad_policy_ends_the_run_with_policy_drop_frame_and_fault(fault, words):
    class Fine(Scheduler):
        def select_users(self, station, count, rng):
            return fault(station, count) if station.state.frame == 3 else station.users.ids[:count]

    with pytest.raises(SchedulingError, match=words) as caught:
        run({"simulation.frames": 5, "network.users_per_cell": 30, "backhaul.lead": 0.02}, drop=4, scheduler=Fine())
    message = str(caught.value)
    assert "Fine" in message and "drop 4" in message and "frame 3" in message and "\n" not in message


@pytest.mark.parametrize(("changes", "words"), [
    ({"mobility.model": "file"}, "mobility.positions"), ({"traffic.model": "file"}, "traffic.arrivals"),
    ({"mobility.positions": "x.csv"}, "mobility.model"), ({"backhaul.lead": -2}, "at least -1"),
    ({"backhaul.loss": 1.5}, "at most 1"), ({"traffic.model": "burst"}, "full_buffer")])
def test_settings_that_do_not_go_together(changes, words):
    with pytest.raises(ConfigError, match=words):
        Scenario().replace(changes)


@pytest.mark.parametrize("changes", [{"network.area": 1.5, "network.bs_density": 0.7}, {"network.users_per_cell": 0}])
def test_no_stations_and_no_users_end_well(changes):
    scenario = Scenario().replace({**EVERYTHING, "network.area": 4, "simulation.frames": 5, **changes})
    stations = set()
    for drop in range(8):
        tables = Tables()
        simulate_drop(scenario, drop, tables)
        stations.add(int(tables.table("drops")["stations"][0]))
    assert (0 in stations) == ("network.area" in changes)
