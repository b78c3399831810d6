"""A naive reference of one frame, written from the model alone and sharing no code with the package.

``reference_frame`` follows the model sentence by sentence: explicit channel vectors, one BS at a time, the
pseudo-inverse for zero forcing. ``fast_reference_frame`` is the same frame the way one writes it for speed in
plain NumPy, every channel vector of the torus included: what the package's running time is compared with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

Grant = tuple[str, int, int]  # kind "user" or "target", link id, asked station
Table = dict[str, np.ndarray]
Attached = tuple[np.ndarray, np.ndarray]  # nearest stations of users and of targets

_UNWANTED = ("leakage_granted", "interference_refused", "interference_other", "far_field", "noise")
_TERMS = (*_UNWANTED, "sir", "rate", "weight")
USER_KEYS = ("user", "station", "distance", "signal", "intra_cell", *_TERMS, "degrees_of_freedom")
TARGET_KEYS = ("target", "station", "distance", "echo", "inter_target", *_TERMS)
INTEGER_KEYS = {"user", "target", "station", "degrees_of_freedom"}
OTHER, SERVING, REFUSED, GRANTED = range(4)  # what a station is to a receiver


@dataclass(frozen=True)
class Parameters:
    """What the physics of a frame needs to know; ``c`` is xi * DeltaT * kappa * M_r, ``side`` is in km."""

    M_t: int
    M_r: int
    K: int
    J: int
    L: int
    Q: int
    alpha: float
    beta: float
    c: float
    bs_density: float
    side: tuple[float, float]
    near_stations: int = 16
    far_field: str = "infinite_plane"  # or "torus"
    noise_power: float = 0.0
    cluster_center: str = "serving_bs"  # or "target"
    inter_target_echo: bool = False
    nulling: str = "strongest"
    tolerance: float = 1e-10


@dataclass(frozen=True)
class Layout:
    """Positions [n, 2] in km."""

    stations: np.ndarray
    users: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class Choice:
    """Who is scheduled: ids into the layout."""

    users: np.ndarray
    targets: np.ndarray


class Channels:
    """Explicit channels, each a function of its name alone: whoever asks, in whatever order, sees the same one."""

    def __init__(self, seed: int, M_t: int, M_r: int):
        self.seed, self.M_t, self.M_r = seed, M_t, M_r
        self._known: dict[tuple[int, int, int], np.ndarray] = {}

    def _draw(self, name: tuple[int, int, int], shape: tuple[int, ...]) -> np.ndarray:
        if name not in self._known:
            self._known[name] = _complex_normal(np.random.default_rng([self.seed, *name]), shape)
        return self._known[name]

    def user(self, user_id: int, station_id: int) -> np.ndarray:
        """Return h [M_t]: the user receives |h^H w|^2 of beam w."""
        return self._draw((0, int(user_id), int(station_id)), (self.M_t,))

    def station(self, receiver_id: int, transmitter_id: int) -> np.ndarray:
        """Return G [M_t, M_r]: filter v at the receiver receives |(G v)^H w|^2 of beam w."""
        return self._draw((1, int(receiver_id), int(transmitter_id)), (self.M_t, self.M_r))


def channels(seed: int, M_t: int, M_r: int) -> Channels:
    """Return the channels of a seed."""
    return Channels(seed, M_t, M_r)


def draw_layout(rng: np.random.Generator, parameters: Parameters, stations: int, users: int, targets: int) -> Layout:
    """Return that many of each, uniform on the torus."""
    return Layout(*(rng.uniform(size=(count, 2)) * parameters.side for count in (stations, users, targets)))


def choose_random(rng: np.random.Generator, parameters: Parameters, layout: Layout) -> Choice:
    """Let every BS pick up to K of its users and J of its targets, blindly."""

    def pick(points: np.ndarray, limit: int) -> np.ndarray:
        shuffled = rng.permutation(len(points))
        station = attach(points, layout.stations, parameters.side)[shuffled]
        picked = [shuffled[station == s][:limit] for s in range(len(layout.stations))]
        return np.concatenate([*picked, np.empty(0, int)])

    return Choice(pick(layout.users, parameters.K), pick(layout.targets, parameters.J))


# Geometry and algebra both references need.


def displacement(origins: np.ndarray, points: np.ndarray, side: Sequence[float]) -> np.ndarray:
    """Return the shortest vectors from origins to points on the torus (shapes broadcast)."""
    straight = points - origins
    return straight - np.round(straight / np.asarray(side)) * side


def distance(origins: np.ndarray, points: np.ndarray, side: Sequence[float]) -> np.ndarray:
    """Return torus distances (shapes broadcast) of positions within the torus, one axis after the other for speed."""
    squared = 0.0
    for axis in 0, 1:
        gap = np.abs(points[..., axis] - origins[..., axis])
        squared = squared + np.minimum(gap, side[axis] - gap) ** 2
    return np.sqrt(squared)


def attach(points: np.ndarray, stations: np.ndarray, side: Sequence[float]) -> np.ndarray:
    """Return the nearest station of every point (-1 where there is no station)."""
    if len(stations) == 0:
        return np.full(len(points), -1)
    return distance(points[:, None], stations[None], side).argmin(axis=1)


def steering(antennas: int, cosine: np.ndarray) -> np.ndarray:
    """Return a(theta) [antennas, ...] of a half-wavelength array, entries of unit modulus."""
    return np.exp(1j * np.pi * np.multiply.outer(np.arange(antennas), cosine))


def outside_disc(radius: float, alpha: float) -> float:
    """Return the integral of r^-alpha over the plane outside a disc."""
    return 2 * np.pi * radius ** (2 - alpha) / (alpha - 2)


@cache
def outside_rectangle(side: tuple[float, float], alpha: float) -> float:
    """Return the integral of r^-alpha over the plane outside a rectangle, from its centre.

    In polar coordinates the inner integral is edge(phi)^(2-alpha)/(alpha-2); each of the eight wedges between an
    axis and a corner has a straight edge at half a side, so edge = half / cos(phi).
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    total = 0.0
    for half, other in (side[0] / 2, side[1] / 2), (side[1] / 2, side[0] / 2):
        corner = np.arctan2(other, half)
        cosines = np.cos(corner * (nodes + 1) / 2)
        total += 4 * half ** (2 - alpha) * corner / 2 * float(weights @ cosines ** (alpha - 2)) / (alpha - 2)
    return total


