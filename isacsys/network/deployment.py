"""Positions of stations, users and targets in one drop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from isacsys.config.scenario import Scenario
from isacsys.config.sections import NetworkSettings
from isacsys.core import geometry
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.lazy import spatial
from isacsys.core.random_streams import Purpose, stream
from isacsys.geography import PeopleRows, Projection
from isacsys.network.given_cells import cell_remarks, cells_and_masts, given_cells, given_people, projection_of
from isacsys.network.places import Box, Positions, check_apart, given_positions, points_of, shortest_distance
from isacsys.network.point_processes import OpenArea, hexagonal, hexagonal_side, open_ground, populated_area, scattered
from isacsys.network.receivers import ReceiverType
from isacsys.network.trajectories import Course, floating_cars, roles, trace_points
from isacsys.propagation.cell_antennas import Cells, Masts, sectors
from isacsys.propagation.registry import find_model, heights

ALONE = 0.5  # km around a single given site, where users and targets are drawn


@dataclass(frozen=True)
class Deployment:
    """Positions of one drop.

    Attributes
    ----------
    side : [2]
        Width and height of the torus, km; with an open boundary it is so large that no way round it is shorter.
    stations, users, targets : [n, 2]
        Positions, km; targets are drawn when they are first read. Stations are cells: those of a site share a place.
    index : spatial.cKDTree
        Of the stations, periodic.
    box : Box
        Where the network lies in the coordinates of the scenario's files.
    mean_targets : float
        Of those drawn in `box`; those that are given have their number.
    sites : [site, 2]
        Positions of the sites, km.
    cells : Cells
        The stations as rows of arrays: site, boresight, tilts, power, pattern.
    masts : Masts
        Where their antennas are, and how high.
    people : (PeopleRows or None, PeopleRows or None)
        What files say of users, and of targets; those come first.
    projection : Projection
        By which files came onto the plane.
    ground : Ground or None
        Where the network ends, with an open boundary.
    drop : int
        Its number.
    """

    side: Array
    stations: Array
    users: Array
    index: spatial.cKDTree
    draw_targets: Callable[[], Array]
    box: Box
    mean_targets: float
    sites: Array
    cells: Cells
    masts: Masts
    people: tuple[PeopleRows | None, PeopleRows | None] = (None, None)
    projection: Projection = field(default_factory=Projection)
    ground: OpenArea | None = None
    drop: int = 0

    @property
    def extent(self) -> Array:
        """Width and height of what is covered, km, [2]."""
        return self.box.extent

    @cached_property
    def targets(self) -> Array:
        """Positions of the targets [target, 2], km."""
        return self.draw_targets()

    def appear(self, scenario: Scenario, share: float, rng: np.random.Generator) -> Array:
        """Draw places [n, 2] of targets that appear; on average a ``share`` of as many as there are."""
        return scattered(rng.poisson(self.mean_targets * share), scenario.network.minimum_distance / 1e3, self.index,
                          self.ground, self.extent, rng)

    @property
    def area(self) -> float:
        """Area that is covered, km^2."""
        return float(self.side[0] * self.side[1]) if self.ground is None else self.ground.area


def deploy(scenario: Scenario, drop: int, positions: Positions | None = None) -> Deployment:
    """Draw (or take) the positions of one drop, and set those who follow traces to where these begin."""
    given = given_positions(scenario, positions)
    side, sites, box, ground = _sites(scenario, drop, given)
    index = geometry.tree(sites, side)
    points = partial(_points, scenario, drop, ground=ground, box=box, index=index)
    given_users, given_targets = (given.users, given.targets) if given else (None, None)
    alone = roles(scenario)
    for kind, some in zip(ReceiverType, (given_users, given_targets), strict=True):
        if some is not None and kind in alone:
            raise ConfigError("mobility.role", scenario.mobility.role, f"{kind.words} either in floating car data or "
                              "among the places that are given")
    users = points(ReceiverType.USER, given_users) if ReceiverType.USER not in alone else np.empty((0, 2))
    draw_targets = partial(points, ReceiverType.TARGET, given_targets)
    if given is not None:
        check_apart(index, shortest_distance(scenario), *(points(kind, some) for kind, some in (
            (ReceiverType.USER, given_users), (ReceiverType.TARGET, given_targets)) if some is not None))
    if scenario.mobility.model == "file":
        first = -scenario.lead_frames
        begin = {kind: partial(_on_course, Course(scenario, kind, box, side, index), kind, first, kind in alone)
                 for kind in ReceiverType}
        users = begin[ReceiverType.USER](partial(np.asarray, users))
        draw_targets = partial(begin[ReceiverType.TARGET], draw_targets)
    stations, cells, masts = _cells(scenario, sites, side, box)
    network, people = scenario.network, [given_people(scenario, kind) for kind in ReceiverType]
    mean = network.bs_density * populated_area(network, ground, box.extent, len(stations)) * network.targets_per_cell
    cell_index = index if stations is sites else geometry.tree(stations, side)
    return Deployment(side, stations, users, cell_index, draw_targets, box,
                      mean if given_targets is None else len(points_of(given_targets)), sites, cells, masts,
                      (people[0] and people[0][0], people[1] and people[1][0]),
                      projection_of(scenario), ground, drop)


def origin_of(scenario: Scenario) -> dict[str, float]:
    """Return where the coordinates of a network from files begin, for its log; nothing, of other networks.

    A place at (x, y) is ``(x, y) + origin_shift`` km east and north of the origin of its files: of those in kilometres
    their own, of those in degrees the point that they are projected about.
    """
    network = scenario.network
    if network.boundary != "open" or not (network.cells or network.positions):
        return {}
    box = _sites(scenario, 0, given_positions(scenario))[2]
    found, (east, north) = projection_of(scenario), box.origin.tolist()
    about = {"origin_longitude": found.longitude, "origin_latitude": found.latitude} if found.in_degrees else {}
    return {**about, "origin_shift_east_km": east, "origin_shift_north_km": north}


def _cells(scenario: Scenario, sites: Array, side: Array, box: Box) -> tuple[Array, Cells, Masts]:
    """Return the positions of all cells, the cells, and their masts."""
    given = given_cells(scenario)
    if given is not None:
        position = box.place(given.position, "network.cells", lambda row: f"cell {row}")
        return position, *cells_and_masts(scenario, given, position, side, box.origin)
    mast, cells = float(heights(scenario, find_model(scenario))[0]), sectors(scenario, len(sites))
    stations = sites if scenario.network.sectors == 1 else np.repeat(sites, scenario.network.sectors, axis=0)
    return stations, cells, Masts(sites, side, mast, origin=box.origin)


def _on_course(course: Course, kind: ReceiverType, frame: int, alone: bool, draw: Callable[[], Array]) -> Array:
    """Return the places of a population, of whom some, or all, follow a trace."""
    return course.at(frame)[0] if alone else course.begin(draw(), kind, frame)


def _sites(scenario: Scenario, drop: int, given: Positions | None) -> tuple[Array, Array, Box, OpenArea | None]:
    network, rng = scenario.network, stream(scenario.simulation.seed, drop, 0, Purpose.STATIONS)
    if network.boundary == "open":
        ground = open_ground(network, _given_points(scenario, given) if given else None)
        side, box = 2 * ground.box.extent, ground.box
    else:
        side, ground = np.full(2, np.sqrt(network.area if given is None else _area(scenario, given))), None
        box = Box(np.zeros(2), side)
    if given is not None:
        sites = _placed(given.stations, box, "station")
        if max(scenario.allocation.communication_cluster, scenario.allocation.sensing_cluster) > max(len(sites), 1):
            raise ConfigError("network.cells" if network.cells else "network.positions", f"{len(sites)} stations",
                              "at least as many as a cluster has")
        return side, sites, box, ground
    if network.layout == "hexagonal":
        if ground is not None:
            return side, ground.lattice, box, ground
        side, sites = hexagonal(network, rng)
        return side, sites, Box(np.zeros(2), side), None
    expected = network.bs_density * network.area / network.sectors
    count = rng.poisson(expected) if network.layout == "poisson" else round(expected)
    return side, rng.random((count, 2)) * box.extent, box, ground


def _given_points(scenario: Scenario, given: Positions) -> list[Array]:
    """Return all given places, stations first, traces included."""
    groups = [points_of(group, kind) for group, kind in ((given.stations, "station"), (given.users, "user"),
                                                         (given.targets, "target")) if group is not None]
    if (cells := given_cells(scenario)) is not None:
        groups.append(cells.position)
        if given.users is None or given.targets is None:
            groups.append(_around(cells.sites))
    return [group for group in (*groups, trace_points(scenario)) if len(group)]


def _around(sites: Array) -> Array:
    """Return the corners of the box around sites and half a cell beyond, where users and targets are drawn."""
    half = ALONE if len(sites) == 1 else float(np.median(geometry.nearest_others(spatial.cKDTree(sites), 1)[0])) / 2
    return np.array([sites.min(axis=0) - half, sites.max(axis=0) + half])


def _placed(given: npt.ArrayLike, box: Box, kind: str) -> Array:
    return box.place(points_of(given, kind), "network.positions", lambda _: kind)


def _area(scenario: Scenario, given: Positions) -> float:
    """Return the area of the torus of given positions, km^2: where none is given, a square that their extent fills
    evenly.
    """
    network = scenario.network
    if network.area != NetworkSettings.default("area") or not np.size(given.stations):
        return network.area
    largest = max(float(points.max(initial=0)) for points in _given_points(scenario, given))
    return (largest * (1 + 1 / len(points_of(given.stations)))) ** 2 or network.area


def remarks(scenario: Scenario, positions: Positions | None = None) -> list[str]:
    """Return a line on everything about a layout that its settings do not show."""
    network, given = scenario.network, given_positions(scenario, positions)
    if network.boundary == "open":
        return cell_remarks(scenario)
    if network.layout == "hexagonal":
        columns, rows, side = hexagonal_side(network)
        made = float(np.prod(side))
        what = "sites" if network.sectors > 1 else "cells"
        return [f"network.layout hexagonal: {columns * rows} whole {what} in {rows} rows, {side[0]:.4g} x "
                f"{side[1]:.4g} km = {made:.4g} km^2, not network.area = {network.area:g}"
                ] * (abs(made / network.area - 1) > 0.01)
    if given is None or not np.size(given.stations):
        return []
    area, stations = _area(scenario, given), points_of(given.stations)
    if area != network.area:
        return [f"network.area is not given: {area:.4g} km^2 fit the positions"]
    taken = float(np.prod(np.ptp(stations, axis=0) * (1 + 1 / len(stations))))
    return [f"the stations take {taken:.4g} of network.area = {area:g} km^2, the rest is empty"] * (taken < area / 2)


def population_count(scenario: Scenario, drop: int, kind: ReceiverType, positions: Positions | None = None) -> int:
    """Return how many users or targets a drop has."""
    if kind in roles(scenario):
        return len(floating_cars(scenario)[0].ids)
    given = given_positions(scenario, positions)
    places = getattr(given, kind.words, None)
    if places is not None:
        return len(points_of(places))
    network = scenario.network
    if network.boundary == "open":  # some of those drawn in the box around it may lie outside
        return len(getattr(deploy(scenario, drop, positions), kind.words))
    if network.layout == "hexagonal":
        area = float(np.prod(hexagonal_side(network)[2]))
    else:
        side = np.sqrt(network.area if given is None else _area(scenario, given))
        area = float(side * side)
    return _drawn(scenario, drop, kind, area)[0]


def _drawn(scenario: Scenario, drop: int, kind: ReceiverType, area: float) -> tuple[int, np.random.Generator]:
    """Draw a number of users or targets, and return with it the stream that goes on with their places."""
    network, purpose = scenario.network, (Purpose.USERS, Purpose.TARGETS)[kind]
    rng = stream(scenario.simulation.seed, drop, 0, purpose)
    expected = network.bs_density * area * getattr(network, f"{kind.words}_per_cell")
    return round(expected) if network.layout == "fixed_count" else int(rng.poisson(expected)), rng


def _points(scenario: Scenario, drop: int, kind: ReceiverType, given: npt.ArrayLike | None, *, ground: OpenArea | None,
            box: Box, index: spatial.cKDTree) -> Array:
    extent = box.extent
    if given is not None:
        return _placed(given, box, kind.word)
    given_network = given_cells(scenario)
    cells = index.n * scenario.network.sectors if given_network is None else len(given_network.rows)
    count, rng = _drawn(scenario, drop, kind, populated_area(scenario.network, ground, extent, cells))
    return scattered(count, scenario.network.minimum_distance / 1e3, index, ground, extent, rng)
