"""Laws the naive reference itself must obey, so that agreeing with it means something."""

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tests import naive
from tests.naive import Choice, Layout, Parameters, channels, fast_reference_frame, reference_frame

BASE = Parameters(M_t=20, M_r=10, K=4, J=3, L=2, Q=3, alpha=4.0, beta=2.0, c=1.0, bs_density=1.0, side=(6.0, 6.0))
CASES = {
    "no nulls": replace(BASE, K=12, J=1, L=1, Q=1),
    "users only": replace(BASE, K=5, J=0),
    "both": BASE,
    "around the target": replace(BASE, cluster_center="target"),
    "all antennas used": replace(BASE, M_t=6, K=6),
    "over-asked": replace(BASE, M_t=10, K=3, L=3),
    "more targets than filters": replace(BASE, K=1, J=6, L=1, Q=2, M_r=4),
    "noise and echoes": replace(BASE, noise_power=0.3, inter_target_echo=True),
    "ends at the torus": replace(BASE, far_field="torus", side=(6.0, 4.0), alpha=3.5),
    "wide clusters": replace(BASE, K=2, J=2, L=5, Q=4, near_stations=3),
}


def drop(p, seed, stations=36, users=360, targets=360):
    """Return a layout, a blind choice and the channels of a seed."""
    rng = np.random.default_rng(seed)
    layout = naive.draw_layout(rng, p, stations, users, targets)
    return layout, naive.choose_random(rng, p, layout), channels(seed, p.M_t, p.M_r)


SLOW = ("users only", "over-asked", "more targets than filters")  # parts of what the others do at once


@pytest.fixture(scope="module", params=[
    pytest.param(p, id=name, marks=[pytest.mark.slow] * (name in SLOW)) for name, p in CASES.items()])
def case(request):
    p = request.param
    layout, choice, known = drop(p, 5)
    return p, layout, choice, known, reference_frame(p, layout, choice, known)


def served(layout, choice, side):
    """Return how many users every station serves."""
    return np.bincount(naive.attach(layout.users, layout.stations, side)[choice.users], minlength=len(layout.stations))


def star(p, satellites, users, targets=()):
    """Return stations at given offsets from the first one, in the middle of the torus, and who is around."""
    middle = np.array(p.side) / 2
    places = [np.reshape(points, (-1, 2)) + middle for points in ([(0, 0), *satellites], users, targets)]
    return Layout(*places), Choice(np.arange(len(places[1])), np.arange(len(places[2])))


# Geometry


def test_torus_distances_are_the_shortest_of_all_images():
    side, rng = np.array([3.0, 5.0]), np.random.default_rng(0)
    a, b = rng.uniform(size=(2, 200, 2)) * side
    images = [np.linalg.norm(b - a + side * shift, axis=1) for shift in product((-1, 0, 1), repeat=2)]
    assert np.allclose(naive.distance(a, b, side), np.min(images, axis=0))
    assert np.allclose(np.linalg.norm(naive.displacement(a, b, side), axis=1), np.min(images, axis=0))


def test_the_plane_outside_a_rectangle():
    assert np.isclose(naive.outside_rectangle((3.0, 3.0), 4.0), (2 * np.pi + 4) / 9)
    # By brute force, direction after direction: what lies outside a disc as large as the rectangle is in it.
    phi = (np.arange(100_000) + 0.5) / 100_000 * 2 * np.pi
    edge = np.minimum(1 / abs(np.cos(phi)), 2.5 / abs(np.sin(phi)))
    brute = np.mean(naive.outside_disc(edge, 3.5))
    assert np.isclose(naive.outside_rectangle((2.0, 5.0), 3.5), brute)
    assert np.isclose(naive.outside_rectangle((5.0, 2.0), 3.5), brute)


