"""Observations of an agent before every frame, finite arrays of fixed shape clipped to stated limits, and rewards.

A reward is a figure a frame, for the network or for every cell.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import gymnasium
import numpy as np
import numpy.typing as npt

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.learning.view import AgentView, Sizes
from isacsys.network.receivers import ReceiverType
from isacsys.services import FrameRecord


class Observation(ABC):
    """What an agent sees: an array [cell, ...] of float32, and the limits that it is clipped to.

    Attributes
    ----------
    low, high : float
    kind : ReceiverType or None
        Whose slots it has; the environment adds a mask of them.
    needs_channels : bool
        Whether the channels of the next frame are drawn before it is seen; its beams then are designed for them.
    """

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    kind: ClassVar[ReceiverType | None] = None
    needs_channels: ClassVar[bool] = False

    @abstractmethod
    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """Return the shape, cells first."""

    @abstractmethod
    def values(self, view: AgentView) -> Array:
        """Return the values [shape] observed of a network before its next frame."""

    def space(self, sizes: Sizes) -> gymnasium.Space[Any]:
        """Return the space: a Box between the limits."""
        return gymnasium.spaces.Box(self.low, self.high, self.shape(sizes), np.float32)

    def see(self, view: AgentView) -> npt.NDArray[np.float32]:
        """Return the values [shape], clipped to the bounds. Raises ConfigError where they have another shape."""
        values, shape = np.asarray(self.values(view), float), self.shape(view.sizes)
        if values.shape != shape:
            raise ConfigError(f"observe ({type(self).__name__})", f"values of shape {values.shape}",
                              f"values of shape {shape}")
        return np.clip(np.nan_to_num(values, posinf=self.high, neginf=self.low), self.low, self.high).astype(np.float32)


class QueueObservation(Observation):
    """Mbit waiting for every user, up to 1,000 (full buffers too)."""

    high, kind = 1e3, ReceiverType.USER

    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """Return [cell, user]."""
        return sizes.cells, sizes.users

    def values(self, view: AgentView) -> Array:
        """Return the queues, [cell, user]."""
        return view.by_slot(ReceiverType.USER, np.minimum(view.network.users.queue / 1e6, self.high))


class MeanSir(Observation):
    """Large-scale SINR of every user, dB, from -30 to 60."""

    low, high, kind = -30.0, 60.0, ReceiverType.USER

    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """Return [cell, user]."""
        return sizes.cells, sizes.users

    def values(self, view: AgentView) -> Array:
        """Return the SINRs, [cell, user]."""
        there = view.users >= 0
        found = np.zeros(view.users.shape)
        with np.errstate(divide="ignore"):
            found[there] = 10 * np.log10(view.network.mean_sir(view.users[there]))
        return found


class ChannelObservation(Observation):
    """Channels between every user and its station, real and imaginary parts, from -10 to 10 (mean power 1)."""

    low, high, kind, needs_channels = -10.0, 10.0, ReceiverType.USER, True

    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """Return [cell, user, M_t, 2], with several sub-bands [cell, user, sub-band, M_t, 2]."""
        bands = sizes.scenario.fading.subbands
        return sizes.cells, sizes.users, *[bands] * (bands > 1), sizes.scenario.antennas.transmit, 2

    def values(self, view: AgentView) -> Array:
        """Return the channels."""
        channels = view.network.channels
        assert channels is not None
        return view.by_slot(ReceiverType.USER, np.stack([channels.real, channels.imag], -1))


class Tracks(Observation):
    """Of every target: whether it has a track (0 or 1), and its standard deviation of position, km, up to 1 (also
    where there is no track).
    """

    high, kind = 1.0, ReceiverType.TARGET

    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """Return [cell, target, 2]."""
        if not sizes.scenario.tracking.enabled:
            raise ConfigError("tracking.enabled", False, "true: \"tracks\" sees nothing without them")
        return sizes.cells, sizes.targets, 2

    def values(self, view: AgentView) -> Array:
        """Return the tracks at the beginning of the frame."""
        network = view.network
        book, count = network.beliefs, len(network.targets)
        found = np.zeros((count, 2))
        found[:, 1] = self.high
        if book is not None and len(book):
            ids = np.flatnonzero(book.live[:count])
            p = book.beliefs(ids, network.frame * network.scenario.simulation.frame_duration).covariance
            found[ids, 0], found[ids, 1] = 1.0, np.sqrt(p[:, 0, 0] + p[:, 1, 1]) / 1e3
        return view.by_slot(ReceiverType.TARGET, found)


class Load(Observation):
    """Of every cell: users who can be chosen over the most there may be."""

    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """Return [cell, 1]."""
        return sizes.cells, 1

    def values(self, view: AgentView) -> Array:
        """Return the shares."""
        return (view.network.users.count / max(view.sizes.users, 1))[:, None]


OBSERVATIONS: dict[str, Observation] = {"queues": QueueObservation(), "mean_sir": MeanSir(),
                                        "channels": ChannelObservation(), "tracks": Tracks(), "load": Load()}


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


REWARDS: dict[str, Reward] = {"weighted_ase": WeightedAse(), "throughput": ThroughputReward(),
                              "track_error": TrackError()}
