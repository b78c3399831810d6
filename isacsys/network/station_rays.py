"""Channels between stations by the generator of TR 38.901, with the parameters of section 7.9.3; static."""

from __future__ import annotations

import numpy as np

from isacsys.channel.draws import AOA, AOD, ZOA, ZOD, draw
from isacsys.channel.kernel import Bands
from isacsys.channel.parameters import Environment
from isacsys.channel.rays import Rays, rays
from isacsys.channel.site_rays import SiteRays
from isacsys.core import geometry
from isacsys.core.arrays import Complex, Flags, Index
from isacsys.core.random_streams import Name, Purpose
from isacsys.core.units import LIGHT
from isacsys.network.association_by_power import AssociationByPower
from isacsys.network.drop_view import DropView


class StationRays:
    """Rays between sites: those of a pair serve both ways.

    Parameters
    ----------
    network : DropView
    environment : Environment
    cells : Cells
    bands : Bands
    """

    def __init__(self, network: DropView, environment: Environment, cells: SiteRays, bands: Bands) -> None:
        self._network, self._environment, self._cells, self._bands = network, environment, cells, bands
        self._kept: dict[tuple[int, int], Complex] = {}

    def channels(self, listening: Index, sending: Index, receive: int) -> Complex:
        """Return G^T [link, subband, receive antenna, antenna] of cells ``listening`` [link] to cells ``sending``
        [link].

        Of a ray ``a_r^* a_t^T``: beam w comes through filter v as ``v^H a_r a_t^H w``. Entries have mean power 1;
        between cells of one site there are no rays, but independent entries.
        """
        antennas = self._network.scenario.antennas.transmit
        found = np.empty((len(sending), self._bands.count, receive, antennas), complex)
        keys = list(zip(listening.tolist(), sending.tolist(), strict=True))
        missing = sorted({key for key in keys if key not in self._kept})
        if missing:
            self._make(np.array(missing), receive, antennas)
        for i, key in enumerate(keys):
            found[i] = self._kept[key]
        return found

    def _make(self, pairs: Index, receive: int, antennas: int) -> None:
        site = self._cells.site[pairs]
        same = site[:, 0] == site[:, 1]
        for listening, sending in pairs[same].tolist():
            shape = (self._bands.count, receive, antennas)
            self._kept[listening, sending] = within_site(self._network, listening, sending, shape)
        apart = pairs[~same]
        low, high = site[~same].min(-1), site[~same].max(-1)
        sight = self._sight(low, high)
        for name, mine in (("los", sight), ("nlos", ~sight)):
            rows = np.flatnonzero(mine)
            for start in range(0, len(rows), 128):
                part = rows[start:start + 128]
                self._sum(apart[part], self._rays(name, low[part], high[part]), site[~same][part], receive, antennas)

    def _sum(self, pairs: Index, some: Rays, site: Index, receive: int, antennas: int) -> None:
        """Sum the rays of pairs of cells (listening, sending), which go from the lower site to the higher."""
        up = site[:, 1] < site[:, 0]  # the sender is at the lower end
        out, back = (AOD, ZOD), (AOA, ZOA)
        for i, (listening, sending) in enumerate(pairs.tolist()):
            there = some.power[i] > 0
            angle = some.angle[i][:, there]
            sent, heard = (out, back) if up[i] else (back, out)
            weight, responses = some.power[i, there], []
            for cell, ends, ports, sign in ((listening, heard, receive, -1), (sending, sent, antennas, 1)):
                azimuth, zenith = angle[ends[0]], angle[ends[1]]
                weight = weight * self._cells.antennas.power(np.array(cell), azimuth, zenith)
                cosine = np.sin(np.radians(zenith)) * np.cos(np.radians(azimuth) - self._cells.axis[cell])
                responses.append(np.exp(sign * 1j * np.pi * (np.arange(ports)[:, None] - (ports - 1) / 2) * cosine))
            amplitude = np.sqrt(weight / weight.sum())
            frequencies = self._bands.first + self._bands.step * np.arange(self._bands.count)
            turns = some.phase[i, there, 0] - frequencies[:, None] * some.delay[i, there]
            phases = amplitude * np.exp(2j * np.pi * turns)
            self._kept[listening, sending] = np.einsum("sr,ur,mr->sum", phases, *responses, optimize=True)

    def _rays(self, name: str, low: Index, high: Index) -> Rays:
        d, environment = self._network.deployment, self._environment
        state = environment.between_stations(name)
        step = 1e3 * geometry.displacement(d.masts.position[low], d.masts.position[high], d.side)
        distance = np.maximum(geometry.length(step), 1.0)
        height, other = self._cells.height[low], self._cells.height[high]
        streams = [stream(self._network, a, b, 0) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
        standard = np.stack([rng.standard_normal(7) for rng in streams]) @ state.lower.T
        spreads = environment.spreads(state, standard, distance, other, height, symmetric=True)
        azimuth = np.degrees(np.arctan2(step[:, 1], step[:, 0]))
        zenith = np.degrees(np.arctan2(distance, other - height))
        sight = np.stack([azimuth, azimuth + 180, 180 - zenith, zenith], -1)
        wavelengths = np.hypot(distance, other - height) * environment.frequency / LIGHT
        return rays(state, spreads, sight, wavelengths, draw(streams, len(low), state.clusters))

    def _sight(self, one: Index, other: Index) -> Flags:
        scale = self._network.large_scale
        if isinstance(scale, AssociationByPower):
            return scale.between_cells.sight()[one, other]
        return np.ones(len(one), bool)


def within_site(network: DropView, listening: int, sending: int, shape: tuple[int, ...]) -> Complex:
    """Return independent entries, CN(0, 1), ``shape`` [subband, M_r, M_t], between two cells of one site."""
    normal = stream(network, listening, sending, 9).standard_normal((*shape, 2)) * np.sqrt(0.5)
    return np.asarray(normal[..., 0] + 1j * normal[..., 1])


def stream(network: DropView, one: int, other: int, number: int) -> np.random.Generator:
    """Return the stream of what is drawn once a drop for a pair of sites or cells."""
    seed, drop = network.scenario.simulation.seed, network.deployment.drop
    return np.random.Generator(np.random.SFC64(Name(seed, drop, 0, Purpose.STATION_RAYS, one, other, number)))  # type: ignore[arg-type]
