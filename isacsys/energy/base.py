"""The interface of energy models: power of stations, and how they sleep."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import PluginError
from isacsys.energy.stations import Stations
from isacsys.plugins.loading import calling


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