def _complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return CN(0, 1) entries."""
    parts = rng.standard_normal((*shape, 2))
    parts *= np.sqrt(0.5)
    return parts.view(complex)[..., 0]


def _power(amplitudes: np.ndarray) -> np.ndarray:
    return amplitudes.real**2 + amplitudes.imag**2


def _ratio(wanted: Any, unwanted: Any) -> np.ndarray:
    """Return wanted / unwanted; a link that hears nobody else is infinitely good, not an error."""
    with np.errstate(divide="ignore"):
        return np.divide(wanted, unwanted)


def _zero_forcing(constraints: np.ndarray, own: int) -> np.ndarray:
    """Return the beams of the first ``own`` columns of the constraints [M_t, n], each null towards all the others.

    Column k of the pseudo-inverse of constraints^H lies in the span of the constraints and is orthogonal to all of
    them but the k-th: up to its norm, it is h_k projected on the null space of the others.
    """
    if constraints.shape[1] > constraints.shape[0]:
        raise ValueError(f"{constraints.shape[1]} constraints on {constraints.shape[0]} antennas")
    beams = np.linalg.pinv(constraints.conj().T)[:, :own]
    return beams / np.linalg.norm(beams, axis=0)


# The reference, link by link.


class _Scene:
    """What positions and choice imply before anybody transmits."""

    def __init__(self, parameters: Parameters, layout: Layout, choice: Choice):
        self.parameters, self.layout = parameters, layout
        self.count = len(layout.stations)
        self.user_station = attach(layout.users, layout.stations, parameters.side)
        self.target_station = attach(layout.targets, layout.stations, parameters.side)
        self.own_users = [[int(u) for u in choice.users if self.user_station[u] == s] for s in range(self.count)]
        # A BS without users stays silent, so it has nothing to sense with.
        self.users = [int(u) for u in choice.users]
        self.targets = [int(t) for t in choice.targets if self.own_users[self.target_station[t]]]
        self.own_targets = [[t for t in self.targets if self.target_station[t] == s] for s in range(self.count)]
        self.silent_share = sum(not users for users in self.own_users) / max(self.count, 1)

    def from_station(self, station: int) -> np.ndarray:
        return distance(self.layout.stations[station], self.layout.stations, self.parameters.side)

    def from_user(self, user: int) -> np.ndarray:
        return distance(self.layout.users[user], self.layout.stations, self.parameters.side)

    def to_target(self, target: int) -> tuple[float, float]:
        """Return distance and cosine of the bearing, seen from the target's BS."""
        origin = self.layout.stations[self.target_station[target]]
        dx, dy = displacement(origin, self.layout.targets[target], self.parameters.side)
        return float(np.hypot(dx, dy)), float(dx / np.hypot(dx, dy))

    def filters(self, targets: Sequence[int]) -> np.ndarray:
        """Return the maximum-ratio receive filters [M_r, n], of unit norm."""
        cosines = np.array([self.to_target(t)[1] for t in targets])
        return steering(self.parameters.M_r, cosines) / np.sqrt(self.parameters.M_r)

    def user_cluster(self, user: int) -> list[int]:
        """Return the L nearest stations, the serving one first."""
        return _nearest(self.from_user(user))[: self.parameters.L]

    def target_cluster(self, target: int) -> list[int]:
        """Return the Q stations of a target's cluster, the serving one first."""
        if self.parameters.cluster_center == "target":
            distances = distance(self.layout.targets[target], self.layout.stations, self.parameters.side)
        else:
            distances = self.from_station(self.target_station[target])
        return _nearest(distances)[: self.parameters.Q]


