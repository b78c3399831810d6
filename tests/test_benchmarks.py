"""The benchmarks run: what they measure is another matter."""

import pytest

from tools.benchmarks import checkout, frames, scale


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
