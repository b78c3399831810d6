"""One frame: Section II of Meng & Masouros, step by step."""

from __future__ import annotations

from functools import partial

import numpy as np

from isacsys.arrays import Array, Index
from isacsys.network.population import Population
from isacsys.network.selection import Clusters, Links
from isacsys.network.state import NetworkState
from isacsys.physics import accounting, combining
from isacsys.scheduling import GrantPolicy, Scheduler, grant, select
from isacsys.simulation import moving
from isacsys.simulation import requests as asking
from isacsys.simulation.channels import Channels
from isacsys.simulation.values import NO_LINKS, Bundle, Design, FrameRecord, LinkTerms, Plan, Situation
from isacsys.streams import Purpose, stream


def run_frame(state: NetworkState, drop: int, scheduler: Scheduler, grant_policy: GrantPolicy,
              channels: Channels) -> FrameRecord:
    """Schedule, coordinate, transmit and account one frame of all stations."""
    return transmit(settle(state, drop, scheduler, grant_policy), channels)


def settle(state: NetworkState, drop: int, scheduler: Scheduler, grant_policy: GrantPolicy) -> Situation:
    """Choose who is served, form clusters, send null requests, grant them: all within the frame."""
    return coordinate(state, drop, plan(state, drop, scheduler), grant_policy)


def plan(state: NetworkState, drop: int, scheduler: Scheduler, target_scheduler: Scheduler | None = None) -> Plan:
    """Choose who is served in ``state.frame``, form clusters, and write null requests."""
    if any(policy.needs_channels for policy in (scheduler, target_scheduler) if policy):
        state.draw_channels(_stream(state, drop, Purpose.CHANNELS_SEEN))
    sensing = state.scenario.allocation.targets_per_bs > 0
    selection = select(state, scheduler, _stream(state, drop, Purpose.SELECT_USERS),
                       _stream(state, drop, Purpose.SELECT_TARGETS) if sensing else None, target_scheduler)
    users, targets = selection.users, selection.targets
    around_users = state.around_users(users.ids)
    asked = state.target_clusters(targets.ids)
    receivers = asking.sensing_receivers(state, targets, asked)
    requests = asking.join(asking.user_requests(state, users, around_users),
                           asking.target_requests(state, targets, receivers, asked))
    channels = state.channels[users.ids] if state.channels is not None else None
    return Plan(state.frame, selection, around_users, receivers, requests,
                (_weights(state, "users", users), _weights(state, "targets", targets)), channels)


def coordinate(state: NetworkState, drop: int, plan: Plan, grant_policy: GrantPolicy,
               bundle: Bundle | None = None) -> Situation:
    """Let every station grant null requests of those that have arrived; all have, unless a bundle says otherwise."""
    users, requests = plan.selection.users, plan.requests
    arrived, travel = (bundle.arrived, bundle.travel) if bundle else (None, np.zeros(len(requests)))
    budget = np.maximum(state.scenario.antennas.transmit - 1 - users.count, 0)  # (16a), per station and instant
    granted = grant(requests, budget, grant_policy, partial(_stream, state, drop, Purpose.GRANTS), arrived)
    around_users, receivers, distances, nulled = moving.now(state, plan)
    grants = asking.constraints(state, plan.selection, requests, granted, receivers, nulled)
    clusters = Clusters(state, plan.selection, requests, granted)
    arrived = np.ones(len(requests), bool) if arrived is None else arrived
    return Situation(state, plan, around_users, receivers, distances, grants, clusters, arrived, travel)


def transmit(situation: Situation, channels: Channels) -> FrameRecord:
    """Design beams, send, and account what everybody receives."""
    design = channels.design(situation)
    return FrameRecord(situation, receive_users(situation, design, channels),
                       degrees_of_freedom(situation), *receive_echoes(situation, design, channels))


def receive_users(situation: Situation, design: Design, channels: Channels) -> LinkTerms:
    """Account what every scheduled user receives. Meng & Masouros (2)."""
    around, grants = situation.around_users, situation.grants
    gain, leakage = channels.own(situation, design)
    power = channels.to_users(situation, design) * around.path_gain
    serving = around.path_gain[:, 0]
    terms = accounting.split(power, grants.user_asked, grants.user_granted)
    far = around.far_field * active_share(situation)
    return _terms(situation, 0, gain * serving, leakage * serving, True, terms, far)


