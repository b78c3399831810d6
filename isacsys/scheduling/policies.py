"""The built-in policies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.arrays import Array, Index
from isacsys.network.entities import Members
from isacsys.network.selection import NullRequests
from isacsys.network.state import NetworkState
from isacsys.scheduling.base import GrantPolicy, Ranked


class Random(Ranked):
    """Serve users and targets at random."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Draw independent scores."""
        return rng.random(len(members))

    def select_all_users(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Shuffle as far as needed instead of sorting everybody."""
        return sample_groups(rng, network.users.order, network.users.start, counts)

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Shuffle as far as needed instead of sorting everybody."""
        return sample_groups(rng, network.targets.order, network.targets.start, counts)


class RoundRobin(Ranked):
    """Serve everybody in turn."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score by when each was last served."""
        return members.turn


class Nearest(Ranked):
    """Serve those closest to their base station."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by distance."""
        return members.distance


class Strongest(GrantPolicy):
    """Null first where interference is strongest relative to the mean wanted power."""

    def priority(self, requests: NullRequests, rng: np.random.Generator) -> Array:
        """Rank by strength."""
        return requests.strength


class RandomGrants(GrantPolicy):
    """Null for randomly chosen requests."""

    def priority(self, requests: NullRequests, rng: np.random.Generator) -> Array:
        """Draw independent priorities."""
        return rng.random(len(requests))


def sample_groups(rng: np.random.Generator, members: Index, start: Index, counts: Index) -> Index:
    """Draw up to ``counts[g]`` of ``members[start[g]:start[g + 1]]`` without replacement, for every group g at once.

    Fisher and Yates's shuffle, stopped early: one swap in all groups at a time.
    """
    pool, sizes = np.append(members, -1), np.diff(start)  # the last place is swapped with itself
    drawn = np.minimum(sizes, counts)
    step = np.arange(drawn.max(initial=0))[:, None]
    left = sizes - step  # [step, group]
    ahead = (rng.random(left.shape) * left).astype(np.int64)
    here = np.where(step < drawn, start[:-1] + step, len(members))
    there = np.where(step < drawn, here + ahead, len(members))
    for mine, other in zip(here, there, strict=True):
        pool[mine], pool[other] = pool[other], pool[mine]
    place = np.arange(drawn.sum()) - np.repeat(np.cumsum(drawn) - drawn, drawn)
    return pool[np.repeat(start[:-1], drawn) + place]


SCHEDULERS: dict[str, type[Ranked]] = {"random": Random, "round_robin": RoundRobin, "nearest": Nearest}
GRANT_POLICIES: dict[str, type[GrantPolicy]] = {"strongest": Strongest, "random": RandomGrants}
