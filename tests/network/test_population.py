"""What a population remembers of its members, frame by frame."""

import numpy as np
import pytest

from isacsys.network.population import Population


def people(count):
    """Members of one station."""
    return Population(np.zeros((count, 2)), np.zeros(count, int), np.ones(count), 1)


@pytest.mark.parametrize("window", [1, 3, 100])
def test_mean_rates_are_exponential_averages_over_all_frames_served_or_not(window):
    rng, members, expected = np.random.default_rng(window), people(6), np.zeros(6)
    for _ in range(40):
        served = np.flatnonzero(rng.random(6) < 0.5)
        rate = rng.exponential(size=len(served))
        members.average(served, rate, window)
        got = dict(zip(served.tolist(), rate.tolist(), strict=True))
        expected = np.array([(1 - 1 / window) * mean + got.get(i, 0.0) / window for i, mean in enumerate(expected)])
        assert members.mean_rate == pytest.approx(expected)
        assert members.last_rate[served] == pytest.approx(rate)


def test_who_was_served_when_and_in_which_place():
    members = people(4)
    members.served(np.array([2, 0]), 7, np.array([0.0, 0.5]))
    assert members.last_served.tolist() == [7, -1, 7, -1]
    assert members.turn.tolist() == [7.5, -1, 7, -1]


def test_those_without_data_or_station_cannot_be_chosen():
    members = people(4)
    members.queue = np.array([1.0, 0.0, 2.0, 3.0])
    members.requeue()
    assert members.of(0).tolist() == [0, 2, 3]
    members.station[3] = -1
    members.regroup()
    assert members.of(0).tolist() == [0, 2] and members.count.tolist() == [2]


def test_members_that_come_start_as_those_who_were_there_did():
    members, others = people(3), people(2)
    members.turn[1], others.queue[0] = 4.0, 7.0
    members.append(others)
    assert members.turn.tolist() == [-1, 4, -1, -1, -1] and members.queue.tolist() == [np.inf] * 3 + [7, np.inf]
    members.fill()
    assert {len(getattr(members, name)) for name in ("born", "last_served", "mean_rate", "due", "position")} == {5}
    with pytest.raises(AttributeError, match="age"):
        _ = members.age
