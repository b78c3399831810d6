"""A naive reference of one frame designed on channels that are believed, and hit by those that are.

``believed_frame`` takes two sets of explicit channels: beams are designed on one, every term of every link is measured
on the other, link by link. It was written from the model alone, builds on `tests.twins.designs`, and shares no code
with the package. `Rician` and `Aged` say how the model makes channels of independent CN(0, 1) ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import j0

from tests import naive
from tests.twins.designs import (
    PRECODERS,
    Design,
    Scene,
    Stream,
    Vector,
    known_filters,
    known_users,
    power,
    project,
    target_row,
    unit,
    user_row,
)


@dataclass(frozen=True)
class Pairs:
    """Vectors by the names of a pair: (user, station), and (receiver, transmitter)."""

    users: Mapping[tuple[int, int], Vector]
    stations: Mapping[tuple[int, int], Vector]

    def user(self, user: int, station: int) -> Vector:
        """Return h [M_t]."""
        return self.users[int(user), int(station)]

    def station(self, receiver: int, transmitter: int) -> Vector:
        """Return G^H [M_t, M_r]."""
        return self.stations[int(receiver), int(transmitter)]


@dataclass(frozen=True)
class Rician:
    """Channels of users with a line of sight: power k/(k+1) from one direction, 1/(k+1) scattered.

    ``scattered`` are CN(0, 1) channels, ``phase`` is psi of a pair. Those between stations stay scattered.
    """

    parameters: naive.Parameters
    layout: naive.Layout
    factor_db: float
    scattered: Any
    phase: Mapping[tuple[int, int], float]

    def user(self, user: int, station: int) -> Vector:
        """Return sqrt(k/(k+1)) e^(i psi) a(phi) + sqrt(1/(k+1)) g; arrays lie along the first axis."""
        k = 10 ** (self.factor_db / 10)
        direct = np.sqrt(k / (k + 1)) * np.exp(1j * self.phase[int(user), int(station)]) * self.towards(user, station)
        return direct + np.sqrt(1 / (k + 1)) * self.scattered.user(user, station)

    def towards(self, user: int, station: int) -> Vector:
        """Return a(phi) [M_t]."""
        here, there = self.layout.stations[int(station)], self.layout.users[int(user)]
        dx, dy = naive.displacement(here, there, self.parameters.side)
        return naive.steering(self.parameters.M_t, np.array(dx / np.hypot(dx, dy)))

    def mean_power(self, user: int, station: int, sent: list[Stream]) -> float:
        """Return what a user hears on average of streams that were designed without knowing its channel."""
        k, scattered = 10 ** (self.factor_db / 10), sum(stream.power for stream in sent)
        return float(k / (k + 1) * power(self.towards(user, station), sent) + scattered / (k + 1))

    def station(self, receiver: int, transmitter: int) -> Vector:
        """Return what is scattered."""
        return self.scattered.station(receiver, transmitter)


@dataclass(frozen=True)
class Aged:
    """What channels of users have become since they were known, by the speed of each; those of stations stand still.

    ``clusters`` are the stations of each scheduled user, the serving one first: nobody else knew its channel, which is
    as it is. Ages are in seconds.
    """

    known: Any
    fresh: Any
    clusters: Mapping[int, list[int]]
    speed: Vector
    carrier: float
    own_age: float
    cross_age: float

    def user(self, user: int, station: int) -> Vector:
        """Return rho h_known + sqrt(1 - rho^2) e, rho = J0(2 pi f_D tau)."""
        cluster = self.clusters[int(user)]
        if station not in cluster:
            return self.known.user(user, station)
        age = self.own_age if station == cluster[0] else self.cross_age
        rho = j0(2 * np.pi * self.speed[user] * self.carrier / 299792458 * age)
        return rho * self.known.user(user, station) + np.sqrt(1 - rho**2) * self.fresh.user(user, station)

    def station(self, receiver: int, transmitter: int) -> Vector:
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
    users = known_users(met, station, believed, grants)
    receivers = users + known_filters(asked, station, believed, grants, merged=True)
    eta = design.sensing_power if targets and len(receivers) < met.parameters.M_t else 0.0
    if not own:
        eta = float(eta > 0)
    each = receivers
    if design.precoder == "slnr" or design.regularization is not None:  # nulls are spans, weights are not
        each = users + known_filters(asked, station, believed, grants, merged=False)
    beams = PRECODERS[design.precoder](design, each, len(own)) if own else []
    sent = [Stream(unit(w), (1 - eta) / len(own), user) for user, w in zip(own, beams, strict=True)]
    if eta > 0:
        for target in targets:
            beam = project(met.bearing(target, met.parameters.M_t), [receiver.vector for receiver in receivers])
            sent.append(Stream(unit(beam), eta / len(targets), None))
    return sent, len(receivers)


def believed_frame(parameters: naive.Parameters, design: Design, layout: naive.Layout, choice: naive.Choice,
                   true: Any, believed: Any, then: naive.Layout | None = None, late: Collection = ()) -> dict:
    """Return one frame: tables of the links, the requests with their answers, what every station sends.

    ``layout`` is where all are in the frame, ``then`` where they were when it was scheduled (None: the same). Requests
    (kind, link, asked) that are ``late`` ask nobody.
    """
    asked = Scene(parameters, design, then or layout, choice)
    met = Met(asked, layout, choice)
    requests = naive._requests(asked)
    grants = naive._strongest_first(asked, [it for it in requests if (it[0], it[1], it[3]) not in late])
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
