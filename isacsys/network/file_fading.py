"""Channels of a file in a network: users are at points of it; what is not in it does not exist."""

from __future__ import annotations

import numpy as np

from isacsys.channel.array_response import steering
from isacsys.channel.fading import ChannelLinks, Fading
from isacsys.channel.files import ChannelFile, power, read_channels
from isacsys.channel.kernel import Bands
from isacsys.channel.sampled_gains import chunks
from isacsys.config.input_files import parse_once
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import ConfigError
from isacsys.core.lazy import spatial
from isacsys.core.units import LIGHT
from isacsys.network.association_by_power import AssociationByPower
from isacsys.network.drop_view import DropView
from isacsys.network.file_stations import APART, FileStations, check_stations
from isacsys.propagation.cell_antennas import antennas

NEAR = 100.0  # m, within which a user has a point, or twice the farthest distance from a point to the next
KEY = "fading.file"


class FilePoints:
    """The nearest point of every user; of users who stand still, the nearest that no other user has.

    Two users at one point would have the same channel, which no beams can tell apart.

    Parameters
    ----------
    file : ChannelFile
    network : DropView
    key : str
        The setting that names the file.
    """

    def __init__(self, file: ChannelFile, network: DropView, key: str) -> None:
        scenario, d = network.scenario, network.deployment
        self._tree = spatial.cKDTree(file.points[:, :2] - 1e3 * d.masts.origin)
        distance, nearest = map(np.asarray, self._tree.query(1e3 * d.users))
        near = max(NEAR, 2 * self._farthest()) if len(file.points) > 1 else NEAR
        path = scenario.fading.file
        if distance.max(initial=0) > near:
            i = int(distance.argmax())
            raise ConfigError(key, path, f"a file with a point within {near:.4g} m of every user: user {i} is "
                              f"{distance[i]:.4g} m from all")
        moving = scenario.mobility.user_speed > 0 or scenario.mobility.model == "file"
        if not moving and len(d.users) > len(file.points):
            raise ConfigError(key, path, f"a file with a point for each of the {len(d.users)} users, not "
                              f"{len(file.points)}: two at one point would have the same channel")
        self._own = None if moving else self._apart(1e3 * d.users, nearest)

    def of(self, users: Index, position: Array) -> Index:
        """Return the points [n] of ``users`` [n], who are at ``position`` [n, 2], km."""
        if self._own is not None:
            return self._own[users]
        return np.asarray(self._tree.query(1e3 * position)[1])

    def _farthest(self) -> float:
        """Return the farthest distance from a point to the next, m."""
        return float(np.max(self._tree.query(self._tree.data, k=[2])[0]))

    def _apart(self, place: Array, nearest: Index) -> Index:
        """Return ``nearest`` [user] with those whose point another user has moved on to the nearest that is free."""
        found, (_, first) = nearest.copy(), np.unique(nearest, return_index=True)
        free = np.ones(self._tree.n, bool)
        free[nearest] = False
        for user in np.setdiff1d(np.arange(len(nearest)), first).tolist():
            count = 8
            while True:
                candidates = np.atleast_1d(self._tree.query(place[user], k=min(count, self._tree.n))[1])
                chosen = candidates[free[candidates]]
                if len(chosen):
                    break
                count *= 4
            found[user] = chosen[0]
            free[chosen[0]] = False
        return found


