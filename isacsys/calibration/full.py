"""The full calibration: users of one drop, their channels to all cells, and the metrics that companies reported.

R1-165975. Rays carry the power (no phases) of coupling loss and SIR, as RSRP of the first port has it, mean over both
ports of a user; spreads are circular spreads over the rays of the serving cell, without patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from isacsys.channel import polarised
from isacsys.channel.draws import AOA, AOD, ZOA, ZOD, draw
from isacsys.channel.parameters import Environment, State
from isacsys.channel.rays import Rays, circular_spread, delay_spread, rays
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.random_streams import Name, Purpose, stream
from isacsys.core.units import LIGHT_3GPP
from isacsys.propagation.antenna_patterns.base import Element
from isacsys.propagation.base import PathLossLinks, Propagation, in_sight, links
from isacsys.propagation.buildings import penetration
from isacsys.propagation.cell_antennas import column_gain
from isacsys.propagation.indoor import IndoorOffice
from isacsys.propagation.urban import UrbanMacro, UrbanMicro

BLOCKS = 50  # resource blocks of the band
_ELEMENT = Element()
POLARISED = np.pi / 4  # slant of the ports of a base station


@dataclass(frozen=True)
class CalibrationLayout:
    """Where a full calibration takes place.

    Attributes
    ----------
    environment : str
    model : Propagation
    station_height, minimum_distance : m
    tilt : degrees
        Electrical, from straight up.
    distance : m
        Between sites.
    indoor_share : float
    """

    environment: str
    model: Propagation
    station_height: float
    tilt: float
    distance: float
    minimum_distance: float
    indoor_share: float


LAYOUTS = {"uma": CalibrationLayout("uma", UrbanMacro(), 25.0, 102.0, 500.0, 35.0, 0.8),
           "umi": CalibrationLayout("umi", UrbanMicro(), 10.0, 102.0, 200.0, 10.0, 0.8),
           "inh": CalibrationLayout("inh", IndoorOffice("open"), 3.0, 110.0, 20.0, 0.0, 0.0)}
BORESIGHTS = (30.0, 150.0, 270.0)
HALL = (120.0, 50.0)
EVEN = np.array([0.7548776662466927, 0.5698402909980532])  # steps of a sequence that fills the unit square evenly


@dataclass(frozen=True)
class Users:
    """Users of a drop, and their links to all sites.

    Attributes
    ----------
    step : [user, site, 2]
        From site to user, m, on the torus.
    height, depth, wall : [user]
        m; way inside, m; loss of walls and way inside, dB.
    indoor : [user]
    """

    step: Array
    height: Array
    depth: Array
    wall: Array
    indoor: Flags


def users(layout: CalibrationLayout, frequency: float, count: int, rng: np.random.Generator) -> Users:
    """Drop users on 19 sites around which all wraps, or in a hall."""
    step = _hall(count, rng) if layout.environment == "inh" else _hexagons(layout, count, rng)
    if layout.environment == "inh":
        nothing = np.zeros(count)
        return Users(step, np.ones(count), nothing, nothing, np.zeros(count, bool))
    indoor = rng.permutation(count) < layout.indoor_share * count
    storeys = rng.integers(4, 9, count)
    height = 1.5 + 3 * indoor * np.floor(rng.random(count) * storeys)
    depth = indoor * 25 * rng.random((2, count)).min(0)
    wall = penetration(frequency / 1e9, rng.permutation(count) % 2 == 0, depth, rng.standard_normal(count), 14)
    return Users(step, height, depth, np.where(indoor, wall, 0.0), indoor)


def _hall(count: int, rng: np.random.Generator) -> Array:
    x, y = np.meshgrid(10.0 + 20 * np.arange(6), [15.0, 35.0])
    return np.asarray((rng.random((count, 1, 2)) * HALL) - np.stack([x.ravel(), y.ravel()], -1))


def _hexagons(layout: CalibrationLayout, count: int, rng: np.random.Generator) -> Array:
    """Return the steps from 19 sites to users, uniform in a hexagon, by the shortest of seven ways round."""
    one, other = np.array([1.0, 0.0]), np.array([0.5, np.sqrt(0.75)])
    grid = np.array([(i, j) for i in range(-2, 3) for j in range(-2, 3) if abs(i + j) <= 2])
    sites = layout.distance * (grid @ np.stack([one, other]))
    wraps = np.array([(0, 0), (3, 2), (-2, 5), (-5, 3), (-3, -2), (2, -5), (5, -3)])
    round_ = layout.distance * (wraps @ np.stack([one, other]))
    home = int(np.flatnonzero(~grid.any(-1))[0])
    place = np.empty((0, 2))
    shift = rng.random(2)
    while len(place) < count:  # evenly over the hexagon of the first site; all sites are alike
        shift, number = shift + 0.5, np.arange(8 * count)[:, None]
        more = layout.distance * (1.2 * np.mod(shift + number * EVEN, 1) - 0.6)
        length = np.linalg.norm(more[:, None] - sites, axis=-1)
        inside = (length.argmin(-1) == home) & (length.min(-1) >= layout.minimum_distance)
        place = np.concatenate([place, more[inside]])
    way = place[:count, None, None] - sites[:, None] + round_  # [user, site, wrap, 2]
    nearest = np.linalg.norm(way, axis=-1).argmin(-1)
    return np.asarray(np.take_along_axis(way, nearest[..., None, None], 2)[:, :, 0])


@dataclass(frozen=True)
class CalibrationDrop:
    """A drop: its links, their states, and their mean gain without antennas, dB, each [user, site]."""

    users: Users
    some: PathLossLinks
    state: Index  # places in `STATES`
    gain_db: Array
    standard: Array  # [user, site, 7], correlated


STATES = ("los", "nlos", "o2i")


def deploy(layout: CalibrationLayout, environment: Environment, count: int, rng: np.random.Generator
           ) -> CalibrationDrop:
    """Draw a drop: states, large-scale parameters (independent from link to link) and path gains."""
    found = users(layout, environment.frequency, count, rng)
    distance = np.linalg.norm(found.step, axis=-1)
    some = links(distance, layout.station_height, found.height[:, None], environment.frequency)
    outdoor = links(np.maximum(distance - found.depth[:, None], 0), layout.station_height, found.height[:, None],
                    environment.frequency)
    sight = rng.random(distance.shape) < layout.model.los_probability(outdoor)
    effective = layout.model.environment_height(some, rng.random(distance.shape))
    some = links(distance, layout.station_height, found.height[:, None], environment.frequency, sight, effective)
    state = np.where(found.indoor[:, None], 2, np.where(sight, 0, 1))
    standard = rng.standard_normal((*distance.shape, 7))
    sigma = np.broadcast_to(layout.model.shadowing_db(some), distance.shape).copy()
    if layout.model.sigma_indoor is not None:
        sigma[found.indoor] = layout.model.sigma_indoor
    for i, name in enumerate(environment.states):
        standard[state == i] = standard[state == i] @ environment.state(name).lower.T
    gain = sigma * standard[..., 0] - layout.model.path_loss(in_sight(some, sight)) - found.wall[:, None]
    return CalibrationDrop(found, some, state, gain, standard)


def groups(environment: Environment, drop: CalibrationDrop, streams: Callable[[int, int], np.random.Generator]
           ) -> Iterator[tuple[Index, Index, Rays]]:
    """Yield users [link], sites [link] and rays of links in one state each."""
    for i, name in enumerate(environment.states):
        state = environment.state(name)
        outdoors = (True, False) if name == "o2i" else (None,)
        for sight in outdoors:
            mine = drop.state == i
            if sight is not None:
                mine &= drop.some.line_of_sight == sight
            user, site = np.nonzero(mine)
            for start in range(0, len(user), 512):
                rows = slice(start, start + 512)
                yield user[rows], site[rows], _rays(environment, drop, state, sight, user[rows], site[rows], streams)


def _rays(environment: Environment, drop: CalibrationDrop, state: State, sight: bool | None, user: Index,
          site: Index, streams: Callable[[int, int], np.random.Generator]) -> Rays:
    place = user, site
    distance, full = drop.some.distance[place], drop.some.distance_3d[place]
    high = np.full(len(user), float(drop.some.station_height))
    low = drop.users.height[user]
    spreads = environment.spreads(state, drop.standard[place], distance, low, high, sight)
    step = drop.users.step[place]
    azimuth = np.degrees(np.arctan2(step[:, 1], step[:, 0]))
    zenith = np.degrees(np.arctan2(distance, low - high))
    seen = np.stack([azimuth, azimuth + 180, 180 - zenith, zenith], -1)
    draws = draw((streams(u, s) for u, s in zip(user.tolist(), site.tolist(), strict=True)), len(user),
                 state.clusters, True)
    return rays(state, spreads, seen, full * environment.frequency / LIGHT_3GPP, draws)


def panel(tilt: float) -> polarised.Pattern:
    """Return the power gain of a port of configuration 1: 4 by 4 elements, half a wavelength apart, tilted
    electrically.
    """
    def gain(zenith: Array, azimuth: Array) -> Array:
        z, a = np.radians(zenith), np.radians(azimuth)
        column = column_gain(np.cos(z), 4, tilt)
        row = column_gain(np.sin(z) * np.sin(a), 4, 90.0)
        return np.asarray(element(zenith, azimuth) * column * row)

    return gain


def element(zenith: Array, azimuth: Array) -> Array:
    """Return the power gain [...] of a port of configuration 2, one element, at ``zenith``, ``azimuth`` [...],
    degrees.
    """
    return np.asarray(10 ** (_ELEMENT.towards(-azimuth, zenith) / 10))


def sample(layout: CalibrationLayout, frequency: float, release: int, count: int, seed: int, drop: int
           ) -> dict[str, Array]:
    """Return the metrics [user] of one drop by name: dB, ns and degrees."""
    environment = Environment(layout.environment, frequency, release)
    found = deploy(layout, environment, count, stream(seed, drop, 0, Purpose.USERS))

    def streams(user: int, site: int) -> np.random.Generator:
        return np.random.Generator(np.random.SFC64(Name(seed, drop, 0, Purpose.LINK_CHANNELS, user, site)))  # type: ignore[arg-type]

    sites = found.gain_db.shape[1]
    gain = np.zeros((2, count, sites, len(BORESIGHTS)))
    spread = np.zeros((5, count, sites))
    ports = (panel(layout.tilt), POLARISED), (element, 0.0)
    for user, site, some in groups(environment, found, streams):
        azimuth, zenith = some.angle[:, AOD], some.angle[:, ZOD]
        for i, (pattern, slant) in enumerate(ports):
            each = polarised.powers(some, np.ones_like(azimuth), slant)
            for j, boresight in enumerate(BORESIGHTS):
                gain[i, user, site, j] = (each * pattern(zenith, azimuth - boresight)).sum(-1)
        spread[:, user, site] = [1e9 * delay_spread(some.power, some.delay), *(
            circular_spread(some.power, some.angle[:, k]) for k in (AOD, ZOD, AOA, ZOA))]
    power = (gain * 10 ** (found.gain_db[..., None] / 10)).reshape(2, count, -1)
    everybody = np.arange(count)
    metrics: dict[str, Array] = {}
    for i, suffix in enumerate(("", "_config2")):
        best = power[i].argmax(-1)
        strongest = power[i, everybody, best]
        metrics["coupling_loss" + suffix] = 10 * np.log10(strongest)
        metrics["wideband_sir" + suffix] = 10 * np.log10(strongest / (power[i].sum(-1) - strongest))
        if not i:
            for name, values in zip(("delay_spread", "asd", "zsd", "asa", "zsa"), spread, strict=True):
                metrics[name] = values[everybody, best // 3]
    metrics |= _singular(environment, found, best, streams, 20e6 if frequency < 7e9 else 100e6)
    return metrics


def _singular(environment: Environment, drop: CalibrationDrop, best: Index,
              streams: Callable[[int, int], np.random.Generator], bandwidth: float) -> dict[str, Array]:
    """Return the squared singular values of the serving cells of configuration 2, dB, in every resource block."""
    serving = best // len(BORESIGHTS)
    mine = np.zeros(drop.state.shape, bool)
    mine[np.arange(len(best)), serving] = True
    only = CalibrationDrop(drop.users, drop.some, np.where(mine, drop.state, -1), drop.gain_db, drop.standard)
    frequencies = bandwidth * ((np.arange(BLOCKS) + 0.5) / BLOCKS - 0.5)
    bearing = stream(int(best.sum()), 0, 0, Purpose.MOVEMENT).uniform(0, 360, len(best))
    place = 0.25 * np.array([(0, y, z) for y in (-1, 1) for z in (-1, 1)])
    found: list[Array] = []
    for user, _, some in groups(environment, only, streams):
        sector = np.asarray(BORESIGHTS)[best[user] % len(BORESIGHTS)]
        station = polarised.Ports(place, np.zeros(4), sector, gain=element)
        phone = polarised.Ports(np.zeros((2, 3)), np.array([0, np.pi / 2]), bearing[user], 90.0)
        found.append(np.linalg.svd(polarised.channels(some, station, phone, frequencies), compute_uv=False))
    values = 20 * np.log10(np.concatenate(found).reshape(-1, 2))
    return {"singular_value_1": values[:, 0], "singular_value_2": values[:, 1],
            "singular_value_ratio": values[:, 0] - values[:, 1]}
