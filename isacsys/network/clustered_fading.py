"""Channels of TR 38.901 in a network: `isacsys.channel.clustered` with places, states and antennas of a drop."""

from __future__ import annotations

import numpy as np

from isacsys.channel.clustered import STATES, ClusteredLinks, FirstPlaces
from isacsys.channel.fading import ChannelLinks, Fading
from isacsys.channel.kernel import Bands
from isacsys.channel.parameters import Environment
from isacsys.channel.site_rays import SiteRays
from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import ConfigError
from isacsys.core.random_streams import Name, Purpose, stream
from isacsys.network.association_by_power import AssociationByPower
from isacsys.network.drop_view import DropView
from isacsys.network.receivers import ReceiverType
from isacsys.network.station_rays import StationRays
from isacsys.propagation.buildings import Places
from isacsys.propagation.cell_antennas import antennas
from isacsys.propagation.cell_gains import CellGains
from isacsys.propagation.fields import ParameterFields
from isacsys.propagation.registry import MODELS, find_model, heights

MOST_FRAMES, MOST_ROWS = 8, 16  # frames, and frames times sub-bands, whose channels are summed at once
ENVIRONMENTS = ("uma", "umi", "rma", "inh", "inf_sl", "inf_dl", "inf_sh", "inf_dh")


def environment_of(scenario: Scenario) -> str:
    """Return the environment of a scenario's rays. Raises ConfigError where nothing says it."""
    asked = scenario.fading.environment
    model = scenario.propagation.model.removesuffix("_av")
    if asked != "automatic":
        return asked
    if model not in ENVIRONMENTS:
        raise ConfigError("fading.environment", asked, f"one of {', '.join(ENVIRONMENTS)} with fading.model = "
                          f"\"tr38901\" and propagation.model = \"{scenario.propagation.model}\", which names none")
    return model


class Clustered(Fading):
    """Clusters and rays of TR 38.901 section 7.5."""

    remembers = True

    def prepare(self, network: DropView) -> None:
        """Place fields of large-scale parameters over the network."""
        scenario, d = network.scenario, network.deployment
        name = environment_of(scenario)
        self._environment = Environment(name, scenario.propagation.carrier_frequency, scenario.fading.release)
        self._world = _World(network, self._environment)
        masts, own = d.masts, antennas(scenario, d.cells)
        axis = d.cells.boresight + np.pi / 2 if scenario.built else np.zeros(len(d.cells))
        self._cells = SiteRays(1e3 * masts.position, self._world.high, d.cells.mast, axis, own)
        bands = Bands(scenario.fading.subbands, scenario.radio.bandwidth)
        self._links = ClusteredLinks(self._environment, self._cells, self._world, bands, scenario.antennas.transmit)
        self._frames = _frames_at_once(scenario)
        self._between = StationRays(network, self._environment, self._cells, bands)
        if isinstance(network.large_scale, AssociationByPower) and not own.omnidirectional:
            network.large_scale.users.rays = self._gains

    def channels(self, links: ChannelLinks, rng: np.random.Generator) -> Complex:
        """Sum the rays of links, as far as users have gone."""
        users, row = np.unique(links.receiver, return_inverse=True)
        column = np.arange(len(row)) - np.searchsorted(row, row) if np.all(np.diff(row) >= 0) else _places(row)
        near = int(column.max(initial=0)) + 1
        cell, code = np.full((len(users), near), -1), np.zeros((len(users), near), int)
        cell[row, column] = links.station
        first = np.searchsorted(row, np.arange(len(users)), sorter=np.argsort(row, kind="stable"))
        first = np.argsort(row, kind="stable")[first]
        site = np.where(cell >= 0, self._cells.site[cell], 0)
        code = self._world.codes(users, links.position[first], site)
        pace = links.pace[first] if self._frames > 1 and links.frame is not None else None
        if pace is None:
            found = self._links.vectors(users, cell, code, links.walked[first])
        else:
            found = self._links.ahead(users, cell, code, pace, links.frame or 0, self._frames)
        return found[row, column]

    def between(self, links: ChannelLinks, receive: int, rng: np.random.Generator) -> Complex:
        """Sum the rays between stations, which stand still."""
        return self._between.channels(links.receiver, links.station, receive)

    @property
    def kept(self) -> tuple[int, int]:
        """Bytes of the rays that are kept, and how many these are, those to several cells of a mast counted each."""
        return self._links.kept

    def _gains(self, who: Index, code: Index) -> Array:
        return self._links.gains(who, code)