def _nearest(distances: np.ndarray) -> list[int]:
    return np.argsort(distances, kind="stable").tolist()


def _requests(scene: _Scene) -> list[tuple[str, int, int, int, float]]:
    """Return who asks whom, and how much stronger the unwanted signal is than the wanted one."""
    p, requests = scene.parameters, []
    for user in scene.users:
        cluster, d = scene.user_cluster(user), scene.from_user(user)
        served = len(scene.own_users[cluster[0]])
        for asked in cluster[1:]:
            strength = (d[cluster[0]] / d[asked]) ** p.alpha * served / (p.M_t - served + 1)
            requests.append(("user", user, cluster[0], asked, float(strength)))
    for target in scene.targets:
        cluster, R = scene.target_cluster(target), scene.to_target(target)[0]
        D = scene.from_station(cluster[0])
        for asked in cluster[1:]:
            strength = D[asked] ** -p.alpha / (p.c * R ** (-2 * p.beta))
            requests.append(("target", target, cluster[0], asked, float(strength)))
    return requests


def _strongest_first(scene: _Scene, requests: list) -> set[Grant]:
    """Grant at most M_t - 1 - K_i requests at every BS, by strength."""
    if scene.parameters.nulling != "strongest":
        raise ValueError(f"nulling {scene.parameters.nulling!r}: pass the grants")
    left = [max(0, scene.parameters.M_t - 1 - len(own)) for own in scene.own_users]
    grants = set()
    for kind, link, _, asked, _ in sorted(requests, key=lambda request: -request[4]):
        if left[asked] > 0:
            left[asked] -= 1
            grants.add((kind, link, asked))
    return grants


def _span(filters: np.ndarray, tolerance: float) -> np.ndarray:
    """Return an orthonormal basis of what the filters span: nearly equal bearings count once."""
    left, values, _ = np.linalg.svd(filters, full_matrices=False)
    return left[:, values > tolerance * values[0]]


def _constraints(scene: _Scene, station: int, known: Channels, grants: Collection[Grant]) -> np.ndarray:
    """Return the vectors [M_t, n] the beams of a BS must mind, its own users first."""
    columns = [known.user(user, station) for user in scene.own_users[station]]
    columns += [known.user(user, station) for user in scene.users if ("user", user, station) in grants]
    for receiver in range(scene.count):
        granted = [t for t in scene.own_targets[receiver] if ("target", t, station) in grants]
        if granted:
            basis = _span(scene.filters(granted), scene.parameters.tolerance)
            columns += list((known.station(receiver, station) @ basis).T)
    return np.stack(columns, axis=1)


