"""What you run your own scheduling policy through: the invariants that the built-in ones obey."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.arrays import Index
from isacsys.design_checks import check_combiner, check_precoder
from isacsys.metrics.columns import Column
from isacsys.network import NetworkState, deploy
from isacsys.network.entities import BaseStation
from isacsys.network.population import Population
from isacsys.network.selection import Selection
from isacsys.scenario import Scenario
from isacsys.scheduling import Scheduler, select
from isacsys.simulation import simulate_drop

__all__ = ["check_combiner", "check_precoder", "check_scheduler"]

# Networks a policy has to cope with: ordinary, crowded, almost empty, without sensing, one stream.
NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "an ordinary network": {},
    "more users than can be served": {"network.users_per_cell": 30, "network.targets_per_cell": 20},
    "cells with nobody in them": {"network.users_per_cell": 0.7, "network.targets_per_cell": 0.7},
    "no sensing": {"allocation.targets_per_bs": 0},
    "one user at a time": {"allocation.users_per_bs": 1, "antennas.transmit": 1},
}
_SMALL = {"network.area": 12, "network.users_per_cell": 6, "network.targets_per_cell": 4, "antennas.transmit": 6,
          "allocation.users_per_bs": 3, "allocation.targets_per_bs": 2, "simulation.frames": 4, "simulation.drops": 1}
_TIME = {"traffic.model": "poisson", "traffic.arrival_rate": 20.0, "mobility.user_speed": 30.0,
         "mobility.target_speed": 30.0, "targets.lifetime": 0.1, "targets.revisit_period": 0.05,
         "backhaul.latency": 0.01}


class _OneByOne(Scheduler):
    """The station-by-station form of a policy."""

    def __init__(self, policy: Scheduler) -> None:
        self.needs_channels = policy.needs_channels
        self._policy = policy

    def select_users(self, station: BaseStation, count: int, rng: np.random.Generator) -> Any:
        return self._policy.select_users(station, count, rng)

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Any:
        return self._policy.select_targets(station, count, rng)


class _Silent:
    """A recorder that keeps nothing."""

    def append(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Take rows and forget them."""

    def declare(self, table: str, columns: Iterable[Column]) -> None:
        """Know columns and forget them."""


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
    policy = scheduler() if isinstance(scheduler, type) else scheduler
    name = type(policy).__name__
    pickled = _pickle(policy, name)
    for where, changes in NETWORKS.items():
        scenario = Scenario().replace({**_SMALL, **changes, "simulation.seed": seed})
        for state in _states(scenario, policy):
            _check_choice(pickled, state, f"policy {name} in {where}")
        simulate_drop(scenario, 0, _Silent(), scheduler=policy)
        simulate_drop(scenario.replace(_TIME), 0, _Silent(), scheduler=policy)


def _states(scenario: Scenario, policy: Scheduler) -> Iterator[NetworkState]:
    """A network as it is in the beginning, and later on with rates, queues and waiting times."""
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


def _check_choice(pickled: bytes, state: NetworkState, where: str) -> None:
    def choose(stream: int, *, one_by_one: bool = False) -> Selection:
        policy: Scheduler = pickle.loads(pickled)
        return select(copy.deepcopy(state), _OneByOne(policy) if one_by_one else policy,
                      np.random.default_rng([stream, 0]), np.random.default_rng([stream, 1]))

    before = copy.deepcopy(state)
    first, again, other = choose(1), choose(1), choose(2)
    _hold(_same(first, again), f"{where} draws random numbers from elsewhere than the generator it is given")
    state_after = copy.deepcopy(state)
    select(state_after, pickle.loads(pickled), np.random.default_rng(1), np.random.default_rng(2))
    _check_untouched(before, state_after, where)
    single, single_other = choose(1, one_by_one=True), choose(2, one_by_one=True)
    counts = [(s.users.count.tolist(), s.targets.count.tolist()) for s in (first, single)]
    _hold(counts[0] == counts[1], f"{where} serves other numbers of users for all stations at once than one by one")
    for kind in ("users", "targets"):
        chosen = [getattr(s, kind).ids for s in (first, other, single, single_other)]
        draws = not (_equal(chosen[0], chosen[1]) and _equal(chosen[2], chosen[3]))
        _hold(draws or _equal(chosen[0], chosen[2]),
              f"{where} chooses other {kind} for all stations at once than one by one")


def _check_untouched(before: NetworkState, after: NetworkState, where: str) -> None:
    for kind in ("users", "targets"):
        for name, value in vars(getattr(before, kind)).items():
            if name not in ("last_served", "turn"):  # which the base writes down
                now = getattr(getattr(after, kind), name)
                _hold(np.array_equal(value, now), f"{where} changes {name} of {kind}")


def _hold(invariant: bool, otherwise: str) -> None:
    if not invariant:
        raise AssertionError(otherwise)


def _same(one: Selection, other: Selection) -> bool:
    return _equal(one.users.ids, other.users.ids) and _equal(one.targets.ids, other.targets.ids)


def _equal(one: Index, other: Index) -> bool:
    return set(one.tolist()) == set(other.tolist())


def _pickle(policy: Scheduler, name: str) -> bytes:
    try:
        return pickle.dumps(policy)
    except Exception as error:
        raise AssertionError(f"policy {name} cannot be sent to another process: {error}") from error
