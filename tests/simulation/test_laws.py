"""Laws of a frame and a drop: invariances, feasibility, determinism, and ends that are well."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys import Positions, Scenario, Scheduler
from isacsys.core.errors import DropError, SchedulingError
from isacsys.coupling import FullChannelCoupling, SampledCoupling
from isacsys.metrics import Tally
from isacsys.network import NetworkState, deploy
from isacsys.network.receivers import ReceiverType
from isacsys.services import LinkTerms
from isacsys.simulation import find_policies, run_frame, simulate_drop
from tests import naive
from tests.simulation.harness import SMALL, Given, frame, layout, small
from tests.statistics import same_law_by_drop

INTERFERENCE = ("own", "leakage_granted", "interference_refused", "interference_other", "far_field", "noise")


class Tables:
    """Keeps what is appended."""

    def __init__(self):
        self.rows = {}

    def append(self, table, columns):
        size = max((np.size(v) for v in columns.values() if np.ndim(v)), default=1)
        rows = self.rows.setdefault(table, {name: [] for name in columns})
        for name, value in columns.items():
            rows[name].append(np.broadcast_to(value, size))

    def table(self, name):
        return {k: np.concatenate(v) for k, v in self.rows[name].items()}


def run(changes, drop=0, **options):
    scenario = Scenario().replace({"network.area": 25, "network.users_per_cell": 8, "network.targets_per_cell": 5,
                                   "recording.level": "full", "allocation.users_per_bs": 3, **changes})
    tables = Tables()
    simulate_drop(scenario, drop, tables, **options)
    return tables


def one_frame(changes, seed=0):
    scenario = Scenario().replace({"network.area": 25, "network.users_per_cell": 8, "network.targets_per_cell": 5,
                                   "simulation.seed": seed, **changes})
    state = NetworkState(scenario, deploy(scenario, 0))
    return run_frame(state, 0, find_policies(scenario))


ALLOCATIONS = st.fixed_dictionaries({
    "antennas.transmit": st.integers(4, 12), "allocation.users_per_bs": st.integers(1, 4),
    "allocation.targets_per_bs": st.integers(0, 4), "allocation.communication_cluster": st.integers(1, 5),
    "allocation.sensing_cluster": st.integers(1, 5), "propagation.path_loss_exponent": st.floats(2.1, 6),
    "propagation.echo_exponent": st.floats(1, 4), "propagation.noise_power": st.sampled_from([0.0, 0.5]),
    "sensing.cluster_center": st.sampled_from(["serving_bs", "target"]), "sensing.inter_target_echo": st.booleans(),
    "network.layout": st.sampled_from(["poisson", "fixed_count", "hexagonal"]),
    "network.near_stations": st.integers(1, 20)})


@settings(max_examples=30, deadline=None)
@given(ALLOCATIONS, st.integers(0, 1000))
def test_terms_add_up_grants_keep_the_budget_and_nothing_is_negative(changes, seed):
    record = one_frame(changes, seed)
    frame_state, scenario = record.frame_state, record.frame_state.scenario
    for kind, _, terms in record.links:
        values = dict(terms.items())
        assert all(np.all(v >= 0) and np.all(np.isfinite(v)) for v in values.values())
        own_counts = kind == ReceiverType.USER or scenario.sensing.inter_target_echo
        counted = INTERFERENCE if own_counts else INTERFERENCE[1:]
        total = sum(values[name] for name in counted)
        assert np.all(total > 0) and terms.sir == pytest.approx(terms.signal / total)
        assert terms.rate == pytest.approx(np.log2(1 + terms.sir))
        assert np.all(terms.leakage_granted == 0)
    budget = np.maximum(scenario.antennas.transmit - 1 - frame_state.selection.users.count, 0)
    granted = np.bincount(frame_state.requests.asked[frame_state.grants.granted], minlength=len(budget))
    assert np.all(granted <= budget) and np.all(frame_state.grants.constraints <= granted)
    sends, sums = ~frame_state.selection.silent, Tally(frame_state.scenario).frame(record)
    assert sums["transmitting"] == sends.sum()
    assert sums["constraints"] == (frame_state.selection.users.count + granted)[sends].sum()
    assert np.all(record.services["communication"].columns["degrees_of_freedom"] >= 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100))
def test_sir_is_unchanged_when_all_lengths_scale(seed, factor):
    """Powers scale together: alpha = 2 beta, so that echoes scale as interference does."""
    base = {"propagation.path_loss_exponent": 3.6, "propagation.echo_exponent": 1.8, "allocation.users_per_bs": 2,
            "allocation.communication_cluster": 2, "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2}
    scaled = {"network.area": 25 * factor**2, "network.bs_density": 1 / factor**2}
    one, other = one_frame(base, seed), one_frame({**base, **scaled}, seed)
    for (_, _, a), (_, _, b) in zip(one.links, other.links, strict=True):
        assert a.sir == pytest.approx(b.sir, rel=1e-6)
        assert b.signal == pytest.approx(a.signal * factor**-3.6, rel=1e-6)


CLUSTERED = {"allocation.users_per_bs": 2, "allocation.communication_cluster": 2, "allocation.targets_per_bs": 2,
             "allocation.sensing_cluster": 3, "antennas.transmit": 9, "scheduling.policy": "nearest"}


def explicit(positions, channels):
    scenario = small(CLUSTERED)
    return frame(scenario, positions, channels)


def same_links(one, other, users=None, targets=None):
    """Rates agree receiver by receiver; ``users[i]`` is the other's number of user i."""
    for (_, links, a), (_, other_links, b), renamed in zip(one.links, other.links, (users, targets), strict=True):
        order = np.argsort(links.ids if renamed is None else renamed[links.ids])
        back = np.argsort(other_links.ids)
        for name, values in a.items():
            floor = 1e-18 * np.max(a.signal, initial=1)  # what rounding leaves of a null
            assert values[order] == pytest.approx(getattr(b, name)[back], rel=1e-6, abs=floor), name


