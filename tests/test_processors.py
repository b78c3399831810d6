"""The numbers of one processor are those of another: to 1e-6, or 1e-12 of the largest of a column."""

import numpy as np
import pytest

from tools import processors

FEW = ["static", "tracks and arrivals", "grants communication_first", "uma, mvdr", "sensing beams", "joint",
       "multistatic", "drones"]


def environment(way):
    """The environment of a way to round, where there is it."""
    variables, reason = way
    if reason:
        pytest.skip(reason)
    return variables


def hold(names, one, other):
    """Hold every column of every case."""
    assert {name: fault for name, fault in processors.compared(names, one, other) if fault} == {}


def test_scenarios_agree_between_two_kernels_of_a_blas():
    hold(FEW, *(environment(processors.kernel(name)) for name in ("Haswell", "Nehalem")))


@pytest.mark.slow
@pytest.mark.parametrize("way", processors.WAYS)
def test_every_scenario_agrees_with_other_ways_to_round(way):
    hold(processors.EVERY, {}, environment(processors.WAYS[way]()))


@pytest.mark.parametrize(("one", "other", "agree"), [
    ([1.0, 2.0], [1.0, 2.0 + 1e-6], True), ([1.0, 2.0], [1.0, 2.0 + 5e-6], False),
    ([1.0, 1e-13], [1.0, 5e-13], True), ([1.0, 1e-11], [1.0, 5e-11], False), ([1e-30], [1.0001e-30], False),
    ([np.inf, np.nan], [np.inf, np.nan], True), ([np.inf], [1.0], False), ([1.0], [np.inf], False),
    ([np.nan], [0.0], False), ([1, 2], [1, 3], False), ([1, 2], [1], False)])
def test_a_column_agrees_to_a_millionth(one, other, agree):
    found = processors.disagreements({"table": {"column": np.array(one)}}, {"table": {"column": np.array(other)}})
    assert bool(found) != agree


def test_a_table_of_one_alone_is_seen():
    assert processors.disagreements({"one": {}}, {"other": {}})
