"""Every policy obeys the same invariants; array form and one-station form obey one law."""

import numpy as np
import pytest

from isacsys import BaseStation, Scenario, Scheduler
from isacsys.core.errors import ConfigError, SchedulingError
from isacsys.network import NetworkState, deploy
from isacsys.network.selection import NullRequests
from isacsys.scheduling import GrantPolicy, Ranked, available, find_grant_policy, find_scheduler, grant, select
from isacsys.scheduling.grant_policies import GRANT_POLICIES
from isacsys.scheduling.schedulers import SCHEDULERS
from tests.statistics import same_law


def network(**changes):
    scenario = Scenario().replace({"network.area": 30, "network.users_per_cell": 7, "network.targets_per_cell": 4,
                                   "allocation.users_per_bs": 3, "allocation.targets_per_bs": 2, **changes})
    return NetworkState(scenario, deploy(scenario, 0))


def rngs(seed):
    return np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])


class OneByOne(Scheduler):
    """The one-station form of another policy."""

    def __init__(self, policy):
        self.select_users, self.select_targets = policy.select_users, policy.select_targets

    def select_users(self, station, count, rng):
        raise AssertionError


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("one_by_one", [False, True])
def test_selections_are_feasible_and_leave_nobody_idle(name, one_by_one):
    state = network()
    state.targets.period[:] = 0  # all are due, in every frame
    policy = OneByOne(find_scheduler(name)) if one_by_one else find_scheduler(name)
    for frame in range(4):
        state.frame = frame
        state.draw_channels(np.random.default_rng(frame))
        chosen = select(state, policy, *rngs(frame))
        for links, population, most in ((chosen.users, state.users, 3), (chosen.targets, state.targets, 2)):
            assert len(set(links.ids.tolist())) == len(links)
            assert np.array_equal(population.station[links.ids], links.station)
            assert np.all(np.diff(links.station) >= 0)
            expected = np.minimum(population.count, most)
            assert np.array_equal(links.count, np.where(chosen.users.count > 0, expected, 0))


@pytest.mark.parametrize("name", ["nearest", "round_robin"])
@pytest.mark.parametrize("size", [7, 80])
def test_both_forms_choose_the_same(name, size):
    one, other = network(**{"network.users_per_cell": size}), network(**{"network.users_per_cell": size})
    for frame in range(3):
        one.frame = other.frame = frame
        a = select(one, find_scheduler(name), *rngs(1))
        b = select(other, OneByOne(find_scheduler(name)), *rngs(1))
        assert np.array_equal(a.users.ids, b.users.ids) and np.array_equal(a.targets.ids, b.targets.ids)


class Rolls(Ranked):
    """Scores with many ties, some infinite, some not a number."""

    def score(self, members, rng):
        return np.random.default_rng(5).choice([0.0, 1.0, 2.0, np.inf, np.nan], 10**5)[members.ids]


@pytest.mark.parametrize("size", [7, 80])
def test_ranks_are_those_of_a_sort_of_everybody(size):
    state = network(**{"network.users_per_cell": size})
    chosen, score = select(state, Rolls(), *rngs(1)).users, np.random.default_rng(5).choice(
        [0.0, 1.0, 2.0, np.inf, np.nan], 10**5)
    expected = [state.users.of(i)[np.argsort(score[state.users.of(i)], kind="stable")[:3]]
                for i in range(state.stations)]
    assert np.array_equal(chosen.ids, np.concatenate(expected))


def test_random_is_uniform_in_both_forms():
    state = network()
    station = BaseStation(state, int(np.argmax(state.users.count)))
    hits = np.zeros((2, len(station.users)))
    for i, policy in enumerate((find_scheduler("random"), OneByOne(find_scheduler("random")))):
        for draw in range(200):
            ids = select(state, policy, *rngs(draw)).users.ids
            hits[i] += np.isin(station.users.ids, ids)
    share = 3 / len(station.users)
    assert np.all(np.abs(hits / 200 - share) < 5 * np.sqrt(share * (1 - share) / 200))
    same_law(*hits)


