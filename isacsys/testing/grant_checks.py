"""The invariants of policies that rank null requests."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from isacsys.core.arrays import Flags
from isacsys.network.selection import NullRequests
from isacsys.scheduling import GrantPolicy, grant
from isacsys.testing.harness import hold, made, networks, run_everywhere

_FEW = {"allocation.communication_cluster": 3, "allocation.sensing_cluster": 3}
_NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "a network that refuses much": _FEW,
    "a network without sensing": {**_FEW, "allocation.targets_per_bs": 0, "antennas.transmit": 4},
    "a network of two stations or so": {**_FEW, "network.area": 3.0},
}
_STATIONS = 7


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