def test_everybody_attaches_to_the_nearest_station(case):
    p, layout, _, _, frame = case
    for kind, points in ("communication", layout.users), ("sensing", layout.targets):
        ids, table = "user" if kind == "communication" else "target", frame[kind]
        everywhere = naive.distance(points[table[ids]][:, None], layout.stations, p.side)
        assert np.array_equal(table["station"], everywhere.argmin(axis=1))
        assert np.allclose(table["distance"], everywhere.min(axis=1))


# Channels


def test_channels_depend_on_their_name_alone():
    one, two = channels(3, 5, 4), channels(3, 5, 4)
    forward = [one.user(u, s) for u in range(3) for s in range(3)]
    backward = [two.user(u, s) for u in reversed(range(3)) for s in reversed(range(3))]
    assert np.array_equal(forward, backward[::-1])
    assert not np.array_equal(one.user(1, 2), one.user(2, 1))
    assert not np.array_equal(one.station(1, 2), one.station(2, 1))
    assert one.station(0, 1).shape == (5, 4)
    assert not np.array_equal(one.user(0, 0), channels(4, 5, 4).user(0, 0))


def test_channels_are_circular_and_of_unit_power():
    known = channels(1, 20, 10)
    entries = np.concatenate([known.station(0, s).ravel() for s in range(100)])
    assert abs(np.mean(abs(entries) ** 2) - 1) < 4 / np.sqrt(len(entries))
    assert abs(np.mean(entries**2)) < 4 / np.sqrt(len(entries))
    assert abs(np.mean(entries)) < 4 / np.sqrt(len(entries))


# Requests and grants


def test_clusters_ask_all_their_members(case):
    p, _, choice, _, frame = case
    asked = Counter((kind, link) for kind, link, *_ in frame["requests"])
    users = {("user", u): p.L - 1 for u in choice.users if p.L > 1}
    targets = {("target", t): p.Q - 1 for t in frame["sensing"]["target"] if p.Q > 1}
    assert asked == users | targets
    assert all(serving != station for _, _, serving, station, *_ in frame["requests"])


def test_grants_stay_within_the_budget_and_go_to_the_strongest(case):
    p, layout, choice, _, frame = case
    budget = np.maximum(0, p.M_t - 1 - served(layout, choice, p.side))
    for station in range(len(layout.stations)):
        answers = [(granted, strength) for _, _, _, asked, strength, granted in frame["requests"] if asked == station]
        granted = [strength for granted, strength in answers if granted]
        refused = [strength for granted, strength in answers if not granted]
        assert len(granted) == min(budget[station], len(answers))
        assert not granted or not refused or min(granted) >= max(refused)


def test_strengths_are_ratios_of_unwanted_to_wanted():
    p = replace(BASE, L=2, Q=2, c=0.5, alpha=3.0)
    layout, choice = star(p, [(1.5, 0)], [(0.5, 0), (0, 0.4), (1.2, 0)], [(0, 0.3)])
    requests = reference_frame(p, layout, choice, channels(1, 20, 10))["requests"]
    strength = {(kind, link, asked): value for kind, link, _, asked, value, _ in requests}
    assert np.isclose(strength["user", 0, 1], 0.5**3 * 2 / 19)
    assert np.isclose(strength["user", 2, 0], 0.25**3 * 1 / 20)
    assert np.isclose(strength["target", 0, 1], 1.5**-3 / (0.5 * 0.3**-4))


def test_other_orders_need_their_grants():
    p = replace(BASE, nulling="random")
    layout, choice, known = drop(p, 1)
    with pytest.raises(ValueError, match="random"):
        reference_frame(p, layout, choice, known)
    assert len(reference_frame(p, layout, choice, known, grants=set())["communication"]["user"]) == len(choice.users)
    with pytest.raises(ValueError, match="never asked"):
        reference_frame(p, layout, choice, known, grants={("user", 0, 99)})


