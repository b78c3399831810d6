"""The invariants of scheduling policies."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Index
from isacsys.network import NetworkState, deploy
from isacsys.network.entities import BaseStation
from isacsys.network.population import Population
from isacsys.network.selection import Selection
from isacsys.scheduling import Scheduler, select
from isacsys.testing.harness import NETWORKS, hold, made, networks, run_everywhere


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