def test_round_robin_serves_everybody_before_anybody_twice():
    state, policy = network(), find_scheduler("round_robin")
    served = np.zeros(len(state.users.station), int)
    for frame in range(12):
        state.frame = frame
        served[select(state, policy, *rngs(frame)).users.ids] += 1
    for i in range(state.stations):
        mine = served[state.users.of(i)]
        assert mine.size == 0 or mine.max() - mine.min() <= 1


def test_nearest_serves_nobody_farther_than_those_left_out():
    state = network()
    ids = select(state, find_scheduler("nearest"), *rngs(0)).users.ids
    for i in range(state.stations):
        mine = state.users.of(i)
        chosen = np.isin(mine, ids)
        if 0 < chosen.sum() < len(mine):
            assert state.users.distance[mine[chosen]].max() <= state.users.distance[mine[~chosen]].min()


class Faulty(Scheduler):
    """Returns what it is told to."""

    def __init__(self, answer):
        self.answer = answer

    def select_users(self, station, count, rng):
        return self.answer(station, count)


@pytest.mark.parametrize(("answer", "words"), [
    (lambda s, n: s.users.ids[:n + 1], "at most 3"),
    (lambda s, n: s.users.ids[[0, 0]], "twice"),
    (lambda s, n: (s.users.ids[:1] + 1) % len(s.state.users.station), "not one of its own"),
    (lambda s, n: [-1], "not one of its own"),
    (lambda s, n: [0.5], "not a list of ids"),
    (lambda s, n: "ab", "not a list of ids"),
    (lambda s, n: 1 / 0, "ZeroDivisionError"),
])
def test_faults_name_the_policy_and_the_fault(answer, words):
    state = network(**{"network.users_per_cell": 30})
    with pytest.raises(SchedulingError, match=words) as caught:
        select(state, Faulty(answer), *rngs(0))
    assert "Faulty" in str(caught.value) and "\n" not in str(caught.value)


def test_fewer_than_allowed_nobody_and_handles_are_fine():
    state = network()
    assert len(select(state, Faulty(lambda s, n: []), *rngs(0)).users) == 0
    handles = select(state, Faulty(lambda s, n: list(s.users)[:1]), *rngs(0)).users
    assert np.array_equal(handles.count, np.minimum(state.users.count, 1))


def test_silent_stations_do_not_sense():
    state = network()
    chosen = select(state, Faulty(lambda s, n: s.users.ids[:n] if s.index % 2 else []), *rngs(0))
    assert np.all(chosen.targets.station % 2 == 1) and np.array_equal(chosen.silent, chosen.users.count == 0)


def requests_for(asked, strength):
    """Null requests of which only this matters."""
    asked, strength = np.asarray(asked, int), np.asarray(strength, float)
    return NullRequests(np.arange(len(asked)) % 2, *[np.zeros(len(asked), int)] * 4, asked, strength)


@pytest.mark.parametrize("name", GRANT_POLICIES)
def test_grants_never_exceed_the_budget_and_never_waste_it(name):
    rng = np.random.default_rng(0)
    requests = requests_for(rng.integers(0, 6, 50), rng.random(50))
    budget = np.array([0, 1, 3, 100, 5, 2])
    granted = grant(requests, budget, find_grant_policy(name), lambda: rng)
    assert np.array_equal(np.bincount(requests.asked[granted], minlength=6),
                          np.minimum(np.bincount(requests.asked, minlength=6), budget))


def test_strongest_grants_the_strongest():
    requests = requests_for([0, 0, 0, 1], [1, 3, 2, 0.1])
    granted = grant(requests, np.array([2, 1]), find_grant_policy("strongest"), np.random.default_rng)
    assert granted.tolist() == [False, True, True, True]