def _drawn(
    scene: _Scene, distances: np.ndarray, cluster: Iterable[int], others: int, itself: int | None
) -> tuple[list[int], float]:
    """Return the stations drawn one by one for a receiver and the radius rho beyond which all enter by the mean.

    One by one: the nearest, as many as a cluster has ``others`` besides the receiver's own or more, and the cluster.
    A member out of sequence does not move rho: given where it is, everybody else beyond rho is still Poisson.
    """
    p = scene.parameters
    half, members, count = min(p.side) / 2, set(cluster) - {itself}, max(p.near_stations, others)
    order = [s for s in _nearest(distances) if s != itself]
    everybody = p.far_field == "torus" and len(order) <= count
    near = [s for i, s in enumerate(order[:count]) if distances[s] <= half or i < others or everybody]
    rho = min(distances[order[count - 1]], half) if len(order) >= count else half
    return near + sorted(members.difference(near)), float(rho)


def _far_field(scene: _Scene, drawn: list[int], rho: float, others: int) -> float:
    """Return the mean of everybody beyond rho: each active BS sends power 1 and every gain has mean 1."""
    p = scene.parameters
    density = p.bs_density * (1 - scene.silent_share)
    if p.far_field == "infinite_plane":
        return density * outside_disc(rho, p.alpha)
    return 0.0 if len(drawn) == others else density * (outside_disc(rho, p.alpha) - outside_rectangle(p.side, p.alpha))


def _role(kind: str, link: int, station: int, cluster: Collection[int], grants: Collection[Grant]) -> int:
    if station not in cluster:
        return OTHER
    return GRANTED if (kind, link, station) in grants else REFUSED


def _user_row(scene: _Scene, user: int, known: Channels, grants: Collection[Grant], beams: list, used: list) -> tuple:
    p, d, cluster = scene.parameters, scene.from_user(user), scene.user_cluster(user)
    serving, term = cluster[0], np.zeros(4)
    own = scene.own_users[serving]
    drawn, rho = _drawn(scene, d, cluster, p.L, None)
    for station in drawn:
        if station == serving or beams[station] is None:
            continue
        received = _power(known.user(user, station).conj() @ beams[station]).sum() / beams[station].shape[1]
        term[_role("user", user, station, cluster, grants)] += received * d[station] ** -p.alpha
    streams = _power(known.user(user, serving).conj() @ beams[serving]) / len(own) * d[serving] ** -p.alpha
    signal = streams[own.index(user)]
    intra_cell = np.delete(streams, own.index(user)).sum()
    far = _far_field(scene, drawn, rho, scene.count)
    sir = _ratio(signal, intra_cell + term.sum() + far + p.noise_power)
    weight = np.count_nonzero(scene.user_station == serving) / len(own)
    unwanted = (term[GRANTED], term[REFUSED], term[OTHER], far, p.noise_power)
    freedom = p.M_t - used[serving] + 1
    return (user, serving, d[serving], signal, intra_cell, *unwanted, sir, np.log2(1 + sir), weight, freedom)


def _echoes(scene: _Scene, station: int, beams: np.ndarray) -> np.ndarray:
    """Return the echo of every scheduled target of a BS in its own filter."""
    p = scene.parameters
    R, cosines = np.array([scene.to_target(t) for t in scene.own_targets[station]]).T
    lit = _power(steering(p.M_t, cosines).conj().T @ beams).sum(axis=1) / beams.shape[1]
    return p.c * lit * R ** (-2 * p.beta)


def _target_rows(scene: _Scene, station: int, known: Channels, grants: Collection[Grant], beams: list) -> list[tuple]:
    """Return the rows of a BS's targets: they share its channels and everything drawn for it."""
    p, targets, D = scene.parameters, scene.own_targets[station], scene.from_station(station)
    clusters = [scene.target_cluster(t) for t in targets]
    drawn, rho = _drawn(scene, D, {member for cluster in clusters for member in cluster}, p.Q - 1, station)
    filters, terms = scene.filters(targets), np.zeros((len(targets), 4))
    for other in drawn:
        if beams[other] is None:
            continue
        seen = (known.station(station, other) @ filters).conj().T @ beams[other]
        received = _power(seen).sum(axis=1) / beams[other].shape[1] * D[other] ** -p.alpha
        roles = [_role("target", t, other, cluster, grants) for t, cluster in zip(targets, clusters, strict=True)]
        terms[np.arange(len(targets)), roles] += received
    echo = _echoes(scene, station, beams[station])
    # |v_j^H b_j'|^2 = M_r |v_j^H v_j'|^2, so a target's own echo passes its filter with weight one.
    pattern = _power(filters.conj().T @ filters)
    inter_target = pattern @ echo - pattern.diagonal() * echo
    far = _far_field(scene, drawn, rho, scene.count - 1)
    counted = inter_target if p.inter_target_echo else np.zeros(len(targets))
    sir = _ratio(echo, terms.sum(axis=1) + far + p.noise_power + counted)
    weight = np.count_nonzero(scene.target_station == station) / len(targets)
    return [
        (target, station, scene.to_target(target)[0], echo[j], inter_target[j], terms[j, GRANTED], terms[j, REFUSED],
         terms[j, OTHER], far, p.noise_power, sir[j], np.log2(1 + sir[j]), weight)
        for j, target in enumerate(targets)
    ]  # fmt: skip