def test_injected_refusals_move_the_power_and_free_the_antennas():
    layout, choice, known = drop(BASE, 2)
    free = reference_frame(BASE, layout, choice, known)
    refused = reference_frame(BASE, layout, choice, known, grants=set())
    assert not any(request[-1] for request in refused["requests"])
    for kind in "communication", "sensing":
        assert np.all(refused[kind]["leakage_granted"] == 0)
        assert np.mean(refused[kind]["interference_refused"] > 0) > 0.9  # some ask a silent station
    # Users may win by it, they get the antennas back; targets have nothing but the interference.
    assert refused["sensing"]["rate"].mean() < free["sensing"]["rate"].mean()
    own = served(layout, choice, BASE.side)[refused["communication"]["station"]]
    assert np.array_equal(refused["communication"]["degrees_of_freedom"], 20 - own + 1)


# Beams


def test_nulls_are_null_and_beams_of_unit_norm(case):
    p, layout, choice, _, frame = case
    for table, wanted in (frame["communication"], "signal"), (frame["sensing"], "echo"):
        scale = np.median(table[wanted]) if len(table[wanted]) else 1.0
        assert np.all(table["leakage_granted"] < 1e-18 * scale)
        assert np.all(table.get("intra_cell", np.zeros(1)) < 1e-18 * scale)
    for beams, count in zip(frame["beams"], served(layout, choice, p.side), strict=True):
        if count == 0:
            assert beams is None
        else:
            assert beams.shape == (p.M_t, count)
            assert np.allclose(np.linalg.norm(beams, axis=0), 1)


def test_refused_members_do_interfere():
    p = CASES["over-asked"]
    layout, choice, known = drop(p, 3, users=1000)
    frame = reference_frame(p, layout, choice, known)
    refused = {link for kind, link, _, _, _, granted in frame["requests"] if kind == "user" and not granted}
    table = frame["communication"]
    assert 0 < len(refused) < len(choice.users)
    assert np.array_equal(table["interference_refused"] > 0, np.isin(table["user"], list(refused)))


def test_a_beam_is_the_projection_of_its_channel():
    layout, choice, known = drop(BASE, 4)
    scene = naive._Scene(BASE, layout, choice)
    frame = reference_frame(BASE, layout, choice, known)
    grants = {(kind, link, asked) for kind, link, _, asked, _, granted in frame["requests"] if granted}
    for station, own in enumerate(scene.own_users):
        stacked = naive._constraints(scene, station, known, grants)
        for k in range(len(own)):
            others = np.linalg.qr(np.delete(stacked, k, axis=1))[0]
            left = stacked[:, k] - others @ (others.conj().T @ stacked[:, k])
            inner = left.conj() @ frame["beams"][station][:, k] / np.linalg.norm(left)
            assert np.isclose(inner, 1)


def test_all_antennas_used_leaves_nothing_to_null_with():
    p = CASES["all antennas used"]
    layout, choice, known = drop(p, 6, users=2000)
    frame = reference_frame(p, layout, choice, known)
    assert np.all(served(layout, choice, p.side) == p.M_t)
    assert not any(request[-1] for request in frame["requests"])
    assert np.all(frame["communication"]["degrees_of_freedom"] == 1)
    assert np.all(frame["communication"]["interference_refused"] > 0)


def test_too_many_constraints_are_refused():
    p = replace(BASE, M_t=4, K=4)
    layout, choice, known = drop(p, 6, users=2000)
    requests = reference_frame(p, layout, choice, known)["requests"]
    asked = {(kind, link, station) for kind, link, _, station, *_ in requests}
    with pytest.raises(ValueError, match="antennas"):
        reference_frame(p, layout, choice, known, grants=asked)


# Merged constraints


def test_more_targets_than_receive_antennas_cost_no_more_than_the_antennas():
    p = replace(BASE, K=1, J=6, L=1, Q=2, M_r=4)
    targets = [(0.3 * np.cos(t), 0.3 * np.sin(t)) for t in np.linspace(0.2, 2.9, 6)]
    layout, choice = star(p, [(1.5, 0)], [(0.5, 0), (1.2, 0)], targets)
    frame = reference_frame(p, layout, choice, channels(1, p.M_t, p.M_r))
    assert [request[-1] for request in frame["requests"]] == [True] * 6
    # The satellite serves one user and nulls the four dimensions the six filters span; nobody asks the centre.
    assert np.array_equal(frame["communication"]["degrees_of_freedom"], [20, 20 - 5 + 1])
    assert np.all(frame["sensing"]["leakage_granted"] < 1e-25)


