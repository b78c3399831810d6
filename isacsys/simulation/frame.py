"""One frame: Section II of Meng & Masouros, step by step."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array, Index
from isacsys.network.population import Population
from isacsys.network.selection import Clusters, Links
from isacsys.network.state import NetworkState
from isacsys.physics import accounting, combining
from isacsys.scheduling import GrantPolicy, Scheduler, grant, select
from isacsys.simulation import requests as asking
from isacsys.simulation.channels import Channels
from isacsys.simulation.values import Design, FrameRecord, LinkTerms, Situation
from isacsys.streams import Purpose, stream


def run_frame(state: NetworkState, drop: int, scheduler: Scheduler, grant_policy: GrantPolicy,
              channels: Channels) -> FrameRecord:
    """Schedule, coordinate, transmit and account one frame of all stations."""
    situation = settle(state, drop, scheduler, grant_policy)
    design = channels.design(situation)
    return FrameRecord(situation, receive_users(situation, design, channels),
                       degrees_of_freedom(situation), receive_echoes(situation, design, channels))


def settle(state: NetworkState, drop: int, scheduler: Scheduler, grant_policy: GrantPolicy) -> Situation:
    """Choose who is served, form clusters, send null requests, grant them."""
    def rng(purpose: Purpose) -> np.random.Generator:
        return stream(state.scenario.simulation.seed, drop, state.frame, purpose)

    selection = select(state, scheduler, rng(Purpose.SELECT_USERS), rng(Purpose.SELECT_TARGETS))
    users, targets = selection.users, selection.targets
    around_users = state.around_users(users.ids)
    asked = state.target_clusters(targets.ids)
    receivers = asking.sensing_receivers(state, targets, asked)
    requests = asking.join(asking.user_requests(state, users, around_users),
                           asking.target_requests(state, targets, receivers, asked))
    budget = np.maximum(state.scenario.antennas.transmit - 1 - users.count, 0)  # (16a), per station and instant
    granted = grant(requests, budget, grant_policy, rng(Purpose.GRANTS))
    grants = asking.constraints(state, selection, requests, granted, around_users, receivers)
    return Situation(state, selection, around_users, receivers, grants, Clusters(state, selection, requests, granted))


def receive_users(situation: Situation, design: Design, channels: Channels) -> LinkTerms:
    """Account what every scheduled user receives. Meng & Masouros (2)."""
    state, links, around, grants = situation.state, situation.selection.users, situation.around_users, situation.grants
    gain, leakage = channels.own(situation, design)
    power = channels.to_users(situation, design) * around.path_gain
    serving = around.path_gain[:, 0]
    terms = accounting.split(power, grants.user_asked, grants.user_granted)
    far = around.far_field * active_share(situation)
    return _terms(state, state.users, links, gain * serving, leakage * serving, True, terms, far)


def receive_echoes(situation: Situation, design: Design, channels: Channels) -> LinkTerms:
    """Account the echo of every scheduled target after its receive filter. Meng & Masouros (5)."""
    state, links, receivers = situation.state, situation.selection.targets, situation.receivers
    grants, row, slot = situation.grants, receivers.row, links.slot
    gains = channels.to_filters(situation, design)[row, :, slot]  # [link, near]
    power = gains * receivers.around.path_gain[row]
    terms = accounting.split(power, grants.target_asked[row, :, slot], grants.target_granted[row, :, slot])
    echo, others = echoes(situation, channels.echoes(situation, design))
    far = receivers.around.far_field[row] * active_share(situation)
    counted = state.scenario.sensing.inter_target_echo
    return _terms(state, state.targets, links, echo, others, counted, terms, far)


def echoes(situation: Situation, gains: Array) -> tuple[Array, Array]:
    """Echo of every scheduled target, and those of the station's other targets through its filter, [link] each."""
    state, links, receivers = situation.state, situation.selection.targets, situation.receivers
    scenario, place = state.scenario, (receivers.row, links.slot)
    power = np.zeros(receivers.active.shape)
    power[place] = accounting.echo_power(gains[place], state.targets.distance[links.ids],
                                         scenario.propagation.echo_exponent, scenario.echo_gain)
    if receivers.active.shape[-1] == 1:
        return power[place], np.zeros(len(links))
    heard = combining.pattern(receivers.filters)  # 1 for the own bearing
    others = np.einsum("rij,rj->ri", heard, power) - power
    return power[place], np.maximum(others[place], 0.0)


def degrees_of_freedom(situation: Situation) -> Index:
    """Return ``M_t - independent constraints + 1`` of the serving station of every scheduled user."""
    users = situation.selection.users
    held = users.count + situation.grants.constraints
    return situation.state.scenario.antennas.transmit + 1 - held[users.station]


def active_share(situation: Situation) -> float:
    """Share of stations that transmit, by which the far field is thinned."""
    silent = situation.selection.silent
    return 1 - float(silent.mean()) if silent.size else 1.0


def _terms(state: NetworkState, population: Population, links: Links, signal: Array, own: Array, own_counts: bool,
           interference: tuple[Array, Array, Array], far: Array) -> LinkTerms:
    noise = np.full(len(links), state.scenario.propagation.noise_power)
    sir = accounting.sir(signal, own * own_counts, *interference, far, noise)
    weight = (population.count / np.maximum(links.count, 1))[links.station]
    return LinkTerms(population.distance[links.ids], signal, own, *interference, far, noise, sir,
                     accounting.rate(sir), weight)