def _table(keys: tuple[str, ...], rows: list[tuple]) -> Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(keys)
    kinds = (int if key in INTEGER_KEYS else float for key in keys)
    return {key: np.array(column, kind) for key, column, kind in zip(keys, columns, kinds, strict=True)}


def reference_frame(
    parameters: Parameters,
    layout: Layout,
    choice: Choice,
    channels: Channels,
    grants: Collection[Grant] | None = None,
) -> dict:
    """Return one frame: tables of the links, the requests with their answers, the beams of every BS.

    Given ``grants``, requests outside of them are refused whatever the budget.
    """
    scene = _Scene(parameters, layout, choice)
    requests = _requests(scene)
    if grants is None:
        grants = _strongest_first(scene, requests)
    elif strangers := set(grants) - {(kind, link, asked) for kind, link, _, asked, _ in requests}:
        raise ValueError(f"granted but never asked for: {sorted(strangers)}")
    beams: list[np.ndarray | None] = [None] * scene.count
    used = [0] * scene.count
    for station, own in enumerate(scene.own_users):
        if own:
            constraints = _constraints(scene, station, channels, grants)
            beams[station], used[station] = _zero_forcing(constraints, len(own)), constraints.shape[1]
    users = [_user_row(scene, user, channels, grants, beams, used) for user in scene.users]
    sensing = [s for s in range(scene.count) if scene.own_targets[s]]
    rows = {row[0]: row for s in sensing for row in _target_rows(scene, s, channels, grants, beams)}
    return {
        "communication": _table(USER_KEYS, users),
        "sensing": _table(TARGET_KEYS, [rows[target] for target in scene.targets]),
        "requests": [(*request, (request[0], request[1], request[3]) in grants) for request in requests],
        "beams": beams,
    }


# The same frame for speed: arrays over all links, a loop over transmitting stations only.


def attach_all(parameters: Parameters, layout: Layout) -> Attached:
    """Return the nearest station of every user and every target."""
    users, targets = (attach(points, layout.stations, parameters.side) for points in (layout.users, layout.targets))
    return users, targets


