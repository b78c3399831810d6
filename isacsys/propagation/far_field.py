"""The mean power of all cells of an infinite Poisson network that are weaker than the weakest one drawn by itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.lazy import special
from isacsys.propagation.base import Propagation, in_sight, links
from isacsys.propagation.buildings import Places
from isacsys.propagation.cell_antennas import antennas, sectors
from isacsys.propagation.registry import find_model, heights

REACH = np.geomspace(1.0, 1e6, 500)  # m
LOSSES = np.arange(20.0, 260.0, 2.0)  # dB
AZIMUTHS = 16
WORST = 0.05  # of the mean interference: rates are then 1 % too low
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


def torus_warnings(scenario: Scenario) -> list[str]:
    """Return a line where strong cells beyond the torus are too many for their mean to stand for them."""
    share = unresolved(scenario)
    if share < WORST:
        return []
    return [f"network.area = {scenario.network.area:g} km^2: strong cells beyond the torus bring {100 * share:.0f} % "
            f"of the mean interference, and only their mean is there; less than {100 * WORST:.0f} % are wanted"]


def unresolved(scenario: Scenario) -> float:
    """Return the share of a typical user's mean interference that strong cells beyond the torus bring.

    They would be among the strongest `network.near_stations`, and only their mean is there, which stands badly for a
    few strong cells: at 40 % rates are 13 % too low (UMa, 18 cells), at 8 % 1.3 %, at 2 % nothing is seen.
    """
    n = scenario.network
    random = n.layout in ("poisson", "fixed_count")
    if not (scenario.built and random) or n.far_field == "torus" or n.boundary == "open":
        return 0.0
    model, side = find_model(scenario), (1e3 * n.area**0.5,) * 2
    given = scenario, model, n.bs_density, heights(scenario, model)[1], False
    count = np.zeros(len(LOSSES))
    for loss, spread, number in _cells(*given):
        count += [np.mean(np.sum(number * special.ndtr((near - loss) / spread), axis=-1)) for near in LOSSES]
    first, near = np.interp((1.0, n.near_stations), count, LOSSES)
    plane, torus = _beyond(*given, (np.inf, np.inf)), _beyond(*given, side)
    return float(np.interp(near, LOSSES, torus - plane) / np.interp(first, LOSSES, plane))


def _cells(scenario: Scenario, model: Propagation, density: float, height: float, indoor: bool
           ) -> Iterator[tuple[Array, Array, Array]]:
    """Yield loss [azimuth, reach], sigma [reach] and number [reach] of the cells in every state, around `REACH`."""
    mast, reach = heights(scenario, model)[0], _reach(scenario)
    ring = 2 * np.pi * density * 1e-6 * reach**2 * _trapezoid(np.log(reach))
    gain = _pattern(scenario, reach, height - mast)
    for loss, sigma, share, probability in _states(scenario, model, reach, mast, height, indoor):
        yield loss - gain, sigma, ring * share * probability


def _states(scenario: Scenario, model: Propagation, reach: Array, mast: float, height: float, indoor: bool
            ) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Yield loss, sigma, share and probability [reach] of every state of links over ``reach``, m."""
    frequency = scenario.propagation.carrier_frequency
    for sight in (True, False):
        for share, environment in model.environment_heights(links(reach, mast, height, frequency)):
            state = in_sight(links(reach, mast, height, frequency, sight, environment), sight)
            probability = model.los_probability(state) if sight else 1 - model.los_probability(state)
            sigma = np.broadcast_to(model.shadowing_db(state), reach.shape)
            if indoor and model.sigma_indoor is not None:
                sigma = np.full(reach.shape, model.sigma_indoor)
            yield model.path_loss(state), np.maximum(sigma, 1e-6), share, probability


def mean_gain(scenario: Scenario, model: Propagation, reach: Array, mast: float, height: float, indoor: bool) -> Array:
    """Return ``E[10^(-PL/10)] e^((c sigma)^2/2)`` over ``reach`` [n], m, the mean over states and shadowing.

    Antennas and walls are left out; ``mast`` and ``height`` are those of station and receiver, m.
    """
    found = np.zeros(len(reach))
    for loss, sigma, share, probability in _states(scenario, model, reach, mast, height, indoor):
        found += 10 ** (-loss / 10) * np.exp((_DB * sigma) ** 2 / 2) * share * probability
    return found


def _reach(scenario: Scenario) -> Array:
    closest = scenario.network.minimum_distance
    return np.maximum(closest, 1e-3) * REACH if closest else REACH


def _beyond(scenario: Scenario, model: Propagation, density: float, height: float, indoor: bool,
            side: tuple[float, float]) -> Array:
    reach, power = _reach(scenario), np.zeros(len(LOSSES))
    inside = _inside(reach, side)
    for loss, sigma, number in _cells(scenario, model, density, height, indoor):
        mean = 10 ** (-loss / 10) * np.exp((_DB * sigma) ** 2 / 2) * number
        for i, near in enumerate(LOSSES):
            weaker = special.ndtr((loss - near) / sigma - _DB * sigma)
            power[i] += np.mean(np.sum(mean * (1 - inside * (1 - weaker)), axis=-1))
        power += _out_of_reach(np.mean(mean, axis=0) / _trapezoid(np.log(reach)), reach)
    return power


def _out_of_reach(power: Array, reach: Array) -> float:
    """Return the mean power from beyond the last distance, ``power`` per neper of distance extended by a power law.

    In a hall with high stations, where losses grow by 21.9 dB a decade, that is a sixth of all.
    """
    if not power[-1] > 0:
        return 0.0
    falls = -np.log(power[-1] / power[-2]) / np.log(reach[-1] / reach[-2])
    return float(power[-1] / falls)


def _inside(reach: Array, side: tuple[float, float]) -> Array:
    """Return the share of the circle with radius ``reach`` (m) around the middle of a rectangle that lies within it."""
    cut = sum(np.arccos(np.minimum(length / 2 / reach, 1.0)) for length in side)
    return np.asarray(np.maximum(1 - 2 / np.pi * cut, 0.0))


def _pattern(scenario: Scenario, reach: Array, rise: float) -> Array:
    """Return the gain [azimuth, reach] of a cell, dB, at azimuths all round; one where it is the same all round."""
    count = AZIMUTHS if scenario.antennas.pattern != "omni" else 1
    angle = 2 * np.pi * (np.arange(count) + 0.5) / count
    step = np.stack([np.cos(angle), np.sin(angle)], axis=-1)[:, None, :] * reach[:, None]
    return antennas(scenario, sectors(scenario, 1)).towards(np.zeros(step.shape[:-1], int), step, np.asarray(rise))


def _trapezoid(node: Array) -> Array:
    weight = np.zeros(len(node))
    weight[1:] += np.diff(node) / 2
    weight[:-1] += np.diff(node) / 2
    return weight
