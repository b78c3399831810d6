"""The invariants of policies: scheduling, grants of null requests, allocation."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Flags, Index
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.network.entities import BaseStation
from isacsys.network.population import Population
from isacsys.network.selection import NullRequests, Selection
from isacsys.scheduling import AllocationPolicy, GrantPolicy, Scheduler, allocated_by, grant, select
from isacsys.testing.harness import NETWORKS, hold, made, networks, run_everywhere

_FEW = {"allocation.communication_cluster": 3, "allocation.sensing_cluster": 3}
_NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "a network that refuses much": _FEW,
    "a network without sensing": {**_FEW, "allocation.targets_per_bs": 0, "antennas.transmit": 4},
    "a network of two stations or so": {**_FEW, "network.area": 3.0},
}
_STATIONS = 7
_MORE: Mapping[str, Mapping[str, Any]] = {
    **NETWORKS, "many antennas": {"antennas.transmit": 24}, "all weight on sensing": {"allocation.weight": 0.0}}


class _OneByOne(Scheduler):
    """The station-by-station form of a policy."""

    def __init__(self, policy: Scheduler) -> None:
        self.needs_channels = policy.needs_channels
        self._policy = policy

    def select_users(self, station: BaseStation, count: int, rng: np.random.Generator) -> Any:
        return self._policy.select_users(station, count, rng)

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Any:
        return self._policy.select_targets(station, count, rng)


def check_scheduler(scheduler: type[Scheduler] | Scheduler, *, seed: int = 1) -> None:
    """Run a policy through the invariants of all policies; say which one fails.

    It chooses no more than allowed, nobody twice, and only members of the cell that have data; it draws random
    numbers from the generator it is given and from nowhere else; it leaves the network as it is; its form for all
    stations at once chooses what its form for one station does; it can be sent to another process; and it copes with
    crowded, empty and moving networks, with queues, and with schedules that are fixed ahead.

    Parameters
    ----------
    scheduler : Scheduler or class of one
        A class is made without arguments.
    seed : int
        Of the networks.

    Raises
    ------
    SchedulingError
        Where it chooses what it may not, or raises.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Nearest(isacsys.Scheduler):
    ...     def select_users(self, station, count, rng):
    ...         return station.users.nearest(count)
    >>> check_scheduler(Nearest)
    """
    policy = made(scheduler, "policy")
    for where, scenario in networks(NETWORKS, seed):
        for state in _states(scenario, policy):
            _check_choice(policy, state, f"policy {type(policy).__name__} in {where}")
        run_everywhere(scenario, scheduler=policy)


def _states(scenario: Scenario, policy: Scheduler) -> Iterator[NetworkState]:
    """Return a network at its beginning, and later with rates, queues and waiting times."""
    rng = np.random.default_rng(scenario.simulation.seed)
    for frame in (0, 7):
        state = NetworkState(scenario, deploy(scenario, frame))
        state.frame = frame
        if policy.needs_channels:
            state.draw_channels(rng)
        if frame:
            _live(state.users, rng, frame)
            state.users.queue = rng.exponential(1e6, len(state.users)) * (rng.random(len(state.users)) < 0.6)
            state.users.regroup()
            _live(state.targets, rng, frame)
            state.targets.due = frame + rng.uniform(-2, 9, len(state.targets))
        yield state


def _live(population: Population, rng: np.random.Generator, frame: int) -> None:
    members = len(population)
    population.last_served = rng.integers(-1, frame, members)
    population.turn = population.last_served + rng.random(members)
    population.mean_rate, population.last_rate = rng.exponential(1, members), rng.exponential(3, members)


def _check_choice(policy: Scheduler, state: NetworkState, where: str) -> None:
    def choose(stream: int, *, one_by_one: bool = False) -> Selection:
        asked = copy.deepcopy(policy)
        return select(copy.deepcopy(state), _OneByOne(asked) if one_by_one else asked,
                      np.random.default_rng([stream, 0]), np.random.default_rng([stream, 1]))

    before = copy.deepcopy(state)
    first, again, other = choose(1), choose(1), choose(2)
    hold(_same(first, again), f"{where} draws random numbers from elsewhere than the generator it is given")
    state_after = copy.deepcopy(state)
    select(state_after, copy.deepcopy(policy), np.random.default_rng(1), np.random.default_rng(2))
    _check_untouched(before, state_after, where)
    single, single_other = choose(1, one_by_one=True), choose(2, one_by_one=True)
    counts = [(s.users.count.tolist(), s.targets.count.tolist()) for s in (first, single)]
    hold(counts[0] == counts[1], f"{where} serves other numbers of users for all stations at once than one by one")
    for kind in ("users", "targets"):
        chosen = [getattr(s, kind).ids for s in (first, other, single, single_other)]
        draws = not (_equal(chosen[0], chosen[1]) and _equal(chosen[2], chosen[3]))
        hold(draws or _equal(chosen[0], chosen[2]),
              f"{where} chooses other {kind} for all stations at once than one by one")


def _check_untouched(before: NetworkState, after: NetworkState, where: str) -> None:
    for kind in ("users", "targets"):
        members = getattr(before, kind)
        members.fill()
        for name, value in vars(members).items():
            if name not in ("last_served", "turn"):  # which the base writes down
                now = getattr(getattr(after, kind), name)
                hold(np.array_equal(value, now), f"{where} changes {name} of {kind}")


def _same(one: Selection, other: Selection) -> bool:
    return _equal(one.users.ids, other.users.ids) and _equal(one.targets.ids, other.targets.ids)


def _equal(one: Index, other: Index) -> bool:
    return set(one.tolist()) == set(other.tolist())


def check_grant_policy(policy: type[GrantPolicy] | GrantPolicy, *, seed: int = 1) -> None:
    """Run a grant policy through the invariants of all of them; say which one fails.

    It gives every request one number, whatever requests there are; it draws random numbers from the generator it is
    given and from nowhere else; it leaves the requests as they are; no station grants more than it can, and as much as
    it can; it can be sent to another process; and it copes with crowded, empty and moving networks, and with requests
    that come late.

    Parameters
    ----------
    policy : GrantPolicy or class of one
        A class is made without arguments.
    seed : int
        Of the requests and the networks.

    Raises
    ------
    SchedulingError
        Where it raises, or gives no numbers.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Weakest(isacsys.GrantPolicy):
    ...     def priority(self, requests, rng):
    ...         return -requests.strength
    >>> check_grant_policy(Weakest)
    """
    found = made(policy, "grant policy")
    for requests in _requests(np.random.default_rng(seed)):
        _check_grants(found, requests)
    for _, scenario in networks(_NETWORKS, seed):
        run_everywhere(scenario, grant_policy=found)


def _requests(rng: np.random.Generator) -> Iterator[NullRequests]:
    """Return several requests, of equal strengths too, and a single one, from each kind of receiver."""
    for count, kinds in ((60, (0, 1)), (60, (0,)), (30, (1,)), (2, (0,)), (2, (1,))):
        strength = np.round(rng.exponential(1, count), 1)
        kind = np.sort(rng.choice(kinds, count))
        link, column, receiver, station = (rng.integers(0, high, count) for high in (40, 3, 200, _STATIONS))
        asked = np.sort(rng.integers(0, 2 if count < 9 else _STATIONS, count))
        yield NullRequests(kind, link, column, receiver, station, asked, strength)


def _check_grants(policy: GrantPolicy, requests: NullRequests) -> None:
    where = f"grant policy {type(policy).__name__} among {len(requests)} requests"
    budget = np.bincount(requests.asked, minlength=_STATIONS) // 2
    before = copy.deepcopy(requests)

    def granted() -> Flags:
        return grant(requests, budget, copy.deepcopy(policy), lambda: np.random.default_rng(1))

    first = granted()
    hold(np.array_equal(first, granted()), f"{where} draws random numbers from elsewhere than its generator")
    hold(all(np.array_equal(one, other) for one, other in zip(vars(before).values(), vars(requests).values(),
                                                              strict=True)), f"{where} changes the requests")
    hold(np.array_equal(np.bincount(requests.asked[first], minlength=_STATIONS), budget),
         f"{where} does not grant what the stations can")


def check_allocation_policy(policy: type[AllocationPolicy] | AllocationPolicy, *, seed: int = 1) -> None:
    """Run an allocation policy through the invariants of all of them; say which one fails.

    It chooses whole numbers that a scenario accepts (for a frame: at most what it has), for keys that it may choose;
    the same ones whenever it is asked; it can be sent to another process; and what it chooses can be simulated. A
    scenario that it refuses with a ConfigError is passed over.

    Parameters
    ----------
    policy : AllocationPolicy or class of one
        A class is made without arguments.
    seed : int
        Of the networks.

    Raises
    ------
    PluginError, ConfigError
        Where it raises, or chooses what it may not.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Half(isacsys.AllocationPolicy):
    ...     def allocate(self, scenario):
    ...         return {"users_per_bs": max(1, scenario.antennas.transmit // 2)}
    >>> check_allocation_policy(Half)
    """
    found = made(policy, "allocation policy")
    for where, scenario in networks(_MORE, seed):
        if _refuses(copy.deepcopy(found), scenario):
            continue
        settled = [allocated_by(copy.deepcopy(found), scenario) for _ in range(2)]
        hold(settled[0] == settled[1], f"allocation policy {type(found).__name__} chooses something else when it is "
             f"asked again about {where}")
        run_everywhere(settled[0], allocation=copy.deepcopy(found))


def _refuses(policy: AllocationPolicy, scenario: Scenario) -> bool:
    try:
        policy.allocate(scenario)
    except ConfigError:
        return True
    except Exception:  # which is told with more words when it is asked again
        return False
    return False
