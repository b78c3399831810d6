"""The linear power model of the EARTH project.

G. Auer et al., "How much energy is needed to run a wireless network?", IEEE Wireless Commun., vol. 18, no. 5, 2011.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.energy.base import EnergyModel, SleepState
from isacsys.energy.stations import Stations

ROUNDING = 1e-9


class Chain(NamedTuple):
    """A transceiver chain: most power sent, W; power at none, W; slope; power asleep, W."""

    most: float
    idle: float
    slope: float
    asleep: float


CHAINS = {"macro": Chain(20.0, 130.0, 4.7, 75.0), "micro": Chain(6.3, 56.0, 2.6, 39.0),
          "pico": Chain(0.13, 6.8, 4.0, 4.3)}


class Earth(EnergyModel):
    """Power of a cell by EARTH: ``chains (P_0 + delta P_out / chains)``, asleep ``chains P_sleep``.

    Parameters
    ----------
    size : {"macro", "micro", "pico"}
    chains : int
        Transceiver chains of a cell, among which the power sent is shared.
    """

    def __init__(self, size: str = "macro", chains: int = 2) -> None:
        self.chain, self.chains, self._size = CHAINS[size], chains, size

    def check(self, full_power: float) -> None:
        """Raise ConfigError where a chain would have to send more than it can."""
        if full_power / self.chains > self.chain.most * (1 + ROUNDING):
            needed = int(np.ceil(full_power / self.chain.most - ROUNDING))
            raise ConfigError("energy.chains", self.chains, f"at least {needed}: a chain of size \"{self._size}\" "
                              f"sends at most {self.chain.most:g} W, a cell {full_power:.3g} W")

    def power(self, stations: Stations) -> Array:
        """Return the power drawn, W."""
        self.check(float(np.max(stations.full_power, initial=0.0)))
        sent = stations.full_power * stations.load * stations.sent
        awake = self.chains * self.chain.idle + self.chain.slope * sent
        return np.asarray(np.where(stations.asleep | ~stations.on, self.chains * self.chain.asleep, awake))

    def sleep_states(self) -> tuple[SleepState, ...]:
        """Return the one way to sleep."""
        return (SleepState("sleep", self.chains * self.chain.asleep),)
