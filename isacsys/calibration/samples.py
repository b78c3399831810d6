"""The metrics of the cases, drawn by the simulator's own deployment, association and gains."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.random_streams import Purpose, stream
from isacsys.network import NetworkState, deploy
from isacsys.network.association_by_power import AssociationByPower
from isacsys.propagation.registry import find_model
from isacsys.propagation.target_types import background_gains

BEST = 4  # sites, or pairs of sites, that are pooled


def users(scenario: Scenario) -> dict[str, Array]:
    """Return gain of the strongest cell, its ratio to all other cells, and that with noise, dB, [user]."""
    found: dict[str, list[Array]] = {"coupling_loss": [], "wideband_sir": [], "geometry_sinr": []}
    for state in _drops(scenario):
        everybody = np.arange(len(state.users))
        around = state.around_users(everybody)
        serving, others = around.path_gain[:, 0], around.path_gain[:, 1:].sum(-1) + around.far_field
        for name, ratio in (("coupling_loss", serving), ("wideband_sir", serving / others),
                            ("geometry_sinr", state.mean_sir(everybody))):
            found[name].append(10 * np.log10(ratio))
    return {name: np.concatenate(values) for name, values in found.items()}


def uav(scenario: Scenario) -> Mapping[str, Array]:
    """Return echo gains [pair] of targets in the centre cell at the best sites, which transmit and receive, dB."""
    return _echoes(scenario, lambda gain: gain**2)


def uav_bistatic(scenario: Scenario) -> Mapping[str, Array]:
    """Return the same for pairs of two sites, dB [pair]; no factor of the bistatic angle, as in the calibration."""
    def pairs(gain: Array) -> Array:
        one, other = np.triu_indices(gain.shape[1], 1)
        return gain[:, one] * gain[:, other]

    return _echoes(scenario, pairs)


def background(scenario: Scenario) -> Mapping[str, Array]:
    """Return gains of single reference points of the mono-static background, dB [point]."""
    model, gains = find_model(scenario), []
    for drop in range(scenario.simulation.drops):
        d = deploy(scenario, drop)
        rng = stream(scenario.simulation.seed, drop, 0, Purpose.CLUTTER)
        gains.append(background_gains(scenario, model, d.masts, d.cells, rng).ravel())
    return {"coupling_loss": 10 * np.log10(np.concatenate(gains))}


def _echoes(scenario: Scenario, joint: Callable[[Array], Array]) -> Mapping[str, Array]:
    found = []
    for state in _drops(scenario):
        scale = state.large_scale
        assert isinstance(scale, AssociationByPower)
        d = state.deployment
        way = np.linalg.norm(d.targets[:, None] - d.sites, axis=-1)
        centre = np.argmin(np.linalg.norm(d.sites - d.sites.mean(axis=0), axis=1))
        inside = d.targets[way.argmin(axis=1) == centre]
        echo = scale.reflection * joint(scale.targets.everywhere(inside))
        found.append(np.sort(echo, axis=1)[:, -BEST:].ravel())
    return {"coupling_loss": 10 * np.log10(np.concatenate(found))}


def _drops(scenario: Scenario) -> Iterator[NetworkState]:
    for drop in range(scenario.simulation.drops):
        yield NetworkState(scenario, deploy(scenario, drop))
