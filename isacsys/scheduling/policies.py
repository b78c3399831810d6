"""The built-in policies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.arrays import Array
from isacsys.network.entities import Members
from isacsys.network.selection import NullRequests
from isacsys.scheduling.base import GrantPolicy, Ranked


class Random(Ranked):
    """Serve users and targets at random."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Draw independent scores."""
        return rng.random(len(members))


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


SCHEDULERS: dict[str, type[Ranked]] = {"random": Random, "round_robin": RoundRobin, "nearest": Nearest}
GRANT_POLICIES: dict[str, type[GrantPolicy]] = {"strongest": Strongest, "random": RandomGrants}