def test_shifting_the_torus_changes_nothing():
    positions, side = layout(small(CLUSTERED), 4), np.sqrt(SMALL["network.area"])
    shifted = Positions(*((np.asarray(getattr(positions, f.name)) + [1.234, 4.321]) % side
                          for f in dataclasses.fields(positions)))
    channels = naive.channels(4, 9, 10)
    same_links(explicit(positions, channels), explicit(shifted, channels))


def test_permuting_stations_changes_nothing_but_ids():
    positions = layout(small(CLUSTERED), 4)
    stations = np.asarray(positions.stations)
    order = np.random.default_rng(0).permutation(len(stations))  # new number i was order[i]
    channels = naive.channels(4, 9, 10)

    class Renamed:
        def user(self, user, station):
            return channels.user(user, order[station])

        def station(self, receiver, transmitter):
            return channels.station(order[receiver], order[transmitter])

    one = explicit(positions, channels)
    other = explicit(Positions(stations[order], positions.users, positions.targets), Renamed())
    same_links(one, other)
    assert np.array_equal(np.sort(order[other.frame_state.selection.users.station]),
                          np.sort(one.frame_state.selection.users.station))


@pytest.mark.parametrize("changes", [{}, {"allocation.communication_cluster": 2, "allocation.targets_per_bs": 2,
                                          "allocation.sensing_cluster": 3, "antennas.transmit": 9}])
def test_same_seed_same_bits_other_seed_other_numbers(changes):
    one, again, other = (run({**changes, "simulation.seed": s, "simulation.frames": 3}) for s in (7, 7, 8))
    for name in one.rows:
        for column, values in one.table(name).items():
            assert np.array_equal(values, again.table(name)[column])
    assert set(one.table("links/communication")["rate"]) != set(other.table("links/communication")["rate"])


class Greedy(Scheduler):
    """Chooses as another policy would, but draws more random numbers."""

    def __init__(self, extra):
        self.extra = extra

    def select_users(self, station, count, rng):
        rng.random(self.extra)
        return station.users.nearest(count)


def test_a_policy_that_draws_more_shifts_nothing():
    few, many = (run({"simulation.frames": 3}, scheduler=Greedy(n)) for n in (0, 17))
    for name in few.rows:
        for column, values in few.table(name).items():
            assert np.array_equal(values, many.table(name)[column]), (name, column)


def test_frames_do_not_shift_each_other():
    three, one = run({"simulation.frames": 3}), run({"simulation.frames": 1})
    first = three.table("links/communication")
    chosen = first["frame"] == 0
    assert np.array_equal(first["rate"][chosen], one.table("links/communication")["rate"])


def test_sums_are_those_of_the_links():
    tables = run({"simulation.frames": 4, "allocation.communication_cluster": 2, "antennas.transmit": 5})
    drop, frames = tables.table("drops"), tables.table("frames")
    for kind in ("communication", "sensing"):
        links = tables.table(f"links/{kind}")
        assert drop[f"{kind}_links"][0] == len(links["rate"]) == frames[f"{kind}_links"].sum()
        assert drop[f"{kind}_rate"][0] == pytest.approx(links["rate"].sum())
        assert drop[f"{kind}_weighted_rate"][0] == pytest.approx(links["weight"] @ links["rate"])
    requests = tables.table("requests")
    assert drop["null_requests"][0] == len(requests["granted"])
    assert drop["null_refused"][0] == np.sum(requests["granted"] == 0) > 0
    assert drop["area"][0] == 4 * 25


