"""Networks of real places: cells, users and targets from files, as the arrays of a deployment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isacsys.config.input_files import parse_once
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError
from isacsys.geography import CellRows, PeopleRows, Projection, read_cells, read_people
from isacsys.network.receivers import ReceiverType
from isacsys.propagation.antenna_patterns import ANTENNA_PATTERN, AntennaPattern
from isacsys.propagation.cell_antennas import Cells, Masts
from isacsys.propagation.registry import find_model, heights
from isacsys.propagation.urban import UrbanMacro, UrbanMicro

KEY = "network.cells"


@dataclass(frozen=True)
class GivenCells:
    """The cells of a file, on the plane.

    Attributes
    ----------
    rows : CellRows
    projection : Projection
        Of all files of the scenario.
    position : [cell, 2]
        km east and north of the origin.
    sites : [site, 2]
        Of the first cell of every site.
    """

    rows: CellRows
    projection: Projection
    position: Array

    @property
    def sites(self) -> Array:
        """Places of the sites [site, 2], km."""
        return self.position[np.unique(self.rows.site, return_index=True)[1]]


def given_cells(scenario: Scenario) -> GivenCells | None:
    """Return the cells that ``network.cells`` names; None where it names none."""
    if not scenario.network.cells:
        return None
    return parse_once(KEY, scenario.network.cells, _read)


def _read(path: str, key: str) -> GivenCells:
    rows = read_cells(path, key)
    projection = Projection.about(rows.places, key)
    return GivenCells(rows, projection, projection.to_km(rows.places, key))


def projection_of(scenario: Scenario) -> Projection:
    """Return how the files of a scenario come onto the plane: of kilometres, as they are."""
    cells = given_cells(scenario)
    return Projection() if cells is None else cells.projection


def given_people(scenario: Scenario, kind: ReceiverType) -> tuple[PeopleRows, Array] | None:
    """Return the users (or targets) of a file, and their places [n, 2] in km, east and north of the origin."""
    key = f"network.{kind.words}_file"
    if not scenario.get(key):
        return None
    rows = parse_once(key, scenario.get(key), read_people)
    return rows, projection_of(scenario).to_km(rows.places, key)


def cells_and_masts(scenario: Scenario, given: GivenCells, position: Array, side: Array,
                    origin: Array) -> tuple[Cells, Masts]:
    """Return the cells of a file as a deployment has them, ``position`` [cell, 2] being in its coordinates, km.

    ``side`` [2] is that of the area, ``origin`` [2] its corner in the coordinates of the file.
    """
    rows = given.rows
    model = find_model(scenario)
    height = np.where(np.isnan(rows.height), heights(scenario, model)[0], rows.height)
    if isinstance(model, UrbanMacro | UrbanMicro) and height.min(initial=np.inf) <= 1:
        raise ConfigError(KEY, f"{scenario.network.cells}, line {rows.line[height.argmin()]}", "a height above 1 m, "
                          f"the effective height of the environment of \"{scenario.propagation.model}\"")
    place = np.column_stack([rows.site, position, height])
    masts, mast = np.unique(place, axis=0, return_inverse=True)
    patterns, names, number = _patterns(scenario, rows)
    down = np.where(np.isnan(rows.downtilt), scenario.antennas.downtilt, 90 + rows.downtilt)
    power = np.where(np.isnan(rows.power), 0.0, rows.power - scenario.radio.transmit_power_dbm)
    cells = Cells(rows.site, mast.ravel(), np.radians(90 - np.where(np.isnan(rows.azimuth), 90.0, rows.azimuth)), down,
                  np.nan_to_num(rows.mechanical_tilt), power, number, patterns, names)
    site = masts[:, 0].astype(np.int64)
    alone = len(np.unique(site)) == len(site)
    return cells, Masts(masts[:, 1:3], side, masts[:, 3], None if alone else site, origin)


def _patterns(scenario: Scenario, rows: CellRows) -> tuple[tuple[AntennaPattern, ...], tuple[str, ...], Index]:
    """Return the patterns of cells, their names, and which each cell has."""
    usual, directed = scenario.antennas.pattern, ~np.isnan(rows.azimuth)
    wanted = [name or (usual if has else "omni") for name, has in zip(rows.pattern, directed.tolist(), strict=True)]
    names = tuple(dict.fromkeys(wanted))
    number = np.array([names.index(name) for name in wanted])
    found = tuple(_pattern(scenario, name) for name in names)
    for name, pattern in zip(names, found, strict=True):
        if pattern.tilts_in_file:
            _check_tilt(scenario, rows, name, number == names.index(name))
    return found, names, number


def _pattern(scenario: Scenario, name: str) -> AntennaPattern:
    if name == scenario.antennas.pattern:
        return ANTENNA_PATTERN.of(scenario)
    if ANTENNA_PATTERN.is_file(name):
        name = str(Path(scenario.network.cells).parent / name)
    return ANTENNA_PATTERN.find(name, beside=scenario.beside, key=KEY)


def _check_tilt(scenario: Scenario, rows: CellRows, name: str, mine: Array) -> None:
    """Raise ConfigError for a pattern from a file that would be tilted twice."""
    a = scenario.antennas
    for key, value, plain in (("vertical_elements", a.vertical_elements, 1), ("downtilt", a.downtilt, 90)):
        if value != plain:
            raise ConfigError(f"antennas.{key}", value, f"{plain} with a pattern from a file, {name}, which has its "
                              "column and electrical tilt in it")
    bad = np.flatnonzero(mine & (np.nan_to_num(rows.downtilt) != 0))
    if len(bad):
        raise ConfigError(KEY, f"{scenario.network.cells}, line {rows.line[bad[0]]}", f"downtilt 0 with a pattern from "
                          f"a file, {name}, which has its electrical tilt in it; mechanical_tilt turns it")


def cell_remarks(scenario: Scenario) -> list[str]:
    """Return a line on everything about given cells that is easily meant otherwise."""
    given = given_cells(scenario)
    if given is None:
        return []
    rows = given.rows
    lines = ["network.cells: stations at the edge receive less interference than in the middle, and this biases means"]
    cells, masts = cells_and_masts(scenario, given, given.position, np.ones(2), np.zeros(2))
    lines += [remark for pattern in cells.patterns for remark in pattern.remarks]
    if scenario.antennas.vertical_elements == 1 and np.any(np.nan_to_num(rows.downtilt)):
        lines.append("downtilt of cells is that of a column, and antennas.vertical_elements = 1: it has no effect")
    missing = int(np.count_nonzero(np.isnan(rows.azimuth)))
    if missing and scenario.antennas.pattern != "omni":
        lines.append(f"{missing} of {len(rows)} cells have no azimuth: they are the same in all directions")
    low, high = find_model(scenario).validity.station_height
    outside = int(np.count_nonzero((np.asarray(masts.height) < low) | (np.asarray(masts.height) > high)))
    if outside:
        wanted = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        lines.append(f"{outside} of {len(masts.position)} masts are lower or higher than "
                     f"\"{scenario.propagation.model}\" holds for, {wanted} m")
    return lines
