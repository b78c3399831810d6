"""Where everybody is in one drop, and who belongs to whom."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from isacsys.arrays import Array, Index
from isacsys.errors import ConfigError
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


@lru_cache(maxsize=4)
def read_positions(path: str) -> Positions:
    """Read positions from a CSV file with header ``kind,x,y``; kind is station, user or target, x and y are km."""
    found: dict[str, list[tuple[float, float]]] = {"station": [], "user": [], "target": []}
    key = "network.positions"
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if set(reader.fieldnames or ()) != {"kind", "x", "y"}:
                raise csv.Error("its header is not kind,x,y")
            for row in reader:
                found[row["kind"]].append((float(row["x"]), float(row["y"])))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(key, path, f"a readable CSV file ({error})") from None
    except (KeyError, ValueError, TypeError):
        raise ConfigError(key, f"{path}, line {reader.line_num}",
                          "kind,x,y with kind station, user or target, and x and y in km") from None
    users, targets = found["user"] or None, found["target"] or None
    return Positions(found["station"], users, targets)


def _stations(scenario: Scenario, drop: int, given: Positions | None) -> tuple[Array, Array]:
    network, rng = scenario.network, stream(scenario.simulation.seed, drop, 0, Purpose.STATIONS)
    side = np.full(2, np.sqrt(network.area))
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


def _hexagonal(network: Network, rng: np.random.Generator) -> tuple[Array, Array]:
    columns, rows, side = hexagonal_side(network)
    row, column = np.divmod(np.arange(rows * columns), columns)
    lattice = np.stack([(column + row % 2 / 2) / columns, row / rows], axis=-1) * side
    return side, geometry.wrap(lattice + rng.random(2) * side, side)


def _points(scenario: Scenario, drop: int, kind: Kind, side: Array, given: npt.ArrayLike | None) -> Array:
    if given is not None:
        return _inside(given, side, kind.word)
    purpose = (Purpose.USERS, Purpose.TARGETS)[kind]
    network, rng = scenario.network, stream(scenario.simulation.seed, drop, 0, purpose)
    expected = network.bs_density * float(side[0] * side[1]) * getattr(network, f"{kind.words}_per_cell")
    count = round(expected) if network.layout == "fixed_count" else rng.poisson(expected)
    points = rng.random((count, 2))
    points[:, 0] *= side[0]
    points[:, 1] *= side[1]
    return points


def _inside(given: npt.ArrayLike, side: Array, kind: str) -> Array:
    points = np.asarray(given, float).reshape(-1, 2)
    outside = ~np.all((points >= 0) & (points < side), axis=1)
    if outside.any():
        raise ConfigError("network.positions", f"{kind} at {tuple(points[outside][0].tolist())}",
                          f"0 <= x, y < {side[0]:g} km, the side of network.area")
    return points


def _check_apart(index: cKDTree, *distances: Array) -> None:
    if index.n > 1 and not geometry.nearest_others(index, 1)[0].min() > 0:
        raise ConfigError("network.positions", "two stations at one place", "stations apart from each other")
    if any(np.any(d == 0) for d in distances):
        raise ConfigError("network.positions", "a user or target at the place of a station", "a distance above 0")