class _Plan:
    """Positions, clusters and grants of a frame as arrays; links are rows, stations are columns."""

    def __init__(self, parameters: Parameters, layout: Layout, choice: Choice, attached: Attached | None = None):
        p, stations, side = parameters, layout.stations, parameters.side
        self.parameters, self.count = p, len(stations)
        all_users, all_targets = attached or attach_all(parameters, layout)
        self.users, self.user_station = choice.users, all_users[choice.users]
        self.served = np.bincount(self.user_station, minlength=self.count)
        self.targets = choice.targets[self.served[all_targets[choice.targets]] > 0]
        self.target_station = all_targets[self.targets]
        self.sensed = np.bincount(self.target_station, minlength=self.count)
        per_user = np.bincount(all_users[all_users >= 0], minlength=self.count) / np.maximum(self.served, 1)
        per_target = np.bincount(all_targets[all_targets >= 0], minlength=self.count) / np.maximum(self.sensed, 1)
        self.user_weight, self.target_weight = per_user[self.user_station], per_target[self.target_station]
        self.user_distance = distance(layout.users[self.users][:, None], stations, side)
        self.station_distance = distance(stations[:, None], stations, side)
        self._bearings(layout)
        self._clusters(layout)

    def _bearings(self, layout: Layout) -> None:
        """Set distances, array responses and filters of the targets, the filters padded to [receiver, M_r, slot]."""
        p = self.parameters
        towards = displacement(layout.stations[self.target_station], layout.targets[self.targets], p.side)
        self.range = np.linalg.norm(towards, axis=1)
        cosine = towards[:, 0] / self.range
        self.response = steering(p.M_t, cosine)
        self.receivers, self.receiver = np.unique(self.target_station, return_inverse=True)
        order = np.argsort(self.receiver, kind="stable")
        self.slot = np.empty(len(order), int)
        self.slot[order] = _place_in_group(self.receiver[order])
        self.filters = np.zeros((len(self.receivers), p.M_r, self.slot.max(initial=0) + 1), complex)
        self.filters[self.receiver, :, self.slot] = steering(p.M_r, cosine).T / np.sqrt(p.M_r)

    def _clusters(self, layout: Layout) -> None:
        """Set who is asked and who grants, as roles [link, station]."""
        p = self.parameters
        centre = self.station_distance[self.target_station]
        if p.cluster_center == "target":
            centre = distance(layout.targets[self.targets][:, None], layout.stations, p.side)
        users, targets = np.arange(len(self.users)), np.arange(len(self.targets))
        near_user = np.argsort(self.user_distance, axis=1, kind="stable")[:, 1 : p.L]
        near_target = np.argsort(centre, axis=1, kind="stable")[:, 1 : p.Q]
        served = self.served[self.user_station]
        relative = self.user_distance[users, self.user_station][:, None] / self.user_distance[users[:, None], near_user]
        unwanted = self.station_distance[self.target_station[:, None], near_target] ** -p.alpha
        strength = np.concatenate(
            [
                (relative**p.alpha * (served / (p.M_t - served + 1))[:, None]).ravel(),
                (unwanted / (p.c * self.range ** (-2 * p.beta))[:, None]).ravel(),
            ]
        )
        asked = np.concatenate([near_user.ravel(), near_target.ravel()])
        order = np.lexsort((-strength, asked))
        granted = np.empty(len(asked), bool)
        granted[order] = _place_in_group(asked[order]) < np.maximum(0, p.M_t - 1 - self.served)[asked[order]]
        role = np.where(granted, GRANTED, REFUSED)
        self.user_role = np.full((len(users), self.count), OTHER)
        self.user_role[users, self.user_station] = SERVING
        self.user_role[users[:, None], near_user] = role[: near_user.size].reshape(near_user.shape)
        self.target_role = np.full((len(targets), self.count), OTHER)
        self.target_role[targets, self.target_station] = SERVING
        self.target_role[targets[:, None], near_target] = role[near_user.size :].reshape(near_target.shape)


def _place_in_group(labels: np.ndarray) -> np.ndarray:
    """Return 0, 1, 2, ... within every run of equal labels."""
    return np.arange(len(labels)) - np.searchsorted(labels, labels)


