"""Every policy passes the invariants; policies that break one are told which."""

import numpy as np
import pytest

import isacsys
from isacsys.errors import SchedulingError
from isacsys.scheduling.policies import SCHEDULERS
from isacsys.testing import check_scheduler


@pytest.mark.parametrize("name", SCHEDULERS)
def test_built_in_policies_obey_the_invariants(name):
    check_scheduler(SCHEDULERS[name])


class Good(isacsys.Scheduler):
    def select_users(self, station, count, rng):
        return station.users.nearest(count)


class Thirsty(Good):
    def select_users(self, station, count, rng):
        return np.random.permutation(station.users.ids)[:count]  # noqa: NPY002


class Meddler(Good):
    def select_users(self, station, count, rng):
        station.state.users.mean_rate[station.users.ids] = 1
        return station.users.ids[:count]


class TwoFaced(Good):
    def select_all_users(self, network, counts, rng):
        return np.concatenate([network.users.of(i)[::-1][:n] for i, n in enumerate(counts)])


class Lazy(Good):
    def select_all_users(self, network, counts, rng):
        return network.users.order[:0]


class Greedy(Good):
    def select_users(self, station, count, rng):
        return station.users.ids[:count + 1]


class Twice(Good):
    def select_users(self, station, count, rng):
        return np.repeat(station.users.ids[:1], min(count, 2))


class Stranger(Good):
    def select_users(self, station, count, rng):
        return [(station.users.ids[0] + 1) % len(station.state.users)]


class Broken(Good):
    def select_users(self, station, count, rng):
        return station.users.ids[count // 0:]


class Blind(Good):
    def select_users(self, station, count, rng):
        return station.users.lowest(-np.abs(station.users.channel[:, 0]), count)


def test_a_good_one_passes():
    check_scheduler(Good)
    check_scheduler(Good())


@pytest.mark.parametrize(("policy", "error", "words"), [
    (Thirsty, AssertionError, "elsewhere"), (Meddler, AssertionError, "mean_rate"),
    (TwoFaced, AssertionError, "at once"), (Lazy, AssertionError, "at once"), (Greedy, SchedulingError, "at most"),
    (Twice, SchedulingError, "twice"), (Stranger, SchedulingError, "not one of its own"),
    (Broken, SchedulingError, "ZeroDivisionError"), (Blind, SchedulingError, "needs_channels")])
def test_a_bad_one_is_told_what_is_wrong(policy, error, words):
    with pytest.raises(error, match=words) as caught:
        check_scheduler(policy)
    assert policy.__name__ in str(caught.value)


def test_one_that_cannot_travel():
    class Local(Good):
        pass

    with pytest.raises(AssertionError, match="another process"):
        check_scheduler(Local)