@pytest.mark.parametrize("mirror", [1, -1])
def test_targets_at_equal_bearing_count_once(mirror):
    # A linear array cannot tell a bearing from its mirror image either.
    p = replace(BASE, K=1, J=3, L=1, Q=2)
    layout, choice = star(p, [(1.5, 0)], [(0.5, 0), (1.2, 0)], [(0.1, 0.2), (0.2, 0.4 * mirror), (0, 0.3)])
    frame = reference_frame(p, layout, choice, channels(1, p.M_t, p.M_r))
    assert np.array_equal(frame["communication"]["degrees_of_freedom"], [20, 20 - 3 + 1])
    assert np.all(frame["sensing"]["leakage_granted"] < 1e-25)
    # In the filter of the first, the second's echo is as good as its own.
    echo, inter = frame["sensing"]["echo"], frame["sensing"]["inter_target"]
    assert inter[0] >= echo[1] * (1 - 1e-9)


def test_the_tolerance_decides_what_is_equal():
    targets = [(0.3, 0.3), (0.3, 0.3 + 1e-8)]
    used = {}
    for tolerance in 1e-6, 1e-10:
        p = replace(BASE, K=1, J=2, L=1, Q=2, tolerance=tolerance)
        layout, choice = star(p, [(1.5, 0)], [(0.5, 0), (1.2, 0)], targets)
        frame = reference_frame(p, layout, choice, channels(1, p.M_t, p.M_r))
        used[tolerance] = 20 - frame["communication"]["degrees_of_freedom"][1] + 1
        assert np.all(frame["sensing"]["leakage_granted"] < 1e-12)
    assert used == {1e-6: 2, 1e-10: 3}


def test_a_refused_target_is_partly_nulled_with_its_neighbour():
    p = replace(BASE, K=2, J=2, L=1, Q=2)
    layout, choice = star(p, [(1.5, 0)], [(0.5, 0), (1.2, 0), (1.3, 0)], [(0.3, 0.3), (0.3, 0.35)])
    frames = [reference_frame(p, layout, choice, channels(s, 20, 10), {("target", 0, 1)}) for s in range(500)]
    refused = np.array([frame["sensing"]["interference_refused"] for frame in frames])
    angles = np.arctan2([0.3, 0.35], 0.3)
    overlap = abs(np.vdot(*naive.steering(10, np.cos(angles)).T / np.sqrt(10))) ** 2
    assert overlap > 0.5
    assert np.all(refused[:, 0] == 0)
    gain = refused[:, 1] / 1.5**-4
    assert abs(gain.mean() - (1 - overlap)) < 4 * gain.std() / np.sqrt(len(gain))


# Accounting


def test_terms_add_to_the_sir(case):
    p, *_, frame = case
    for table, wanted in (frame["communication"], "signal"), (frame["sensing"], "echo"):
        names = ["leakage_granted", "interference_refused", "interference_other", "far_field", "noise"]
        names += ["intra_cell"] * (wanted == "signal") + ["inter_target"] * (wanted == "echo" and p.inter_target_echo)
        assert np.allclose(table["sir"], table[wanted] / sum(table[name] for name in names), rtol=1e-12)
        assert np.allclose(table["rate"], np.log2(1 + table["sir"]), rtol=1e-12)
        assert all(np.all(table[name] >= 0) for name in names)
        assert np.all(table["noise"] == p.noise_power)


