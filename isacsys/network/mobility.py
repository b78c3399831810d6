"""How users and targets move on the torus, and when they change their base station."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.lazy import spatial
from isacsys.network.deployment import Deployment
from isacsys.network.point_processes import OpenArea
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.station_status import StationStatus
from isacsys.network.time_to_trigger import TimeToTrigger
from isacsys.network.trajectories import Course, Trajectory


class Mover(Protocol):
    """Moves a population; those who have come since the last step take up a course of their own."""

    def step(self, seconds: float, rng: np.random.Generator) -> float:
        """Move all for some time; return the longest way, km."""


class RandomDirection:
    """Straight on at constant speed, with turns into a random direction as a Poisson process of ``turn_rate``."""

    def __init__(self, population: Population, side: Array, speed: float, turn_rate: float) -> None:
        self._population, self._side, self._speed, self._turn_rate = population, side, speed / 1e3, turn_rate
        self._started = 0

    def step(self, seconds: float, rng: np.random.Generator) -> float:
        """Turn some at random, and move all."""
        who, before = self._population, self._started
        turning = rng.binomial(before, -np.expm1(-self._turn_rate * seconds))
        if turning or before < len(who):
            old = rng.choice(before, turning, replace=False, shuffle=False)
            turn = np.concatenate([old, np.arange(before, len(who))])
            angle = rng.uniform(0, 2 * np.pi, len(turn))
            who.velocity[turn] = self._speed * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        self._started = len(who)
        who.position += who.velocity * seconds
        if who.position.min(initial=0) < 0 or who.position.max(initial=0) >= self._side.min():  # else none has left
            x, y = who.position.T  # long rows
            left = np.flatnonzero((x < 0) | (x >= self._side[0]) | (y < 0) | (y >= self._side[1]))
            who.position[left] = geometry.wrap(who.position[left], self._side)
        return self._speed * seconds


class RandomWaypoint:
    """At constant speed to a place drawn uniformly, the shortest way round the torus; there to the next one.

    Who arrives within a step ends it at the place.
    """

    def __init__(self, population: Population, side: Array, speed: float, extent: Array | None = None,
                 ground: OpenArea | None = None) -> None:
        self._population, self._side, self._speed = population, side, speed / 1e3
        self._extent, self._ground = side if extent is None else extent, ground
        self._goal = np.empty((0, 2))

    def step(self, seconds: float, rng: np.random.Generator) -> float:
        """Move all, and draw a new place for those who have arrived."""
        who, before = self._population, self._population.position.copy()
        new = self._places(len(who) - len(self._goal), rng)
        self._goal = np.concatenate([self._goal, new])
        way = geometry.displacement(who.position, self._goal, self._side)
        left = geometry.length(way)
        there = left <= self._speed * seconds
        who.velocity[:] = way * (self._speed / np.maximum(left, 1e-12))[:, None]
        step = np.where(there[:, None], way, who.velocity * seconds)
        who.position[:] = geometry.wrap(who.position + step, self._side)
        if self._ground is not None and self._ground.spacing:
            there |= self._stayed(before)
        self._goal[there] = self._places(int(np.count_nonzero(there)), rng)
        return self._speed * seconds

    def redraw(self, rows: Index, rng: np.random.Generator) -> None:
        """Draw new places for ``rows`` [n]."""
        self._goal[rows] = self._places(len(rows), rng)

    def _places(self, count: int, rng: np.random.Generator) -> Array:
        """Draw places where the network is."""
        places = rng.random((count, 2)) * self._extent
        while self._ground is not None and len(out := np.flatnonzero(~self._ground.covers(places))):
            places[out] = rng.random((len(out), 2)) * self._extent
        return places

    def _stayed(self, before: Array) -> Flags:
        """Return those whose way leads out between two cells, put back: they take another way."""
        who = self._population
        assert self._ground is not None
        out = ~self._ground.covers(who.position)
        who.position[out] = before[out]
        return out


class Bounded:
    """A mover whose population turns back where the network ends."""

    def __init__(self, mover: Mover, population: Population, extent: Array) -> None:
        self._mover, self._population, self._extent = mover, population, extent

    def step(self, seconds: float, rng: np.random.Generator) -> float:
        """Move all, and mirror the way of those who would have left."""
        gone, who = self._mover.step(seconds, rng), self._population
        for axis, length in enumerate(self._extent.tolist()):
            along = who.position[:, axis]
            out = np.flatnonzero((along < 0) | (along > length))
            # the way round a torus twice as long brings those below 0 back from above
            low = out[along[out] > 1.5 * length]
            along[low] = np.minimum(2 * length - along[low], length)
            high = out[along[out] > length]
            along[high] = 2 * length - along[high]
            who.velocity[out, axis] *= -1
        return gone


class WithinHexagons:
    """A mover whose population is mirrored at the outer edges of a network of hexagonal cells.

    Who would still be outside, in a corner, stays where it was and turns round.
    """

    def __init__(self, mover: Mover, population: Population, side: Array, ground: OpenArea) -> None:
        self._mover, self._population, self._side, self._ground = mover, population, side, ground
        self._sites = spatial.cKDTree(ground.lattice)
        self._normals = np.array([[np.cos(a), np.sin(a)] for a in (0.0, np.pi / 3, 2 * np.pi / 3)])

    def step(self, seconds: float, rng: np.random.Generator) -> float:
        """Move all, and mirror the way of those who would have left."""
        who, before = self._population, self._population.position.copy()
        gone = self._mover.step(seconds, rng)
        rows = np.flatnonzero(~self._ground.covers(who.position[:len(before)]))
        if not len(rows):
            return gone
        start, velocity = before[rows], who.velocity[rows]
        place = start + geometry.displacement(start, who.position[rows], self._side)
        site = self._ground.lattice[self._sites.query(start)[1]]
        for normal in self._normals:
            along = (place - site) @ normal
            beyond = np.maximum(np.abs(along) - self._ground.spacing / 2, 0.0) * np.sign(along)
            place = place - 2 * beyond[:, None] * normal
            velocity = velocity - 2 * np.where(beyond != 0, velocity @ normal, 0.0)[:, None] * normal
        lost = ~self._ground.covers(place)
        place[lost], velocity[lost] = start[lost], -who.velocity[rows][lost]
        who.position[rows], who.velocity[rows] = place, velocity
        return gone


class AwayFromSites:
    """A mover whose population is mirrored at circles around the sites, so that it keeps a distance from them.

    Who would be outside an open network by that is put back and turns round. Who is on the way to a place gets another
    one, as the place may be inside a circle.

    Parameters
    ----------
    closest : float
        Radius of the circles, km.
    """

    def __init__(self, mover: Mover, population: Population, deployment: Deployment, closest: float) -> None:
        self._mover, self._population, self._closest = mover, population, closest
        self._side, self._sites, self._ground = deployment.side, deployment.index, deployment.ground
        self._extent = deployment.extent

    def step(self, seconds: float, rng: np.random.Generator) -> float:
        """Move all, and mirror those who have come too close; return the longest way, km."""
        who, before = self._population, self._population.position.copy()
        gone = self._mover.step(seconds, rng)
        distance, site = map(np.asarray, self._sites.query(who.position, distance_upper_bound=self._closest))
        near = np.flatnonzero(np.isfinite(distance))
        if not len(near):
            return gone
        way = geometry.displacement(np.asarray(self._sites.data)[site[near]], who.position[near], self._side)
        outward = way / np.maximum(geometry.length(way), 1e-12)[:, None]
        depth = self._closest - distance[near]
        place = geometry.wrap(who.position[near] + 2 * depth[:, None] * outward, self._side)
        inward = np.minimum(np.einsum("ni,ni->n", who.velocity[near], outward), 0.0)
        velocity = who.velocity[near] - 2 * inward[:, None] * outward
        out = ~self._covers(place)
        place[out], velocity[out] = before[near[out]], -who.velocity[near[out]]
        who.position[near], who.velocity[near] = place, velocity
        if isinstance(self._mover, RandomWaypoint):
            self._mover.redraw(near, rng)
        return gone + 2 * float(depth.max())

    def _covers(self, place: Array) -> Flags:
        if self._ground is None:
            return np.ones(len(place), bool)
        return self._ground.covers(place) & np.all((place >= 0) & (place <= self._extent), axis=1)


def mover(scenario: Scenario, population: Population, deployment: Deployment, kind: ReceiverType) -> Mover | None:
    """Return what moves the users (or targets) of a scenario; None where they stay."""
    m, side = scenario.mobility, deployment.side
    if m.model == "file":
        course = Course(scenario, kind, deployment.box, side, deployment.index)
        return Trajectory(course, population, side, scenario.simulation.frame_duration, -scenario.lead_frames)
    if getattr(m, f"{kind.word}_speed") == 0:
        return None
    moves, closest = _random_mover(scenario, population, deployment, kind), scenario.network.minimum_distance / 1e3
    return AwayFromSites(moves, population, deployment, closest) if closest and deployment.index.n else moves


def _random_mover(scenario: Scenario, population: Population, deployment: Deployment, kind: ReceiverType) -> Mover:
    m, side = scenario.mobility, deployment.side
    speed: float = getattr(m, f"{kind.word}_speed")
    if m.model == "random_waypoint":
        return RandomWaypoint(population, side, speed, deployment.extent, deployment.ground)
    straight = RandomDirection(population, side, speed, m.turn_rate)
    if deployment.ground is None:
        return straight
    if deployment.ground.spacing:
        return WithinHexagons(straight, population, side, deployment.ground)
    return Bounded(straight, population, deployment.extent)


class Follower(Protocol):
    """Keeps a population that moves with the right stations."""

    def follow(self, gone: float) -> Index:
        """Update stations and distances, nobody having gone farther than ``gone``, km; return who changed station,
        [n].
        """


class Attachment:
    """Association by distance of users or targets that move.

    A handover to the nearest station is made when it is better than the serving one by more than the hysteresis,
    ``d_serving > r d_nearest`` with ``r = 10^(dB / (10 alpha))``. None is possible before having gone
    ``(r d_other - d_serving) / (1 + r)``, so only those who have are looked at.
    """

    def __init__(self, scenario: Scenario, population: Population, deployment: Deployment,
                 operating: StationStatus | None = None) -> None:
        self._population, self._deployment = population, deployment
        self._operating, self._switched = operating or StationStatus(deployment), 0
        self._ratio = 10 ** (scenario.mobility.hysteresis / (10 * scenario.propagation.path_loss_exponent))
        self._slack, self._trigger = np.full(len(population), -1.0), TimeToTrigger(scenario)

    def follow(self, gone: float) -> Index:
        """Update stations and distances, nobody having gone farther than ``gone``; return who changed station, [n]."""
        who = self._population
        self._trigger.tick(len(who))
        self._slack -= gone
        if self._switched != self._operating.switched:
            self._slack[:], self._switched = -1.0, self._operating.switched
        if len(who) > len(self._slack):
            self._slack = np.concatenate([self._slack, np.full(len(who) - len(self._slack), -1.0)])
        who.moved(lambda: self._distance(slice(None)))
        return self._change(np.flatnonzero((self._slack < 0) & (who.station >= 0)))

    def _change(self, rows: Index) -> Index:
        who = self._population
        distance, station = self._operating.nearest(who.position[rows], 2)
        own = self._distance(rows)
        better = (station[:, 0] != who.station[rows]) & (own > self._ratio * distance[:, 0])
        better = self._trigger.ripe(rows, station[:, 0], better)
        changed = rows[better]
        who.station[changed], own[better] = station[better, 0], distance[better, 0]
        other = np.where(station[:, 0] == who.station[rows], distance[:, 1], distance[:, 0])
        self._slack[rows] = (self._ratio * other - own) / (1 + self._ratio)
        self._slack[rows[self._trigger.waiting(rows)]] = -1.0  # looked at in every frame
        return changed

    def _distance(self, rows: Index | slice) -> Array:
        """Return the distance of ``rows`` from their stations now, infinite where they have none."""
        who, d = self._population, self._deployment
        return geometry.distances(d.index, d.side, who.position[rows], who.station[rows, None])[:, 0]
