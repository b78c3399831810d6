"""The invariants of tracking filters."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.sensing import Beliefs, Measured, Tracker
from isacsys.sensing.track_manager import checked
from isacsys.sensing.tracks import expected
from isacsys.simulation import simulate_drop
from isacsys.testing.harness import SMALL, Silent, hold, made

_TARGETS = 12
_RUN = {"tracking.enabled": True, "sensing.coherent_time": 0.005, "sensing.rcs": 1e-4, "simulation.frames": 12,
        "mobility.target_speed": 30.0, "targets.lifetime": 0.2}
Call = Callable[..., Beliefs]


def check_tracker(tracker: type[Tracker] | Tracker, *, seed: int = 1) -> None:
    """Run a filter through the invariants of all of them; say which one fails.

    Beliefs are finite and of the right shapes, covariances symmetric and without negative variances; what it says of
    one target does not depend on which others it is asked about; it leaves what it is given as it is; it says the same
    when asked again; it can be sent to another process; and it copes with networks in which targets move, come and
    leave, and with looks that measure no speed, or no bearing.

    Parameters
    ----------
    tracker : Tracker or class of one
        A class is made without arguments.
    seed : int
        Of the targets.

    Raises
    ------
    TrackerError
        Where it raises, or returns what is no belief.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Last(isacsys.Tracker):
    ...     def update(self, beliefs, measured):
    ...         return self.start(measured)
    >>> check_tracker(Last)
    """
    found = made(tracker, "tracker")
    name, rng = f"tracker {type(found).__name__}", np.random.default_rng(seed)
    for deviation in ((3.0, 0.01, 0.8), (3.0, 0.01, np.inf), (3.0, np.inf, 0.8)):
        first, second = (_measured(rng, np.array(deviation)) for _ in range(2))
        begun = _ask(name, found, "start", first)
        later = _ask(name, found, "predict", begun, np.full(_TARGETS, 0.1))
        _ask(name, found, "update", later, second)
    for several in ({}, {"combining.policy": "mvdr"}, {"antennas.receive": 1}):
        simulate_drop(Scenario().replace({**SMALL, **_RUN, **several}), 0, Silent(), tracker=found)


def _measured(rng: np.random.Generator, deviation: np.ndarray) -> Measured:
    """Return measurements of some targets from their stations."""
    state = np.concatenate([rng.uniform(-900, 900, (_TARGETS, 2)), rng.normal(0, 10, (_TARGETS, 2))], axis=1)
    value = expected(state, np.zeros((_TARGETS, 2)))[0]
    value += rng.standard_normal(value.shape) * np.where(np.isfinite(deviation), deviation, 0.0)
    return Measured(np.zeros((_TARGETS, 2)), value, np.tile(deviation**2, (_TARGETS, 1)))


def _ask(name: str, tracker: Tracker, method: str, *given: Beliefs | Measured | np.ndarray) -> Beliefs:
    """Call a tracker for all targets, again, and for some of them; check the results."""
    before = copy.deepcopy(given)
    found = copy.deepcopy(checked(tracker, method, *given))
    again = checked(tracker, method, *given)
    _same(found, again, f"{name}.{method} changes what it is given, or says something else when asked again")
    rows = np.arange(0, _TARGETS, 3)
    some = checked(tracker, method, *(part[rows] for part in before))
    _same(found[rows], some, f"{name}.{method} says something else of a target when asked about others besides")
    p = found.covariance
    scale = np.abs(p).max()
    hold(np.allclose(p, p.swapaxes(1, 2), atol=1e-9 * scale), f"{name}.{method} returns covariances not symmetric")
    hold(bool(np.linalg.eigvalsh(p).min() >= -1e-9 * scale), f"{name}.{method} returns negative variances")
    return found


def _same(one: Beliefs, other: Beliefs, otherwise: str) -> None:
    hold(np.allclose(one.mean, other.mean, rtol=1e-9, atol=1e-9)
         and np.allclose(one.covariance, other.covariance, rtol=1e-9, atol=1e-9), otherwise)