def test_tables_are_aligned_with_the_choice(case):
    p, layout, choice, _, frame = case
    active = served(layout, choice, p.side) > 0
    target_station = naive.attach(layout.targets, layout.stations, p.side)
    assert np.array_equal(frame["communication"]["user"], choice.users)
    assert np.array_equal(frame["sensing"]["target"], choice.targets[active[target_station[choice.targets]]])
    assert tuple(frame["communication"]) == naive.USER_KEYS
    assert tuple(frame["sensing"]) == naive.TARGET_KEYS


def test_weights_give_everybody_in_the_network_a_voice(case):
    p, layout, choice, _, frame = case
    served_somebody = served(layout, choice, p.side) > 0
    populated = served_somebody[naive.attach(layout.users, layout.stations, p.side)]
    assert np.isclose(frame["communication"]["weight"].sum(), populated.sum())
    station = naive.attach(layout.targets, layout.stations, p.side)
    if p.J:
        assert np.isclose(frame["sensing"]["weight"].sum(), served_somebody[station].sum())


def test_interference_counts_the_near_and_averages_the_rest():
    # A lattice would tie; these distances are 1, 1.2, 1.4 and 1.6 from the centre, seen from its user and its target.
    satellites = [(1, 0), (-1.2, 0), (0, 1.4), (0, -1.6)]
    users = [(0, 0.001), *[(1.001 * x, 1.001 * y) for x, y in satellites]]
    for near, rho in (1, 1.0), (3, 1.4), (4, 1.6), (9, 3.0):
        p = replace(BASE, L=1, Q=1, near_stations=near)
        layout, choice = star(p, satellites, users, [(0.1, 0)])
        frame = reference_frame(p, layout, choice, channels(1, 20, 10))
        assert np.isclose(frame["sensing"]["far_field"][0], np.pi * rho**-2)
    for near, rho in (1, 0.001), (2, 1.0), (5, np.hypot(0, 1.601)), (9, 3.0):
        p = replace(BASE, L=1, Q=1, near_stations=near)
        table = reference_frame(p, layout, choice, channels(1, 20, 10))["communication"]
        assert np.isclose(table["far_field"][0], np.pi * rho**-2, rtol=1e-2)
        assert (table["interference_other"][0] > 0) == (near > 1)


def test_cluster_members_are_drawn_however_far_they_are():
    satellites = [(1, 0), (-1.2, 0), (0, 1.4), (2.9, 2.9)]
    users = [(0, 0.001), *[(x - 0.001, y) for x, y in satellites]]
    p = replace(BASE, K=1, L=5, Q=1, near_stations=2)
    layout, choice = star(p, satellites, users)
    table = reference_frame(p, layout, choice, channels(1, 20, 10), grants=set())["communication"]
    assert np.isclose(table["far_field"][0], np.pi * 3.0**-2)  # the furthest member is beyond half a side
    assert table["interference_other"][0] == 0
    assert table["interference_refused"][0] > 0
    p = replace(p, L=4)
    table = reference_frame(p, layout, choice, channels(1, 20, 10), grants=set())["communication"]
    assert np.isclose(table["far_field"][0], np.pi * 1.4**-2, rtol=1e-2)


def test_the_world_can_end_at_the_torus():
    p = replace(BASE, L=1, Q=1, far_field="torus")
    layout, choice = star(p, [(1, 0), (-1, 1)], [(0.1, 0), (1.1, 0), (-1.1, 1)], [(0.1, 0)])
    frame = reference_frame(p, layout, choice, channels(1, 20, 10))
    assert np.all(frame["communication"]["far_field"] == 0)
    assert np.all(frame["sensing"]["far_field"] == 0)
    frame = reference_frame(replace(p, near_stations=1), layout, choice, channels(1, 20, 10))
    assert np.isclose(frame["sensing"]["far_field"][0], np.pi - (2 * np.pi + 4) / 36)
    alone, choice = star(p, [], [(0.1, 0)])
    assert reference_frame(p, alone, choice, channels(1, 20, 10))["communication"]["rate"][0] > 50


