"""What has changed between the moment a frame was planned and the frame itself."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.arrays import Array, Complex
from isacsys.network.population import Population
from isacsys.network.selection import Links
from isacsys.network.state import NetworkState
from isacsys.network.surroundings import Surroundings
from isacsys.physics import ageing, combining
from isacsys.simulation import requests as asking
from isacsys.simulation.values import Plan, Receivers, Situation


def now(state: NetworkState, plan: Plan) -> tuple[Surroundings, Receivers, tuple[Array, Array], Complex | None]:
    """Surroundings of users, receivers, distances to serving stations, and the filters to null if these have turned."""
    scenario = state.scenario
    users, targets = plan.selection.users, plan.selection.targets
    far = _distances(state, "users", users), _distances(state, "targets", targets)
    if scenario.lead_frames == 0 or not scenario.moving:
        return plan.around_users, plan.receivers, far, None
    around = state.path_gains_now(users.ids, plan.around_users)
    if not len(targets):
        return around, plan.receivers, far, None
    cosine = np.zeros_like(plan.receivers.cosine)
    cosine[plan.receivers.row, targets.slot] = asking.cosines(state, targets)
    filters = combining.mrc_filters(cosine, scenario.antennas.receive) * plan.receivers.active[..., None]
    receivers = dataclasses.replace(plan.receivers, cosine=cosine, mrc=filters)
    return around, receivers, far, np.concatenate([filters, plan.receivers.mrc], axis=-2)


def own_correlation(situation: Situation) -> Array | None:
    """Correlation [link] of own channels with what the design knew; None where they are the same.

    What a scheduler has looked at is at least as old as the schedule.
    """
    scenario = situation.state.scenario
    seen = scenario.lead_frames * scenario.simulation.frame_duration if situation.plan.channels is not None else 0.0
    return _correlation(situation, max(scenario.csi.own_age, seen))


def cross_correlation(situation: Situation) -> Array | None:
    """Correlation [link] of channels to other stations with what their nulls stand for; None where it is 1."""
    scenario = situation.state.scenario
    return _correlation(situation, scenario.lead_frames * scenario.simulation.frame_duration)


def _correlation(situation: Situation, age: float) -> Array | None:
    state = situation.state
    if age == 0 or not state.scenario.moving:
        return None
    speed = state.users.speed_of(situation.selection.users.ids)
    return ageing.correlation(speed, state.scenario.propagation.carrier_frequency, age)


def _distances(state: NetworkState, kind: str, links: Links) -> Array:
    """Distances to the serving stations, which later handovers do not change."""
    if not len(links):
        return np.empty(0)
    population: Population = getattr(state, kind)
    if state.scenario.lead_frames == 0 or not state.scenario.moving:
        return population.distance[links.ids]
    way = state.from_station(links.station, population, links.ids)
    return np.hypot(way[:, 0], way[:, 1])
