"""The full calibration of sensing: paths to a target and back, and those to the reference points of the background.

R1-2509126. TR 38.901 section 7.9.4: steps 9 to 12 with coupling option 2, paths 40 dB below the strongest dropped.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from isacsys.channel.draws import AOD, ZOD, draw
from isacsys.channel.parameters import Environment, State
from isacsys.channel.polarised import matrices
from isacsys.channel.rays import Rays, circular_spread, delay_spread, rays
from isacsys.channel.spatial_tables import TARGET_CROSS_POLAR
from isacsys.core.arrays import Array, Complex
from isacsys.core.random_streams import Name, Purpose, stream
from isacsys.core.units import LIGHT_3GPP
from isacsys.propagation.base import links
from isacsys.propagation.target_types import BACKGROUNDS, TARGET_TYPES
from isacsys.propagation.urban import UrbanMacro, UrbanMacroAerial

FACTOR = 15.0  # dB, K of what flies. TR 36.777 section B.1.3
REFLECTION_SPREAD = 3.74  # dB, deviation of sigma_S of a small UAV. TR 38.901 Table 7.9.6.2-1
DROPPED = -40.0  # dB. TR 38.901 section 7.9.4.1, step 10, option 2
HEIGHT, STATION_HEIGHT, DISTANCE = 200.0, 25.0, 500.0  # m
BEST = 4  # sites, or pairs of sites. Table 7.9.6.1-1, note 1
METRICS = ("delay_spread", "asd", "zsd", "asa", "zsa")


def uav(frequency: float, bistatic: bool, count: int, seed: int, drop: int) -> dict[str, Array]:
    """Return coupling loss (dB) and spreads (ns, degrees), [pair], of targets in the centre cell at the best pairs of
    sites.
    """
    rng, model = stream(seed, drop, 0, Purpose.TARGETS), UrbanMacroAerial()
    step = _targets(count, rng)  # [target, site, 2]
    some = links(np.linalg.norm(step, axis=-1), STATION_HEIGHT, HEIGHT, frequency)
    state = _aerial(Environment("uma", frequency))
    standard = rng.standard_normal((*some.distance.shape, 7)) @ state.lower.T
    gain = model.shadowing_db(some) * standard[..., 0] - model.path_loss(some)
    one, other = np.triu_indices(gain.shape[1], 1) if bistatic else (np.arange(gain.shape[1]),) * 2
    both = gain[:, one] + gain[:, other]
    best = np.argsort(-both, axis=1)[:, :BEST]
    target = np.repeat(np.arange(count), BEST)
    ends = [(target, way[best].ravel()) for way in (one, other)]
    sent, heard = (_rays(state, frequency, step[end], some.distance[end], standard[end],
                         (seed, drop, int(Purpose.ECHOES), i)) for i, end in enumerate(ends))
    found = _coupled(sent, heard, rng)
    reflected = TARGET_TYPES["uav_small"].mean * 4 * np.pi * (frequency / LIGHT_3GPP) ** 2
    level = np.take_along_axis(both, best, 1).ravel() + 10 * np.log10(reflected)
    return {"coupling_loss": level + 10 * np.log10(found["power"].sum(-1) / 4), **_spreads(found)}


def background(frequency: float, count: int, seed: int, drop: int) -> dict[str, Array]:
    """Return the sum [site] over the three reference points of a site, dB, and the spreads [point] of each point."""
    rng, environment, model = stream(seed, drop, 0, Purpose.CLUTTER), Environment("uma", frequency), UrbanMacro()
    distance, height = BACKGROUNDS["uma"].draw(rng, (count, 3))
    state = environment.state("nlos")
    standard = rng.standard_normal((count, 3, 7)) @ state.lower.T
    some = links(distance, STATION_HEIGHT, np.maximum(height, 1.5), frequency, False)
    gain = model.shadowing_db(some) * standard[..., 0] - model.path_loss(some)
    azimuth = 2 * np.pi * (rng.random((count, 1)) + np.arange(3) / 3)
    step = np.stack([np.cos(azimuth), np.sin(azimuth)], -1) * distance[..., None]
    found = _rays(state, frequency, step.reshape(-1, 2), distance.ravel(), standard.reshape(-1, 7),
                  (seed, drop, int(Purpose.CLUTTER), 1), height.ravel())
    sides = {name: circular_spread(found.power, found.angle[:, i]) for name, i in (("asd", AOD), ("zsd", ZOD))}
    return {"coupling_loss": 10 * np.log10((10 ** (gain / 10)).sum(-1)),
            "delay_spread": 1e9 * delay_spread(found.power, found.delay), **sides,
            "asa": sides["asd"], "zsa": sides["zsd"]}  # transmitter and receiver at one place


def _targets(count: int, rng: np.random.Generator) -> Array:
    """Return the ways from 19 sites to targets in the hexagon of the first."""
    grid = np.array([(i, j) for i in range(-2, 3) for j in range(-2, 3) if abs(i + j) <= 2])
    sites = DISTANCE * (grid @ np.array([[1.0, 0.0], [0.5, np.sqrt(0.75)]]))
    place = np.empty((0, 2))
    while len(place) < count:
        more = DISTANCE * (1.2 * rng.random((count, 2)) - 0.6)
        way = np.linalg.norm(more[:, None] - sites, axis=-1)
        place = np.concatenate([place, more[way.argmin(-1) == np.flatnonzero(~grid.any(-1))[0]]])
    return np.asarray(place[:count, None] - sites)


def _aerial(environment: Environment) -> State:
    """Return UMa in the line of sight, with K of TR 36.777."""
    state = environment.state("los")
    mean, deviation = state.mean.copy(), state.deviation.copy()
    mean[1], deviation[1] = FACTOR, 0.0
    return replace(state, mean=mean, deviation=deviation)


def _rays(state: State, frequency: float, step: Array, distance: Array, standard: Array, name: tuple[int, ...],
          height: Array | float = HEIGHT) -> Rays:
    environment, count = Environment("uma", frequency), len(step)
    low = np.broadcast_to(height, (count,))
    spreads = environment.spreads(state, standard, distance, low, np.full(count, STATION_HEIGHT))
    azimuth = np.degrees(np.arctan2(step[:, 1], step[:, 0]))
    zenith = np.degrees(np.arctan2(distance, low - STATION_HEIGHT))
    sight = np.stack([azimuth, azimuth + 180, 180 - zenith, zenith], -1)
    streams = (np.random.Generator(np.random.SFC64(Name(*name, i))) for i in range(count))  # type: ignore[arg-type]
    wavelengths = np.hypot(distance, low - STATION_HEIGHT) * frequency / LIGHT_3GPP
    return rays(state, spreads, sight, wavelengths, draw(streams, count, state.clusters, True))


def _coupled(sent: Rays, heard: Rays, rng: np.random.Generator) -> dict[str, Array]:
    """Return the paths of both ways: straight ones, straight one way, and random pairs of rays. Steps 9 to 14.

    ``power`` is the sum over both polarisations at both ends.
    """
    count, many = sent.power.shape
    straight, others = np.full((count, many - 1), many - 1), np.tile(np.arange(many - 1), (count, 1))
    shuffled = np.argsort(rng.random((count, many - 1)), axis=1)
    last = straight[:, :1]
    one = np.concatenate([last, others, straight, others], axis=1)
    other = np.concatenate([last, straight, others, shuffled], axis=1)
    power = np.take_along_axis(sent.power, one, 1) * np.take_along_axis(heard.power, other, 1)
    scattered = np.minimum(rng.standard_normal(power.shape), 3) * REFLECTION_SPREAD
    power *= 10 ** ((scattered - np.log(10) / 20 * REFLECTION_SPREAD**2) / 10)
    power[power < 10 ** (DROPPED / 10) * power.max(-1, keepdims=True)] = 0
    way, back = _unit(sent, one), _unit(heard, other).swapaxes(-1, -2)
    through = back @ _reflection(power.shape, rng) @ way
    direct = (np.abs(through[..., 0, 0]) ** 2 + np.abs(through[..., 1, 1]) ** 2) / 2
    power *= (np.abs(through) ** 2).sum((-1, -2)) / direct
    angles = {name: np.take_along_axis(some.angle[:, i], index, 1) for name, some, i, index in (
        ("asd", sent, AOD, one), ("zsd", sent, ZOD, one), ("asa", heard, AOD, other), ("zsa", heard, ZOD, other))}
    delay = np.take_along_axis(sent.delay, one, 1) + np.take_along_axis(heard.delay, other, 1)
    return {"power": power, "delay": delay, **angles}


def _unit(some: Rays, index: Array) -> Complex:
    """Return the polarisation matrices [link, path, 2, 2] of rays, without their power."""
    found = np.moveaxis(matrices(replace(some, power=np.ones_like(some.power))), -1, 1)
    if some.cross is not None:
        found[:, -1] = np.diag([1.0, -1.0])
    return np.asarray(found[np.arange(len(found))[:, None], index])


def _reflection(shape: tuple[int, ...], rng: np.random.Generator) -> Complex:
    """Return the polarisation matrices of a target. (7.9.4-3), (7.9.4-6)."""
    mean, deviation = TARGET_CROSS_POLAR["uav"]
    found = np.exp(2j * np.pi * rng.random((*shape, 2, 2)))
    cross = 10 ** ((mean + deviation * rng.standard_normal(shape)) / -20)
    found[..., 0, 1] *= cross
    found[..., 1, 0] *= cross
    return np.asarray(found)


def _spreads(found: dict[str, Array]) -> dict[str, Array]:
    power = found["power"]
    return {"delay_spread": 1e9 * delay_spread(power, found["delay"]),
            **{name: circular_spread(power, found[name]) for name in METRICS[1:]}}
