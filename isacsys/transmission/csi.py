"""How far channels have aged between what stations know of them and the frame."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array
from isacsys.physics import ageing
from isacsys.transmission.values import Situation


def own_correlation(situation: Situation) -> Array | None:
    """Correlation [link] of own channels with what the design knew; None where they are the same.

    What a scheduler has looked at is at least as old as the schedule.
    """
    scenario = situation.scenario
    seen = scenario.lead_frames * scenario.simulation.frame_duration if situation.schedule.channels is not None else 0.0
    return _correlation(situation, max(scenario.csi.own_age, seen))


def cross_correlation(situation: Situation) -> Array | None:
    """Correlation [link] of channels to other stations with what their nulls stand for; None where it is 1."""
    scenario = situation.scenario
    return _correlation(situation, scenario.lead_frames * scenario.simulation.frame_duration)


def stream_correlation(situation: Situation) -> Array | None:
    """Correlation [stream] of the channels of users served with what the design knew; None where they are the same."""
    own = own_correlation(situation)
    if not situation.scenario.joint:
        return own
    cross = cross_correlation(situation)
    count = len(situation.selection.users)
    member = situation.streams.link[count:]
    if own is None and (cross is None or not len(member)):
        return None
    known = np.ones(count) if own is None else own
    return np.concatenate([known, np.ones(len(member)) if cross is None else cross[member]])


def _correlation(situation: Situation, age: float) -> Array | None:
    scenario = situation.scenario
    if age == 0 or not scenario.moving:
        return None
    return ageing.correlation(situation.speed, scenario.propagation.carrier_frequency, age)
