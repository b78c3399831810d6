"""Positions over time, from a file, and presence over time of users and targets that come and go."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isacsys.config.input_files import CsvRows, number, ordinal, parse_stream_once, reader
from isacsys.config.scenario import Scenario
from isacsys.config.sections import MobilitySettings
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.errors import ConfigError
from isacsys.core.frames import in_frames
from isacsys.core.lazy import spatial
from isacsys.geography import Trace, is_trace, read_trace
from isacsys.network.given_cells import given_people, projection_of
from isacsys.network.places import CLOSEST, Box, kept_away, shortest_distance
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType

KEY = "mobility.positions"
DEGREES = 2.0  # of longitude and latitude, around the cells


class Course:
    """Positions in a frame by a file of traces: linear in between, clamped at both ends.

    Those of floating car data are there from their first to their last time alone.

    Traces keep the minimum distance from sites: one that leads over a site goes round it.

    Attributes
    ----------
    who : [n]
        Their numbers.
    number : [row]
        Whose row it is.
    time : [row]
        In frames; rows are sorted by number and time.
    place : [row, 2]
        km, in the network's coordinates.
    closest : float
        km.
    """

    def __init__(self, scenario: Scenario, kind: ReceiverType, box: Box, side: Array, sites: spatial.cKDTree) -> None:
        rows = trace_rows(scenario, kind)
        self._frame_duration, self._side, self._sites = scenario.simulation.frame_duration, side, sites
        self.time = in_frames(rows[:, 1], self._frame_duration)
        self.place = box.place(rows[:, 2:], KEY, lambda row: f"{kind.word} {rows[row, 0]:g}")
        self.closest = max(shortest_distance(scenario), CLOSEST)
        self.number = rows[:, 0].astype(np.int64)
        self.who, first = np.unique(self.number, return_index=True)
        self._row, self._last = first.copy(), np.append(first[1:], len(rows)) - 1

    def at(self, frame: float) -> tuple[Array, Array]:
        """Return positions (km) and velocities (km/s) [n, 2] in a frame that is not before the one asked for last."""
        while np.any(behind := (self._row < self._last) & (self.time[np.minimum(self._row + 1, self._last)] <= frame)):
            self._row[behind] += 1
        here, there = self._row, np.minimum(self._row + 1, self._last)
        span = self.time[there] - self.time[here]
        way = geometry.displacement(self.place[here], self.place[there], self._side)
        share = np.clip((frame - self.time[here]) / np.where(span > 0, span, 1), 0, 1)
        moving = (span > 0) & (frame >= self.time[here])
        place = geometry.wrap(self.place[here] + share[:, None] * way, self._side)
        velocity = way * (moving / (np.where(span > 0, span, 1) * self._frame_duration))[:, None]
        return kept_away(place, self._sites, self.closest, self._side), velocity

    def begin(self, position: Array, kind: ReceiverType, frame: int) -> Array:
        """Return positions [m, 2] of a whole population, these at where they are in a frame."""
        if len(self.who) and self.who[-1] >= len(position):
            raise ConfigError(KEY, f"{kind.word} {self.who[-1]}", f"numbers below {len(position)}, that of the drop")
        position = position.copy()
        position[self.who] = self.at(frame)[0]
        return position


class Trajectory:
    """Moves a population along its `Course`; those of whom the file says nothing stay where they are.

    ``start`` is the frame with which the drop begins.
    """

    def __init__(self, course: Course, population: Population, side: Array, frame_duration: float, start: int) -> None:
        self._course, self._population, self._side = course, population, side
        self._frame_duration, self._now = frame_duration, float(start)

    def step(self, seconds: float, rng: np.random.Generator) -> float:
        """Move all to their positions at the end of the step; return the longest way, km."""
        who, members = self._course.who, self._population
        before = members.position[who]
        self._now += in_frames(seconds, self._frame_duration)
        members.position[who], members.velocity[who] = self._course.at(self._now)
        gone = geometry.displacement(before, members.position[who], self._side)
        return float(geometry.length(gone).max(initial=0.0))


def trace_points(scenario: Scenario) -> Array:
    """Return all places [row, 2], km, of the traces of a scenario, in the coordinates of its files."""
    if scenario.mobility.model != "file":
        return np.empty((0, 2))
    return np.concatenate([trace_rows(scenario, kind)[:, 2:] for kind in ReceiverType])


def roles(scenario: Scenario) -> tuple[ReceiverType, ...]:
    """Return the kinds that consist of the vehicles and persons of floating car data alone; of other files, none.

    Raises
    ------
    ConfigError
        For a role in a file that says itself who is who.
    """
    m = scenario.mobility
    if m.model != "file":
        return ()
    if not is_trace(m.positions):
        for key in ("role", "offset"):
            if getattr(m, key) != MobilitySettings.default(key):
                raise ConfigError(f"mobility.{key}", getattr(m, key), "none with a file of time,kind,id,x,y")
        return ()
    return {"users": (ReceiverType.USER,), "targets": (ReceiverType.TARGET,), "both": tuple(ReceiverType)}[m.role]


def floating_cars(scenario: Scenario) -> tuple[Trace, Array]:
    """Return the floating car data of a scenario, and its places [row, 2] in km, in the coordinates of its files.

    Places are degrees where those of the cells are, and the file's lie within `DEGREES` of these.
    """
    path, projection = scenario.mobility.positions, projection_of(scenario)
    trace = parse_stream_once(KEY, path, read_trace)
    if projection.in_degrees:
        away = np.abs(trace.position - (projection.longitude, projection.latitude)).max(axis=0)
        trace = replace(trace, in_degrees=bool(np.all(away < DEGREES)))
    if trace.in_degrees:
        return trace, projection.to_km(trace.places(), KEY)
    return trace, trace.places(scenario.mobility.offset).position


def trace_rows(scenario: Scenario, kind: ReceiverType) -> Array:
    """Return rows [n, 4] of id, time, x, y of a kind in the traces of a scenario, sorted by id and time; s, km."""
    begin = scenario.mobility.begin
    if kind in roles(scenario):
        trace, place = floating_cars(scenario)
        return np.column_stack([trace.who, trace.time - begin, place])
    if is_trace(scenario.mobility.positions):
        return np.empty((0, 4))
    rows = read_trajectories(scenario.mobility.positions)[kind.word]
    return rows - (0, begin, 0, 0) if begin else rows


@reader(KEY, "time,kind,id,x,y with kind user or target, times in s, places in km, one place of each at a time")
def read_trajectories(rows: CsvRows) -> dict[str, Array]:
    """Read ``time,kind,id,x,y`` and return rows [n, 4] of id, time, x, y by kind, sorted by id and time."""
    found: dict[str, dict[tuple[int, float], tuple[float, float]]] = {"user": {}, "target": {}}
    for row in rows:
        name, place = (ordinal(row["id"]), number(row["time"])), (number(row["x"]), number(row["y"]))
        if found[row["kind"]].setdefault(name, place) != place:
            raise ValueError("two places at one time")
    return {kind: np.array(sorted((*name, *place) for name, place in places.items())).reshape(-1, 4)
            for kind, places in found.items()}


def meetings(course: Course, sites: Array, index: spatial.cKDTree, side: Array) -> tuple[Index, Index, Array]:
    """Return who comes closer than ``closest`` to which of the sites [site, 2] by a trace, and how close, km: three
    [n].

    ``side`` [2] is that of the torus. A piece of a trace of length l can only come so close to sites within
    ``l / 2 + closest`` of its middle.
    """
    number = course.number
    same = np.append(number[1:] == number[:-1], np.zeros(min(len(number), 1), bool))
    start, way = course.place, np.zeros_like(course.place)
    way[same] = geometry.displacement(start[same], course.place[np.flatnonzero(same) + 1], side)
    reach = geometry.length(way) / 2 + course.closest
    middle = geometry.wrap(start + way / 2, side)
    near = np.flatnonzero(geometry.nearest(index, middle, 1)[0][:, 0] < reach)
    found: list[list[int]] = list(index.query_ball_point(middle[near], reach[near])) if len(near) else []
    row = np.repeat(near, [len(some) for some in found])
    site = np.array([one for some in found for one in some], np.int64)
    to = geometry.displacement(start[row], sites[site], side)
    squares = np.sum(way[row] ** 2, axis=1)
    share = np.clip(np.sum(to * way[row], axis=1) / np.where(squares > 0, squares, 1), 0, 1)
    distance = geometry.length(to - share[:, None] * way[row])
    close = distance < course.closest
    return number[row[close]], site[close], distance[close]


@dataclass(frozen=True)
class Presence:
    """First and last frame, both included, of those whose file says it.

    Attributes
    ----------
    first, last : [n]
        In frames, not whole ones. Others, who come later, are always there.
    """

    first: Array
    last: Array

    def at(self, frame: float, count: int) -> Flags:
        """Return who of ``count`` is present in a frame, [count]."""
        there = np.ones(count, bool)
        there[:len(self.first)] = (self.first <= frame) & (frame <= self.last)
        return there


def presence(scenario: Scenario, kind: ReceiverType) -> Presence | None:
    """Return who is there when; None where all of a kind are always there."""
    frame = scenario.simulation.frame_duration
    if kind in roles(scenario):
        rows = trace_rows(scenario, kind)
        first = np.unique(rows[:, 0], return_index=True)[1]
        time = in_frames(rows[:, 1], frame)
        return Presence(time[first], time[np.append(first[1:], len(rows)) - 1])
    people = given_people(scenario, kind)
    if people is None or not people[0].come_and_go:
        return None
    start, end = np.nan_to_num(people[0].start), np.nan_to_num(people[0].end, nan=np.inf)
    return Presence(in_frames(start, frame), in_frames(end, frame))


def come_and_go(scenario: Scenario) -> bool:
    """Return whether users or targets come and go."""
    return any(presence(scenario, kind) is not None for kind in ReceiverType)
