"""The best of several settings, with a stated confidence."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys.statistics import FIRST, RaceRules, Samples, look, one_sided, race
from isacsys.statistics.confidence_sequences import SIZES
from tests.statistical.races import Drops, Outcome, equal, exponential, normal, opposite, slippage, surface, ties
from tests.twins.race import naive_look

SHAPES = [slippage, surface, equal, ties]


@pytest.mark.parametrize(("shape", "law"), [
    pytest.param(shape, law, marks=[pytest.mark.slow] * ((i + j) % 2))  # every shape and every law twice by default
    for i, shape in enumerate(SHAPES) for j, law in enumerate([normal, exponential, opposite])])
def test_the_answer_is_within_the_indifference(shape, law):
    found = Outcome(shape(12, 1.0), law, 20)
    assert found.right >= 19
    assert found.covered >= 19
    assert found.spent < found.longest


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 10, 60, 300])
@pytest.mark.parametrize("law", [normal, exponential, opposite])
@pytest.mark.parametrize("shape", SHAPES)
def test_of_a_thousand_races_at_least_950_are_right_and_so_are_all_intervals(shape, law, count):
    spread = {"own": 1.0} if count == 300 else {}  # fewer drops
    found = Outcome(shape(count, 1.0), law, 1000, **spread)
    assert found.right >= 950
    assert found.covered >= 950
    print(shape.__name__, law.__name__, count, found.right, found.covered, found.spent / count / 1000,
          found.spent / found.longest)


@pytest.mark.slow
@pytest.mark.parametrize("law", [normal, exponential, opposite])
def test_in_a_thousand_races_an_infeasible_answer_is_rare(law):
    """The better a setting, the less feasible; the best that is feasible is in the middle."""
    means = np.column_stack([np.arange(20.0), 1.0 * (10 - np.arange(20)) - 0.1])
    found = Outcome(means, law, 1000, rules=RaceRules(indifference=1.0, tolerances=(0.5,)), shared=1.0, own=1.0)
    print(law.__name__, found.right, found.feasible, found.spent / found.longest)
    assert found.feasible >= 950
    assert found.right >= 950


def test_a_constraint_is_held():
    means = np.column_stack([np.arange(8.0), 2.0 * (4 - np.arange(8)) - 0.5])
    found = Outcome(means, normal, 20, rules=RaceRules(indifference=1.0, tolerances=(0.5,)), shared=1.0, own=1.0)
    assert found.feasible == 20
    assert found.right >= 19


def test_where_no_setting_is_feasible_there_is_no_answer():
    seen, complete = race(3, RaceRules(tolerances=(0.1,)), Drops(np.column_stack([np.zeros(3), -np.ones(3)]), normal,
                                                             np.random.default_rng(1)))
    assert complete
    assert seen.leader is None
    assert seen.excluded.all()


def test_a_wrong_bound_is_seen(monkeypatch):
    """With bounds of a third of the width, the checks above fail: they could."""
    monkeypatch.setitem(look.__globals__, "one_sided", lambda sample, error: one_sided(sample, error) / 3)
    assert Outcome(slippage(20, 1.0), normal, 40).right < 36


def test_one_setting_ends_at_once():
    drops = Drops(np.zeros(1), normal, np.random.default_rng(1))
    seen, complete = race(1, RaceRules(), drops)
    assert complete
    assert seen.leader == 0
    assert drops.counts.tolist() == [FIRST]


def test_settings_that_differ_in_nothing_end():
    drops = Drops(np.zeros(300), normal, np.random.default_rng(1), own=0.0)
    for indifference in (None, 0.0):
        seen, complete = race(300, RaceRules(indifference=indifference), drops)
        assert complete
        assert (seen.difference == 0).all()


def test_the_first_of_equals_leads():
    drops = Drops(np.array([0.0, 1.0, 1.0]), normal, np.random.default_rng(1), own=0.0)
    assert race(3, RaceRules(indifference=0.1), drops)[0].leader == 1


def test_the_budget_ends_a_race_before_it_is_exceeded_and_a_larger_one_goes_on_as_if_there_had_been_none():
    def drops():
        return Drops(equal(5, 1.0), normal, np.random.default_rng(1))

    short, whole = drops(), drops()
    seen, complete = race(5, RaceRules(indifference=1.0, budget=300), short)
    assert not complete
    assert 200 < short.counts.sum() <= 300
    assert seen.contending.any()
    looks = []
    race(5, RaceRules(indifference=1.0), whole, looks.append)
    assert any((other.wanted == seen.wanted).all() and (other.mean == seen.mean).all() for other in looks)


def test_a_setting_that_cannot_be_the_answer_is_sampled_once():
    drops = Drops(np.array([0.0, 0.0, 5.0]), normal, np.random.default_rng(1))

    def draw(wanted):
        return dataclasses.replace(drops(wanted), able=np.array([True, True, False]))

    seen, complete = race(3, RaceRules(indifference=1.0), draw)
    assert complete
    assert seen.leader != 2
    assert drops.counts[2] == FIRST


def test_who_was_behind_catches_up_when_the_leader_falls():
    """The leader's constraint is missed in the end; then the next best must have been seen as often."""
    values = np.zeros((3, 2, 200))
    rng = np.random.default_rng(1)
    values[0, 0], values[1, 0], values[2, 0] = 10, 5 + 0.01 * rng.standard_normal(200), 0
    values[0, 1] = np.where(np.arange(200) % 2, -9.5, 10.5) - 5 * (np.arange(200) >= 30)
    values[1:, 1] = 1

    def draw(wanted):
        there = np.arange(wanted.max()) < wanted[:, None, None]
        return Samples(np.where(there, values[..., :wanted.max()], 0), wanted, np.ones(3, bool))

    leaders = []
    seen, complete = race(3, RaceRules(indifference=0.1, tolerances=(3.0,)), draw, lambda x: leaders.append(x.leader))
    assert complete
    assert leaders[0] == 0
    assert seen.leader == 1
    assert seen.wanted[1] > FIRST
    assert seen.excluded.tolist() == [True, False, False]


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(0, 2), st.sampled_from([None, 0.0, 0.5]))
def test_a_look_is_what_plain_loops_find(seed, count, constraints, indifference):
    rng = np.random.default_rng(seed)
    counts = SIZES[rng.integers(0, 6, count)]
    values = rng.standard_normal((count, 1 + constraints, counts.max())) + rng.normal(0, 1, (count, 1, 1))
    values[..., :] = np.where(np.arange(counts.max()) < counts[:, None, None], values, 0)
    samples = Samples(values, counts, rng.random(count) < 0.8)
    rules = RaceRules(indifference=indifference, tolerances=(0.3,) * constraints)
    seen, twin = look(samples, rules), naive_look(samples, rules)
    assert seen.leader == twin["leader"]
    for name in ("excluded", "proven", "contending", "wanted"):
        assert getattr(seen, name).tolist() == twin[name], name
    for name in ("mean", "mean_half_width", "difference", "half_width"):
        assert getattr(seen, name) == pytest.approx(np.array(twin[name]), nan_ok=True), name
