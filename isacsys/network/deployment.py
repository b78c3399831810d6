"""Where everybody is in one drop, and who belongs to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from isacsys.arrays import Array, Index
from isacsys.errors import ConfigError
from isacsys.inputs import Rows, number, reader
from isacsys.network.attachment import attach
from isacsys.network.kinds import Kind
from isacsys.physics import geometry
from isacsys.scenario import Scenario
from isacsys.sections import Network
from isacsys.streams import Purpose, stream


@dataclass(frozen=True)
class Positions:
    """Given positions [n, 2] in km on the square torus of ``network.area``; what is None is drawn."""

    stations: npt.ArrayLike
    users: npt.ArrayLike | None = None
    targets: npt.ArrayLike | None = None


@dataclass(frozen=True)
class Deployment:
    """Positions and nearest-station association of one drop.

    Attributes
    ----------
    side : [2]
        Width and height of the torus, km.
    stations, users, targets : [n, 2]
        Positions, km; targets are drawn when somebody asks for them.
    index : cKDTree
        Of the stations, periodic.
    """

    side: Array
    stations: Array
    users: Array
    index: cKDTree
    draw_targets: Callable[[], Array]

    @cached_property
    def targets(self) -> Array:
        """Positions of the targets."""
        return self.draw_targets()

    @cached_property
    def user_attachment(self) -> tuple[Array, Index]:
        """Distance (km) and number of the nearest station of every user; -1 where there is none."""
        return attach(self.index, self.side, self.users)

    @cached_property
    def target_attachment(self) -> tuple[Array, Index]:
        """Distance (km) and number of the nearest station of every target; looked up only if somebody senses."""
        return attach(self.index, self.side, self.targets)

    @property
    def area(self) -> float:
        """Area of the torus, km^2."""
        return float(self.side[0] * self.side[1])


def deploy(scenario: Scenario, drop: int, positions: Positions | None = None) -> Deployment:
    """Draw (or take) the positions of one drop and attach everybody to the nearest station."""
    given = given_positions(scenario, positions)
    side, stations = _stations(scenario, drop, given)
    index = geometry.tree(stations, side)
    users = _points(scenario, drop, Kind.USER, side, given.users if given else None)
    draw_targets = partial(_points, scenario, drop, Kind.TARGET, side, given.targets if given else None)
    deployment = Deployment(side, stations, users, index, draw_targets)
    if given is not None:
        _check_apart(index, deployment.user_attachment[0], deployment.target_attachment[0])
    return deployment


def given_positions(scenario: Scenario, positions: Positions | None = None) -> Positions | None:
    """Return the positions that layout "file" takes: those handed in, else those of ``network.positions``."""
    network = scenario.network
    if (network.layout == "file") != (positions is not None or bool(network.positions)):
        raise ConfigError("network.layout", network.layout, "\"file\" where positions are given, and only there")
    return positions or (read_positions(network.positions) if network.positions else None)


def hexagonal_side(network: Network) -> tuple[int, int, Array]:
    """Columns, rows and sides (km) of the torus of whole cells nearest to ``network.area``.

    Cells of area 1 / lambda_b have spacing ``sqrt(2 / (sqrt(3) lambda_b))``; rows come in pairs, being staggered.
    """
    spacing = np.sqrt(2 / (np.sqrt(3) * network.bs_density))
    pitch = np.array([spacing, spacing * np.sqrt(3) / 2])
    columns = max(1, round(np.sqrt(network.area) / pitch[0]))
    rows = 2 * max(1, round(np.sqrt(network.area) / pitch[1] / 2))
    return columns, rows, pitch * (columns, rows)


@reader("network.positions", "kind,x,y with kind station, user or target, and x and y in km")
def read_positions(rows: Rows) -> Positions:
    """Read positions from a CSV file with header ``kind,x,y``; kind is station, user or target, x and y are km."""
    found: dict[str, list[tuple[float, float]]] = {"station": [], "user": [], "target": []}
    for row in rows:
        found[row["kind"]].append((number(row["x"]), number(row["y"])))
    return Positions(found["station"], found["user"] or None, found["target"] or None)


def _stations(scenario: Scenario, drop: int, given: Positions | None) -> tuple[Array, Array]:
    network, rng = scenario.network, stream(scenario.simulation.seed, drop, 0, Purpose.STATIONS)
    side = np.full(2, np.sqrt(network.area if given is None else _area(network, given)))
    if given is not None:
        stations = _inside(given.stations, side, "station")
        if max(scenario.allocation.communication_cluster, scenario.allocation.sensing_cluster) > max(len(stations), 1):
            raise ConfigError("network.positions", f"{len(stations)} stations", "at least as many as a cluster has")
        return side, stations
    if network.layout == "hexagonal":
        return _hexagonal(network, rng)
    expected = network.bs_density * network.area
    count = rng.poisson(expected) if network.layout == "poisson" else round(expected)
    return side, rng.random((count, 2)) * side


def _area(network: Network, given: Positions) -> float:
    """Area of the torus of given positions, km^2: where none is given, a square that their extent fills evenly."""
    if network.area != Network.default("area") or not np.size(given.stations):
        return network.area
    stations = _points_of(given.stations)
    largest = max(float(_points_of(points).max(initial=0)) for points in (stations, given.users, given.targets)
                  if points is not None)
    return (largest * (1 + 1 / len(stations))) ** 2 or network.area


def remarks(scenario: Scenario, positions: Positions | None = None) -> list[str]:
    """Return a line on everything about a layout that its settings do not show."""
    network, given = scenario.network, given_positions(scenario, positions)
    if network.layout == "hexagonal":
        columns, rows, side = hexagonal_side(network)
        made = float(np.prod(side))
        return [f"network.layout hexagonal: {columns * rows} whole cells in {rows} rows, {side[0]:.4g} x {side[1]:.4g} "
                f"km = {made:.4g} km^2, not network.area = {network.area:g}"] * (abs(made / network.area - 1) > 0.01)
    if given is None or not np.size(given.stations):
        return []
    area, stations = _area(network, given), _points_of(given.stations)
    if area != network.area:
        return [f"network.area is not given: {area:.4g} km^2 fit the positions"]
    taken = float(np.prod(np.ptp(stations, axis=0) * (1 + 1 / len(stations))))
    return [f"the stations take {taken:.4g} of network.area = {area:g} km^2, the rest is empty"] * (taken < area / 2)


def population_count(scenario: Scenario, drop: int, kind: Kind, positions: Positions | None = None) -> int:
    """Return how many users or targets a drop has."""
    given = given_positions(scenario, positions)
    places = getattr(given, kind.words, None)
    if places is not None:
        return len(_points_of(places))
    network = scenario.network
    if network.layout == "hexagonal":
        area = float(np.prod(hexagonal_side(network)[2]))
    else:
        side = np.sqrt(network.area if given is None else _area(network, given))
        area = float(side * side)
    return _drawn(scenario, drop, kind, area)[0]


def _drawn(scenario: Scenario, drop: int, kind: Kind, area: float) -> tuple[int, np.random.Generator]:
    """Draw a number of users or targets, and return with it the stream that goes on with their places."""
    network, purpose = scenario.network, (Purpose.USERS, Purpose.TARGETS)[kind]
    rng = stream(scenario.simulation.seed, drop, 0, purpose)
    expected = network.bs_density * area * getattr(network, f"{kind.words}_per_cell")
    return round(expected) if network.layout == "fixed_count" else int(rng.poisson(expected)), rng


def _hexagonal(network: Network, rng: np.random.Generator) -> tuple[Array, Array]:
    columns, rows, side = hexagonal_side(network)
    row, column = np.divmod(np.arange(rows * columns), columns)
    lattice = np.stack([(column + row % 2 / 2) / columns, row / rows], axis=-1) * side
    return side, geometry.wrap(lattice + rng.random(2) * side, side)


def _points(scenario: Scenario, drop: int, kind: Kind, side: Array, given: npt.ArrayLike | None) -> Array:
    if given is not None:
        return _inside(given, side, kind.word)
    count, rng = _drawn(scenario, drop, kind, float(side[0] * side[1]))
    points = rng.random((count, 2))
    points[:, 0] *= side[0]
    points[:, 1] *= side[1]
    return points


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
    except (TypeError, ValueError):
        points = np.empty((1, 0))
    if not points.size and points.shape[-1:] in ((0,), (2,)) and points.shape != (1, 0):
        return points.reshape(-1, 2)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ConfigError(f"positions of {kind}s", f"{type(given).__name__} of shape {np.shape(given)}",
                          "an array [n, 2] of finite numbers, unmasked")
    return points


def _check_apart(index: cKDTree, *distances: Array) -> None:
    if index.n > 1 and not geometry.nearest_others(index, 1)[0].min() > 0:
        raise ConfigError("network.positions", "two stations at one place", "stations apart from each other")
    if any(np.any(d == 0) for d in distances):
        raise ConfigError("network.positions", "a user or target at the place of a station", "a distance above 0")
