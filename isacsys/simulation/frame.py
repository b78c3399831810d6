"""One frame: Section II of Meng & Masouros, step by step."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array
from isacsys.metrics import FrameRecord
from isacsys.network.kinds import Kind
from isacsys.network.selection import Links
from isacsys.network.state import NetworkState
from isacsys.scheduling import grant, select
from isacsys.simulation import moving, multistatic
from isacsys.simulation import requests as asking
from isacsys.simulation.helping import helpers
from isacsys.simulation.policies import Policies
from isacsys.simulation.reception import degrees_of_freedom, receive_echoes, receive_users
from isacsys.streams import FrameName, Purpose
from isacsys.transmission import Bundle, Schedule, Situation, designing


def run_frame(state: NetworkState, drop: int, policies: Policies) -> FrameRecord:
    """Schedule, coordinate, transmit and account one frame of all stations."""
    return transmit(settle(state, drop, policies), policies)


def settle(state: NetworkState, drop: int, policies: Policies) -> Situation:
    """Choose who is served, form clusters, send null requests, grant them: all within the frame."""
    return coordinate(state, drop, schedule(state, drop, policies), policies)


def schedule(state: NetworkState, drop: int, policies: Policies) -> Schedule:
    """Choose who is served in ``state.frame``, form clusters, and write null requests."""
    name = _name(state, drop)
    state.promised = policies.precoder.promised
    if policies.look_at_channels:
        state.draw_channels(name.stream(Purpose.CHANNELS_SEEN))
    sensing = state.scenario.allocation.targets_per_bs > 0
    selection = select(state, policies.scheduler, name.stream(Purpose.SELECT_USERS),
                       name.stream(Purpose.SELECT_TARGETS) if sensing else None, policies.target_scheduler)
    users, targets = selection.users, selection.targets
    around_users = state.around_users(users.ids)
    asked = state.target_clusters(targets.ids)
    sensors = asking.sensors_of(state, targets, asked, policies.combiner)
    requests = asking.join(asking.user_requests(state, users, around_users),
                           asking.target_requests(state, targets, sensors, asked))
    channels = state.channels[users.ids] if state.channels is not None else None
    return Schedule(state.frame, selection, around_users, sensors, requests,
                    (_weights(state, Kind.USER, users), _weights(state, Kind.TARGET, targets)), channels)


def coordinate(state: NetworkState, drop: int, scheduled: Schedule, policies: Policies,
               bundle: Bundle | None = None) -> Situation:
    """Let every station grant null requests of those that have arrived; all have, unless a bundle says otherwise."""
    name, selection, requests = _name(state, drop), scheduled.selection, scheduled.requests
    arrived, travel = (bundle.arrived, bundle.travel) if bundle else (None, np.zeros(len(requests)))
    budget = designing.budget(policies.precoder, state.scenario.antennas.transmit, selection.users.count)
    granted = asking.answer(state.scenario, requests, arrived, lambda some, there: grant(
        some, budget, policies.grants, lambda: name.stream(Purpose.GRANTS), there))
    around_users, sensors, distances, nulled = moving.now(state, scheduled, policies.combiner)
    grants = asking.constraints(state, selection, requests, granted, sensors, nulled)
    arrived = np.ones(len(requests), bool) if arrived is None else arrived
    return Situation(name, state.scenario, state.deployment.area, scheduled, around_users, sensors, distances,
                     moving.speed(state, selection.users), moving.present(state, selection.targets), grants, arrived,
                     travel, moving.sight(state, selection.users, around_users),
                     *moving.returned(state, selection.targets, distances[1]),
                     helpers(state, selection.targets, requests, granted))


def transmit(situation: Situation, policies: Policies) -> FrameRecord:
    """Design beams, send, and account what every receiver gets."""
    engine = policies.engine
    known = engine.know(situation, policies.precoder)
    beams = designing.design(policies.precoder, known, situation.scenario.precoding.sensing_power)
    gains = engine.couple(situation, known, beams, policies.combiner)
    users = receive_users(situation, beams.transmitting, gains)
    targets, held_back = receive_echoes(situation, beams.transmitting, gains)
    targets, pairs = multistatic.together(situation, beams, targets)
    return FrameRecord(situation, beams.power, users, degrees_of_freedom(situation), targets, held_back, pairs)


def _weights(state: NetworkState, kind: Kind, links: Links) -> Array:
    if not len(links):
        return np.empty(0)
    return np.asarray((state.population(kind).count / np.maximum(links.count, 1))[links.station])


def _name(state: NetworkState, drop: int) -> FrameName:
    return FrameName(state.scenario.simulation.seed, drop, state.frame)
