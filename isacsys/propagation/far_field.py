"""The mean power of all cells of an infinite Poisson network that are weaker than the weakest one drawn by itself."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from isacsys.arrays import Array
from isacsys.propagation.base import Propagation
from isacsys.propagation.buildings import Places
from isacsys.propagation.cells import Pattern
from isacsys.propagation.links import in_sight, links
from isacsys.propagation.registry import find_model, heights
from isacsys.scenario import Scenario

REACH = np.geomspace(1.0, 1e6, 500)  # m
LOSSES = np.arange(20.0, 260.0, 2.0)  # dB
AZIMUTHS = 16
_DB = np.log(10) / 10


class FarField:
    """``int_{l > l_near} dLambda(l) / l``, of an infinite plane of cells of which those on a torus are drawn.

    Per state and distance ``10^(-PL/10) e^((c s)^2/2) Phi((PL - l_near)/s - c s)``, c = ln 10 / 10, s the sigma. Cells
    that lie beyond the torus are never drawn, however strong: of them all losses count, Phi = 1. (A cell in sight
    can be among the strongest from some kilometres away.)

    Parameters
    ----------
    scenario : Scenario
    density : float
        Of cells, 1/km^2.
    side : [2], optional
        Of the torus, km; without it the plane is drawn.
    """

    def __init__(self, scenario: Scenario, density: float, side: Array | None = None) -> None:
        self._scenario, self._density = scenario, density
        self._side = (np.inf, np.inf) if side is None else (1e3 * float(side[0]), 1e3 * float(side[1]))

    def beyond(self, weakest: Array, places: Places) -> Array:
        """Return the power [n] of all that is weaker than a gain ``weakest`` [n] at places."""
        found = np.empty(len(weakest))
        loss = -10 * np.log10(np.maximum(weakest, 1e-300)) - places.loss_db
        for height in np.unique(places.height):
            for indoor in (False, True):
                rows = np.flatnonzero((places.height == height) & (places.indoor == indoor))
                if len(rows):
                    table = _table(self._scenario, self._density, float(height), indoor, self._side)
                    found[rows] = np.exp(np.interp(loss[rows], LOSSES, table) - _DB * places.loss_db[rows])
        return found


@lru_cache(maxsize=64)
def _table(scenario: Scenario, density: float, height: float, indoor: bool, side: tuple[float, float]) -> Array:
    """Return the logarithm of the power beyond losses `LOSSES`."""
    model = find_model(scenario)
    return np.log(np.maximum(_beyond(scenario, model, density, height, indoor, side), 1e-300))


def _beyond(scenario: Scenario, model: Propagation, density: float, height: float, indoor: bool,
            side: tuple[float, float]) -> Array:
    mast, power = heights(scenario, model)[0], np.zeros(len(LOSSES))
    reach = np.maximum(scenario.network.minimum_distance, 1e-3) * REACH if scenario.network.minimum_distance else REACH
    some = links(reach, mast, height, scenario.propagation.carrier_frequency)
    ring = 2 * np.pi * density * 1e-6 * reach**2 * _trapezoid(np.log(reach))
    gain, inside = _pattern(scenario, reach, height - mast), _inside(reach, side)  # [azimuth, reach], [reach]
    for sight in (True, False):
        for share, environment in model.environment_heights(some):
            state = in_sight(links(reach, mast, height, some.frequency, sight, environment), sight)
            probability = model.los_probability(state) if sight else 1 - model.los_probability(state)
            sigma = np.broadcast_to(model.shadowing_db(state), reach.shape)
            if indoor and model.sigma_indoor is not None:
                sigma = np.full(reach.shape, model.sigma_indoor)
            loss = model.path_loss(state) - gain
            mean = 10 ** (-loss / 10) * np.exp((_DB * sigma) ** 2 / 2) * (ring * share * probability)
            spread = np.maximum(sigma, 1e-6)
            for i, near in enumerate(LOSSES):
                weaker = ndtr((loss - near) / spread - _DB * sigma)
                power[i] += np.mean(np.sum(mean * (1 - inside * (1 - weaker)), axis=-1))
            power += _out_of_reach(np.mean(mean, axis=0) / _trapezoid(np.log(reach)), reach)
    return power


def _out_of_reach(power: Array, reach: Array) -> float:
    """What lies beyond the last distance, where ``power`` per neper of distance goes on as it ends, by a power law.

    In a hall with high stations, where losses grow by 21.9 dB a decade, that is a sixth of all.
    """
    if not power[-1] > 0:
        return 0.0
    falls = -np.log(power[-1] / power[-2]) / np.log(reach[-1] / reach[-2])
    return float(power[-1] / falls)


def _inside(reach: Array, side: tuple[float, float]) -> Array:
    """Share of the circle with radius ``reach`` (m) around the middle of a rectangle that lies within it."""
    cut = sum(np.arccos(np.minimum(length / 2 / reach, 1.0)) for length in side)
    return np.asarray(np.maximum(1 - 2 / np.pi * cut, 0.0))


def _pattern(scenario: Scenario, reach: Array, rise: float) -> Array:
    """Gain [azimuth, reach] of a cell, dB, at azimuths all round; one where it is the same all round."""
    count = AZIMUTHS if scenario.antennas.pattern != "omni" else 1
    angle = 2 * np.pi * (np.arange(count) + 0.5) / count
    step = np.stack([np.cos(angle), np.sin(angle)], axis=-1)[:, None, :] * reach[:, None]
    return Pattern(scenario).of_sector(step, np.asarray(rise), np.zeros(step.shape[:-1], int))


def _trapezoid(node: Array) -> Array:
    weight = np.zeros(len(node))
    weight[1:] += np.diff(node) / 2
    weight[:-1] += np.diff(node) / 2
    return weight
