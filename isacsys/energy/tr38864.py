"""The reference base stations of TR 38.864, "Study on network energy savings for NR", V18.1.0, clause 5.1."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.energy.base import EnergyModel, SleepState
from isacsys.energy.stations import Stations

STATIC_SHARE = 0.4  # A: of active transmission over micro sleep, what does not depend on bandwidth and power
HALF_LOAD, HALF_EFFICIENCY = 0.5, 0.76  # eta below that share of the output, where efficiency is not constant


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