@pytest.mark.parametrize(("name", "order"), [("communication_first", [0, 2, 4, 5, 3, 1]),
                                             ("sensing_first", [5, 3, 1, 0, 2, 4])])
def test_one_kind_comes_first_however_strong_the_other(name, order):
    """Users are requests 0, 2 and 4, filters the others; within a kind the strongest is first."""
    requests = requests_for([0] * 6, [1e3, 1e-3, 50.0, 2.0, 1e-6, 1e6])
    for budget in range(1, 6):
        granted = grant(requests, np.array([budget]), find_grant_policy(name), np.random.default_rng)
        assert sorted(np.flatnonzero(granted)) == sorted(order[:budget])


def test_nobody_is_asked_where_there_is_nothing_to_decide():
    requests = requests_for([0, 1, 1], [1, 3, 2])
    assert grant(requests, np.array([1, 2]), None, None).all()
    assert grant(requests_for([], []), np.array([0, 0]), None, None).shape == (0,)


@pytest.mark.parametrize(("answer", "fault"), [
    (lambda r: [1.0], "shape"), (lambda r: np.ones((3, 1)), "shape"), (lambda r: [0, np.nan, 1], "no numbers"),
    (lambda r: ["high", "low", "low"], "ValueError"), (lambda r: r.nothing, "AttributeError")])
def test_a_faulty_grant_policy_is_named(answer, fault):
    class Favourites(GrantPolicy):
        def priority(self, requests, rng):
            return answer(requests)

    requests = requests_for([0, 1, 1], [1, 3, 2])
    with pytest.raises(SchedulingError, match=f"Favourites.*{fault}"):
        grant(requests, np.array([1, 1]), Favourites(), np.random.default_rng)


def test_policies_by_name(tmp_path):
    assert set(available()) >= {"random", "round_robin", "nearest"}
    assert all(available().values())
    (tmp_path / "my_policy_module.py").write_text(
        "import isacsys\nclass Mine(isacsys.Scheduler):\n"
        "    def select_users(self, station, count, rng):\n        return station.users.nearest(count)\n")
    assert type(find_scheduler("my_policy_module:Mine", beside=(str(tmp_path),))).__name__ == "Mine"


@pytest.mark.parametrize(("name", "words"), [
    ("rnadom", "did you mean \"random\""), ("", "one of"), ("no_such_module:X", "ModuleNotFoundError"),
    ("math:nothing", "AttributeError"), ("math:pi", "subclass of isacsys.Scheduler"),
    ("isacsys:Scheduler", "without arguments"),
])
def test_what_is_wrong_with_a_name_is_said(name, words):
    with pytest.raises(ConfigError, match=words):
        find_scheduler(name)


class Scores(Ranked):
    def __init__(self, score):
        self._score = score

    def score(self, members, rng):
        return self._score(members)


@pytest.mark.parametrize(("score", "words"), [
    (lambda m: np.full(len(m), np.nan), "all are no numbers"), (lambda m: 3.0, r"scores of shape \(\)"),
    (lambda m: m.distance[:-1], "not one number for each of"), (lambda m: m.distance + 0j, "complex128")])
@pytest.mark.parametrize("one_by_one", [True, False])
def test_scores_are_one_number_for_each(score, words, one_by_one):
    policy = Scores(score)
    with pytest.raises(SchedulingError, match=f"policy .* {words}"):
        select(network(), OneByOne(policy) if one_by_one else policy, *rngs(0))


def test_what_a_policy_is_shown_can_be_written_again_afterwards():
    class Writes(Scheduler):
        def select_users(self, station, count, rng):
            station.users.ids[:] = 0

    state = network()
    with pytest.raises(SchedulingError, match="Writes raised ValueError: .*read-only"):
        select(state, Writes(), *rngs(0))
    state.users.queue[:] = 1.0
    select(state, find_scheduler("random"), *rngs(0))
