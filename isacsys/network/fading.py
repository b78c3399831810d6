"""The fading of a drop: links whose channels are needed, and the checked channels of a model."""

from __future__ import annotations

import numpy as np

from isacsys.channel.fading import ChannelLinks, Fading, Rayleigh
from isacsys.core import geometry
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import PluginError
from isacsys.core.random_streams import Purpose, stream
from isacsys.network.clustered_fading import Clustered
from isacsys.network.drop_view import DropView
from isacsys.network.file_fading import FromFile
from isacsys.plugins.kinds import PluginKind, register
from isacsys.plugins.loading import calling, is_ours

FADING = register(PluginKind("fading", Fading, "fading.model", {
    "rayleigh": Rayleigh, "tr38901": Clustered, "file": FromFile}))


class DropFading:
    """The channels of a drop.

    Parameters
    ----------
    network : DropView
    model : Fading
    """

    def __init__(self, network: DropView, model: Fading) -> None:
        self._network, self.model = network, model
        self._last: Array = np.empty((0, 2))
        self._walked: Array = np.empty((0, 2))
        with calling(model, "fading model", "preparing a drop"):
            model.prepare(network)

    @property
    def remembers(self) -> bool:
        """Whether channels go on from frame to frame."""
        return self.model.remembers

    def users(self, users: Index, station: Index, age: float, rng: np.random.Generator) -> Complex:
        """Return h [user, near, subband, M_t] of users [user] to stations [user, near], ``age`` s ago; 0 to no
        station.
        """
        network = self._network
        there = (station >= 0) & (station < network.stations)
        row, column = np.nonzero(there)
        antennas, bands = network.scenario.antennas.transmit, network.scenario.fading.subbands
        who, near = users[row], station[row, column]
        cosine = network.user_bearings(users, station)[row, column]
        position = network.users.position[who]
        way = geometry.displacement(network.deployment.stations[near], position, network.deployment.side)
        links = ChannelLinks(antennas, bands, cosine, near, who, False, geometry.length(way), self._time(age),
                             self.walked(age)[who], position, *self._ahead(age, who))
        found = np.zeros((*station.shape, bands, antennas), complex)
        if len(row):
            with calling(self.model, "fading model", ""):
                drawn = self.model.channels(links, rng)
            found[row, column] = self._checked(drawn, (len(row), bands, antennas))
        return found

    def stations(self, listening: Index, station: Index, rng: np.random.Generator) -> Complex:
        """Return G^T [sensor, near, subband, M_r, M_t] to ``listening`` [sensor] from stations [sensor, near]; 0 from
        none.
        """
        network = self._network
        antennas, bands = network.scenario.antennas, network.scenario.fading.subbands
        there = station < network.stations
        row, column = np.nonzero(there)
        near, who = station[row, column], listening[row]
        d = network.deployment
        way = geometry.displacement(d.stations[near], d.stations[who], d.side)
        length = np.maximum(geometry.length(way), 1e-12)
        links = ChannelLinks(antennas.transmit, bands, network.station_cosine(near, way, length), near, who, True,
                             length, self._time(0.0), np.zeros((len(row), 2)), d.stations[who])
        found = np.zeros((*station.shape, bands, antennas.receive, antennas.transmit), complex)
        if len(row):
            with calling(self.model, "fading model", "between stations"):
                drawn = self.model.between(links, antennas.receive, rng)
            found[row, column] = self._checked(drawn, (len(row), bands, antennas.receive, antennas.transmit))
        return found

    def walked(self, age: float = 0.0) -> Array:
        """Return how far users had gone ``age`` s ago, m, [user, 2]; of those that stand, as fast as they are told."""
        scenario, users = self._network.scenario, self._network.users
        speed = scenario.fading.doppler_speed
        if not isinstance(speed, str):
            return self._directions(len(users)) * speed * self._time(age)
        self._follow()
        return self._walked - 1e3 * users.velocity * age

    def _ahead(self, age: float, users: Index) -> tuple[Array, int | None]:
        """Return the way that users [n] go in a frame, and the frame ``age`` s ago, where both are known."""
        scenario = self._network.scenario
        speed, duration = scenario.fading.doppler_speed, scenario.simulation.frame_duration
        frame = self._network.frame - age / duration
        if isinstance(speed, str) or abs(frame - round(frame)) > 1e-9:
            return np.empty((0, 2)), None
        return self._directions(len(self._network.users))[users] * (speed * duration), round(frame)

    def _follow(self) -> None:
        """Add up what users have gone since the last call."""
        users, side = self._network.users, self._network.deployment.side
        if len(self._last) < len(users):
            new = users.position[len(self._last):]
            self._last = np.concatenate([self._last, new])
            self._walked = np.concatenate([self._walked, np.zeros_like(new)])
        if self._network.scenario.moving:
            self._walked += 1e3 * geometry.displacement(self._last, users.position, side)
            self._last = users.position.copy()

    def _directions(self, count: int) -> Array:
        seed, drop = self._network.scenario.simulation.seed, self._network.deployment.drop
        angle = stream(seed, drop, 0, Purpose.DOPPLER).uniform(0, 2 * np.pi, count)
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)

    def _time(self, age: float) -> float:
        return self._network.frame * self._network.scenario.simulation.frame_duration - age

    def _checked(self, drawn: Complex, shape: tuple[int, ...]) -> Complex:
        if is_ours(self.model):
            return drawn
        who = f"fading model {type(self.model).__name__}"
        if not isinstance(drawn, np.ndarray) or drawn.shape != shape:
            what = f"an array of shape {drawn.shape}" if isinstance(drawn, np.ndarray) else repr(drawn)
            raise PluginError(f"{who} returned {what}, not channels of shape {shape}")
        if not np.isfinite(drawn).all():
            raise PluginError(f"{who} returned channels that are no finite numbers")
        return drawn


def drop_fading(network: DropView) -> DropFading | None:
    """Return the fading of a drop; None where the default draws it: Rayleigh, by law or vectors, in one band."""
    f = network.scenario.fading
    if f.model == "rayleigh" and f.subbands == 1:
        return None
    return DropFading(network, FADING.of(network.scenario))
