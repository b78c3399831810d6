"""Sensing: accounted echoes of scheduled targets. Meng & Masouros (5)."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.beamforming import Beams, FrameState, Sensors, checked_designs, filter_spans, receive_filters
from isacsys.channel import array_response
from isacsys.core import accounting
from isacsys.core.arrays import Array, Complex
from isacsys.coupling import Couplings
from isacsys.network.receivers import ReceiverType
from isacsys.services import detections, multistatic
from isacsys.services.base import Service, ServiceRecord, account_links, active_share, strongest
from isacsys.services.link_terms import NO_LINKS


class Sensing(Service):
    """Look at targets, from their own station or from all stations of their cluster."""

    name = "sensing"

    def account(self, frame_state: FrameState, beams: Beams, gains: Couplings) -> ServiceRecord:
        """Account the echo of every scheduled target after its receive filter."""
        links, sensors, grants = frame_state.selection.targets, frame_state.sensors, frame_state.grants
        if not len(links):
            return ServiceRecord(ReceiverType.TARGET, links, NO_LINKS, held_back=np.empty(0))
        row, slot, scenario = sensors.row, links.slot, frame_state.scenario
        power = gains.to_filters[row, :, slot] * sensors.around.path_gain[row]  # [link, near]
        if scenario.multistatic:  # who senses together knows what the others send
            power *= np.where(grants.target_granted[row, :, slot], multistatic.direct_path(scenario), 1.0)
        interference = accounting.split(power, grants.target_asked[row, :, slot], grants.target_granted[row, :, slot])
        echo, others = echoes(frame_state, gains.echoes, gains.filters)
        far = sensors.around.far_field[row] * active_share(frame_state, beams.transmitting, links.station)
        terms = account_links(frame_state, ReceiverType.TARGET, echo, others, scenario.sensing.inter_target_echo,
                              interference, far, strongest(frame_state, power, sensors.around.station[row]))
        if scenario.detecting:
            figures = detections.figures(frame_state, terms.sir, gains.covariance)
            terms = dataclasses.replace(terms, more={**terms.more, **figures})
        terms, pairs = multistatic.together(frame_state, beams, terms)
        taken = np.zeros(len(power)) if gains.filters is not None else held_back(frame_state, power)
        tables = {} if pairs is None else {"pairs": pairs}
        return ServiceRecord(ReceiverType.TARGET, links, terms, tables=tables, held_back=taken)


def held_back(frame_state: FrameState, power: Array) -> Array:
    """Return the power [link] that nulls for other targets of a station took from ``power`` [link, near] of stations
    not asked.

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
    """Return the echo of every scheduled target, and those of the station's other targets behind its filter.

    [link] each. ``gains`` [sensor, J]; ``filters`` [sensor, J, M_r] are those of the null requests, unless given.
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
    """Return the responses of the receive arrays to where the targets are, [sensor, J, M_r]."""
    if sensors.believed is None:
        return checked_designs.steering(sensors)
    return array_response.steering(sensors.cosine, sensors.mrc.shape[-1]) * sensors.active[..., None]
