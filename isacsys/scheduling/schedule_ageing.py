"""Changes between the scheduling of a frame and the frame itself."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.beamforming import Combiner, Schedule, Sensors, Sight
from isacsys.core.arrays import Array, Complex, Flags
from isacsys.network.selection import Links
from isacsys.network.state import NetworkState
from isacsys.network.surroundings import Surroundings
from isacsys.scheduling import null_requests as asking

_NONE = np.empty(0)


def now(state: NetworkState, schedule: Schedule, combiner: Combiner
        ) -> tuple[Surroundings, Sensors, tuple[Array, Array], Complex | None]:
    """Return surroundings of users, sensors, distances [user], [target] to serving stations, and filters to null
    [sensor, 2 J, M_r] if these have turned.

    Later handovers do not change who serves in the frame.
    """
    scenario = state.scenario
    users, targets = schedule.selection.users, schedule.selection.targets
    if scenario.lead_frames == 0 or not scenario.moving:
        to_targets = state.targets.distance[targets.ids] if len(targets) else _NONE
        return schedule.around_users, schedule.sensors, (state.users.distance[users.ids], to_targets), None
    to_users, around = state.around_users_now(users.ids, schedule.around_users)
    if not len(targets):
        return around, schedule.sensors, (to_users, _NONE), None
    cosine = np.zeros_like(schedule.sensors.cosine)
    to_targets, cosine[schedule.sensors.row, targets.slot] = asking.polar(state, targets)
    sensors = asking.aim(state, targets, dataclasses.replace(schedule.sensors, cosine=cosine), combiner)
    nulled = np.concatenate([sensors.receive, schedule.sensors.receive], axis=-2)
    return around, sensors, (to_users, to_targets), nulled


def sight(state: NetworkState, users: Links, around: Surroundings) -> Sight | None:
    """Return the lines of sight between scheduled users and the stations around them, where there are any."""
    if not state.in_sight:
        return None
    share = state.large_scale.sight_share(users.ids, around.station)
    return Sight(state.user_bearings(users.ids, around.station), share)


def returned(state: NetworkState, targets: Links, distance: Array) -> tuple[Array | None, Array | None]:
    """Return echo gain and clutter [link] of scheduled targets at ``distance`` [link]; None where the power law
    applies.
    """
    if not state.scenario.built or not len(targets):
        return None, None
    clutter = state.large_scale.clutter[targets.station] if state.scenario.sensing.clutter else None
    return state.large_scale.echo_gain(targets.ids, distance), clutter


def speed(state: NetworkState, users: Links) -> Array:
    """Return the speed of scheduled users, m/s, [link]."""
    return state.users.speed_of(users.ids) if state.scenario.moving else np.zeros(len(users))


def present(state: NetworkState, targets: Links) -> Flags:
    """Return the scheduled targets that have not left, [link]."""
    return state.targets.station[targets.ids] >= 0 if len(targets) else np.ones(0, bool)