def _granted_span(plan: _Plan, station: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the receivers a BS granted filters of, and bases [receiver, M_r, n] of them padded with zeros."""
    granted = np.flatnonzero(plan.target_role[:, station] == GRANTED)
    receivers = np.unique(plan.receiver[granted])
    if len(receivers) == 0:
        return receivers, plan.filters[:0]
    kept = np.zeros((len(plan.receivers), 1, plan.filters.shape[2]), bool)
    kept[plan.receiver[granted], 0, plan.slot[granted]] = True
    left, values, _ = np.linalg.svd(plan.filters[receivers] * kept[receivers], full_matrices=False)
    return receivers, left * (values > plan.parameters.tolerance * values[:, :1])[:, None, :]


def _fast_constraints(plan: _Plan, station: int, own: np.ndarray, H: np.ndarray, G: np.ndarray) -> np.ndarray:
    """Return the constraint vectors [M_t, n] of a BS, its own users first."""
    stacked = [H[own], H[plan.user_role[:, station] == GRANTED]]
    receivers, bases = _granted_span(plan, station)
    if len(receivers):
        vectors = (G[receivers] @ bases).transpose(0, 2, 1).reshape(-1, plan.parameters.M_t)
        stacked.append(vectors[bases.any(axis=1).ravel()])
    return np.concatenate(stacked).T


def fast_reference_frame(
    parameters: Parameters, layout: Layout, choice: Choice, rng: np.random.Generator, attached: Attached | None = None
) -> dict:
    """Return one frame with every channel vector of the torus drawn, from all stations to all receivers.

    Nobody on the torus enters by a mean, so the far field of the infinite plane is what lies outside of it.
    ``attached`` saves what does not change from frame to frame.
    """
    plan, p = _Plan(parameters, layout, choice, attached), parameters
    user_gain = np.zeros((len(plan.users), plan.count))
    target_gain = np.zeros((len(plan.targets), plan.count))
    own_gain, lit = np.zeros(len(plan.users)), np.zeros(len(plan.targets))
    used = np.zeros(plan.count, int)
    for station in np.flatnonzero(plan.served):
        H = _complex_normal(rng, (len(plan.users), p.M_t))
        G = _complex_normal(rng, (len(plan.receivers), p.M_t, p.M_r))
        own = np.flatnonzero(plan.user_station == station)
        constraints = _fast_constraints(plan, station, own, H, G)
        used[station] = constraints.shape[1]
        beams = _zero_forcing(constraints, len(own))
        gains = _power(H @ beams.conj()) / len(own)
        own_gain[own] = gains[own, np.arange(len(own))]
        gains[own, np.arange(len(own))] = 0
        user_gain[:, station] = gains.sum(axis=1)
        # W^H G V of all receivers at once: [receiver, stream, slot].
        seen = _power((beams.conj().T @ G) @ plan.filters).sum(axis=1) / len(own)
        target_gain[:, station] = seen[plan.receiver, plan.slot]
        mine = np.flatnonzero(plan.target_station == station)
        lit[mine] = _power(plan.response[:, mine].conj().T @ beams).sum(axis=1) / len(own)
    return {
        "communication": _fast_users(plan, own_gain, user_gain, used),
        "sensing": _fast_targets(plan, lit, target_gain),
    }


def _fast_terms(plan: _Plan, received: np.ndarray, role: np.ndarray) -> Table:
    """Return the unwanted terms every receiver has, from received powers [link, station]."""
    p = plan.parameters
    active = np.count_nonzero(plan.served) / max(plan.count, 1)
    outside = p.bs_density * active * outside_rectangle(p.side, p.alpha) if p.far_field == "infinite_plane" else 0.0
    return {
        "leakage_granted": np.where(role == GRANTED, received, 0).sum(axis=1),
        "interference_refused": np.where(role == REFUSED, received, 0).sum(axis=1),
        "interference_other": np.where(role == OTHER, received, 0).sum(axis=1),
        "far_field": np.full(len(received), outside),
        "noise": np.full(len(received), p.noise_power),
    }


def _fast_users(plan: _Plan, own_gain: np.ndarray, gain: np.ndarray, used: np.ndarray) -> Table:
    loss = plan.user_distance**-plan.parameters.alpha
    links = np.arange(len(plan.users))
    terms = _fast_terms(plan, gain * loss, plan.user_role)
    signal = own_gain * loss[links, plan.user_station]
    intra_cell = (gain * loss)[links, plan.user_station]
    sir = _ratio(signal, intra_cell + sum(terms.values()))
    return {
        "user": plan.users,
        "station": plan.user_station,
        "distance": plan.user_distance[links, plan.user_station],
        "signal": signal,
        "intra_cell": intra_cell,
        **terms,
        "sir": sir,
        "rate": np.log2(1 + sir),
        "weight": plan.user_weight,
        "degrees_of_freedom": plan.parameters.M_t - used[plan.user_station] + 1,
    }


def _fast_targets(plan: _Plan, lit: np.ndarray, gain: np.ndarray) -> Table:
    p = plan.parameters
    # A BS does not interfere with itself: its distance to itself is set to infinity.
    apart = plan.station_distance + np.diag(np.full(plan.count, np.inf))
    terms = _fast_terms(plan, gain * apart[plan.target_station] ** -p.alpha, plan.target_role)
    echo = p.c * lit * plan.range ** (-2 * p.beta)
    padded = np.zeros((len(plan.receivers), plan.filters.shape[2]))
    padded[plan.receiver, plan.slot] = echo
    pattern = _power(plan.filters.conj().transpose(0, 2, 1) @ plan.filters)
    inter_target = ((pattern * (1 - np.eye(pattern.shape[1]))) @ padded[..., None])[plan.receiver, plan.slot, 0]
    sir = _ratio(echo, sum(terms.values()) + (inter_target if p.inter_target_echo else 0.0))
    return {
        "target": plan.targets,
        "station": plan.target_station,
        "distance": plan.range,
        "echo": echo,
        "inter_target": inter_target,
        **terms,
        "sir": sir,
        "rate": np.log2(1 + sir),
        "weight": plan.target_weight,
    }
