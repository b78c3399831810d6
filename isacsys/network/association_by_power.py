"""Association by mean received power: every user and target belongs to the strongest cell."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.frames import in_frames, on_grid
from isacsys.core.random_streams import Purpose, stream
from isacsys.core.units import LIGHT_3GPP
from isacsys.network.deployment import Deployment
from isacsys.network.large_scale import LargeScale, ReceiverPlaces, bs_density
from isacsys.network.mobility import Follower
from isacsys.network.neighbour_lists import NeighbourLists
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.station_status import StationStatus
from isacsys.network.surroundings import Surroundings
from isacsys.network.time_to_trigger import TimeToTrigger
from isacsys.plugins.loading import is_ours
from isacsys.propagation.buildings import Buildings, Places
from isacsys.propagation.cell_antennas import one_mast_a_cell
from isacsys.propagation.cell_gains import CellGains
from isacsys.propagation.far_field import FarField
from isacsys.propagation.registry import find_model, heights, target_height, target_model
from isacsys.propagation.station_gains import StationGains
from isacsys.propagation.target_types import TARGET_TYPES, background_gains

CONSTANT = 0.5  # m within which mean powers are taken as constant while a user or target moves
CLEAR = 1e-6  # share by which another cell has to be stronger, beyond the hysteresis: not by rounding alone
PERIOD = 0.2  # s between two measurements of mean power at least, as of TS 38.133 section 9.2.5

Rows = slice | Index


class AssociationByPower(LargeScale):
    """Cells with patterns and heights under any model of propagation."""

    def __init__(self, scenario: Scenario, deployment: Deployment, operating: StationStatus,
                 population: Callable[[ReceiverType], Population]) -> None:
        super().__init__(scenario, deployment, operating, population)
        self._model = find_model(scenario)
        self._masts, self._cells = deployment.masts, deployment.cells
        if not is_ours(self._model):  # it may tell the cells of a site apart
            self._masts, self._cells = one_mast_a_cell(self._masts, self._cells)
        self._near = max(scenario.network.near_stations, scenario.allocation.communication_cluster)

    @cached_property
    def users(self) -> CellGains:
        """Gains of links to users."""
        rng, height = self._stream(ReceiverType.USER), heights(self.scenario, self._model)[1]
        buildings = Buildings(self.scenario, self._model, height, 1e3 * self.deployment.side, rng)
        return CellGains(self.scenario, self._model, self._masts, self._cells, height, rng, buildings)

    @cached_property
    def targets(self) -> CellGains:
        """One-way gains of links to targets."""
        return CellGains(self.scenario, target_model(self.scenario), self._masts, self._cells,
                         target_height(self.scenario), self._stream(ReceiverType.TARGET))

    @cached_property
    def between_cells(self) -> StationGains:
        """Gains of links between cells."""
        return StationGains(self.scenario, self._model, self._masts, self._cells, self._stream(len(ReceiverType)))

    @cached_property
    def _lists(self) -> NeighbourLists | None:
        """Which cells are compared with each other; None: all."""
        if not 0 < self.scenario.network.neighbour_sites < len(self.deployment.sites):
            return None
        return NeighbourLists(self.scenario, self._model, self.deployment, self._masts, self._cells)

    def _compare(self, gains: CellGains, position: Array, work: Callable[[Array, Rows, Places, Index | None], None],
                 places: Places | None) -> None:
        """Call ``work`` with gains [rows, column] at ``position`` [n, 2], the rows, their places, and the cells [rows,
        column] (None: all cells are columns).
        """
        if self._lists is None:
            gains.in_blocks(position, lambda some, rows, where: work(some, rows, where, None), places)
        else:
            self._lists.in_blocks(gains, position, work, places)

    @cached_property
    def _far(self) -> FarField | None:
        """What lies beyond the torus, where the plane is infinite."""
        network = self.scenario.network
        if network.layout not in ("poisson", "fixed_count") or network.far_field == "torus" \
                or network.boundary == "open":
            return None
        return FarField(self.scenario, bs_density(self.scenario, self.deployment), self.deployment.side)

    @cached_property
    def _table(self) -> Surroundings:
        """Surroundings of all users, strongest cell first."""
        who = self.population(ReceiverType.USER)
        return self.survey(who.position, np.arange(len(who)))

    @cached_property
    def _at_start(self) -> Surroundings:
        """The same before there is a population."""
        return self.survey(self.deployment.users, np.arange(len(self.deployment.users)))

    def given_places(self, kind: ReceiverType, position: Array, ids: Index | None) -> Places | None:
        """Return the places of users (or targets) ``ids`` [n] at ``position`` [n, 2] that a file describes further;
        or None.

        Height and walls are then those of the file, wherever they are.
        """
        given, gains = self.deployment.people[kind], self.users if kind == ReceiverType.USER else self.targets
        rays = gains.rays is not None and ids is not None
        if given is None or ids is None or (np.isnan(given.height).all() and np.isnan(given.indoor).all()):
            return dataclasses.replace(gains.places(position), ids=ids) if rays else None
        known, row = ids < len(given), np.minimum(ids, len(given) - 1)
        found = gains.places(position, np.where(known, given.indoor[row], np.nan),
                             np.where(known, given.height[row], np.nan))
        return dataclasses.replace(found, ids=ids) if rays else found

    def survey(self, position: Array, ids: Index | None = None) -> Surroundings:
        """Return the strongest cells [n, near], their gains, and the rest, at ``position`` [n, 2] (of these ids
        [n]).
        """
        shape = (len(position), self._near)
        station, gain, rest = np.full(shape, self.stations), np.zeros(shape), np.zeros(len(position))

        def sort(gains: Array, rows: Rows, places: Places, cell: Index | None) -> None:
            if not self.operating.on.all():
                gains *= of_cells(self.operating.on, cell)
            near = min(self._near, gains.shape[1])
            best, found = geometry.largest(gains, near)
            station[rows, :near] = np.where(found > 0, numbers(best, cell), self.stations)
            gain[rows, :near] = found
            if self._far is None:
                rest[rows] = others(gains, best)
            else:
                rest[rows] = self._far.beyond(found[:, -1], places)
            if self._lists is not None and cell is not None and self._far is None:
                rest[rows] += self._lists.far.at(self._lists.site(cell), places)

        if self.stations:
            self._compare(self.users, position, sort, self.given_places(ReceiverType.USER, position, ids))
        return Surroundings(station, gain, rest)

    def attach(self, kind: ReceiverType, position: Array, ids: Index | None = None) -> tuple[Array, Index]:
        """Return the strongest cell."""
        if not self.stations:
            return np.full(len(position), np.inf), np.full(len(position), -1)
        if kind == ReceiverType.USER and position is self.deployment.users:
            station = self._at_start.station[:, 0]
            self.__dict__["_table"] = self._at_start
        else:
            station = self._best(kind, position, ids)
        d = self.deployment
        return geometry.distances(d.index, d.side, position, station[:, None])[:, 0], np.array(station)

    def _best(self, kind: ReceiverType, position: Array, ids: Index | None) -> Index:
        """Return the number of the strongest cell at places [n, 2]."""
        gains = self.users if kind == ReceiverType.USER else self.targets
        station, heard = np.empty(len(position), np.int64), self._heard

        def choose(some: Array, rows: Rows, places: Places, cell: Index | None) -> None:
            station[rows] = numbers(np.argmax(some * of_cells(heard, cell), axis=1)[:, None], cell)[:, 0]

        self._compare(gains, position, choose, self.given_places(kind, position, ids))
        return station

    def around_users(self, users: Index) -> Surroundings:
        """Return the surroundings, strongest first, but for a serving cell that hysteresis has kept."""
        found, members = self._table[users], self.population(ReceiverType.USER)
        return self._serving_first(found, members.position, users, members.station[users])

    def user_gains(self, users: Index, station: Index, distance: Array) -> Array:
        """Return gains at the present positions of users."""
        position = self.population(ReceiverType.USER).position[users]
        return self.users.of(position, station, self.given_places(ReceiverType.USER, position, users))

    def sight_share(self, users: Index, station: Index) -> Array:
        """Return the share by the state of the link, or by the scenario's K-factor."""
        if self.scenario.propagation.rician_factor_db != "tr38901":
            return super().sight_share(users, station)
        position = self.population(ReceiverType.USER).position[users]
        return self.users.sight_share(position, station, self.given_places(ReceiverType.USER, position, users))

    @cached_property
    def _around_stations(self) -> Surroundings:
        """Strongest cells of other sites first; those of the same site, where they interfere, last."""
        if not self.stations:
            return Surroundings(np.empty((0, 1), np.int64), np.empty((0, 1)), np.empty(0))
        near = max(self.scenario.network.near_stations, self.scenario.allocation.sensing_cluster - 1)
        if self._lists is None:
            station, found, rest = self._strongest_stations(near)
        else:
            station, found, rest = self._lists.around_stations(self.between_cells, self.operating.on, near)
        isolation = self.scenario.sensing.site_isolation_db
        if isolation != "infinite" and len(np.unique(self._cells.site)) < self.stations:
            neighbour = neighbours(self._cells.site)
            through = np.append(self._cells.full_power, 0.0)[neighbour] * 10 ** (-float(isolation) / 10)
            station, found = np.hstack([station, neighbour]), np.hstack([found, through])
        return Surroundings(station, found, rest)

    @property
    def _heard(self) -> Array:
        """Which cells are on, as factors by which the lower number is the stronger where gains are equal in law."""
        return self.operating.on * geometry.ties(self.stations)

    def _strongest_stations(self, near: int) -> tuple[Index, Array, Array]:
        """Return the strongest cells of other sites [cell, near], their gains, and the rest [cell], of all cells."""
        most, gain = min(near, self.stations), self.between_cells.everywhere() * self.operating.on
        apart = np.where(self._cells.site[:, None] == self._cells.site, 0.0, gain)
        station, found = geometry.largest(apart, most)
        rest = others(apart, station)
        pad = ((0, 0), (0, near - most))
        station = np.pad(np.where(found > 0, station, self.stations), pad, constant_values=self.stations)
        return station, np.pad(found, pad), rest

    @property
    def full_power(self) -> Array:
        """As the cells have it."""
        return self._cells.full_power

    def places(self, kind: ReceiverType, ids: Index) -> ReceiverPlaces:
        """Return heights, buildings, and states of the links to the serving cells."""
        gains, members = self.users if kind == ReceiverType.USER else self.targets, self.population(kind)
        position, station = members.position[ids], members.station[ids]
        places = self.given_places(kind, position, ids) or gains.places(position)
        sight = gains.line_of_sight(position, station[:, None], places)[:, 0]
        return ReceiverPlaces(places.height, places.indoor, np.where(station < 0, -1, sight))

    def around_stations(self, stations: Index) -> Surroundings:
        """Return the surroundings, strongest first."""
        return self._around_stations[stations]

    def between(self, one: Index, other: Index) -> Array:
        """Return gains of pairs of cells ``one``, ``other`` [pair]; 0 within a site."""
        gain = (self.between_cells.everywhere()[one, other] if self._lists is None else
                self.between_cells.of(one.ravel(), other.ravel()).reshape(one.shape))
        return np.where(self._cells.site[one] == self._cells.site[other], 0.0, gain)

    def two_ways(self, targets: Index, station: Index, distance: Array) -> Array:
        """Return ``g^2 4 pi f^2 / c^2 sigma``, the same shadowing and pattern on both ways; TR 38.901 7.9.

        Under the power law ``c R^(-2 beta)`` times the pattern, twice.
        """
        members, p, s = self.population(ReceiverType.TARGET), self.scenario.propagation, self.scenario.sensing
        position = members.position[targets]
        places = self.given_places(ReceiverType.TARGET, position, targets)
        gain, full = self.targets.of(position, station[:, None], places)[:, 0], self.full_power[station]
        if p.model == "power_law":
            pattern = gain / full * distance**p.path_loss_exponent
            return np.asarray(self.scenario.echo_gain * pattern**2 * distance ** (-2 * p.echo_exponent) * full)
        received = self.scenario.processing_gain * s.mismatch_loss * self.scenario.antennas.receive
        return np.asarray(gain**2 * self.reflection * received / full)

    @property
    def reflection(self) -> float:
        """``4 pi f^2 / c^2 sigma``: an echo over the gains of its two ways."""
        s = self.scenario.sensing
        rcs = s.rcs if s.target_type == "none" else TARGET_TYPES[s.target_type].mean
        return 4 * math.pi * (self.scenario.propagation.carrier_frequency / LIGHT_3GPP) ** 2 * rcs

    @cached_property
    def clutter(self) -> Array:
        """The mono-static background of every cell, less what is rejected."""
        d = self.deployment
        rng = stream(self.scenario.simulation.seed, d.drop, 0, Purpose.CLUTTER)
        gain = background_gains(self.scenario, self._model, self._masts, self._cells, rng).sum(-1)
        return np.asarray(gain * 10 ** (-self.scenario.sensing.clutter_rejection_db / 10))

    def cluster_of(self, targets: Index, count: int) -> Index:
        """Return the strongest, by the one-way gain."""
        members = self.population(ReceiverType.TARGET)
        position = members.position[targets]
        found, serving = np.empty((len(targets), min(count, self.stations)), np.int64), members.station[targets]

        def choose(gains: Array, rows: Rows, places: Places, cell: Index | None) -> None:
            gains *= of_cells(self.operating.on, cell)
            own = serving[rows]
            if cell is None:
                gains[np.arange(len(gains)), own] = np.inf
                found[rows] = geometry.largest(gains, found.shape[1])[0]
            else:  # the serving cell need not be listed where hysteresis has kept it
                gains[cell == own[:, None]] = 0.0
                best = numbers(geometry.largest(gains, found.shape[1])[0], cell)
                found[rows] = np.hstack([own[:, None], best[:, :-1]])

        self._compare(self.targets, position, choose, self.given_places(ReceiverType.TARGET, position, targets))
        return found

    def measured_targets(self, position: Array, targets: Index, serving: Index) -> tuple[Array, Array, Index]:
        """Return the gains [n] of the ``serving`` [n] and of the strongest cell of targets [n] at ``position`` [n, 2],
        and the number of that.
        """
        own, best, station = np.empty(len(targets)), np.empty(len(targets)), np.empty(len(targets), np.int64)

        def measure(gains: Array, rows: Rows, places: Places, cell: Index | None) -> None:
            gains *= of_cells(self._heard, cell)
            row, column = np.arange(len(gains)), np.argmax(gains, axis=1)
            best[rows], station[rows] = gains[row, column], numbers(column[:, None], cell)[:, 0]
            own[rows] = gains[row, serving[rows]] if cell is None else np.where(
                cell == serving[rows][:, None], gains, 0.0).max(axis=1)

        self._compare(self.targets, position, measure, self.given_places(ReceiverType.TARGET, position, targets))
        return own, best, station

    def follower(self, kind: ReceiverType) -> Follower:
        """Return the follower that updates mean powers of users or targets that have gone `CONSTANT`."""
        return Measuring(self, kind)

    def moved(self, kind: ReceiverType, index: int) -> None:
        """Survey it again."""
        if kind == ReceiverType.USER:
            self.refresh(np.array([index]))

    def came(self, kind: ReceiverType, ids: Index) -> None:
        """Survey new users or targets."""
        if kind == ReceiverType.USER:
            self.refresh(ids)

    def refresh(self, rows: Index) -> None:
        """Survey the users ``rows`` [n] again, at their present positions."""
        if len(rows):
            found = self.survey(self.population(ReceiverType.USER).position[rows], rows)
            for name in ("station", "path_gain", "far_field"):
                getattr(self._table, name)[rows] = getattr(found, name)

    def forget(self) -> None:
        """Survey all users again."""
        for name in ("_table", "_at_start", "_around_stations"):
            vars(self).pop(name, None)

    def _serving_first(self, found: Surroundings, position: Array, users: Index, serving: Index) -> Surroundings:
        rows = np.flatnonzero(found.station[:, 0] != serving)
        if not len(rows):
            return found
        station, gain, own = found.station[rows], found.path_gain[rows], serving[rows]
        absent = np.flatnonzero(~np.any(station == own[:, None], axis=1))
        if len(absent):
            station[absent, -1] = own[absent]
            ids = users[rows[absent]]
            places = self.given_places(ReceiverType.USER, position[ids], ids)
            gain[absent, -1] = self.users.of(position[ids], own[absent, None], places)[:, 0]
        order = np.argsort(station != own[:, None], axis=1, kind="stable")  # the others stay in order
        found.station[rows] = np.take_along_axis(station, order, 1)
        found.path_gain[rows] = np.take_along_axis(gain, order, 1)
        return found

    def _stream(self, kind: int) -> np.random.Generator:
        return stream(self.scenario.simulation.seed, self.deployment.drop, int(kind), Purpose.LARGE_SCALE)