def test_silent_stations_neither_send_nor_sense_nor_ask():
    p = replace(BASE, L=2, Q=2)
    layout, choice = star(p, [(1, 0), (-2, 1)], [(0.1, 0), (-2.1, 1)], [(0.1, 0), (1.1, 0)])
    frame = reference_frame(p, layout, choice, channels(1, 20, 10))
    assert frame["beams"][1] is None
    assert np.array_equal(frame["sensing"]["target"], [0])
    assert [request[:4] for request in frame["requests"]] == [("user", 0, 0, 1), ("user", 1, 2, 0), ("target", 0, 0, 1)]
    assert all(request[-1] for request in frame["requests"])
    assert frame["communication"]["leakage_granted"][0] == 0
    assert np.allclose(frame["communication"]["far_field"], 2 / 3 * np.pi / 9)


def test_empty_networks_are_no_special_case():
    for stations, users, targets in (0, 5, 5), (5, 0, 5), (5, 5, 0), (1, 5, 5):
        layout, choice, known = drop(BASE, 1, stations, users, targets)
        frame = reference_frame(BASE, layout, choice, known)
        fast = fast_reference_frame(BASE, layout, choice, np.random.default_rng(1))
        for kind in "communication", "sensing":
            assert {len(column) for column in frame[kind].values()} == {len(column) for column in fast[kind].values()}


# Gains


@pytest.fixture(scope="module")
def gains():
    """Return gains of many frames, path loss divided away, and the degrees of freedom behind the wanted one."""
    p = replace(BASE, K=3, J=2, L=2, Q=2, near_stations=2, side=(4.0, 4.0))
    collected = {"signal": [], "echo": [], "user": [], "target": []}
    for seed in range(60):
        layout, choice, known = drop(p, seed + 100, 16, 160, 160)
        frame = reference_frame(p, layout, choice, known, grants=set() if seed % 2 else None)
        table = frame["communication"]
        count = served(layout, choice, p.side)[table["station"]]
        collected["signal"].append(table["signal"] * table["distance"] ** 4 * count / table["degrees_of_freedom"])
        collected["echo"].append(frame["sensing"]["echo"] * frame["sensing"]["distance"] ** 4)
        if seed % 2:
            asked = {(kind, link): station for kind, link, _, station, *_ in frame["requests"]}
            users, targets = table["user"], frame["sensing"]["target"]
            from_user = [layout.stations[asked["user", u]] for u in users]
            from_target = [layout.stations[asked["target", t]] for t in targets]
            d = naive.distance(layout.users[users], np.array(from_user), p.side)
            D = naive.distance(layout.stations[frame["sensing"]["station"]], np.array(from_target), p.side)
            collected["user"].append(table["interference_refused"] * d**4)
            collected["target"].append(frame["sensing"]["interference_refused"] * D**4)
    return collected


@pytest.mark.parametrize("name", ["signal", "echo", "user", "target"])
def test_gains_have_their_means(gains, name):
    # Frames are independent, so they are the replications: wanted D / K, everything else 1.
    means = np.array([frame.mean() for frame in gains[name]])
    assert abs(means.mean() - 1) < 4 * means.std(ddof=1) / np.sqrt(len(means))
    assert means.std(ddof=1) / np.sqrt(len(means)) < 0.03


# The fast one


@pytest.mark.parametrize("name", ["both", "around the target", "over-asked", "more targets than filters"])
def test_the_fast_reference_plans_the_same_frame(name):
    p = CASES[name]
    layout, choice, known = drop(p, 8)
    slow = reference_frame(p, layout, choice, known)
    fast = fast_reference_frame(p, layout, choice, np.random.default_rng(8))
    for kind in "communication", "sensing":
        assert list(fast[kind]) == list(slow[kind])
        given = {"user", "target", "station", "distance", "noise", "weight", "degrees_of_freedom"}
        for key in given.intersection(slow[kind]):
            assert np.allclose(fast[kind][key], slow[kind][key]), key
    plan = naive._Plan(p, layout, choice)
    ids = {"user": {u: i for i, u in enumerate(plan.users)}, "target": {t: i for i, t in enumerate(plan.targets)}}
    roles = {"user": plan.user_role, "target": plan.target_role}
    answers = {role: sum(np.count_nonzero(table == role) for table in roles.values()) for role in (2, 3)}
    for kind, link, serving, asked, _, granted in slow["requests"]:
        assert roles[kind][ids[kind][link], asked] == (naive.GRANTED if granted else naive.REFUSED)
        assert roles[kind][ids[kind][link], serving] == naive.SERVING
    assert sum(answers.values()) == len(slow["requests"])


