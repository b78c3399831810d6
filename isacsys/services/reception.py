"""What every receiver gets: terms of power kept apart, and what they come to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from isacsys.beamforming import FrameState, Sensors, checked_designs, filter_spans, receive_filters
from isacsys.channel import array_response
from isacsys.core import accounting
from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.coupling import Couplings
from isacsys.network.receivers import ReceiverType
from isacsys.services import NO_LINKS, LinkTerms, detections, joint_transmission, multistatic
from isacsys.services.link_terms import CLUTTER


def receive_users(frame_state: FrameState, transmitting: Flags, gains: Couplings) -> LinkTerms:
    """Account what every scheduled user receives. Meng & Masouros (2)."""
    around, grants = frame_state.around_users, frame_state.grants
    signal, own, power = joint_transmission.received(frame_state, gains)  # power [link, near]
    terms = accounting.split(power, grants.user_asked, grants.user_granted)
    far = around.far_field * active_share(transmitting)
    return _terms(frame_state, ReceiverType.USER, signal, own, True, terms, far,
                  strongest(frame_state, power, around.station))


def receive_echoes(frame_state: FrameState, transmitting: Flags, gains: Couplings) -> tuple[LinkTerms, Array]:
    """Account the echo of every scheduled target after its receive filter, Meng & Masouros (5); and `held_back`."""
    links, sensors, grants = frame_state.selection.targets, frame_state.sensors, frame_state.grants
    if not len(links):
        return NO_LINKS, np.empty(0)
    row, slot = sensors.row, links.slot
    power = gains.to_filters[row, :, slot] * sensors.around.path_gain[row]  # [link, near]
    if frame_state.scenario.multistatic:  # who senses together knows what the others send
        power *= np.where(grants.target_granted[row, :, slot], multistatic.direct_path(frame_state.scenario), 1.0)
    terms = accounting.split(power, grants.target_asked[row, :, slot], grants.target_granted[row, :, slot])
    echo, others = echoes(frame_state, gains.echoes, gains.filters)
    far = sensors.around.far_field[row] * active_share(transmitting)
    counted = frame_state.scenario.sensing.inter_target_echo
    taken = np.zeros(len(power)) if gains.filters is not None else held_back(frame_state, power)
    found = _terms(frame_state, ReceiverType.TARGET, echo, others, counted, terms, far,
                   strongest(frame_state, power, sensors.around.station[row]))
    if frame_state.scenario.detecting:
        found = dataclasses.replace(
            found, more={**found.more, **detections.figures(frame_state, found.sir, gains.covariance)}
        )
    return found, taken


def held_back(frame_state: FrameState, power: Array) -> Array:
    """Power [link] that nulls for other targets of a station took from ``power`` [link, near] of stations not asked.

    Around a target every target of a station has a cluster of its own, and filters are not orthogonal: of a filter of
    which a share s is left outside the span of the nulled ones, an independent gain comes through s times.
    """
    grants, row, slot = frame_state.grants, frame_state.sensors.row, frame_state.selection.targets.slot
    if frame_state.scenario.sensing.cluster_center == "serving_bs" or not len(grants.residual):
        return np.zeros(len(power))
    share = np.ones(grants.target_asked.shape)
    share[grants.pairs] = np.sum(np.abs(grants.residual) ** 2, axis=-1)
    left = share[row, :, slot]
    counted = ~grants.target_asked[row, :, slot] & (left > filter_spans.TOLERANCE)
    return np.sum(np.divide(power, left, where=counted, out=np.zeros_like(power)) - power * counted, axis=-1)


def echoes(frame_state: FrameState, gains: Array, filters: Complex | None = None) -> tuple[Array, Array]:
    """Echo of every scheduled target, and those of the station's other targets through its filter, [link] each.

    Filters [sensor, J, M_r] are those that null requests named, unless given.
    """
    links, sensors, scenario = frame_state.selection.targets, frame_state.sensors, frame_state.scenario
    place, power = (sensors.row, links.slot), np.zeros(sensors.active.shape)
    if frame_state.echo_gain is None:
        power[place] = accounting.echo_power(gains[place], frame_state.distances[1], scenario.propagation.echo_exponent,
                                             scenario.echo_gain)
    else:
        power[place] = gains[place] * frame_state.echo_gain
    power[place] *= frame_state.present  # a target that has left since gives no echo
    if scenario.sensing.fluctuation != "none":
        power[place] *= detections.fluctuation(frame_state, len(links))
    if filters is not None or sensors.named is not None or sensors.believed is not None:
        chosen = sensors.receive if filters is None else filters
        heard = receive_filters.response(chosen, _bearings(sensors)) * power[:, None, :]
        own = np.einsum("rjj->rj", heard)
        return own[place], np.maximum(heard.sum(-1) - own, 0.0)[place]
    if sensors.active.shape[-1] == 1:
        return power[place], np.zeros(len(links))
    heard = filter_spans.pattern(sensors.filters) * (1 - np.eye(sensors.active.shape[-1]))
    return power[place], np.einsum("rij,rj->ri", heard, power)[place]


def _bearings(sensors: Sensors) -> Complex:
    """Responses of the receive arrays to where the targets are, [sensor, J, M_r]."""
    if sensors.believed is None:
        return checked_designs.steering(sensors)
    return array_response.steering(sensors.cosine, sensors.mrc.shape[-1]) * sensors.active[..., None]


def degrees_of_freedom(frame_state: FrameState) -> Index:
    """Return ``M_t - independent constraints + 1`` of the serving station of every scheduled user."""
    users = frame_state.selection.users
    held = users.count + frame_state.grants.constraints
    return frame_state.scenario.antennas.transmit + 1 - held[users.station]


def active_share(transmitting: Flags) -> float:
    """Share of stations [bs] that transmit, by which the far field is thinned."""
    return np.count_nonzero(transmitting) / max(len(transmitting), 1)


def strongest(frame_state: FrameState, power: Array, station: Index) -> Mapping[str, Array | Index]:
    """Say which station interferes most with every link, and how much, where everything is recorded."""
    if frame_state.scenario.recording.level != "full":
        return {}
    best = np.argmax(power, axis=1)[:, None]
    most = np.take_along_axis(power, best, axis=1)[:, 0]
    who = np.take_along_axis(station, best, axis=1)[:, 0]
    return {"strongest_station": np.where(most > 0, who, -1), "strongest_interference": most}


def _terms(frame_state: FrameState, kind: ReceiverType, signal: Array, own: Array, own_counts: bool,
           interference: tuple[Array, Array, Array], far: Array, more: Mapping[str, Array | Index]) -> LinkTerms:
    scenario = frame_state.scenario
    noise = np.full(len(signal), scenario.user_noise if kind == ReceiverType.USER else scenario.station_noise)
    clutter = () if frame_state.clutter is None or kind == ReceiverType.USER else (frame_state.clutter,)
    sir = accounting.sir(signal, own * own_counts, *interference, far, noise, *clutter)
    more = {**more, **dict(zip([CLUTTER.name], clutter, strict=False))}
    return LinkTerms(frame_state.distances[kind], signal, own, *interference, far, noise, sir,
                     accounting.rate(sir), frame_state.schedule.weights[kind], more)
