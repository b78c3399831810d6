"""Channels and gains between the stations of a network, from a file."""

from __future__ import annotations

import numpy as np

from isacsys.channel.files import ChannelFile, both_ways, matrix, power
from isacsys.channel.kernel import Bands
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import ConfigError
from isacsys.network.drop_view import DropView
from isacsys.network.station_rays import within_site
from isacsys.propagation.cell_antennas import CellAntennas

APART = 1.0  # m, by which a cell may be off where the file has it
TURNED = 1e-3  # rad, by which the axis of an array may be off that of the network


class FileStations:
    """The links between stations that a file has; others do not exist.

    Parameters
    ----------
    file : ChannelFile
    network : DropView
    bands : Bands
    antennas : CellAntennas
    key : str
        The setting that names the file.
    """

    def __init__(self, file: ChannelFile, network: DropView, bands: Bands, antennas: CellAntennas, key: str) -> None:
        self._file, self._network, self._bands = file, network, bands
        self._site = network.deployment.cells.site
        path = network.scenario.fading.file
        self._paths = both_ways(file, key, path) if file.between and file.kind == "paths" else {}
        self._weight = self._weights(antennas) if self._paths else np.zeros((0, 0, 0))
        self._kept: dict[tuple[int, int], Complex] = {}

    @property
    def gains(self) -> Array:
        """Mean power gains [receiver, sender], the sender at its full power; 0 where the file has nothing."""
        count, full = len(self._site), self._network.deployment.cells.full_power
        if not self._file.between:
            return np.zeros((count, count))
        return np.asarray(self._powers().T * full)

    def channels(self, listening: Index, sending: Index, receive: int) -> Complex:
        """Return G^T [link, subband, M_r, M_t] of cells ``listening`` [link] to cells ``sending`` [link].

        Entries have mean power 1 over phases, or are 0; those within a site are independent.
        """
        antennas = self._network.scenario.antennas.transmit
        found = np.empty((len(sending), self._bands.count, receive, antennas), complex)
        for i, key in enumerate(zip(listening.tolist(), sending.tolist(), strict=True)):
            if key not in self._kept:
                self._kept[key] = self._channel(*key, receive, antennas)
            found[i] = self._kept[key]
        return found

    def _channel(self, listening: int, sending: int, receive: int, antennas: int) -> Complex:
        shape = (self._bands.count, receive, antennas)
        if self._site[listening] == self._site[sending]:
            return within_site(self._network, listening, sending, shape)
        if self._file.kind == "vectors":
            found = np.asarray(self._file.arrays["between_vectors"][sending, listening])
            size = power(found).mean()
            return found / np.sqrt(size) if size > 0 else np.zeros(shape, complex)
        weight = self._weight[sending, listening]
        there = weight > 0
        if not there.any():
            return np.zeros(shape, complex)
        one = {name: value[sending, listening, there] for name, value in self._paths.items()}
        axis = self._file.axis
        frequencies = self._bands.first + self._bands.step * np.arange(self._bands.count)
        return matrix(one, np.sqrt(weight[there] / weight.sum()), (axis[listening], axis[sending]),
                      (receive, antennas), frequencies)

    def _powers(self) -> Array:
        """Return mean powers [sender, receiver], antennas of both ends included."""
        if self._file.kind == "paths":
            return np.asarray(self._weight.sum(-1))
        return np.asarray(power(self._file.arrays["between_vectors"]).mean((2, 3, 4)))

    def _weights(self, antennas: CellAntennas) -> Array:
        """Return powers of paths through the antennas of both ends, [sender, receiver, path]."""
        cell, some = np.arange(len(self._site)), self._paths
        found = power(some["between_gain"])
        for end, who in (("departure", cell[:, None, None]), ("arrival", cell[None, :, None])):
            azimuth, zenith = (np.degrees(some[f"between_{angle}_{end}"]) for angle in ("azimuth", "zenith"))
            found = found * antennas.power(np.broadcast_to(who, found.shape), azimuth, zenith)
        return found


def check_stations(file: ChannelFile, network: DropView, key: str) -> None:
    """Raise ConfigError where targets are sensed and a file does not have what that needs."""
    scenario, path = network.scenario, network.scenario.fading.file
    if not scenario.allocation.targets_per_bs:
        return
    if not file.between:
        what = "paths between stations (between_gain, between_delay ...)" if file.kind == "paths" else \
            "channels between stations (between_vectors)"
        raise ConfigError("allocation.targets_per_bs", scenario.allocation.targets_per_bs,
                          f"0 with a {key} without {what}, as {path} is")
    wanted = (scenario.fading.subbands, scenario.antennas.receive, scenario.antennas.transmit)
    if file.kind == "vectors" and file.arrays["between_vectors"].shape[2:] != wanted:
        raise ConfigError(key, path, "a file of between_vectors of (fading.subbands, antennas.receive, "
                          f"antennas.transmit) = {wanted}, not {file.arrays['between_vectors'].shape[2:]}")
    d = network.deployment
    high = np.asarray(d.masts.height_of(d.cells.mast), float) - file.cells[:, 2]
    if np.abs(high).max(initial=0) > APART:
        i = int(np.abs(high).argmax())
        raise ConfigError(key, path, "a file whose cells are as high as those of the network where targets are sensed: "
                          f"cell {i} is {file.cells[i, 2]:.4g} m high, not {high[i] + file.cells[i, 2]:.4g} "
                          "(network.bs_height)")
    axis = d.cells.boresight + np.pi / 2
    off = np.abs(np.angle(np.exp(1j * (file.axis - axis))))
    if file.kind == "paths" and off.max(initial=0) > TURNED:
        i = int(off.argmax())
        raise ConfigError(key, path, "a file whose axes are those of the network's arrays where targets are sensed, "
                          f"boresight + pi/2: that of cell {i} is {axis[i]:.4g} rad, not {file.axis[i]:.4g}")
