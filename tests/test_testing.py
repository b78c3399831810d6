"""Every policy passes the invariants; policies that break one are told which."""

import numpy as np
import pytest

import isacsys
from isacsys import testing
from isacsys.beamforming import COMBINER, PRECODER
from isacsys.core.errors import ConfigError, SchedulingError
from isacsys.metrics import METRIC
from isacsys.scheduling import ALLOCATION_POLICY, GRANT_POLICY, SCHEDULER
from isacsys.scheduling.allocation import ALLOCATION_POLICIES
from isacsys.scheduling.grant_policies import GRANT_POLICIES
from isacsys.scheduling.schedulers import SCHEDULERS
from isacsys.simulation import PROCESS
from isacsys.testing import check_allocation_policy, check_grant_policy, check_metric, check_process, check_scheduler


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


class Sorter(Good):
    def select_users(self, station, count, rng):
        station.users.ids.sort()
        return station.users.ids[:count]


class Replacer(Good):
    def select_users(self, station, count, rng):
        station.state.users.mean_rate = station.state.users.mean_rate + 1
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
    (Thirsty, AssertionError, "elsewhere"), (Meddler, SchedulingError, "read-only"),
    (Sorter, SchedulingError, "read-only"), (Replacer, AssertionError, "mean_rate"),
    (TwoFaced, AssertionError, "at once"), (Lazy, AssertionError, "at once"), (Greedy, SchedulingError, "at most"),
    (Twice, SchedulingError, "twice"), (Stranger, SchedulingError, "not one of its own"),
    (Broken, SchedulingError, "ZeroDivisionError"), (Blind, SchedulingError, "needs_channels")])
def test_a_bad_one_is_told_what_is_wrong(policy, error, words):
    with pytest.raises(error, match=words) as caught:
        check_scheduler(policy)
    assert policy.__name__ in str(caught.value)


def test_one_that_cannot_travel():
    class Local(Good):
        def __init__(self):
            self.lines = (line for line in "ab")

    with pytest.raises(AssertionError, match="policy Local cannot be sent to another process"):
        check_scheduler(Local)


@pytest.mark.parametrize("name", GRANT_POLICIES)
def test_built_in_grant_policies_obey_theirs(name):
    check_grant_policy(GRANT_POLICIES[name])


class Fair(isacsys.GrantPolicy):
    def priority(self, requests, rng):
        return requests.strength


class Elsewhere(Fair):
    def priority(self, requests, rng):
        return np.random.random(len(requests))  # noqa: NPY002


class Deaf(Fair):
    def priority(self, requests, rng):
        return requests.strength[:-1]


class Zeroes(Fair):
    def priority(self, requests, rng):
        requests.strength[:] = 0
        return requests.strength


class Picky(Fair):
    def priority(self, requests, rng):
        return requests.strength / (requests.kind == 0)


@pytest.mark.parametrize(("policy", "error", "words"), [
    (Elsewhere, AssertionError, "elsewhere"), (Deaf, SchedulingError, "shape"), (Zeroes, SchedulingError, "read-only")])
def test_a_bad_grant_policy_is_told_what_is_wrong(policy, error, words):
    check_grant_policy(Fair())
    with pytest.raises(error, match=words) as caught:
        check_grant_policy(policy)
    assert policy.__name__ in str(caught.value)


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.slow] * (name == "optimal")) for name in ALLOCATION_POLICIES])
def test_built_in_allocation_policies_obey_theirs(name):
    check_allocation_policy(ALLOCATION_POLICIES[name])


class Half(isacsys.AllocationPolicy):
    def allocate(self, scenario):
        return {"users_per_bs": max(1, scenario.antennas.transmit // 2)}


class Forgetful(Half):
    def __init__(self):
        self.rng = np.random.default_rng()

    def allocate(self, scenario):
        return {"users_per_bs": int(np.random.default_rng().integers(1, scenario.antennas.transmit + 1))}


class TooMany(Half):
    def allocate(self, scenario):
        return {"users_per_bs": scenario.antennas.transmit + 1}


class Fraction(Half):
    def allocate(self, scenario):
        return {"users_per_bs": 1.5}


class Silent(Half):
    def allocate(self, scenario):
        return None


@pytest.mark.parametrize(("policy", "error", "words"), [
    (Forgetful, AssertionError, "asked again"), (TooMany, ConfigError, "at most antennas"),
    (Fraction, ConfigError, "a whole number"), (Silent, ConfigError, "Silent.*a mapping")])
def test_a_bad_allocation_policy_is_told_what_is_wrong(policy, error, words):
    check_allocation_policy(Half)
    with pytest.raises(error, match=words):
        check_allocation_policy(policy)


class Outage(isacsys.Process):
    def run(self, stage):
        yield stage.wait(0.01)
        if stage.state.stations:
            stage.state.switch(0, on=False)


class Dice(Outage):
    def run(self, stage):
        yield stage.wait(0.01)
        stage.state.users.queue[:] = 1e9 * np.random.default_rng().integers(0, 2, len(stage.state.users))
        stage.state.users.requeue()


class Slow(isacsys.Metric):
    columns = (isacsys.metrics.count("slow_users", "scheduled users below 1 bit/s/Hz"),)

    def sums(self, record):
        return {"slow_users": int((record.users.rate < 1).sum())}


class Taken(Slow):
    columns = (isacsys.metrics.count("null_requests", "again"),)


class Noisy(Slow):
    def sums(self, record):
        return {"slow_users": int(np.random.default_rng().integers(100))}


class Cheat(Slow):
    def sums(self, record):
        record.users.rate[:] = 1
        return {"slow_users": 0}


@pytest.mark.parametrize(("check", "plugin", "error", "words"), [
    (check_process, Dice, AssertionError, "process Dice does something else"),
    (check_metric, Taken, ConfigError, "null_requests"), (check_metric, Noisy, AssertionError, "Noisy gives something"),
    (check_metric, Cheat, AssertionError, "changes what others measure")])
def test_a_bad_process_or_metric_is_told_what_is_wrong(check, plugin, error, words):
    check({check_process: Outage, check_metric: Slow}[check])
    with pytest.raises(error, match=words):
        check(plugin)


def test_there_is_a_check_for_every_kind_that_says_so():
    for kind in (SCHEDULER, GRANT_POLICY, ALLOCATION_POLICY, PRECODER, COMBINER, PROCESS, METRIC):
        assert callable(getattr(testing, kind.check))
