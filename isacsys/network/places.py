"""Given places, from files or Python, in the network's own coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from isacsys.config.input_files import CsvRows, number, reader
from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.lazy import spatial
from isacsys.network.given_cells import given_cells, given_people
from isacsys.network.receivers import ReceiverType
from isacsys.propagation import find_model

MARGIN = 1e-9  # of the box around given places, so that all lie inside
SMALLEST = 1e-3  # km, width or height of that box
CLOSEST = 1e-3  # km from a site, to which a trace leads at least where no minimum distance is set


@dataclass(frozen=True)
class Positions:
    """Given positions, each [n, 2], in km on the square torus of ``network.area``; what is None is drawn.

    Stations are sites where ``network.sectors`` is above 1. With an open boundary they may lie anywhere: the area fits
    everything that is given, traces included, and the lower left corner of the box around it all is where the network's
    coordinates begin.
    """

    stations: npt.ArrayLike
    users: npt.ArrayLike | None = None
    targets: npt.ArrayLike | None = None


@dataclass(frozen=True)
class Box:
    """A rectangle in the coordinates that the files of a scenario share.

    Attributes
    ----------
    origin : [2]
        Its lower left corner, km: where the coordinates of the network begin.
    extent : [2]
        Width and height, km.
    """

    origin: Array
    extent: Array

    def place(self, given: npt.ArrayLike, key: str, who: Callable[[int], str]) -> Array:
        """Return given places [n, 2] in the network's coordinates, ``0 <= place < extent``.

        All places of a scenario, from whatever file, come through here, so that they are shifted alike.

        Parameters
        ----------
        given : [n, 2]
            km.
        key : str
            The setting that they come from.
        who : callable
            What is at the place of a number, for messages.

        Raises
        ------
        ConfigError
            For the first one outside.
        """
        places = np.asarray(given, float)
        points = places - self.origin
        outside = np.flatnonzero(~np.all((points >= 0) & (points < self.extent), axis=1))
        if len(outside):
            raise ConfigError(key, f"{who(int(outside[0]))} at {tuple(places[outside[0]].tolist())}",
                              f"{self} km, the area of the network")
        return points

    def __str__(self) -> str:
        (x, y), (right, top) = self.origin.tolist(), (self.origin + self.extent).tolist()
        square = x == y and right == top
        return f"{x:g} <= x, y < {right:g}" if square else f"{x:g} <= x < {right:g} and {y:g} <= y < {top:g}"


def box_around(groups: Sequence[Array]) -> Box:
    """Return the smallest box around ``groups`` of places, [n, 2] each, a margin added."""
    points = np.concatenate(groups)
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(low, np.maximum(high - low, SMALLEST) * (1 + MARGIN))


def given_positions(scenario: Scenario, positions: Positions | None = None) -> Positions | None:
    """Return the positions of layout "file": those passed in Python, else those of ``network.positions``."""
    network, cells = scenario.network, given_cells(scenario)
    if cells is not None and positions is not None:
        raise ConfigError("network.cells", network.cells, "none where positions are passed in Python")
    if (network.layout == "file") != (positions is not None or bool(network.positions) or cells is not None):
        raise ConfigError("network.layout", network.layout, "\"file\" where positions are given, and only there")
    if cells is not None:
        positions = Positions(cells.sites)
    elif positions is None and network.positions:
        positions = read_positions(network.positions)
    return None if positions is None else _with_people(scenario, positions)


def _with_people(scenario: Scenario, positions: Positions) -> Positions:
    """Return the same with users and targets of files of their own."""
    for kind in ReceiverType:
        people, key = given_people(scenario, kind), f"network.{kind.words}_file"
        if people is None:
            continue
        if getattr(positions, kind.words) is not None:
            raise ConfigError(key, scenario.get(key), f"none where {kind.words} are among the positions")
        positions = replace(positions, **{kind.words: people[1]})
    return positions


@reader("network.positions", "kind,x,y with kind station, user or target, and x and y in km")
def read_positions(rows: CsvRows) -> Positions:
    """Read positions from a CSV file with header ``kind,x,y``; kind is station, user or target, x and y are km."""
    found: dict[str, list[tuple[float, float]]] = {"station": [], "user": [], "target": []}
    for row in rows:
        found[row["kind"]].append((number(row["x"]), number(row["y"])))
    return Positions(found["station"], found["user"] or None, found["target"] or None)


def points_of(given: npt.ArrayLike, kind: str = "point") -> Array:
    """Return ``given`` positions [n, 2] as an array [n, 2] of finite numbers."""
    try:
        if np.ma.isMaskedArray(given) or np.iscomplexobj(given):
            raise ValueError
        points = np.asarray(given, float)
    except (TypeError, ValueError, OverflowError):
        points = np.empty((1, 0))
    if not points.size and points.shape[-1:] in ((0,), (2,)) and points.shape != (1, 0):
        return points.reshape(-1, 2)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ConfigError(f"positions of {kind}s", _kind_of(given), "an array [n, 2] of finite numbers, unmasked")
    return points


def _kind_of(given: npt.ArrayLike) -> str:
    shape = getattr(given, "shape", None)
    return type(given).__name__ if shape is None else f"{type(given).__name__} of shape {shape}"


def shortest_distance(scenario: Scenario) -> float:
    """Return the distance in km that given users and targets keep from given sites."""
    closest = scenario.network.minimum_distance
    if scenario.propagation.model != "power_law":
        closest = max(closest, find_model(scenario).validity.distance[0])
    return closest / 1e3


def check_apart(index: spatial.cKDTree, closest: float, *groups: Array) -> None:
    """Raise ConfigError for sites at one place, and for places closer to a site than ``closest``, km."""
    if index.n > 1 and not geometry.nearest_others(index, 1)[0].min() > 0:
        raise ConfigError("network.positions", "two stations at one place", "stations apart from each other")
    for group in groups:
        distance = geometry.nearest(index, group, 1)[0]
        if np.any(distance == 0):
            raise ConfigError("network.positions", "a user or target at the place of a station", "a distance above 0")
        if np.any(distance < closest):
            raise ConfigError("network.positions", f"a user or target {1e3 * distance.min():.3g} m from a station",
                              f"at least {1e3 * closest:g} m, the shortest distance of the model")


def kept_away(points: Array, index: spatial.cKDTree, closest: float, side: Array) -> Array:
    """Return points [n, 2], those closer than ``closest`` to a site moved away from it to that distance, km.

    ``side`` [2] is that of the torus.
    """
    if not index.n or not len(points):
        return points
    distance, site = map(np.asarray, index.query(points, distance_upper_bound=closest))
    near = np.flatnonzero(np.isfinite(distance))
    if not len(near):
        return points
    sites = np.asarray(index.data)[site[near]]
    way = geometry.displacement(sites, points[near], side)
    length = geometry.length(way)
    ahead = np.where(length[:, None] > 0, way / np.where(length > 0, length, 1.0)[:, None], [1.0, 0.0])
    points = points.copy()
    points[near] = geometry.wrap(sites + closest * ahead, side)
    return points
