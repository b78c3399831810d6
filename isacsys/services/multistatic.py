"""Multistatic sensing: pairs of the stations of a cluster, interference at each, and their fusion."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.beamforming import Beams, FrameState, filter_spans
from isacsys.beamforming.multistatic_helpers import Helpers
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Flags, Index, Table
from isacsys.core.random_streams import Purpose
from isacsys.core.units import METRES_PER_KM
from isacsys.coupling.helper_gains import helped
from isacsys.propagation.target_types import TARGET_TYPES
from isacsys.sensing import detection, fusion
from isacsys.services.detections import bandwidth, fluctuation
from isacsys.services.link_terms import LinkTerms


def direct_path(scenario: Scenario) -> float:
    """Return the share of the power of stations that sense together which comes straight, and is not removed."""
    rejection = scenario.cooperation.direct_path_rejection_db
    return 0.0 if isinstance(rejection, str) else float(10 ** (-rejection / 10))


def together(frame_state: FrameState, beams: Beams, targets: LinkTerms) -> tuple[LinkTerms, Table | None]:
    """Replace what one look says by what all pairs say, of targets that have helpers; and list the pairs.

    Detection by the sum of their powers, position by their delays and bearings: range and bearing errors are those of
    ``F^-1`` along the way from the serving station and across it, which is what tracks are corrected by.
    """
    helpers = frame_state.helpers
    if helpers is None or helpers.own is None:
        return targets, None
    alone: dict[str, Array | Index] = {"fused_sir": targets.sir, "pairs": np.ones(len(targets.sir), np.int64)}
    if not len(helpers.link):
        return dataclasses.replace(targets, more={**targets.more, **alone}), None
    scenario, bands = frame_state.scenario, frame_state.scenario.fading.subbands
    each, places = _pairs(frame_state, beams, targets, helpers, helpers.own)
    each = each.reshape(bands, -1, *each.shape[1:])
    sir, helpers = each.mean(0), helpers.part(len(helpers.link) // bands, each.shape[1])  # an echo adds up coherently
    places, own, count = places[:len(helpers.link)], helpers.own, len(sir)
    assert own is not None
    direction, distance, cosine = (fusion.stacked(helpers.link, places, count, getattr(helpers, name), getattr(
        own, name)) for name in ("direction", "distance", "cosine"))
    distance = np.where(distance > 0, distance, 1.0) * METRES_PER_KM
    width = bandwidth(each, scenario.bandwidth)
    information = fusion.delays(sir, direction, width, scenario.cooperation.timing_error)
    information += fusion.bearings(sir, direction, distance, cosine, scenario.antennas.receive)
    radial, across = fusion.along(information, own.direction)
    fused = {"detection_probability": fusion.detected(sir.sum((1, 2)), _number(sir), scenario.false_alarm),
             "range_error": radial, "bearing_error": across / (METRES_PER_KM * own.distance),
             "position_error": fusion.bound(information)}
    with_help = np.bincount(helpers.link, minlength=count) > 0
    with_help = np.tile(with_help, bands)
    told: dict[str, Array | Index] = {
        name: np.where(with_help, np.tile(fused[name], bands), values) if name in fused else values
        for name, values in targets.more.items()}
    told |= {"fused_sir": np.tile(sir.sum((1, 2)), bands), "pairs": np.tile(_number(sir), bands)}
    return dataclasses.replace(targets, more=told), _table(sir, helpers, places)


def _number(sir: Array) -> Index:
    return np.maximum(np.count_nonzero(sir, axis=(1, 2)), 1)


def _pairs(frame_state: FrameState, beams: Beams, targets: LinkTerms, helpers: Helpers, own: Helpers
           ) -> tuple[Array, Index]:
    """Return the SIR [target, N, N] of every transmitter and receiver, the serving station in place 0; and places of
    helpers.
    """
    count = len(targets.signal)
    order = np.argsort(helpers.link, kind="stable")
    first = np.searchsorted(helpers.link[order], helpers.link[order])
    places = np.empty(len(order), np.int64)
    places[order] = 1 + np.arange(len(order)) - first
    found = helped(frame_state, beams)
    assert found is not None  # there are helpers
    serving = _lit_by_own(frame_state, targets, own)

    def stacked(values: Array, of_own: Array) -> Array:
        return fusion.stacked(helpers.link, places, count, values, of_own)

    lit = stacked(found.lit * helpers.way * helpers.full_power, serving)
    heard = stacked(helpers.way * _aimed(frame_state, helpers), own.way * _aimed(frame_state, own))
    noise = stacked(_interference(frame_state, beams, found.through, helpers), _of_serving(targets))
    echo = lit[:, :, None] * heard[:, None, :] * _reflected(frame_state, stacked(helpers.direction, own.direction))
    echo[:, 0, 0] = targets.signal
    echo *= frame_state.present[:, None, None]
    return np.divide(echo, noise[:, None, :], out=np.zeros_like(echo), where=noise[:, None, :] > 0), places


def _lit_by_own(frame_state: FrameState, targets: LinkTerms, own: Helpers) -> Array:
    """Return the gain of the serving station's beams towards its targets, times one way; its own fluctuation taken
    out.
    """
    scenario = frame_state.scenario
    drawn = fluctuation(frame_state, len(own.way)) if scenario.sensing.fluctuation != "none" else 1.0
    return np.asarray(targets.signal / (own.way * np.maximum(_aimed(frame_state, own) * drawn, np.finfo(float).tiny)))


def _aimed(frame_state: FrameState, helpers: Helpers) -> Array:
    """Return the share of an echo behind a filter that is steered to the estimated bearing, [helper]."""
    antennas = frame_state.scenario.antennas.receive
    filters = filter_spans.mrc_filters(helpers.aim, antennas)
    seen = np.einsum("hm,hm->h", filters.conj(), filter_spans.mrc_filters(helpers.cosine, antennas))
    return np.asarray(seen.real**2 + seen.imag**2)


def _interference(frame_state: FrameState, beams: Beams, through: Array, helpers: Helpers) -> Array:
    """Return the interference and noise at every helper, those that it senses with removed as far as they are."""
    scenario, around = frame_state.scenario, helpers.around
    power = through * around.path_gain * np.where(helpers.cooperating, direct_path(scenario), 1.0)
    active = np.count_nonzero(beams.transmitting) / max(frame_state.stations, 1)
    return np.asarray(power.sum(-1) + around.far_field * active + scenario.station_noise + helpers.clutter)


def _of_serving(targets: LinkTerms) -> Array:
    """Return the interference and noise at the serving stations, [target]."""
    terms = (targets.leakage_granted, targets.interference_refused, targets.interference_other, targets.far_field,
             targets.noise, targets.more.get("clutter", np.zeros(len(targets.signal))))
    return np.asarray(sum(terms))


def _reflected(frame_state: FrameState, direction: Array) -> Array:
    """Return the RCS of pairs over its mean, [target, N, N]: a draw for every two directions, the same both ways, and
    the factor of the angle between them, where the type of target has one.
    """
    s, bands = frame_state.scenario.sensing, frame_state.scenario.fading.subbands
    count, size = direction.shape[:2]
    factor = np.ones((count, size, size))
    if s.fluctuation != "none":
        rng = frame_state.name.stream(Purpose.PAIR_FLUCTUATION)
        looks = count // bands * size * size
        drawn = detection.draw_rcs(rng, s.fluctuation, looks, frame_state.scenario.rcs_deviation)
        upper = np.triu(drawn.reshape(-1, size, size))
        factor = np.tile(upper + np.triu(upper, 1).swapaxes(1, 2), (bands, 1, 1))
    if s.target_type != "none" and frame_state.scenario.propagation.model != "power_law":
        angle = np.arccos(np.clip(direction @ direction.swapaxes(1, 2), -1.0, 1.0))
        apart = 10 ** (TARGET_TYPES[s.target_type].bistatic_db(angle) / 10)
        factor *= np.where(np.eye(size, dtype=bool), 1.0, apart)
    return factor


def _table(sir: Array, helpers: Helpers, places: Index) -> Table:
    """Return the rows of the table of pairs; `link` is the row of the target among those scheduled."""
    own = helpers.own
    assert own is not None
    count, size = sir.shape[:2]
    station = np.zeros((count, size), np.int64)
    station[:, 0], station[helpers.link, places] = own.station, helpers.station
    there: Flags = fusion.there(helpers.link, places, count)
    link, transmitter, receiver = np.nonzero(there[:, :, None] & there[:, None, :])
    return {"link": link, "transmitter": station[link, transmitter], "receiver": station[link, receiver],
            "sir": sir[link, transmitter, receiver]}