@pytest.mark.parametrize("name", ["both", "more targets than filters", "noise and echoes"])
def test_the_fast_reference_nulls_and_adds_up(name):
    p = CASES[name]
    layout, choice, _ = drop(p, 9)
    frame = fast_reference_frame(p, layout, choice, np.random.default_rng(9))
    for table, wanted, skipped in (frame["communication"], "signal", ()), (frame["sensing"], "echo", ("inter_target",)):
        assert np.all(table["leakage_granted"] < 1e-18 * np.median(table[wanted]))
        counted = naive._UNWANTED + (("intra_cell",) if wanted == "signal" else skipped * p.inter_target_echo)
        assert np.allclose(table["sir"], table[wanted] / sum(table[name] for name in counted), rtol=1e-12)


def test_the_fast_reference_computes_the_same_frame(case, monkeypatch):
    # Handed the same channels, and with the slow one listening to the whole torus, they differ by rounding alone.
    p, layout, choice, known, _ = case
    plan = naive._Plan(p, layout, choice)
    numbers = []
    for station in np.flatnonzero(plan.served):
        numbers.append(np.reshape([known.user(u, station) for u in plan.users], (-1, p.M_t)))
        numbers.append(np.reshape([known.station(r, station) for r in plan.receivers], (-1, p.M_t, p.M_r)))
    everybody = range(len(layout.stations))
    monkeypatch.setattr(naive, "_drawn", lambda scene, d, cluster, others, itself: (
        [s for s in everybody if s != itself], 1.0))
    slow = reference_frame(p, layout, choice, known)
    monkeypatch.setattr(naive, "_complex_normal", lambda rng, shape: numbers.pop(0))
    fast = fast_reference_frame(p, layout, choice, np.random.default_rng(0))
    for kind in "communication", "sensing":
        for key in set(slow[kind]) - {"far_field", "sir", "rate"}:
            wanted = slow[kind]["signal" if kind == "communication" else "echo"]
            assert np.allclose(fast[kind][key], slow[kind][key], rtol=1e-7, atol=1e-18 * np.median([*wanted, 1])), key


LOOKED_AT = [
    ("communication", ("rate",), 1),
    ("communication", ("signal",), 0.25),
    ("communication", ("interference_other", "far_field"), 0.25),
    ("sensing", ("rate",), 1),
    ("sensing", ("echo",), 0.25),
    ("sensing", ("interference_other", "far_field"), 0.25),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["both", "over-asked"])
def test_the_fast_reference_agrees_statistically(name):
    # Same positions and choices: the paired difference holds nothing but fading and the bias of the mean far field.
    p = replace(CASES[name], side=(7.0, 7.0))
    differences: dict[tuple, list[float]] = defaultdict(list)
    for seed in range(16):
        layout, choice, known = drop(p, seed, 49, 490, 490)
        slow = reference_frame(p, layout, choice, known)
        fast = fast_reference_frame(p, layout, choice, np.random.default_rng([seed, 99]))
        # Fourth roots, because path loss makes powers too heavy-tailed to compare their means.
        for kind, keys, power in LOOKED_AT:
            means = [np.mean(sum(frame[kind][key] for key in keys) ** power) for frame in (fast, slow)]
            differences[kind, keys].append(means[0] / means[1] - 1)
    for key, values in differences.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        assert error < 0.02, key
        assert abs(np.mean(values)) <= 4 * error + 0.002, key
