"""Observations of an agent before every frame: finite arrays of fixed shape, clipped to stated limits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import gymnasium
import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.learning.view import AgentView, Sizes
from isacsys.network.receivers import ReceiverType


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


OBSERVATIONS: dict[str, Observation] = {
    "queues": QueueObservation(),
    "mean_sir": MeanSir(),
    "channels": ChannelObservation(),
    "tracks": Tracks(),
    "load": Load(),
}
