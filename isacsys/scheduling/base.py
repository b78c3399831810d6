"""The interfaces of policies, and the bookkeeping that they share.

A scheduler only chooses; `select` counts, checks and records. A grant policy only ranks; `grant` keeps the budget.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.errors import SchedulingError
from isacsys.core.joined_streams import JoinedGenerator
from isacsys.network.entities import BaseStation, Members, Receiver, Target, User, scores
from isacsys.network.population import Population, group_order
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import Links, NullRequests, Selection
from isacsys.network.state import NetworkState
from isacsys.plugins.loading import blamed, is_ours, written

Chosen = Iterable[SupportsIndex] | Index
Choose = Callable[[BaseStation, int, np.random.Generator], Chosen]


class Scheduler(ABC):
    """Base of every scheduling policy: override `select_users`, and `select_targets` if targets matter too.

    A policy that sets ``needs_channels = True`` finds the channels between a station and its users in
    ``station.users.channel``; the beams of the frame are then designed for those very channels.

    Examples
    --------
    >>> class Nearest(Scheduler):
    ...     def select_users(self, station, count, rng):
    ...         return station.users.nearest(count)
    """

    needs_channels = False

    @abstractmethod
    def select_users(self, station: BaseStation, count: int, rng: np.random.Generator) -> Chosen:
        """Choose up to ``count`` of ``station.users``; return their ids (or handles)."""

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Chosen:
        """Choose up to ``count`` of ``station.targets``; at random unless overridden."""
        ids = station.targets.ids
        return rng.choice(ids, min(count, len(ids)), replace=False)

    def select_all_users(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Choose the users of all stations at once, up to ``counts`` [bs] of each; built-in policies use arrays."""
        return _each(self.select_users, ReceiverType.USER, network, counts, rng)

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Choose the targets of all stations at once, up to ``counts`` [bs] of each."""
        return _each(self.select_targets, ReceiverType.TARGET, network, counts, rng)


class Ranked(Scheduler):
    """A policy that serves those with the lowest score; one formula serves one station or all of them."""

    @abstractmethod
    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score users or targets, [n]; ties go to the lower id."""

    def select_users(self, station: BaseStation, count: int, rng: np.random.Generator) -> Index:
        """Return the users with the lowest scores, [n]."""
        return station.users.lowest(self.score(station.users, rng), count)

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Index:
        """Return the targets with the lowest scores, [n]."""
        return station.targets.lowest(self.score(station.targets, rng), count)

    def select_all_users(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Rank the users of all stations in one sort."""
        return self._rank(network, network.users, User, counts, rng)

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Rank the targets of all stations in one sort."""
        return self._rank(network, network.targets, Target, counts, rng)

    def _rank(self, network: NetworkState, population: Population, kind: type[Receiver], counts: Index,
              rng: np.random.Generator) -> Index:
        members = Members(network, population, kind, population.order)
        score = scores(self.score(members, rng), len(members), int(counts.sum()))
        rows = _promising(score, population.start, counts)
        return members.ids[rows[_first_of_groups(score[rows], members.station[rows], counts)]]


class GrantPolicy(ABC):
    """Base of every null-grant policy: override `priority`."""

    @abstractmethod
    def priority(self, requests: NullRequests, rng: np.random.Generator) -> npt.ArrayLike:
        """Rank null requests, [request]: every station grants those with the highest priority first.

        Called in frames in which some station cannot grant everything.
        """


def select(network: NetworkState, scheduler: Scheduler, users_rng: np.random.Generator,
           targets_rng: np.random.Generator | None, target_scheduler: Scheduler | None = None) -> Selection:
    """Return the checked choice of the scheduler, and record who was served.

    Where there is a ``target_scheduler``, it chooses the targets. Without ``targets_rng``, no targets are chosen.

    Raises
    ------
    SchedulingError
        Naming the policy and its fault.
    """
    allocation = network.scenario.allocation
    per_station = np.full(network.stations, allocation.users_per_bs)
    users = _checked(scheduler, ReceiverType.USER, network, per_station, users_rng)
    if targets_rng is None:
        return Selection(users, Links(users.ids[:0], users.station[:0], network.stations))
    lit = users.count > 0  # a silent station cannot sense; with beams for its targets alone, it is not silent
    sensing = np.where(lit | (network.scenario.precoding.sensing_power > 0), allocation.targets_per_bs, 0)
    return Selection(users, _checked(target_scheduler or scheduler, ReceiverType.TARGET, network, sensing, targets_rng))


def grant(requests: NullRequests, budget: Index, policy: GrantPolicy, rng: Callable[[], np.random.Generator],
          arrived: Flags | None = None) -> Flags:
    """Grant every station's requests in order of priority until its ``budget`` [bs] is spent; [request].

    Where ``arrived`` [request] is given, only those count, and the policy sees no others. It is asked, and ``rng``
    opened, only when some station cannot grant everything.
    """
    asked = requests.asked if arrived is None else requests.asked[arrived]
    crowded = np.bincount(asked, minlength=len(budget)) > budget
    if not np.count_nonzero(crowded):
        return np.ones(len(requests), bool) if arrived is None else arrived.copy()
    if arrived is not None:
        granted = np.zeros(len(requests), bool)
        granted[arrived] = grant(requests[np.flatnonzero(arrived)], budget, policy, rng)
        return granted
    priority = _priority(policy, requests, rng())
    granted = ~crowded[asked]
    rows = np.flatnonzero(~granted)
    granted[rows[_first_of_groups(-priority[rows], asked[rows], budget)]] = True
    return granted


def _priority(policy: GrantPolicy, requests: NullRequests, rng: np.random.Generator) -> Array:
    """Return the priorities of a grant policy, which is named where it fails."""
    name = type(policy).__name__
    with blamed(lambda fault: SchedulingError(f"grant policy {name} raised {fault}"), policy):
        priority = np.asarray(policy.priority(requests.shown(), rng), float)
    if priority.shape != (len(requests),) or np.isnan(priority).any():
        raise SchedulingError(f"grant policy {name} gave priorities of shape {priority.shape}, or some that are no "
                              f"numbers, not one number for each of {len(requests)} requests")
    return priority


def _promising(score: Array, start: Index, counts: Index) -> Index:
    """Return rows, in order, among which are the ``counts[g]`` lowest scores of ``score[start[g]:start[g + 1]]``.

    Of some rows of a group the one in that place is no lower than it is among all, which spares most of the sorting.
    """
    wanted = int(counts.max(initial=0))
    looked_at = max(4 * wanted, 40)
    if not wanted or looked_at * len(counts) > len(score):
        return np.arange(len(score))
    place = start[:-1, None] + np.arange(looked_at)  # [group, row]
    some = np.append(score, np.inf)[np.where(place < start[1:, None], place, len(score))]
    bound = np.partition(some, wanted - 1, axis=1)[:, wanted - 1]
    return np.flatnonzero(~(score > np.repeat(bound, np.diff(start))))


def _first_of_groups(score: Array, group: Index, counts: Index) -> Index:
    """Return the rows of the ``counts[g]`` lowest scores of every group g, groups ascending, ties by row."""
    order = np.argsort(score, kind="stable")
    order = order[group_order(group[order], len(counts))]
    sizes = np.bincount(group, minlength=len(counts))
    first = np.cumsum(sizes) - sizes
    sorted_group = group[order]
    return order[np.arange(len(order)) - first[sorted_group] < counts[sorted_group]]


def _each(choose: Choose, kind: ReceiverType, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
    population = network.population(kind)
    chosen = [_ids(choose, kind, BaseStation(network, i), int(counts[i]),
                   rng.of(i) if isinstance(rng, JoinedGenerator) else rng)
              for i in np.flatnonzero((counts > 0) & (population.count > 0)).tolist()]
    return np.concatenate([np.empty(0, np.int64), *chosen])


def _ids(choose: Choose, kind: ReceiverType, station: BaseStation, count: int, rng: np.random.Generator) -> Index:
    answer = choose(station, count, rng)
    try:
        ids = np.array([operator.index(i) for i in answer], np.int64)
    except TypeError:
        raise SchedulingError(f"chose {answer!r} at station {station.index}, not a list of ids") from None
    if len(ids) > count:
        raise SchedulingError(f"chose {len(ids)} {kind.words} at station {station.index}, at most {count} allowed")
    strangers = ids[~np.isin(ids, getattr(station, kind.words).ids)]
    if len(strangers):
        raise SchedulingError(f"chose {kind.word} {strangers[0]} at station {station.index}, not one of its own")
    return ids


def _checked(scheduler: Scheduler, kind: ReceiverType, network: NetworkState, counts: Index,
             rng: np.random.Generator) -> Links:
    """Return the checked choice of users or targets by the scheduler, and record who was served."""
    name = type(scheduler).__name__
    if not np.count_nonzero(counts):
        return Links(np.empty(0, np.int64), np.empty(0, np.int64), len(counts))
    population = network.population(kind)
    try:
        with blamed(lambda fault: SchedulingError(f"raised {fault} choosing {kind.words}"), scheduler), \
                nullcontext() if is_ours(scheduler) else _locked(network, population):
            ids = _asked(scheduler, kind, network, counts, rng)
            links = _links(population, np.asarray(ids), kind, counts)
    except SchedulingError as error:
        raise SchedulingError(f"policy {name} {error}") from error.__cause__
    population.served(links.ids, network.frame, links.slot / np.maximum(links.count, 1)[links.station])
    return links


def _asked(scheduler: Scheduler, kind: ReceiverType, network: NetworkState, counts: Index,
           rng: np.random.Generator) -> Index:
    """Call the policy for all stations at once, or one by one where a user has overridden that method of a built-in
    one.
    """
    one, every = f"select_{kind.words}", f"select_all_{kind.words}"
    if written(scheduler, every, one) == one:
        return _each(getattr(scheduler, one), kind, network, counts, rng)
    found: Index = getattr(scheduler, every)(network, counts, rng)
    return found


@contextmanager
def _locked(network: NetworkState, population: Population) -> Iterator[None]:
    """Keep the arrays of a network from being written meanwhile: a policy is shown them, and only chooses."""
    _ = population.count  # who can be chosen is worked out before, so that it is locked as well
    for members in (network.users, network.targets):
        members.fill()
    owners: tuple[Any, ...] = (network.users, network.targets, network.deployment, network)
    arrays = [value for owner in owners for value in vars(owner).values()
              if isinstance(value, np.ndarray) and value.flags.writeable]
    for array in arrays:
        array.flags.writeable = False
    try:
        yield
    finally:
        for array in arrays:
            array.flags.writeable = True


def _links(population: Population, ids: Index, kind: ReceiverType, counts: Index) -> Links:
    if np.count_nonzero((ids < 0) | (ids >= len(population.station))):
        raise SchedulingError(f"chose {kind.words} that do not exist")
    station = population.station[ids]
    idle = ids[(station < 0) | (population.queue[ids] <= 0)]
    if len(idle):
        raise SchedulingError(f"chose {kind.word} {idle[0]}, who has no station or no data")
    links = Links(ids, station, len(counts))
    if np.count_nonzero(station[1:] < station[:-1]):
        links = _sorted(links)
    marked = np.zeros(len(population.station), bool)
    marked[ids] = True
    if np.count_nonzero(marked) < len(ids):
        raise SchedulingError(f"chose {kind.word} {np.bincount(ids).argmax()} twice")
    if np.count_nonzero(links.count > counts):
        worst = int(np.argmax(links.count - counts))
        raise SchedulingError(f"chose {links.count[worst]} {kind.words} at station {worst}, at most {counts[worst]} "
                              "allowed")
    return links


def _sorted(links: Links) -> Links:
    order = np.argsort(links.station, kind="stable")
    return Links(links.ids[order], links.station[order], links.stations)
