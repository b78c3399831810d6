"""A naive reference of one frame whose beams and filters are chosen, written from the model alone.

``design_frame`` goes through stations, receivers and streams one by one, with explicit channel vectors and plain
linear algebra: every transmit design, sensing beams, every receive filter. Positions, clusters, requests and the far
field are those of `tests.naive`; it shares no code with the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tests import naive

Vector = np.ndarray


@dataclass(frozen=True)
class Design:
    """What is chosen: ``regularization`` None is automatic, ``sensing_power`` is eta."""

    precoder: str = "zero_forcing"
    regularization: float | None = None
    sensing_power: float = 0.0
    combiner: str = "mrc"


class Receiver(NamedTuple):
    """Somebody a station knows the channel of, by a vector [M_t], and its mean SIR seen from that station."""

    vector: Vector
    mean_sir: float
    own: bool


class Stream(NamedTuple):
    """One beam of unit norm, its power, and the user it is for (None: a sensing beam)."""

    vector: Vector
    power: float
    user: int | None


class Scene(naive._Scene):
    """With sensing beams, a station without users still sends towards its targets."""

    def __init__(self, parameters: naive.Parameters, design: Design, layout: naive.Layout, choice: naive.Choice):
        super().__init__(parameters, layout, choice)
        self.design = design
        if design.sensing_power > 0:
            self.targets = [int(t) for t in choice.targets]
            self.own_targets = [[t for t in self.targets if self.target_station[t] == s] for s in range(self.count)]
            silent = [not self.own_users[s] and not self.own_targets[s] for s in range(self.count)]
            self.silent_share = sum(silent) / max(self.count, 1)

    def bearing(self, target: int, antennas: int) -> Vector:
        """Return the steering vector of a target, entries of unit modulus."""
        return naive.steering(antennas, np.array(self.to_target(target)[1]))

    def named(self, target: int) -> Vector:
        """Return the filter that null requests of a target name: it depends on bearings alone."""
        b = self.bearing(target, self.parameters.M_r)
        if self.design.combiner == "zero_forcing":
            others = [t for t in self.own_targets[self.target_station[target]] if t != target]
            b = project(b, [self.bearing(t, self.parameters.M_r) for t in others])
        return unit(b)


def unit(vector: Vector) -> Vector:
    """Return the vector at norm one."""
    return vector / np.linalg.norm(vector)


def project(vector: Vector, nulls: list[Vector]) -> Vector:
    """Return what is left of a vector outside the span of others."""
    if not nulls:
        return vector
    basis = naive._span(np.stack(nulls, axis=1), 1e-10)
    return vector - basis @ (basis.conj().T @ vector)


# What a station knows.


def user_sir(scene: Scene, user: int, station: int) -> float:
    """Return the mean SIR of a user seen from a station: all others interfere at full power, granted or not."""
    p, d = scene.parameters, scene.from_user(user)
    cluster = scene.user_cluster(user)
    drawn, rho = naive._drawn(scene, d, cluster, p.L, None)
    return float(d[station] ** -p.alpha / unwanted(scene, d, [s for s in drawn if s != cluster[0]], drawn, rho, 0))


def target_sir(scene: Scene, target: int, station: int) -> float:
    """Return how a station's power through a target's filter compares with what is unwanted there on average."""
    p, itself = scene.parameters, int(scene.target_station[target])
    d = scene.from_station(itself)
    drawn, rho = sensor_neighbours(scene, itself)
    return float(d[station] ** -p.alpha / unwanted(scene, d, drawn, drawn, rho, 1))


def unwanted(scene: Scene, d: Vector, interferers: list[int], drawn: list[int], rho: float, itself: int) -> float:
    """Return the mean interference and noise with every station sending, silent or not."""
    p, silent, total = scene.parameters, scene.silent_share, 0.0
    for station in interferers:
        total += d[station] ** -p.alpha
    scene.silent_share = 0.0
    total += naive._far_field(scene, drawn, rho, scene.count - itself)
    scene.silent_share = silent
    return total + p.noise_power


def sensor_neighbours(scene: Scene, station: int) -> tuple[list[int], float]:
    """Return the stations that a sensing station hears one by one, and the radius beyond."""
    members = {member for t in scene.own_targets[station] for member in scene.target_cluster(t)}
    return naive._drawn(scene, scene.from_station(station), members, scene.parameters.Q - 1, station)


def known_users(scene: Scene, station: int, known: Any, grants: set) -> list[Receiver]:
    """Return own users, then users that were granted a null."""
    granted = [u for u in scene.users if ("user", u, station) in grants]
    found = [Receiver(known.user(u, station), user_sir(scene, u, station), True) for u in scene.own_users[station]]
    return found + [Receiver(known.user(u, station), user_sir(scene, u, station), False) for u in granted]


def known_filters(scene: Scene, station: int, known: Any, grants: set, merged: bool) -> list[Receiver]:
    """Return filters of targets that were granted a null: one by one, or what those of each station span."""
    found = []
    for sensor in range(scene.count):
        granted = [t for t in scene.own_targets[sensor] if ("target", t, station) in grants]
        if not granted:
            continue
        filters = np.stack([scene.named(t) for t in granted], axis=1)
        if merged:
            filters = naive._span(filters, scene.parameters.tolerance)
        sir = target_sir(scene, granted[0], station)
        for v in filters.T:
            found.append(Receiver(known.station(sensor, station) @ v, sir, False))
    return found


# Transmit designs: the direction of the beam of each of the first ``served`` receivers.


def zero_forcing(design: Design, receivers: list[Receiver], served: int) -> list[Vector]:
    """Project every own channel on the null space of all the others."""
    vectors = [r.vector for r in receivers]
    return [project(vectors[k], vectors[:k] + vectors[k + 1:]) for k in range(served)]


def regularized(design: Design, receivers: list[Receiver], served: int) -> list[Vector]:
    """Take columns of A^H (A A^H + Xi)^-1."""
    A = np.array([r.vector.conj() for r in receivers])
    load = np.zeros(len(receivers))
    for i, receiver in enumerate(receivers):
        if design.regularization is not None:
            load[i] = design.regularization
        elif receiver.own:
            load[i] = served / receiver.mean_sir
    columns = A.conj().T @ np.linalg.inv(A @ A.conj().T + np.diag(load))
    return [columns[:, k] for k in range(served)]


def maximum_ratio(design: Design, receivers: list[Receiver], served: int) -> list[Vector]:
    """Send along the channel."""
    return [receivers[k].vector for k in range(served)]


def slnr(design: Design, receivers: list[Receiver], served: int) -> list[Vector]:
    """Maximise signal over leakage to all known receivers, and noise."""
    heard = np.eye(len(receivers[0].vector), dtype=complex)
    for receiver in receivers:
        heard += receiver.mean_sir / served * np.outer(receiver.vector, receiver.vector.conj())
    return [np.linalg.solve(heard, receivers[k].vector) for k in range(served)]


PRECODERS: dict[str, Callable[[Design, list[Receiver], int], list[Vector]]] = {
    "zero_forcing": zero_forcing, "regularized": regularized, "maximum_ratio": maximum_ratio, "slnr": slnr}


def streams(scene: Scene, station: int, known: Any, grants: set) -> tuple[list[Stream], int]:
    """Return what a station sends, and the number of independent constraints it minds."""
    design, own, targets = scene.design, scene.own_users[station], scene.own_targets[station]
    users = known_users(scene, station, known, grants)
    merged = users + known_filters(scene, station, known, grants, True)
    left = scene.parameters.M_t - len(merged)
    eta = design.sensing_power if targets and left > 0 else 0.0
    if not own:
        eta = 1.0 if eta > 0 else 0.0
    sent: list[Stream] = []
    if own:
        each = merged
        if design.precoder == "slnr" or design.regularization is not None:  # nulls are spans, weights are not
            each = users + known_filters(scene, station, known, grants, False)
        for user, vector in zip(own, PRECODERS[design.precoder](design, each, len(own)), strict=True):
            sent.append(Stream(unit(vector), (1 - eta) / len(own), user))
    if eta > 0:
        nulls = [receiver.vector for receiver in merged]
        for target in targets:
            beam = project(scene.bearing(target, scene.parameters.M_t), nulls)
            sent.append(Stream(unit(beam), eta / len(targets), None))
    return sent, len(merged)


# What arrives.


def power(receiver: Vector, sent: list[Stream]) -> float:
    """Return what a receiver of channel ``receiver`` [M_t] hears of all streams of a station."""
    return float(sum(stream.power * abs(receiver.conj() @ stream.vector) ** 2 for stream in sent))


def user_row(scene: Scene, user: int, known: Any, grants: set, sent: list, used: list) -> tuple:
    """Return the terms of a user, as `naive.USER_KEYS` has them."""
    p, d, cluster = scene.parameters, scene.from_user(user), scene.user_cluster(user)
    serving, term, own = cluster[0], [0.0] * 4, scene.own_users[cluster[0]]
    drawn, rho = naive._drawn(scene, d, cluster, p.L, None)
    for station in drawn:
        if station != serving:
            role = naive._role("user", user, station, cluster, grants)
            term[role] += power(known.user(user, station), sent[station]) * d[station] ** -p.alpha
    h, loss = known.user(user, serving), d[serving] ** -p.alpha
    signal = power(h, [s for s in sent[serving] if s.user == user]) * loss
    intra_cell = power(h, [s for s in sent[serving] if s.user != user]) * loss
    far = naive._far_field(scene, drawn, rho, scene.count)
    sir = signal / (intra_cell + sum(term) + far + p.noise_power)
    weight = np.count_nonzero(scene.user_station == serving) / len(own)
    terms = (term[naive.GRANTED], term[naive.REFUSED], term[naive.OTHER], far, p.noise_power)
    return (user, serving, d[serving], signal, intra_cell, *terms, sir, np.log2(1 + sir), weight,
            p.M_t - used[serving] + 1)


def filter_of(scene: Scene, target: int, known: Any, sent: list) -> Vector:
    """Return the receive filter [M_r] that a target is looked at with, of unit norm."""
    if scene.design.combiner != "mvdr":
        return scene.named(target)
    p, sensor = scene.parameters, int(scene.target_station[target])
    drawn, rho = sensor_neighbours(scene, sensor)
    far = naive._far_field(scene, drawn, rho, scene.count - 1)
    covariance = (far + p.noise_power) * np.eye(p.M_r, dtype=complex)
    for station in drawn:
        for stream in sent[station]:
            arrives = known.station(sensor, station).conj().T @ stream.vector
            gain = stream.power * scene.from_station(sensor)[station] ** -p.alpha
            covariance += gain * np.outer(arrives, arrives.conj())
    return unit(np.linalg.solve(covariance, scene.bearing(target, p.M_r)))


def echo(scene: Scene, target: int, v: Vector, sent: list) -> float:
    """Return the echo of a target of the same station through a filter of unit norm."""
    p, R = scene.parameters, scene.to_target(target)[0]
    lit = power(scene.bearing(target, p.M_t), sent[scene.target_station[target]])
    heard = abs(v.conj() @ scene.bearing(target, p.M_r)) ** 2 / p.M_r
    return float(p.c * heard * lit * R ** (-2 * p.beta))


def target_row(scene: Scene, target: int, known: Any, grants: set, sent: list) -> tuple:
    """Return the terms of a target, as `naive.TARGET_KEYS` has them."""
    p, sensor = scene.parameters, int(scene.target_station[target])
    D, targets = scene.from_station(sensor), scene.own_targets[sensor]
    cluster, term = scene.target_cluster(target), [0.0] * 4
    drawn, rho = sensor_neighbours(scene, sensor)
    v = filter_of(scene, target, known, sent)
    for station in drawn:
        role = naive._role("target", target, station, cluster, grants)
        term[role] += power(known.station(sensor, station) @ v, sent[station]) * D[station] ** -p.alpha
    wanted = echo(scene, target, v, sent)
    inter_target = sum(echo(scene, other, v, sent) for other in targets if other != target)
    far = naive._far_field(scene, drawn, rho, scene.count - 1)
    sir = wanted / (sum(term) + far + p.noise_power + (inter_target if p.inter_target_echo else 0.0))
    weight = np.count_nonzero(scene.target_station == sensor) / len(targets)
    terms = (term[naive.GRANTED], term[naive.REFUSED], term[naive.OTHER], far, p.noise_power)
    return (target, sensor, scene.to_target(target)[0], wanted, inter_target, *terms, sir, np.log2(1 + sir), weight)


def design_frame(parameters: naive.Parameters, design: Design, layout: naive.Layout, choice: naive.Choice,
                 channels: Any) -> dict[str, Any]:
    """Return one frame: tables of the links, the requests with their answers, what every station sends."""
    scene = Scene(parameters, design, layout, choice)
    requests = naive._requests(scene)
    grants = naive._strongest_first(scene, requests)
    made = [streams(scene, station, channels, grants) for station in range(scene.count)]
    sent, used = [streams for streams, _ in made], [constraints for _, constraints in made]
    users = [user_row(scene, user, channels, grants, sent, used) for user in scene.users]
    targets = [target_row(scene, target, channels, grants, sent) for target in scene.targets]
    return {
        "communication": naive._table(naive.USER_KEYS, users),
        "sensing": naive._table(naive.TARGET_KEYS, targets),
        "requests": [(*request, (request[0], request[1], request[3]) in grants) for request in requests],
        "streams": sent,
    }
