"""Searches in networks whose best setting is known, and what they cost."""

from pathlib import Path

import numpy as np
import pytest

import isacsys
from isacsys import Scenario, analysis

K, L = "allocation.users_per_bs", "allocation.communication_cluster"
QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart.toml"
PAPER = Scenario().replace({"allocation.targets_per_bs": 0, "network.targets_per_cell": 0.0, K: 1})


def exact():
    """T_c, bit/s/Hz/km^2, of K = 1..19 with L = 1, by the exact formula."""
    users = np.arange(1, 20)
    return users * analysis.bits(analysis.communication_rate(M_t=20, K=users, L=1))


def within(seed):
    """Whether a search is within 1 % of the exact best, and the drops that it took."""
    found = isacsys.search(PAPER, {K: range(1, 20)}, maximize="communication_ase_typical", seed=seed, executor="serial")
    assert found.complete
    values = exact()
    return values[found.best[K] - 1] >= values.max() - found.indifference, found.drops_spent


@pytest.mark.slow
def test_a_hundred_searches_in_the_paper_s_network():
    outcomes = [within(seed) for seed in range(1, 101)]
    right, spent = sum(good for good, _ in outcomes), np.mean([drops for _, drops in outcomes])
    print(f"{right} of 100 within 1 % of the exact best, {spent:.0f} drops each")
    assert right >= 88


@pytest.mark.slow
def test_forty_settings_take_a_third_of_an_equal_allocation():
    """K L <= 13 in the quickstart: 37 settings. Over five searches: in one the longest ends by chance early or late."""
    found = [isacsys.search(QUICKSTART, {K: range(1, 14), L: range(1, 14)}, weight=0.5, seed=seed, executor="serial")
             for seed in range(1, 6)]
    assert {one.settings for one in found} == {37}
    spent = np.array([one.drops_spent for one in found])
    equal = np.array([one.drops_equal_allocation for one in found])
    print(f"{spent} drops, {np.round(spent / equal, 3)} of an equal allocation, {spent.sum() / equal.sum():.3f} in all")
    assert spent.sum() <= equal.sum() / 3