def _frames_at_once(scenario: Scenario) -> int:
    """Return of how many frames channels are summed at once, where ways are known and most users are served."""
    a, served = scenario.allocation, scenario.network.users_per_cell
    straight = not isinstance(scenario.fading.doppler_speed, str)
    many = max(1, min(MOST_FRAMES, MOST_ROWS // scenario.fading.subbands))
    return many if straight and scenario.simulation.frames >= many and 2 * a.users_per_bs >= served else 1


def _places(row: Index) -> Index:
    """Return the number of each entry among those of its row."""
    order = np.argsort(row, kind="stable")
    found = np.empty_like(order)
    found[order] = np.arange(len(row)) - np.searchsorted(row[order], row[order])
    return found


class _World:
    """Where users are at first, and in which states their links are."""

    def __init__(self, network: DropView, environment: Environment) -> None:
        scenario, d = network.scenario, network.deployment
        self._network, self._environment = network, environment
        self._seed, self._drop = scenario.simulation.seed, d.drop
        model = find_model(scenario)
        self.high = np.broadcast_to(d.masts.height, len(d.masts.position)).astype(float)
        low = heights(scenario, model)[1]
        self._gains = self._states(scenario, low)
        side, scale = 1e3 * d.side, scenario.propagation.correlation_distance
        self._fields = ParameterFields(environment, d.masts.sites, side, scale,
                                       stream(self._seed, d.drop, 0, Purpose.LARGE_SCALE_PARAMETERS))
        self._first = d.users.copy()

    def _states(self, scenario: Scenario, low: float) -> CellGains:
        """Return what knows states and shadowing: that of path loss, or of an environment that is another."""
        network = self._network
        if isinstance(network.large_scale, AssociationByPower) \
                and scenario.propagation.model.removesuffix("_av") == self._environment.name:
            return network.large_scale.users
        model, d = MODELS[self._environment.name](), network.deployment
        return CellGains(scenario, model, d.masts, d.cells, low, stream(self._seed, d.drop, 0, Purpose.FADING_STATES))

    def codes(self, user: Index, position: Array, mast: Index) -> Index:
        """Return codes [n, m] of the states of links between users [n] at places [n, 2] in km and masts [n, m]."""
        return self._limited(self._gains.codes(position, mast, self._places(user, position)))

    def _places(self, user: Index, position: Array) -> Places:
        scale = self._network.large_scale
        known = scale.given_places(ReceiverType.USER, position, user) if isinstance(scale, AssociationByPower) else None
        return self._gains.places(position) if known is None else known

    def _limited(self, code: Index) -> Index:
        """Return the states without links into buildings, which halls do not have."""
        return code if "o2i" in self._environment.states else np.where(code > 1, 3 - code, code)

    def places(self, user: Index, mast: Index, code: int) -> FirstPlaces:
        """Return links of users [link] and masts [link] at users' first places."""
        self._know(int(user.max(initial=-1)) + 1)
        d = self._network.deployment
        who, row = np.unique(user, return_inverse=True)
        position = self._first[who]
        state = self._environment.state(STATES[code])
        shadowing = self._gains.shadowing(position, state.name)
        standard = self._fields.standard(state, 1e3 * position, shadowing)[row, d.masts.site_of(mast)]
        step = 1e3 * geometry.displacement(d.masts.position[mast], position[row], d.side)
        return FirstPlaces(step, self._places(who, position).height[row], self.high[mast], standard)

    def stream(self, user: int, mast: int, code: int) -> np.random.Generator:
        """Return the stream of a link in a state."""
        name = Name(self._seed, self._drop, 0, Purpose.RAYS, user, mast, code)
        return np.random.Generator(np.random.SFC64(name))  # type: ignore[arg-type]

    def _know(self, count: int) -> None:
        """Store the positions of users at their arrival."""
        if count > len(self._first):
            now = self._network.users.position
            self._first = np.concatenate([self._first, now[len(self._first):]])
