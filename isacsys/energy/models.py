"""The built-in energy models: the linear model of the EARTH project, and the reference base stations of TR 38.864.

G. Auer et al., "How much energy is needed to run a wireless network?", IEEE Wireless Commun., vol. 18, no. 5, 2011; TR
38.864, "Study on network energy savings for NR", V18.1.0, clause 5.1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.energy.base import EnergyModel, SleepState, Stations

ROUNDING = 1e-9
STATIC_SHARE = 0.4  # A: of active transmission over micro sleep, what does not depend on bandwidth and power
HALF_LOAD, HALF_EFFICIENCY = 0.5, 0.76  # eta below that share of the output, where efficiency is not constant


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


class Powers(NamedTuple):
    """Relative powers of a reference base station: asleep, in active downlink and uplink."""

    deep_sleep: float
    light_sleep: float
    micro_sleep: float
    active_downlink: float
    active_uplink: float


class Transition(NamedTuple):
    """What falling asleep and waking take: relative units times ms, and ms."""

    energy: float
    time: float


# By category and reference set.
POWERS: dict[tuple[int, int], Powers] = {
    (1, 1): Powers(1, 25, 55, 280, 110), (1, 2): Powers(1, 25, 50, 200, 90), (1, 3): Powers(1, 25, 38, 152, 80),
    (2, 1): Powers(1, 2.1, 5.5, 32, 6.5), (2, 2): Powers(1, 2.1, 5, 26, 5.8), (2, 3): Powers(1, 2.1, 3, 17.6, 4.2)}
# By category: of deep sleep, of light sleep. Micro sleep has none.
TRANSITIONS: dict[int, tuple[Transition, Transition]] = {
    1: (Transition(1000, 50), Transition(90, 6)), 2: (Transition(17_000, 10_000), Transition(1088, 640))}


class Tr38864(EnergyModel):
    """Power in relative units by TR 38.864: sleep states, and active power over load and power sent.

    ``P = P_micro + (P_DL - P_micro) (A + (1 - A) s_f s_p / eta)`` while a station sends, P_micro while it does not, and
    ``P_UL - P_micro`` more while it receives echoes (not in the report).

    Parameters
    ----------
    category : {1, 2}
    reference_set : {1, 2, 3}
    efficiency : {"constant", "dual"}
        eta = 1, or 0.76 where s_f s_p is below 0.5.
    reference_power : float
        W of a relative unit; 0: not known.
    """

    def __init__(self, category: int = 1, reference_set: int = 1, efficiency: str = "constant",
                 reference_power: float = 0.0) -> None:
        if (category, reference_set) not in POWERS:
            raise ConfigError("energy.category", (category, reference_set), "1 or 2, with reference sets 1 to 3")
        self.powers, self._transitions = POWERS[category, reference_set], TRANSITIONS[category]
        self._dual, self.watts, self._unit = efficiency == "dual", reference_power > 0, reference_power or 1.0

    def power(self, stations: Stations) -> Array:
        """Return the power drawn, in W or relative units."""
        p, output = self.powers, stations.load * stations.sent
        eta = np.where(self._dual & (output < HALF_LOAD), HALF_EFFICIENCY, 1.0)
        active = (p.active_downlink - p.micro_sleep) * (STATIC_SHARE + (1 - STATIC_SHARE) * output / eta)
        awake = stations.sending | ~(stations.asleep | stations.listening)  # who may not sleep stays active
        drawn = p.micro_sleep + awake * active + stations.listening * (p.active_uplink - p.micro_sleep)
        return np.asarray(self._unit * np.where(stations.on, drawn, p.deep_sleep))

    def sleep_states(self) -> tuple[SleepState, ...]:
        """Return micro, light and deep sleep."""
        p, (deep, light) = self.powers, self._transitions
        return (SleepState("micro", self._unit * p.micro_sleep),
                SleepState("light", self._unit * p.light_sleep, self._unit * light.energy / 1e3, light.time / 1e3),
                SleepState("deep", self._unit * p.deep_sleep, self._unit * deep.energy / 1e3, deep.time / 1e3))
