"""Rewards of an agent: a figure a frame, for the network or for every cell."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.network.receivers import ReceiverType
from isacsys.services import FrameRecord


class Reward(ABC):
    """What an agent is paid for."""

    def check(self, scenario: Scenario) -> None:  # noqa: B027 - most know every scenario
        """Raise ConfigError for a scenario in which there is nothing to be paid for."""

    @abstractmethod
    def value(self, record: FrameRecord) -> float:
        """Return what a frame is worth."""

    def values(self, record: FrameRecord) -> Array:
        """Return what a frame of several drops is worth in each, [drop]."""
        raise NotImplementedError

    def per_cell(self, record: FrameRecord) -> Array:
        """Return what a frame is worth to every cell, [cell]: to all of them the same, unless overridden."""
        return np.full(record.frame_state.stations, self.value(record))


class WeightedAse(Reward):
    """``rho T_c + (1 - rho) T_s`` of the frame, bit/s/Hz/km^2, rho being ``allocation.weight``."""

    def value(self, record: FrameRecord) -> float:
        """Return the weighted area spectral efficiency."""
        rho, area = record.frame_state.scenario.allocation.weight, record.frame_state.area
        return float(rho * record.users.rate.sum() + (1 - rho) * record.targets.rate.sum()) / area

    def values(self, record: FrameRecord) -> Array:
        """Return the same of each of several drops, [drop]."""
        rho, area = record.frame_state.scenario.allocation.weight, record.frame_state.area
        users, targets = (record.sums(kind, found.terms.rate)[0] for kind, found in zip(
            ReceiverType, record.services.values(), strict=True))
        return np.asarray((rho * users + (1 - rho) * targets) / area)


class ThroughputReward(Reward):
    """Mbit/s per cell: bits that blocks delivered; of a link model without blocks, efficiency times bandwidth."""

    def value(self, record: FrameRecord) -> float:
        """Return the mean over cells."""
        return float(self.per_cell(record).mean())

    def values(self, record: FrameRecord) -> Array:
        """Return the same of each of several drops of as many cells, [drop]."""
        parts = record.frame_state.name.parts
        assert parts is not None
        return np.asarray(self.per_cell(record).reshape(len(parts), -1).mean(-1))

    def per_cell(self, record: FrameRecord) -> Array:
        """Return the sum over the users of each."""
        frame = record.frame_state
        return np.bincount(frame.selection.users.station, _bits_per_second(record), frame.stations) / 1e6


def _bits_per_second(record: FrameRecord) -> Array:
    """Return what every served link brings, [link]."""
    scenario, delivery = record.frame_state.scenario, record.delivery
    if delivery is None:
        return record.users.rate * scenario.bandwidth
    if delivery.bits is not None:
        return delivery.bits / scenario.simulation.frame_duration
    return delivery.efficiency * scenario.bandwidth


class TrackError(Reward):
    """Minus the mean distance between targets that have a track and where it says that they are, m."""

    def check(self, scenario: Scenario) -> None:
        """Refuse a scenario without tracks."""
        if not scenario.tracking.enabled:
            raise ConfigError("tracking.enabled", False, "true: \"track_error\" is paid for tracks")

    def value(self, record: FrameRecord) -> float:
        """Return minus the mean error; 0 while there is no track."""
        tracks = record.tracks
        if tracks is None:
            return 0.0
        followed = tracks.present & tracks.live
        return -float(tracks.error[followed].mean()) if followed.any() else 0.0


def checked_reward(reward: Reward, record: FrameRecord) -> float:
    """Return what a frame is worth. Raises ConfigError where that is no finite number."""
    value = reward.value(record)
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"reward ({type(reward).__name__})", value, "a finite number for every frame")
    return float(value)


REWARDS: dict[str, Reward] = {
    "weighted_ase": WeightedAse(),
    "throughput": ThroughputReward(),
    "track_error": TrackError(),
}