class Measuring:
    """Users, or targets, that measure mean powers anew when they have gone `CONSTANT`, and then may change cells.

    They do not do so more often than once in `PERIOD`.

    They change to the strongest cell when that is better than the serving one by more than the hysteresis. With a time
    to trigger they measure in every frame, so that it runs from and to the frame.
    """

    def __init__(self, network: AssociationByPower, kind: ReceiverType) -> None:
        self._network, self._kind, self._switched = network, kind, 0
        self._who = network.population(kind)
        self._ratio = 10 ** (network.scenario.mobility.hysteresis / 10)
        stagger = (np.arange(len(self._who)) % 64) / 64  # not all in the same frame
        self._trigger = TimeToTrigger(network.scenario)
        self._period = in_frames(PERIOD, network.scenario.simulation.frame_duration)
        self._gone, self._waited = CONSTANT * stagger, on_grid(self._period * stagger)  # m, frames

    def follow(self, gone: float) -> Index:
        """Update stations, nobody having gone farther than ``gone``, km, and return who changed the station, [n]."""
        who, network = self._who, self._network
        new = np.zeros(len(who) - len(self._gone))
        if len(new):
            self._gone, self._waited = np.concatenate([self._gone, new]), np.concatenate([self._waited, new])
        self._gone += 1e3 * gone
        self._waited += 1
        self._trigger.tick(len(who))
        due = (self._gone >= CONSTANT) & (on_grid(self._waited) >= self._period)
        if self._trigger.frames:
            due = np.ones(len(who), bool)
        if self._switched != network.operating.switched:
            self._switched, due = network.operating.switched, np.ones(len(who), bool)
        d = network.deployment
        who.moved(lambda: geometry.distances(d.index, d.side, who.position, who.station[:, None])[:, 0])
        rows = np.flatnonzero(due & (who.station >= 0))
        self._gone[due] = self._waited[due] = 0
        return self._change(rows) if len(rows) else rows

    def _change(self, rows: Index) -> Index:
        who, network = self._who, self._network
        serving, place = who.station[rows], np.arange(len(rows))
        if self._kind == ReceiverType.USER:
            network.refresh(rows)
            near = network.around_users(rows)  # the serving cell first, then the strongest
            own = near.path_gain[:, 0]
            column = np.argmax(near.path_gain, axis=1)
            best, station = near.path_gain[place, column], near.station[place, column]
        else:
            own, best, station = network.measured_targets(who.position[rows], rows, serving)
        better = self._trigger.ripe(rows, station, (station != serving) & (best > self._ratio * (1 + CLEAR) * own))
        who.station[rows[better]] = station[better]
        return rows[better]