def test_weights_add_up_to_the_population():
    tables = run({})
    assert tables.table("links/communication")["weight"].sum() == pytest.approx(
        len(tables.table("positions/users")["user"]))


def test_events_tell_the_frames_in_order():
    events = run({"simulation.frames": 3, "simulation.frame_duration": 0.25}).table("events")
    assert np.unique(events["time"]).tolist() == [0.0, 0.25, 0.5]
    assert events["event"].tolist() == [0, 1, 2, 3, 4] * 3


@pytest.mark.parametrize("changes", [
    {"network.area": 1.0}, {"network.users_per_cell": 0}, {"network.targets_per_cell": 0},
    {"network.users_per_cell": 0.3}, {"network.layout": "fixed_count", "network.area": 1},
    {"network.area": 3, "allocation.communication_cluster": 3, "allocation.sensing_cluster": 3},
    {"antennas.transmit": 1, "allocation.users_per_bs": 1, "antennas.receive": 1},
    {"antennas.transmit": 1, "allocation.users_per_bs": 1, "network.area": 4,
     "allocation.communication_cluster": 4, "allocation.sensing_cluster": 4, "sensing.cluster_center": "target"},
    {"network.area": 4, "network.layout": "hexagonal", "network.far_field": "torus"},
    {"network.area": 1e-6, "network.bs_density": 1e6}, {"propagation.path_loss_exponent": 12},
])
def test_extremes_end_well(changes):
    for drop in range(6):
        tables = run({"allocation.targets_per_bs": 2, **changes}, drop)
        sums = tables.table("drops")
        assert all(np.all(np.isfinite(v)) for v in sums.values()) and sums["area"][0] > 0


def test_a_drop_without_stations_counts_its_area():
    changes = {"network.area": 1.0, "network.users_per_cell": 1}
    empty = next(t for t in (run(changes, drop) for drop in range(40)) if t.table("drops")["stations"][0] == 0)
    sums = empty.table("drops")
    assert sums["area"][0] == 1 and sums["communication_links"][0] == 0 and sums["communication_rate"][0] == 0


def test_one_station_alone_on_a_finite_torus_has_no_interference():
    tables = run({"network.layout": "fixed_count", "network.area": 1, "network.far_field": "torus",
                  "propagation.noise_power": 1.0})
    links = tables.table("links/communication")
    assert np.all(links["far_field"] == 0) and links["sir"] == pytest.approx(links["signal"])


def test_faults_name_drop_frame_and_seed():
    class Late(Scheduler):
        """Fails in the second frame."""

        def select_users(self, station, count, rng):
            if station.state.frame == 1:
                raise ValueError("no idea")
            return station.users.nearest(count)

    with pytest.raises(SchedulingError, match="Late.*no idea.*drop 3, frame 1, seed 1"):
        run({"simulation.frames": 2}, drop=3, scheduler=Late())


def test_errors_inside_a_frame_name_the_drop(monkeypatch):
    monkeypatch.setattr(SampledCoupling, "couple", lambda *a: 1 / 0)
    with pytest.raises(DropError, match="ZeroDivisionError.*drop 2, frame 0, seed 1"):
        run({}, drop=2)


def test_link_terms_are_what_a_log_has():
    names = {f.name for f in dataclasses.fields(LinkTerms)}
    assert names - {"signal", "own", "more", "subband_sir"} <= set(run({}).table("links/sensing"))


def test_full_vectors_and_short_forms_give_drops_of_one_law():
    """Whole drops, link by link."""
    scenario = small({**CLUSTERED, "scheduling.policy": "random", "propagation.path_loss_exponent": 3.5,
                      "propagation.echo_exponent": 2.2})
    picked = {(kind, i): [] for kind in ReceiverType for i in range(2)}
    for drop in range(30):
        positions = layout(scenario, 1000 + drop, stations=12)
        state = NetworkState(scenario, deploy(scenario, drop, positions))
        for i, engine in enumerate((SampledCoupling(), FullChannelCoupling(Given(naive.channels(drop, 9, 10))))):
            record = run_frame(state, drop, find_policies(scenario, engine=engine))
            for kind, _, terms in record.links:
                picked[kind, i].append([getattr(terms, name) for name in (
                    "signal", "interference_refused", "interference_other", "sir")])
    for kind in ReceiverType:
        for column in range(4):
            same_law_by_drop(*([drop[column] for drop in picked[kind, i]] for i in range(2)))