class FromFile(Fading):
    """Paths or vectors of a file, path loss included."""

    remembers = True

    def prepare(self, network: DropView) -> None:
        """Read the file, and see whether it is of this network."""
        scenario, d = network.scenario, network.deployment
        path = scenario.fading.file
        file: ChannelFile = parse_once(KEY, path, read_channels)
        self._file, self._network = file, network
        _check(file, network)
        self._bands = Bands(scenario.fading.subbands, scenario.radio.bandwidth)
        self._antennas = antennas(scenario, d.cells)
        self._stations = FileStations(file, network, self._bands, self._antennas, KEY)
        self._points = FilePoints(file, network, KEY)
        self._own = "doppler" in file.arrays  # whether paths turn by a Doppler shift of the file
        if file.kind == "paths":
            self._weight = np.stack([self._weights(cell) for cell in range(len(file.cells))])  # [cell, point, path]
        self._gain = self._gains_of_points()  # [point, cell]
        if isinstance(network.large_scale, AssociationByPower):
            network.large_scale.users.rays = self._gains
            network.large_scale.between_cells.given = self._stations.gains

    def channels(self, links: ChannelLinks, rng: np.random.Generator) -> Complex:
        """Return the channels of the points that users stand on, ``E |h|^2 = antennas`` over phases."""
        point, cell = self._points.of(links.receiver, links.position), links.station
        found = np.zeros((len(links), links.subbands, links.antennas), complex)
        there = np.flatnonzero(self._gain[point, cell])
        if self._file.kind == "vectors":
            gain = self._gain[point[there], cell[there]][:, None, None]
            found[there] = self._file.arrays["vectors"][cell[there], point[there]] / np.sqrt(gain)
            return found
        walked = np.broadcast_to([links.time, 0.0], (len(links), 2)) if self._own else links.walked
        for rows in chunks(len(there), self._weight.shape[-1] * links.antennas):
            some = there[rows]
            found[some] = self._summed(cell[some], point[some], walked[some], links.antennas)
        return found

    def between(self, links: ChannelLinks, receive: int, rng: np.random.Generator) -> Complex:
        """Return the channels between stations, which stand still; 0 where the file has none."""
        return self._stations.channels(links.receiver, links.station, receive)

    def _gains(self, ids: Index, code: Index) -> Array:
        """Return the mean gains [user, cell] of users, path loss and antennas included."""
        first, now = self._network.deployment.users, getattr(self._network, "__dict__", {}).get("users")
        position = first[ids] if now is None else now.position[ids]
        return np.asarray(self._gain[self._points.of(ids, position)])

    def _gains_of_points(self) -> Array:
        if self._file.kind == "vectors":
            return np.asarray(power(self._file.arrays["vectors"]).mean((2, 3)).T)
        return np.asarray(self._weight.sum(-1).T)

    def _weights(self, cell: int) -> Array:
        """Return the power of paths through the antennas of a cell, [point, path]."""
        arrays = self._file.arrays
        azimuth, zenith = (np.degrees(arrays[f"{angle}_departure"][cell]) for angle in ("azimuth", "zenith"))
        return np.asarray(power(arrays["gain"][cell]) * self._antennas.power(np.array(cell), azimuth, zenith))

    def _summed(self, cell: Index, point: Index, walked: Array, antennas: int) -> Complex:
        """Return the sums of paths [link, subband, antenna] of cells and points [link], ports about their centre."""
        one = {name: value[cell, point] for name, value in self._file.arrays.items() if not name.startswith("between_")}
        weight = self._weight[cell, point]
        amplitude = np.sqrt(weight / weight.sum(-1, keepdims=True))
        frequencies = self._bands.first + self._bands.step * np.arange(self._bands.count)
        turns = np.einsum("nd,npd->np", walked, self._ways(one))[:, None] - frequencies[:, None] * one["delay"][:, None]
        phases = (amplitude * np.exp(1j * np.angle(one["gain"])))[:, None] * np.exp(2j * np.pi * turns)
        cosine = np.sin(one["zenith_departure"]) * np.cos(one["azimuth_departure"] - self._file.axis[cell][:, None])
        centred = np.exp(-0.5j * np.pi * (antennas - 1) * cosine)
        return np.asarray((phases * centred[:, None]) @ steering(cosine, antennas))

    def _ways(self, one: dict[str, Array]) -> Array:
        """Return turns of paths per m walked to x and to y, [link, path, 2]; by a Doppler shift, per s, and 0."""
        if self._own:
            return np.stack([one["doppler"], np.zeros_like(one["doppler"])], axis=-1)
        flat = np.sin(one["zenith_arrival"]) * self._file.carrier_frequency / LIGHT
        return np.stack([flat * np.cos(one["azimuth_arrival"]), flat * np.sin(one["azimuth_arrival"])], axis=-1)


def _check(file: ChannelFile, network: DropView) -> None:
    """Raise ConfigError where a file is of another carrier, array or network."""
    scenario, d, path = network.scenario, network.deployment, network.scenario.fading.file
    carrier = scenario.propagation.carrier_frequency
    if abs(file.carrier_frequency / carrier - 1) > 1e-6:
        raise ConfigError(KEY, path, f"a file of propagation.carrier_frequency = {carrier:g} Hz, not "
                          f"{file.carrier_frequency:g}")
    if len(file.cells) != network.stations:
        raise ConfigError(KEY, path, f"a file of {network.stations} cells, as the network has, not {len(file.cells)}")
    if len(file.points) == 0:
        raise ConfigError(KEY, path, "a file with at least one point for users to stand on")
    if file.kind == "vectors":
        shape, wanted = file.arrays["vectors"].shape[2:], (scenario.fading.subbands, scenario.antennas.transmit)
        if shape != wanted:
            raise ConfigError(KEY, path, "a file of vectors of (fading.subbands, antennas.transmit) = "
                              f"{wanted}, not {shape}")
    off = np.linalg.norm(1e3 * (d.stations + d.masts.origin) - file.cells[:, :2], axis=1)
    if off.max(initial=0) > APART:
        raise ConfigError(KEY, path, f"a file whose cells stand where those of the network do: cell {off.argmax()} is "
                          f"{off.max():.3g} m off")
    check_stations(file, network, KEY)
