"""The built-in null-grant policies."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import NullRequests
from isacsys.scheduling.base import GrantPolicy


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


class CommunicationFirst(GrantPolicy):
    """Null towards users before the filters of targets, strongest first within either."""

    def priority(self, requests: NullRequests, rng: np.random.Generator) -> Array:
        """Rank by kind, then by strength."""
        return _first(requests, ReceiverType.USER)


class SensingFirst(GrantPolicy):
    """Null towards the filters of targets before users, strongest first within either."""

    def priority(self, requests: NullRequests, rng: np.random.Generator) -> Array:
        """Rank by kind, then by strength."""
        return _first(requests, ReceiverType.TARGET)


def _first(requests: NullRequests, kind: ReceiverType) -> Array:
    """Return the priority of one kind over the other; ``s / (1 + s)`` brings any strength below 1."""
    return (requests.kind == kind) + requests.strength / (1 + requests.strength)


GRANT_POLICIES: dict[str, type[GrantPolicy]] = {
    "strongest": Strongest, "random": RandomGrants, "communication_first": CommunicationFirst,
    "sensing_first": SensingFirst}
