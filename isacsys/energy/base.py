"""The interface of energy models: the stations of a frame as models see them, their power, and how they sleep."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from isacsys.core.arrays import Array, Flags
from isacsys.core.errors import PluginError
from isacsys.plugins.loading import calling


@dataclass(frozen=True)
class Stations:
    """The stations of a frame, each [bs].

    Attributes
    ----------
    load : array
        Share of the frame in which a station sends, 0 to 1: of its blocks that carry data; 1 with sensing beams, which
        fill the frame.
    on : flags
        Whether it is switched on.
    asleep : flags
        Whether it sleeps: it is off, or has no user to serve and no target to sense, and may sleep.
    sent : array
        Power that it sends while it does, over its full power.
    listening : flags
        Whether it receives echoes.
    full_power : array
        Its full power, W.
    """

    load: Array
    on: Flags
    asleep: Flags
    sent: Array
    listening: Flags
    full_power: Array

    def __len__(self) -> int:
        return len(self.load)

    @property
    def sending(self) -> Flags:
        """Stations that send anything, [bs]."""
        return np.asarray((self.load > 0) & (self.sent > 0))


def stations(load: Array, *, on: Flags | None = None, asleep: Flags | None = None, sent: Array | None = None,
             listening: Flags | None = None, full_power: float | Array = 40.0) -> Stations:
    """Return stations of a given ``load`` [bs], 0 to 1; by default all are on, awake, at full power and not listening.

    ``on``, ``asleep``, ``sent``, ``listening``, ``full_power`` (W) [bs] as in `Stations`.
    """
    number = np.asarray(load, float)
    return Stations(number, np.ones(number.shape, bool) if on is None else np.asarray(on, bool),
                    np.zeros(number.shape, bool) if asleep is None else np.asarray(asleep, bool),
                    np.ones(number.shape) if sent is None else np.asarray(sent, float),
                    np.zeros(number.shape, bool) if listening is None else np.asarray(listening, bool),
                    np.broadcast_to(np.asarray(full_power, float), number.shape))


class SleepState(NamedTuple):
    """A way to sleep.

    Attributes
    ----------
    name : str
    power : float
        Drawn in it, W.
    transition_energy : float
        J, of going to sleep and waking together, beside ``power`` times the time asleep.
    transition_time : float
        s, of both together; who sleeps for less cannot use it.
    """

    name: str
    power: float
    transition_energy: float = 0.0
    transition_time: float = 0.0


class EnergyModel(ABC):
    """Base of every energy model: override `power`, and `sleep_states` where sleep has depths.

    `isacsys.testing.check_energy_model` runs one through the invariants of all.

    Attributes
    ----------
    watts : bool
        Whether powers are in W; else they are relative, and figures in W and J are null.

    Examples
    --------
    >>> class Flat(EnergyModel):
    ...     def power(self, stations):
    ...         return np.where(stations.on, 200 + 300 * stations.load, 10.0)
    """

    watts = True

    @abstractmethod
    def power(self, stations: Stations) -> Array:
        """Return the power that stations draw in a frame, W, [bs].

        Of those asleep where there are no `sleep_states`; else the lightest of these.
        """

    def sleep_states(self) -> tuple[SleepState, ...]:
        """Return the ways to sleep, from the lightest to the deepest; a station that is off is in the last.

        Without any, stations that sleep or are off draw what `power` says of them.
        """
        return ()

    def drawn(self, stations: Stations) -> Array:
        """Return `power` [bs], checked: a finite number from 0 on for every station."""
        name = f"energy model {type(self).__name__}"
        with calling(self, "energy model", "computing power"):
            found = np.asarray(self.power(stations), float)
        if found.shape != stations.load.shape or not np.all(np.isfinite(found) & (found >= 0)):
            raise PluginError(f"{name} gave powers that are not {len(stations)} finite numbers from 0 on")
        return found


class Unmetered(EnergyModel):
    """Say nothing of power."""

    watts = False

    def power(self, stations: Stations) -> Array:
        """Return zeros."""
        return np.zeros(len(stations))


class HandedIn(Unmetered):
    """Stand for an object of Python: ``isacsys.run(..., energy_model=...)``."""