def receive_echoes(situation: Situation, design: Design, channels: Channels) -> tuple[LinkTerms, Array]:
    """Account the echo of every scheduled target after its receive filter, Meng & Masouros (5); and `held_back`."""
    state, links, receivers = situation.state, situation.selection.targets, situation.receivers
    if not len(links):
        return NO_LINKS, np.empty(0)
    grants, row, slot = situation.grants, receivers.row, links.slot
    gains = channels.to_filters(situation, design)[row, :, slot]  # [link, near]
    power = gains * receivers.around.path_gain[row]
    terms = accounting.split(power, grants.target_asked[row, :, slot], grants.target_granted[row, :, slot])
    echo, others = echoes(situation, channels.echoes(situation, design))
    far = receivers.around.far_field[row] * active_share(situation)
    counted = state.scenario.sensing.inter_target_echo
    return _terms(situation, 1, echo, others, counted, terms, far), held_back(situation, power)


def held_back(situation: Situation, power: Array) -> Array:
    """Power [link] that nulls for other targets of a station took from ``power`` [link, near] of stations not asked.

    Around a target every target of a station has a cluster of its own, and filters are not orthogonal: of a filter of
    which a share s is left outside the span of the nulled ones, an independent gain comes through s times.
    """
    grants, row, slot = situation.grants, situation.receivers.row, situation.selection.targets.slot
    if situation.state.scenario.sensing.cluster_center == "serving_bs" or not len(grants.residual):
        return np.zeros(len(power))
    share = np.ones(grants.target_asked.shape)
    share[grants.pairs] = np.sum(np.abs(grants.residual) ** 2, axis=-1)
    left = share[row, :, slot]
    counted = ~grants.target_asked[row, :, slot] & (left > combining.TOLERANCE)
    return np.sum(np.divide(power, left, where=counted, out=np.zeros_like(power)) - power * counted, axis=-1)


def echoes(situation: Situation, gains: Array) -> tuple[Array, Array]:
    """Echo of every scheduled target, and those of the station's other targets through its filter, [link] each."""
    state, links, receivers = situation.state, situation.selection.targets, situation.receivers
    scenario, place = state.scenario, (receivers.row, links.slot)
    power = np.zeros(receivers.active.shape)
    power[place] = accounting.echo_power(gains[place], situation.distances[1], scenario.propagation.echo_exponent,
                                         scenario.echo_gain)
    power[place] *= state.targets.station[links.ids] >= 0  # a target that has left since gives no echo
    if receivers.active.shape[-1] == 1:
        return power[place], np.zeros(len(links))
    heard = combining.pattern(receivers.filters) * (1 - np.eye(receivers.active.shape[-1]))
    return power[place], np.einsum("rij,rj->ri", heard, power)[place]


def degrees_of_freedom(situation: Situation) -> Index:
    """Return ``M_t - independent constraints + 1`` of the serving station of every scheduled user."""
    users = situation.selection.users
    held = users.count + situation.grants.constraints
    return situation.state.scenario.antennas.transmit + 1 - held[users.station]


def active_share(situation: Situation) -> float:
    """Share of stations that transmit, by which the far field is thinned."""
    streams = situation.selection.users.count
    return np.count_nonzero(streams) / max(len(streams), 1)


def _terms(situation: Situation, kind: int, signal: Array, own: Array, own_counts: bool,
           interference: tuple[Array, Array, Array], far: Array) -> LinkTerms:
    noise = np.full(len(signal), situation.state.scenario.propagation.noise_power)
    sir = accounting.sir(signal, own * own_counts, *interference, far, noise)
    return LinkTerms(situation.distances[kind], signal, own, *interference, far, noise, sir,
                     accounting.rate(sir), situation.plan.weights[kind])


def _weights(state: NetworkState, kind: str, links: Links) -> Array:
    if not len(links):
        return np.empty(0)
    population: Population = getattr(state, kind)
    return np.asarray((population.count / np.maximum(links.count, 1))[links.station])


def _stream(state: NetworkState, drop: int, purpose: Purpose) -> np.random.Generator:
    return stream(state.scenario.simulation.seed, drop, state.frame, purpose)
