"""The benchmarks run: what they measure is another matter."""

import pytest

from tools.benchmarks import checkout, frames, scale, small_networks


def test_parts_of_a_frame_add_up_to_all_of_it():
    shares = frames.shares("K=4 L=2 J=3 Q=3", frames=2)
    assert {"scheduling", "grants", "design", "draws", "accounting", "recording"} <= shares.keys()
    assert abs(sum(shares.values()) - 100) < 1e-9 and min(shares.values()) >= 0


@pytest.mark.slow
def test_every_comparison_runs():
    for row in (frames.against("K=5 L=2", 1), frames.fresh("K=5 L=2", 1), frames.everything("K=5 L=2", 1, frames=2),
                frames.design("regularised", 1), scale.measure(30)):
        assert all(value > 0 for value in row.values())


@pytest.mark.slow
def test_this_checkout_against_itself():
    here = checkout.Path(__file__).parents[1]
    found = checkout.against(here, rounds=2)
    assert found.keys() == frames.CASES.keys() and all(row["ratio"] > 0 for row in found.values())


@pytest.mark.slow
def test_runs_of_small_networks_against_this_checkout_itself(monkeypatch):
    monkeypatch.setattr(small_networks, "SIZES", {7: (2, 2, 5.0), 19: (1, 2, 3.0), 57: (1, 2, 1.5)})
    monkeypatch.setitem(small_networks.QUICKSTART, "simulation.drops", 1)
    for found in (small_networks.against(checkout.Path(__file__).parents[1], rounds=2),
                  small_networks.one_by_one(rounds=2)):
        assert found and all(row["times_faster"] > 0 for row in found.values())
