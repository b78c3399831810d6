"""One frame: Section II of Meng & Masouros, step by step."""

from __future__ import annotations

import numpy as np

from isacsys.beamforming import Bundle, FrameState, Schedule, checked_designs, subbands
from isacsys.core.arrays import Array
from isacsys.core.random_streams import Purpose
from isacsys.coupling import Couplings
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import Links
from isacsys.network.state import NetworkState
from isacsys.scheduling import grant, schedule_ageing, select
from isacsys.scheduling import null_requests as asking
from isacsys.services import SERVICES, FrameRecord, joint_transmission
from isacsys.services.base import check_numbers
from isacsys.services.delivery import columns, deliver
from isacsys.services.multistatic_clusters import helpers
from isacsys.services.subbands import merged
from isacsys.simulation.policies import Policies


def run_frame(state: NetworkState, drop: int, policies: Policies) -> FrameRecord:
    """Schedule, coordinate, transmit and account one frame of all stations."""
    return transmit(settle(state, drop, policies), policies)


def settle(state: NetworkState, drop: int, policies: Policies) -> FrameState:
    """Choose who is served, form clusters, send null requests, grant them: all within the frame."""
    return coordinate(state, drop, schedule(state, drop, policies), policies)


def schedule(state: NetworkState, drop: int, policies: Policies) -> Schedule:
    """Choose who is served in ``state.frame``, form clusters, and write null requests.

    Where sizes change from frame to frame, ``state.scenario`` is that of the frame from then on.
    """
    name, sensing = state.frame_name(drop), state.scenario.allocation.targets_per_bs > 0
    if policies.allocation is not None:
        state.scenario, sensing = policies.allocation.scenario(state)
    state.promised = policies.precoder.promised
    _forget_moved(state, policies)
    if policies.look_at_channels:
        see_channels(state, drop)
    selection = select(state, policies.scheduler, name.stream(Purpose.SELECT_USERS),
                       name.stream(Purpose.SELECT_TARGETS) if sensing else None, policies.target_scheduler)
    users, targets = selection.users, selection.targets
    around_users = state.around_users(users.ids)
    asked = state.target_clusters(targets.ids)
    sensors = asking.sensors_of(state, targets, asked, policies.combiner)
    requests = asking.join(asking.user_requests(state, users, around_users),
                           asking.target_requests(state, targets, sensors, asked))
    channels = state.channels[users.ids] if state.channels is not None else None
    return Schedule(
        state.frame,
        selection,
        around_users,
        sensors,
        requests,
        (_weights(state, ReceiverType.USER, users), _weights(state, ReceiverType.TARGET, targets)),
        channels,
    )


def see_channels(state: NetworkState, drop: int) -> None:
    """Draw the channels of ``state.frame`` for policies that use them, unless they have been drawn before."""
    if state.channels is None or state.channels_frame != state.frame:
        state.draw_channels(state.frame_name(drop).stream(Purpose.CHANNELS_SEEN))
        state.channels_frame = state.frame


def coordinate(state: NetworkState, drop: int, scheduled: Schedule, policies: Policies,
               bundle: Bundle | None = None) -> FrameState:
    """Return the state of the frame after every station has granted null requests; all have arrived unless a bundle
    says.
    """
    _forget_moved(state, policies)
    name, selection, requests = state.frame_name(drop), scheduled.selection, scheduled.requests
    arrived, travel = (bundle.arrived, bundle.travel) if bundle else (None, np.zeros(len(requests)))
    budget = checked_designs.budget(policies.precoder, state.scenario.antennas.transmit, selection.users.count)
    granted = asking.answer(state.scenario, requests, arrived, lambda some, there: grant(
        some, budget, policies.grants, lambda: name.stream(Purpose.GRANTS, some.station), there))
    around_users, sensors, distances, nulled = schedule_ageing.now(state, scheduled, policies.combiner)
    grants = asking.constraints(state, selection, requests, granted, sensors, nulled)
    arrived = np.ones(len(requests), bool) if arrived is None else arrived
    return FrameState(
        name,
        state.scenario,
        state.deployment.area,
        scheduled,
        around_users,
        sensors,
        distances,
        schedule_ageing.speed(state, selection.users),
        schedule_ageing.present(state, selection.targets),
        grants,
        arrived,
        travel,
        schedule_ageing.sight(state, selection.users, around_users),
        *schedule_ageing.returned(state, selection.targets, distances[1]),
        helpers(state, selection.targets, requests, granted),
        state.users.queue[selection.users.ids],
        len(state.users),
        state.fading,
    )


def transmit(frame_state: FrameState, policies: Policies) -> FrameRecord:
    """Design beams, send, and account what every receiver gets."""
    engine, bands = policies.engine, subbands.spread(frame_state)
    known = engine.know(bands, policies.precoder)
    beams = checked_designs.design(policies.precoder, known, frame_state.scenario.precoding.sensing_power)
    gains = engine.couple(bands, known, beams, policies.combiner)
    services = {service.name: check_numbers(service.account(bands, beams, gains)) for service in SERVICES}
    power = beams.power
    if bands is not frame_state:
        power = power.reshape(-1, frame_state.stations, power.shape[1]).mean(0)
        services = {name: merged(frame_state, one, power) for name, one in services.items()}
    model, users = policies.link_model, services["communication"].terms
    delivery = deliver(frame_state, users, lambda: believed_power(bands, gains), model)
    record = FrameRecord(frame_state, power, services, delivery=delivery)
    more = columns(frame_state.scenario, delivery, model)
    return record.with_columns("communication", more) if more else record


def believed_power(bands: FrameState, gains: Couplings) -> Array:
    """Return the wanted power that stations expect users to get, [link, subband]."""
    return joint_transmission.believed(bands, gains).reshape(bands.scenario.fading.subbands, -1).T


def _forget_moved(state: NetworkState, policies: Policies) -> None:
    """Drop blocks that wait for users who have another station now, and tell schedulers how many wait."""
    model = policies.link_model
    if model.blocks:
        model.forget(state.users.station)
        state.users.waiting_blocks = model.waiting(len(state.users))


def _weights(state: NetworkState, kind: ReceiverType, links: Links) -> Array:
    if not len(links):
        return np.empty(0)
    return np.asarray((state.population(kind).count / np.maximum(links.count, 1))[links.station])
