"""Outcome of a look at a target: detection, and accuracy of its position."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isacsys.beamforming import FrameState
from isacsys.beamforming.receive_filters import FLOOR
from isacsys.core.arrays import Array, Complex
from isacsys.core.random_streams import Purpose
from isacsys.core.units import METRES_PER_KM
from isacsys.sensing import accuracy, detection


def fluctuation(frame_state: FrameState, looks: int) -> Array:
    """Draw the RCS of every look over its mean, [link]: the same in all sub-bands."""
    scenario, bands = frame_state.scenario, frame_state.scenario.fading.subbands
    station = frame_state.selection.targets.station[:looks // bands]  # of the first sub-band
    rng = frame_state.name.stream(Purpose.FLUCTUATION, station)
    return np.tile(detection.draw_rcs(rng, scenario.sensing.fluctuation, len(station), scenario.rcs_deviation), bands)


def figures(frame_state: FrameState, sir: Array, covariance: Complex | None) -> Mapping[str, Array]:
    """Return the columns `isacsys.services.link_terms.LOOKS`, [link] each, at ``sir`` [link], given the RCS that was
    drawn.

    The covariance [sensor, M_r, M_r] is that of the interference where filters look at it. Links of all sub-bands say
    the same, of the whole band: an echo is added up coherently, so that its SIR is the mean of theirs.
    """
    scenario, bands = frame_state.scenario, frame_state.scenario.fading.subbands
    bearing = frame_state.sensors.cosine[frame_state.sensors.row, frame_state.selection.targets.slot]
    each = sir.reshape(bands, -1)
    whole, width = each.mean(0), bandwidth(each, scenario.bandwidth)
    far = accuracy.distance(whole, width)
    cosine = _cosine(frame_state, sir, bearing, covariance)
    if bands > 1:  # information adds up
        cosine = np.mean(cosine.reshape(bands, -1) ** -2.0, axis=0) ** -0.5
    angle = accuracy.angle(cosine, bearing[:len(whole)])
    found = {"detection_probability": detection.known_rcs(whole, scenario.false_alarm, scenario.sensing.cfar_cells),
             "range_error": far, "bearing_error": angle,
             "velocity_error": accuracy.speed(whole, scenario.sensing.coherent_time,
                                              scenario.propagation.carrier_frequency),
             "position_error": accuracy.position(far, angle,
                                                 METRES_PER_KM * frame_state.distances[1][:len(whole)])}
    return {name: np.tile(values, bands) for name, values in found.items()}


def bandwidth(sir: Array, whole: float) -> Array | float:
    """Return the bandwidth (Hz) [...] that tells the delay of echoes of ``sir`` [subband, ...]; ``whole`` of one."""
    return accuracy.apparent_bandwidth(sir, whole) if len(sir) > 1 else whole


def _cosine(frame_state: FrameState, sir: Array, bearing: Array, covariance: Complex | None) -> Array:
    """Return the bound of the cosine of the bearing: of white interference unless its covariance is known."""
    antennas = frame_state.scenario.antennas.receive
    if covariance is None or antennas == 1:
        return accuracy.cosine(sir, antennas)
    return accuracy.coloured_cosine(sir, bearing, _loaded(covariance)[frame_state.sensors.row])


def _loaded(covariance: Complex) -> Complex:
    """Return the covariances that can be inverted: with a trace of white noise where there is none in some
    direction.
    """
    antennas = covariance.shape[-1]
    mean = np.maximum(np.einsum("smm->s", covariance).real / antennas, np.finfo(float).tiny)
    return np.asarray(covariance / mean[:, None, None] + FLOOR * np.eye(antennas))
