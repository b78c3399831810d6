"""Where everybody is in one drop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from isacsys.config.input_files import CsvRows, number, reader
from isacsys.config.scenario import Scenario
from isacsys.config.sections import NetworkSettings
from isacsys.core import geometry
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.random_streams import Purpose, stream
from isacsys.network.boundary import OpenArea, open_ground, site_spacing
from isacsys.network.receivers import ReceiverType
from isacsys.propagation import find_model

MOST_REDRAWS = 1000


@dataclass(frozen=True)
class Positions:
    """Given positions [n, 2] in km on the square torus of ``network.area``; what is None is drawn.

    Stations are sites where ``network.sectors`` is above 1. With an open boundary the area fits the positions, which
    are counted from its lower left corner.
    """

    stations: npt.ArrayLike
    users: npt.ArrayLike | None = None
    targets: npt.ArrayLike | None = None


@dataclass(frozen=True)
class Deployment:
    """Positions of one drop.

    Attributes
    ----------
    side : [2]
        Width and height of the torus, km; with an open boundary it is so large that no way round it is shorter.
    stations, users, targets : [n, 2]
        Positions, km; targets are drawn when somebody asks for them. Stations are cells: those of a site share a place.
    index : cKDTree
        Of the stations, periodic.
    sectors : int
        Cells of a site; those of a site are neighbours in `stations`.
    ground : Ground or None
        Where the network ends, with an open boundary.
    drop : int
        Its number.
    """

    side: Array
    stations: Array
    users: Array
    index: cKDTree
    draw_targets: Callable[[], Array]
    sectors: int = 1
    ground: OpenArea | None = None
    drop: int = 0

    @property
    def sites(self) -> Array:
        """Positions of the sites, km, [site, 2]."""
        return self.stations[::self.sectors]

    @property
    def extent(self) -> Array:
        """Width and height of what is covered, km, [2]."""
        return self.side if self.ground is None else self.ground.extent

    @cached_property
    def targets(self) -> Array:
        """Positions of the targets."""
        return self.draw_targets()

    @property
    def area(self) -> float:
        """Area that is covered, km^2."""
        return float(self.side[0] * self.side[1]) if self.ground is None else self.ground.area


def deploy(scenario: Scenario, drop: int, positions: Positions | None = None) -> Deployment:
    """Draw (or take) the positions of one drop."""
    given = given_positions(scenario, positions)
    if given is not None and scenario.network.boundary == "open":
        given = fitted(given)
    side, sites, ground = _sites(scenario, drop, given)
    index = geometry.tree(sites, side)
    points = partial(_points, scenario, drop, ground=ground, side=side, index=index)
    users = points(ReceiverType.USER, given.users if given else None)
    draw_targets = partial(points, ReceiverType.TARGET, given.targets if given else None)
    sectors = scenario.network.sectors
    stations = sites if sectors == 1 else np.repeat(sites, sectors, axis=0)
    deployment = Deployment(side, stations, users, index if sectors == 1 else geometry.tree(stations, side),
                            draw_targets, sectors, ground, drop)
    if given is not None:
        _check_apart(index, shortest_distance(scenario), users,
                     deployment.targets if given.targets is not None or not scenario.built else users[:0])
    return deployment


def given_positions(scenario: Scenario, positions: Positions | None = None) -> Positions | None:
    """Return the positions that layout "file" takes: those handed in, else those of ``network.positions``."""
    network = scenario.network
    if (network.layout == "file") != (positions is not None or bool(network.positions)):
        raise ConfigError("network.layout", network.layout, "\"file\" where positions are given, and only there")
    return positions or (read_positions(network.positions) if network.positions else None)


def hexagonal_side(network: NetworkSettings) -> tuple[int, int, Array]:
    """Columns, rows and sides (km) of the torus of whole cells nearest to ``network.area``.

    Sites of area 1 / lambda have spacing ``sqrt(2 / (sqrt(3) lambda))``; rows come in pairs, being staggered.
    """
    spacing = site_spacing(network)
    pitch = np.array([spacing, spacing * np.sqrt(3) / 2])
    columns = max(1, round(np.sqrt(network.area) / pitch[0]))
    rows = 2 * max(1, round(np.sqrt(network.area) / pitch[1] / 2))
    return columns, rows, pitch * (columns, rows)


def fitted(given: Positions) -> Positions:
    """Return given positions counted from the lower left corner of the box around all of them."""
    groups = [_points_of(g) if g is not None else None for g in (given.stations, given.users, given.targets)]
    corner = np.min([g.min(axis=0) for g in groups if g is not None and len(g)], axis=0)
    stations, users, targets = (None if g is None else g - corner for g in groups)
    assert stations is not None
    return Positions(stations, users, targets)


@reader("network.positions", "kind,x,y with kind station, user or target, and x and y in km")
def read_positions(rows: CsvRows) -> Positions:
    """Read positions from a CSV file with header ``kind,x,y``; kind is station, user or target, x and y are km."""
    found: dict[str, list[tuple[float, float]]] = {"station": [], "user": [], "target": []}
    for row in rows:
        found[row["kind"]].append((number(row["x"]), number(row["y"])))
    return Positions(found["station"], found["user"] or None, found["target"] or None)


def _sites(scenario: Scenario, drop: int, given: Positions | None) -> tuple[Array, Array, OpenArea | None]:
    network, rng = scenario.network, stream(scenario.simulation.seed, drop, 0, Purpose.STATIONS)
    side, ground = np.full(2, np.sqrt(network.area if given is None else _area(network, given))), None
    if network.boundary == "open":
        ground = open_ground(network, given)
        side = 2 * ground.extent
    extent = side if ground is None else ground.extent
    if given is not None:
        sites = _inside(given.stations, extent, "station")
        if max(scenario.allocation.communication_cluster, scenario.allocation.sensing_cluster) > max(len(sites), 1):
            raise ConfigError("network.positions", f"{len(sites)} stations", "at least as many as a cluster has")
        return side, sites, ground
    if network.layout == "hexagonal":
        return (*_hexagonal(network, rng), None) if ground is None else (side, ground.lattice, ground)
    expected = network.bs_density * network.area / network.sectors
    count = rng.poisson(expected) if network.layout == "poisson" else round(expected)
    return side, rng.random((count, 2)) * extent, ground


def _area(network: NetworkSettings, given: Positions) -> float:
    """Area of the torus of given positions, km^2: where none is given, a square that their extent fills evenly."""
    if network.area != NetworkSettings.default("area") or not np.size(given.stations):
        return network.area
    stations = _points_of(given.stations)
    largest = max(float(_points_of(points).max(initial=0)) for points in (stations, given.users, given.targets)
                  if points is not None)
    return (largest * (1 + 1 / len(stations))) ** 2 or network.area


def remarks(scenario: Scenario, positions: Positions | None = None) -> list[str]:
    """Return a line on everything about a layout that its settings do not show."""
    network, given = scenario.network, given_positions(scenario, positions)
    if network.boundary == "open":
        return []
    if network.layout == "hexagonal":
        columns, rows, side = hexagonal_side(network)
        made = float(np.prod(side))
        what = "sites" if network.sectors > 1 else "cells"
        return [f"network.layout hexagonal: {columns * rows} whole {what} in {rows} rows, {side[0]:.4g} x "
                f"{side[1]:.4g} km = {made:.4g} km^2, not network.area = {network.area:g}"
                ] * (abs(made / network.area - 1) > 0.01)
    if given is None or not np.size(given.stations):
        return []
    area, stations = _area(network, given), _points_of(given.stations)
    if area != network.area:
        return [f"network.area is not given: {area:.4g} km^2 fit the positions"]
    taken = float(np.prod(np.ptp(stations, axis=0) * (1 + 1 / len(stations))))
    return [f"the stations take {taken:.4g} of network.area = {area:g} km^2, the rest is empty"] * (taken < area / 2)


def population_count(scenario: Scenario, drop: int, kind: ReceiverType, positions: Positions | None = None) -> int:
    """Return how many users or targets a drop has."""
    given = given_positions(scenario, positions)
    places = getattr(given, kind.words, None)
    if places is not None:
        return len(_points_of(places))
    network = scenario.network
    if network.boundary == "open":  # some of those drawn in the box around it may lie outside
        return len(getattr(deploy(scenario, drop, positions), kind.words))
    if network.layout == "hexagonal":
        area = float(np.prod(hexagonal_side(network)[2]))
    else:
        side = np.sqrt(network.area if given is None else _area(network, given))
        area = float(side * side)
    return _drawn(scenario, drop, kind, area)[0]


def _drawn(scenario: Scenario, drop: int, kind: ReceiverType, area: float) -> tuple[int, np.random.Generator]:
    """Draw a number of users or targets, and return with it the stream that goes on with their places."""
    network, purpose = scenario.network, (Purpose.USERS, Purpose.TARGETS)[kind]
    rng = stream(scenario.simulation.seed, drop, 0, purpose)
    expected = network.bs_density * area * getattr(network, f"{kind.words}_per_cell")
    return round(expected) if network.layout == "fixed_count" else int(rng.poisson(expected)), rng


def _hexagonal(network: NetworkSettings, rng: np.random.Generator) -> tuple[Array, Array]:
    columns, rows, side = hexagonal_side(network)
    row, column = np.divmod(np.arange(rows * columns), columns)
    lattice = np.stack([(column + row % 2 / 2) / columns, row / rows], axis=-1) * side
    return side, geometry.wrap(lattice + rng.random(2) * side, side)


def _points(scenario: Scenario, drop: int, kind: ReceiverType, given: npt.ArrayLike | None, *, ground: OpenArea | None,
            side: Array, index: cKDTree) -> Array:
    extent = side if ground is None else ground.extent
    if given is not None:
        return _inside(given, extent, kind.word)
    cells = index.n * scenario.network.sectors
    if ground is None or scenario.network.layout not in ("hexagonal", "file"):
        count, rng = _drawn(scenario, drop, kind, float(extent[0] * extent[1]))
    else:
        share = float(extent[0] * extent[1]) / ground.area
        count, rng = _drawn(scenario, drop, kind, cells * share / scenario.network.bs_density)
    points = rng.random((count, 2))
    points[:, 0] *= extent[0]
    points[:, 1] *= extent[1]
    if ground is not None:
        points = points[ground.covers(points)]
    return _redrawn(points, scenario.network.minimum_distance / 1e3, index, ground, extent, rng)


def _redrawn(points: Array, closest: float, index: cKDTree, ground: OpenArea | None, extent: Array,
             rng: np.random.Generator) -> Array:
    """Draw those that are closer than ``closest`` (km) to a site anew until none is."""
    rows = np.arange(len(points) if closest > 0 and index.n else 0)
    for _ in range(MOST_REDRAWS):
        bad = geometry.nearest(index, points[rows], 1)[0][:, 0] < closest
        rows = rows[bad if ground is None else bad | ~ground.covers(points[rows])]
        if not len(rows):
            return points
        points[rows] = rng.random((len(rows), 2)) * extent
    raise ConfigError("network.minimum_distance", 1e3 * closest, "so short that there is room for users")


def shortest_distance(scenario: Scenario) -> float:
    """Return the distance in km that given users and targets keep from given sites."""
    closest = scenario.network.minimum_distance
    if scenario.propagation.model != "power_law":
        closest = max(closest, find_model(scenario).validity.distance[0])
    return closest / 1e3


def _inside(given: npt.ArrayLike, side: Array, kind: str) -> Array:
    points = _points_of(given, kind)
    outside = ~np.all((points >= 0) & (points < side), axis=1)
    if outside.any():
        raise ConfigError("network.positions", f"{kind} at {tuple(points[outside][0].tolist())}",
                          f"0 <= x, y < {side[0]:g} km, the side of network.area")
    return points


def _points_of(given: npt.ArrayLike, kind: str = "point") -> Array:
    """Return positions as an array [n, 2] of finite numbers."""
    try:
        if np.ma.isMaskedArray(given) or np.iscomplexobj(given):
            raise ValueError
        points = np.asarray(given, float)
    except (TypeError, ValueError, OverflowError):
        points = np.empty((1, 0))
    if not points.size and points.shape[-1:] in ((0,), (2,)) and points.shape != (1, 0):
        return points.reshape(-1, 2)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ConfigError(f"positions of {kind}s", _kind_of(given),
                          "an array [n, 2] of finite numbers, unmasked")
    return points


def _kind_of(given: npt.ArrayLike) -> str:
    shape = getattr(given, "shape", None)
    return type(given).__name__ if shape is None else f"{type(given).__name__} of shape {shape}"


def _check_apart(index: cKDTree, closest: float, *groups: Array) -> None:
    if index.n > 1 and not geometry.nearest_others(index, 1)[0].min() > 0:
        raise ConfigError("network.positions", "two stations at one place", "stations apart from each other")
    for group in groups:
        distance = geometry.nearest(index, group, 1)[0]
        if np.any(distance == 0):
            raise ConfigError("network.positions", "a user or target at the place of a station", "a distance above 0")
        if np.any(distance < closest):
            raise ConfigError("network.positions", f"a user or target {1e3 * distance.min():.3g} m from a station",
                              f"at least {1e3 * closest:g} m, the shortest distance of the model")
