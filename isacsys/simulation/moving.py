"""What has changed between the moment a frame was planned and the frame itself."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.arrays import Array, Complex
from isacsys.network.state import NetworkState
from isacsys.network.surroundings import Surroundings
from isacsys.physics import ageing, combining
from isacsys.simulation import requests as asking
from isacsys.simulation.values import Plan, Receivers, Situation

_NONE = np.empty(0)


def now(state: NetworkState, plan: Plan) -> tuple[Surroundings, Receivers, tuple[Array, Array], Complex | None]:
    """Surroundings of users, receivers, distances to serving stations, and the filters to null if these have turned.

    Later handovers do not change who serves in the frame.
    """
    scenario = state.scenario
    users, targets = plan.selection.users, plan.selection.targets
    if scenario.lead_frames == 0 or not scenario.moving:
        to_targets = state.targets.distance[targets.ids] if len(targets) else _NONE
        return plan.around_users, plan.receivers, (state.users.distance[users.ids], to_targets), None
    to_users, around = state.around_users_now(users.ids, plan.around_users)
    if not len(targets):
        return around, plan.receivers, (to_users, _NONE), None
    cosine = np.zeros_like(plan.receivers.cosine)
    to_targets, cosine[plan.receivers.row, targets.slot] = asking.polar(state, targets)
    filters = combining.mrc_filters(cosine, scenario.antennas.receive) * plan.receivers.active[..., None]
    receivers = dataclasses.replace(plan.receivers, cosine=cosine, mrc=filters)
    return around, receivers, (to_users, to_targets), np.concatenate([filters, plan.receivers.mrc], axis=-2)


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
    return ageing.correlation(situation.speed, state.scenario.propagation.carrier_frequency, age)