def others(gains: Array, column: Index) -> Array:
    """Return the sum [n] of all but some ``column`` [n, k] of gains [n, m], in whose place zeros are left."""
    np.put_along_axis(gains, column, 0.0, 1)
    return gains.sum(-1)


def of_cells(values: Array | Flags, cell: Index | None) -> Array:
    """Return ``values`` [cell] of columns ``cell`` [n, column]; of all cells, [cell], where it is None. Of no cell: 0.
    """
    return np.asarray(values if cell is None else np.append(values, 0)[cell])


def numbers(column: Index, cell: Index | None) -> Index:
    """Return the cells [n, k] that are columns [n, k] of ``cell`` [n, column]; None: all are, in order."""
    return column if cell is None else np.take_along_axis(cell, column, 1)


def neighbours(site: Index) -> Index:
    """Return the other cells of every cell's site [cell, most], those after it first; the number of cells for none."""
    order, place = np.argsort(site, kind="stable"), np.empty(len(site), np.int64)
    first = np.searchsorted(site[order], site[order])
    count = np.bincount(site)[site[order]]
    turn = np.arange(1, max(int(count.max(initial=1)), 1))
    within = first[:, None] + (np.arange(len(site)) - first + turn[:, None]).T % count[:, None]
    place[order] = np.arange(len(site))
    return np.where(turn < count[:, None], order[within], len(site))[place]
