"""Energy of a drop, sleep and its transitions included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isacsys.core.arrays import Array, Flags
from isacsys.energy.base import SleepState


class EnergyMeter:
    """Adds up what stations draw, frame by frame.

    How deep an idle station sleeps is decided when its idle time T is over, as if it had known: in the state with the
    least ``P_s T + E_s`` among those whose transition fits T. A station that is switched off is in the deepest state,
    whatever that costs. Idle time that the end of the drop cuts off counts as it stands.

    Parameters
    ----------
    states : sequence of SleepState
        From the lightest to the deepest; without any, what stations draw is what their powers say.
    frame_duration : float
        s.
    sleep : str
        Of idle stations: "automatic", or "micro" for the lightest state only.
    """

    def __init__(self, states: Sequence[SleepState], frame_duration: float, sleep: str = "automatic") -> None:
        self._states, self._deepest, self._duration = tuple(states), tuple(states[-1:]), frame_duration
        if sleep == "micro":
            self._states = self._states[:1]
        self._idle: Array = np.zeros(0)  # s, [bs]
        self._off: Array = np.zeros(0)  # s, [bs]
        self._energy: Array = np.zeros(0)  # J, [bs]

    def frame(self, power: Array, on: Flags, asleep: Flags) -> None:
        """Add a frame: ``power`` [bs], W, and which stations are ``on`` [bs] and ``asleep`` [bs]."""
        if not len(self._energy):
            self._idle, self._off, self._energy = (np.zeros(len(power)) for _ in range(3))
        off, idle = ~on, asleep & on
        if not self._states:
            off, idle = np.zeros_like(off), np.zeros_like(idle)
        self._energy += np.where(off | idle, 0.0, power * self._duration)
        self._idle = self._settled(self._idle, idle, asleep_energy(self._states, self._idle))
        self._off = self._settled(self._off, off, asleep_energy(self._deepest, self._off, forced=True))

    def _settled(self, seconds: Array, still: Flags, energy: Array) -> Array:
        """Return how long stations have been idle (or off), having charged those that no longer are."""
        self._energy += np.where(still, 0.0, energy)
        return np.where(still, seconds + self._duration, 0.0)

    def total(self) -> Array:
        """Return the energy so far, J, [bs], idle times as they stand included."""
        return np.asarray(self._energy + asleep_energy(self._states, self._idle)
                          + asleep_energy(self._deepest, self._off, forced=True))


def asleep_energy(states: Sequence[SleepState], seconds: Array, *, forced: bool = False) -> Array:
    """Return ``min_s P_s T + E_s`` over the states whose transition fits T = ``seconds`` [n], J, [n]; 0 at T = 0.

    ``forced``: whether it fits or not.
    """
    cost = [np.where((state.transition_time <= seconds * (1 + 1e-9)) | forced,
                     state.power * seconds + state.transition_energy, np.inf) for state in states]
    return np.where(seconds > 0, np.min(cost, axis=0), 0.0) if cost else np.zeros(len(seconds))
