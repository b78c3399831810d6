"""Ageing of channels between the CSI of stations and the frame."""

from __future__ import annotations

import numpy as np

from isacsys.beamforming.frame_state import FrameState
from isacsys.channel import ageing
from isacsys.core.arrays import Array


def ages(frame_state: FrameState) -> tuple[float, float]:
    """Return how old channels are that stations know, s: own ones, and those that nulls stand for.

    What a scheduler has looked at is at least as old as the schedule.
    """
    scenario = frame_state.scenario
    lead = scenario.lead_frames * scenario.simulation.frame_duration
    return max(scenario.csi.own_age, lead if frame_state.schedule.channels is not None else 0.0), lead


def own_correlation(frame_state: FrameState) -> Array | None:
    """Return the correlation [link] of own channels with what the design knew; None where they are the same.

    What a scheduler has looked at is at least as old as the schedule.
    """
    scenario = frame_state.scenario
    seen = (
        scenario.lead_frames * scenario.simulation.frame_duration if frame_state.schedule.channels is not None else 0.0
    )
    return _correlation(frame_state, max(scenario.csi.own_age, seen))


def cross_correlation(frame_state: FrameState) -> Array | None:
    """Return the correlation [link] of channels to other stations with what their nulls stand for; None where it is
    1.
    """
    scenario = frame_state.scenario
    return _correlation(frame_state, scenario.lead_frames * scenario.simulation.frame_duration)


def stream_correlation(frame_state: FrameState) -> Array | None:
    """Return the correlation [stream] of the channels of users served with what the design knew; None where they are
    the same.
    """
    own = own_correlation(frame_state)
    if not frame_state.scenario.joint:
        return own
    cross = cross_correlation(frame_state)
    count = len(frame_state.selection.users)
    member = frame_state.streams.link[count:]
    if own is None and (cross is None or not len(member)):
        return None
    known = np.ones(count) if own is None else own
    return np.concatenate([known, np.ones(len(member)) if cross is None else cross[member]])


def _correlation(frame_state: FrameState, age: float) -> Array | None:
    scenario = frame_state.scenario
    if age == 0 or not scenario.moving:
        return None
    return ageing.correlation(frame_state.speed, scenario.propagation.carrier_frequency, age)
