"""A naive reference of one frame designed on channels that are believed, and hit by those that are.

``believed_frame`` takes two sets of explicit channels: beams are designed on one, every term of every link is measured
on the other, link by link. It was written from the model alone, builds on `tests.twins.designs`, and shares no code
with the package. `Rician` and `Aged` say how the model makes channels of independent CN(0, 1) ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests import naive
from tests.twins.designs import (
    PRECODERS,
    Design,
    Scene,
    Stream,
    known_filters,
    known_users,
    project,
    target_row,
    unit,
    user_row,
)


@dataclass(frozen=True)
class Rician:
    """Channels with a line of sight: power k/(k+1) from one direction, 1/(k+1) scattered.

    ``scattered`` are CN(0, 1) channels; ``user_phase`` and ``station_phase`` are psi of a pair.
    """

    parameters: naive.Parameters
    layout: naive.Layout
    factor_db: float
    scattered: Any
    user_phase: dict[tuple[int, int], float]
    station_phase: dict[tuple[int, int], float]

    def shares(self) -> tuple[float, float]:
        """Return the amplitudes of the line of sight and of what is scattered."""
        k = 10 ** (self.factor_db / 10)
        return np.sqrt(k / (k + 1)), np.sqrt(1 / (k + 1))

    def cosine(self, origin: np.ndarray, point: np.ndarray) -> np.ndarray:
        """Return the cosine of a bearing: arrays lie along the first axis."""
        dx, dy = naive.displacement(origin, point, self.parameters.side)
        return np.array(dx / np.hypot(dx, dy))

    def user(self, user: int, station: int) -> np.ndarray:
        """Return h [M_t]."""
        seen = self.cosine(self.layout.stations[station], self.layout.users[user])
        direct, rest = self.shares()
        ray = np.exp(1j * self.user_phase[user, station]) * naive.steering(self.parameters.M_t, seen)
        return direct * ray + rest * self.scattered.user(user, station)

    def station(self, receiver: int, transmitter: int) -> np.ndarray:
        """Return G^H [M_t, M_r], G = sqrt(k/(k+1)) e^(i psi) b a^H + sqrt(1/(k+1)) G_scattered."""
        here, there = self.layout.stations[receiver], self.layout.stations[transmitter]
        direct, rest = self.shares()
        b = naive.steering(self.parameters.M_r, self.cosine(here, there))
        a = naive.steering(self.parameters.M_t, self.cosine(there, here))
        ray = np.exp(1j * self.station_phase[receiver, transmitter]) * np.outer(b, a.conj())
        return direct * ray.conj().T + rest * self.scattered.station(receiver, transmitter)


@dataclass(frozen=True)
class Aged:
    """What channels of users have become since they were known; those between stations stand still.

    ``own`` and ``other`` are rho of a station's own users and of everybody else's, ``fresh`` what is new.
    """

    known: Any
    fresh: Any
    serving: np.ndarray
    own: float
    other: float

    def user(self, user: int, station: int) -> np.ndarray:
        """Return rho h_known + sqrt(1 - rho^2) e."""
        rho = self.own if self.serving[user] == station else self.other
        return rho * self.known.user(user, station) + np.sqrt(1 - rho**2) * self.fresh.user(user, station)

    def station(self, receiver: int, transmitter: int) -> np.ndarray:
        """Return the channel that was known."""
        return self.known.station(receiver, transmitter)


class Met(Scene):
    """The positions a frame meets: cells and clusters are still those of when it was scheduled."""

    def __init__(self, asked: Scene, layout: naive.Layout, choice: naive.Choice):
        super().__init__(asked.parameters, asked.design, layout, choice)
        self.asked = asked
        self.user_station, self.target_station = asked.user_station, asked.target_station
        self.own_users, self.targets, self.own_targets = asked.own_users, asked.targets, asked.own_targets
        self.silent_share = asked.silent_share

    def user_cluster(self, user: int) -> list[int]:
        """Return the stations that were asked, the serving one first."""
        return self.asked.user_cluster(user)

    def target_cluster(self, target: int) -> list[int]:
        """Return the stations that were asked, the serving one first."""
        return self.asked.target_cluster(target)


def streams(asked: Scene, met: Scene, station: int, believed: Any, grants: set) -> tuple[list[Stream], int]:
    """Return what a station sends by what it believes, and the number of constraints it minds.

    The filters it nulls are those that were named when it was asked; its sensing beams point where targets are.
    """
    own, targets, design = met.own_users[station], met.own_targets[station], met.design
    receivers = known_users(met, station, believed, grants)
    receivers += known_filters(asked, station, believed, grants, merged=True)
    eta = design.sensing_power if targets and len(receivers) < met.parameters.M_t else 0.0
    if not own:
        eta = float(eta > 0)
    beams = PRECODERS[design.precoder](design, receivers, len(own)) if own else []
    sent = [Stream(unit(w), (1 - eta) / len(own), user) for user, w in zip(own, beams, strict=True)]
    if eta > 0:
        for target in targets:
            beam = project(met.bearing(target, met.parameters.M_t), [receiver.vector for receiver in receivers])
            sent.append(Stream(unit(beam), eta / len(targets), None))
    return sent, len(receivers)


def believed_frame(parameters: naive.Parameters, design: Design, layout: naive.Layout, choice: naive.Choice,
                   true: Any, believed: Any, grants: set | None = None, then: naive.Layout | None = None) -> dict:
    """Return one frame: tables of the links, the requests with their answers, what every station sends.

    ``layout`` is where all are in the frame, ``then`` where they were when it was scheduled (None: the same).
    Given ``grants``, requests outside of them are refused whatever the budget.
    """
    asked = Scene(parameters, design, then or layout, choice)
    met = Met(asked, layout, choice)
    requests = naive._requests(asked)
    grants = naive._strongest_first(asked, requests) if grants is None else grants
    made = [streams(asked, met, station, believed, grants) for station in range(met.count)]
    sent, used = [it for it, _ in made], [constraints for _, constraints in made]
    users = [user_row(met, user, true, grants, sent, used) for user in met.users]
    targets = [target_row(met, target, true, grants, sent) for target in met.targets]
    return {
        "communication": naive._table(naive.USER_KEYS, users),
        "sensing": naive._table(naive.TARGET_KEYS, targets),
        "requests": [(*request, (request[0], request[1], request[3]) in grants) for request in requests],
        "streams": sent,
    }
