"""The built-in schedulers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Index
from isacsys.core.joined_streams import JoinedGenerator
from isacsys.network.entities import BaseStation, Members, Target
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState
from isacsys.scheduling.base import Ranked, Scheduler
from isacsys.scheduling.semi_orthogonal import SemiOrthogonal
from isacsys.scheduling.uncertainty import InformationGain, MostUncertain

NEVER = 1e9  # s; longer than any drop


class Random(Ranked):
    """Serve users and targets at random."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Draw independent scores."""
        return rng.random(len(members))

    def select_all_users(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Return random ids of all stations, shuffled only as far as needed."""
        if type(self).score is not Random.score:  # one of a user's own
            return super().select_all_users(network, counts, rng)
        return _sample(rng, network.users, counts)

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Return random ids of all stations, shuffled only as far as needed."""
        if type(self).score is not Random.score:
            return super().select_all_targets(network, counts, rng)
        return _sample(rng, network.targets, counts)


class RoundRobin(Ranked):
    """Serve all in turn."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score by when each was last served."""
        return members.turn


class Nearest(Ranked):
    """Serve those closest to their base station."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by distance."""
        return members.distance


class StalestFirst(Ranked):
    """Serve (or sense) those who have waited longest, newcomers since they came."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by waiting time."""
        return -members.waiting_time


class Deadline(Ranked):
    """Sense those first whose revisit is due first; without revisit periods, in turn."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score by the time left."""
        left = members.time_left
        return left if np.all(np.isfinite(left)) else members.turn


class Due(Ranked):
    """Sense only those whose revisit period is over, longest overdue first; serve users in turn."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score targets by the time until their period is over, users by when each was last served."""
        if members.kind != ReceiverType.TARGET:
            return members.turn
        return np.minimum(members.revisit_period, NEVER) - members.waiting_time

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Index:
        """Return the targets that are longest overdue, [n]; none if none is."""
        return self._due(station.state, super().select_targets(station, count, rng))

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Choose the longest overdue of every station, if any is."""
        return self._due(network, super().select_all_targets(network, counts, rng))

    @staticmethod
    def _due(network: NetworkState, ids: Index) -> Index:
        members = Members(network, network.targets, Target, ids)
        return ids[members.waiting_time >= members.revisit_period]


class UserRanked(Ranked):
    """A policy whose score means something for users only; targets are chosen at random."""

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Index:
        """Return random targets, [n]."""
        return Random().select_targets(station, count, rng)

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Choose targets at random."""
        return Random().select_all_targets(network, counts, rng)


class MaxRate(UserRanked):
    """Serve those with the best mean SIR by path loss: the highest rates, for the few."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by large-scale SIR."""
        return -members.mean_sir


class ProportionalFair(UserRanked):
    """Serve those whose channel now promises most relative to the mean rate they have had (looks at channels)."""

    needs_channels = True

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by promised rate over mean rate; those never served come first, the best of them at the head.

        What a channel promises is the precoder's to say: with zero forcing and K streams, an SIR of
        ``|h|^2 (M_t - K + 1) / (M_t K)`` times the mean one. Of sub-bands, the mean of their rates.
        """
        scenario = members.state.scenario
        antennas, streams = scenario.antennas.transmit, scenario.allocation.users_per_bs
        power, sir = np.sum(np.abs(members.subband_channel) ** 2, axis=-1), members.mean_sir
        promised = np.mean([np.log2(1 + members.state.promised(sir, one, antennas, streams)) for one in power.T], 0)
        return -promised / np.maximum(members.mean_rate, 1e-12)


class LongestQueue(UserRanked):
    """Serve those with most data waiting; in turn where all buffers are full."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score by queue length."""
        queue = members.queue
        return -queue if np.all(np.isfinite(queue)) else members.turn


def _sample(rng: np.random.Generator, population: Population, counts: Index) -> Index:
    """Draw up to ``counts`` [bs] of every station's own without replacement, for all stations at once.

    Fisher and Yates's shuffle, stopped early: one draw in all groups at a time.
    """
    members, start, sizes = population.order, population.start, population.count
    pool = np.concatenate([members, _NOBODY])  # the last place is for groups that are done
    drawn = np.minimum(sizes, counts)
    step = np.arange(drawn.max(initial=0))[:, None]
    wanted = step < drawn  # [step, group]
    left = sizes - step
    here = np.where(wanted, start[:-1] + step, len(members))
    there = np.where(wanted, here + (_uniform(rng, drawn) * left).astype(np.int64), len(members))
    chosen = np.empty_like(here)
    for one, mine, other in zip(chosen, here, there, strict=True):
        pool.take(other, out=one, mode="clip")  # "clip" spares a buffer, and nothing is outside
        pool[other] = pool.take(mine)  # no later row returns to mine
    return chosen.T[wanted.T]


def _uniform(rng: np.random.Generator, drawn: Index) -> Array:
    """Draw uniform numbers [step, group] for up to ``drawn`` [group] steps; of several drops, as many as each needs."""
    if isinstance(rng, JoinedGenerator):
        return rng.columns(drawn)
    return rng.random((int(drawn.max(initial=0)), len(drawn)))


_NOBODY = np.array([-1])
SCHEDULERS: dict[str, type[Scheduler]] = {
    "random": Random, "round_robin": RoundRobin, "proportional_fair": ProportionalFair, "max_rate": MaxRate,
    "nearest": Nearest, "longest_queue": LongestQueue, "semi_orthogonal": SemiOrthogonal,
    "stalest_first": StalestFirst, "deadline": Deadline, "due": Due,
    "most_uncertain": MostUncertain, "information_gain": InformationGain}
