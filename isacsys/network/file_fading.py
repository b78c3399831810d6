"""Channels of a file in a network: users are at the nearest of its points; what is not in it does not exist."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from isacsys.channel import kernel
from isacsys.channel.fading import Fading
from isacsys.channel.files import PATHS, ChannelFile, power, read_channels
from isacsys.channel.kernel import Bands
from isacsys.channel.links import ChannelLinks
from isacsys.config.input_files import parse_once
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import ConfigError
from isacsys.core.units import LIGHT
from isacsys.network.association_by_power import AssociationByPower
from isacsys.network.drop_view import DropView
from isacsys.network.file_stations import APART, FileStations, check_stations
from isacsys.propagation.cell_antennas import antennas

KEY = "fading.file"


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
        self._tree = cKDTree(file.points[:, :2] - 1e3 * d.masts.origin)
        self._gain = self._gains_of_points()  # [point, cell]
        self._kept: dict[tuple[int, int], tuple[kernel.Turning, kernel.Site, bool]] = {}
        if isinstance(network.large_scale, AssociationByPower):
            network.large_scale.users.rays = self._gains
            network.large_scale.between_cells.given = self._stations.gains

    def channels(self, links: ChannelLinks, rng: np.random.Generator) -> Complex:
        """Return the channels of the points that users stand on, ``E |h|^2 = antennas`` over phases."""
        point = self._point(links.position)
        found = np.zeros((len(links), links.subbands, links.antennas), complex)
        for i, (cell, place) in enumerate(zip(links.station.tolist(), point.tolist(), strict=True)):
            gain = self._gain[place, cell]
            if gain == 0:
                continue
            if self._file.kind == "vectors":
                found[i] = self._file.arrays["vectors"][cell, place] / np.sqrt(gain)
            else:
                turning, site, own = self._site(cell, place)
                walked = np.array([links.time, 0.0]) if own else links.walked[i]
                found[i] = kernel.summed(site, kernel.turned(turning, walked, links.subbands))[0]
        return found

    def between(self, links: ChannelLinks, receive: int, rng: np.random.Generator) -> Complex:
        """Return the channels between stations, which stand still; 0 where the file has none."""
        return self._stations.channels(links.receiver, links.station, receive)

    def _gains(self, ids: Index, code: Index) -> Array:
        """Return the mean gains [user, cell] of users, path loss and antennas included."""
        first, now = self._network.deployment.users, getattr(self._network, "__dict__", {}).get("users")
        position = first[ids] if now is None else now.position[ids]
        return np.asarray(self._gain[self._point(position)])

    def _point(self, position: Array) -> Index:
        return np.asarray(self._tree.query(1e3 * position)[1])

    def _gains_of_points(self) -> Array:
        if self._file.kind == "vectors":
            return np.asarray(power(self._file.arrays["vectors"]).mean((2, 3)).T)
        return np.stack([self._weights(cell).sum(-1) for cell in range(len(self._file.cells))], axis=1)

    def _weights(self, cell: int, point: int | slice = slice(None)) -> Array:
        """Return the power of paths through the antennas of a cell, [..., path]."""
        arrays = self._file.arrays
        azimuth = np.atleast_2d(np.degrees(arrays["azimuth_departure"][cell, point]))
        zenith = np.atleast_2d(np.degrees(arrays["zenith_departure"][cell, point]))
        gain = np.atleast_2d(power(arrays["gain"][cell, point]))
        return gain * self._antennas.power(np.array(cell), azimuth, zenith)

    def _site(self, cell: int, point: int) -> tuple[kernel.Turning, kernel.Site, bool]:
        """Return the rays between a cell and a point, and whether they turn by a Doppler shift of the file."""
        if (cell, point) in self._kept:
            return self._kept[cell, point]
        arrays = self._file.arrays
        one = {name: value[cell, point] for name, value in arrays.items() if name in (*PATHS, "doppler")}
        weight = self._weights(cell, point)[0]
        there = weight > 0
        own = "doppler" in arrays
        flat = np.sin(one["zenith_arrival"][there]) * self._file.carrier_frequency / LIGHT
        azimuth = one["azimuth_arrival"][there]
        way = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth)])
        if own:
            way = np.stack([one["doppler"][there], np.zeros(there.sum())])
        phase = np.angle(one["gain"][there]) / (2 * np.pi)
        turning = kernel.turning(phase, one["delay"][there], way, self._bands, float)
        aside = one["azimuth_departure"][there] - self._file.axis[cell]
        cosine = np.sin(one["zenith_departure"][there]) * np.cos(aside)
        amplitude = np.sqrt(weight[there] / weight.sum())
        site = kernel.site(amplitude[None], cosine[None], self._network.scenario.antennas.transmit, float)
        self._kept[cell, point] = turning, site, own
        return self._kept[cell, point]


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
