"""The interface of link models, from the SINR of a served link to the bits that it delivers in a frame.

Models without memory: the Shannon rate, and the truncated Shannon rate of TR 36.942.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from isacsys.config.link import LinkSettings
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import PluginError


@dataclass(frozen=True)
class ServedLinks:
    """The served links of a frame, as parallel arrays.

    Attributes
    ----------
    user, station : [link]
        Ids.
    sinr : [link, subband]
        Linear, of this frame.
    queue : [link]
        Bits that wait for the user when the frame begins; infinite with a full buffer.
    users : int
        Users of the drop.
    believed : callable
        Returns the wanted power that the station expects, [link, subband].
    disturbance : callable
        Returns noise and interference of this frame, [link, subband], and what they are on average without the stations
        that granted, [link].
    uniforms : callable
        Returns uniform random numbers of a shape, from the frame's own stream.
    rate : [link] or None
        ``log2(1 + SINR)``, mean over sub-bands, where it is known.
    """

    user: Index
    station: Index
    sinr: Array
    queue: Array
    users: int
    believed: Callable[[], Array]
    disturbance: Callable[[], tuple[Array, Array]]
    uniforms: Callable[[tuple[int, ...]], Array]
    rate: Array | None = None

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True)
class Delivery:
    """What the served links of a frame deliver, arrays [link].

    Attributes
    ----------
    efficiency : [link]
        Information bits of a complex symbol, bit/s/Hz: those that a model with blocks delivered; those that a model
        without blocks delivers as long as there are data.
    load : [link]
        Share of the frame that carries data.
    bits, lost : [link] or None
        Bits delivered, and bits of blocks that are lost for good, of a model with blocks.
    outage_sinr : float or None
        SINR (linear) below which a link is in outage.
    mcs, blocks_sent, blocks_failed, blocks_lost, blocks_delivered : [link] or None
        Likewise: scheme of new blocks, first transmissions and those of them that failed, blocks lost and delivered.
    """

    efficiency: Array
    load: Array
    bits: Array | None = None
    lost: Array | None = None
    mcs: Index | None = None
    blocks_sent: Index | None = None
    blocks_failed: Index | None = None
    blocks_lost: Index | None = None
    blocks_delivered: Index | None = None
    outage_sinr: float | None = None


class LinkModel(ABC):
    """Base of every link model: a model without memory overrides `efficiency` and nothing else.

    Every drop has a copy of its own. A model with blocks, adaptation or retransmissions sets `blocks` and overrides
    `deliver` too; `waiting` then says how many blocks of every user wait for a retransmission.

    Attributes
    ----------
    blocks : bool
        Whether it sends blocks, to which ``link.adaptation`` and ``link.harq`` apply.
    overhead : float
        ``link.overhead`` where that is automatic: the share of the symbols that carries no data.
    link, symbols, frame_duration
        The section ``link`` of the scenario, complex symbols of a stream and frame for data, and seconds of a frame.

    Examples
    --------
    >>> class Capped(LinkModel):
    ...     def efficiency(self, sinr):
    ...         return np.minimum(np.log2(1 + sinr).mean(-1), 6.0)
    """

    blocks: ClassVar[bool] = False
    overhead: ClassVar[float] = 0.0
    link: LinkSettings
    symbols: float
    frame_duration: float

    def prepare(self, link: LinkSettings, bandwidth: float, frame_duration: float) -> None:
        """Take the settings of a scenario, before the first frame of a drop.

        ``symbols = bandwidth x frame_duration x (1 - overhead)``. Raises ConfigError for settings that do not fit.
        """
        self.link, self.frame_duration = link, frame_duration
        self.symbols = bandwidth * frame_duration * self.data_share

    @property
    def data_share(self) -> float:
        """Share of the symbols that carries data."""
        overhead = self.link.overhead
        return 1 - (self.overhead if isinstance(overhead, str) else overhead)

    @abstractmethod
    def efficiency(self, sinr: Array) -> Array:
        """Return the bits of a symbol that links of ``sinr`` [link, subband] (linear) deliver on average, [link]."""

    @property
    def outage_sinr(self) -> float | None:
        """SINR (linear) below which a link is in outage where ``link.outage_sinr_db`` is automatic; None: it has none.
        """
        return None

    def deliver(self, links: ServedLinks) -> Delivery:
        """Return what the served links of a frame deliver."""
        efficiency = np.asarray(self._efficiency(links))
        if efficiency.shape != links.sinr.shape[:1]:
            raise PluginError(f"link model {type(self).__name__} gave efficiencies of shape {efficiency.shape} for "
                              f"SINRs of shape {links.sinr.shape} [link, subband], not one of each link")
        return Delivery(efficiency, used_share(links.queue, efficiency * self.symbols))

    def _efficiency(self, links: ServedLinks) -> Array:
        return self.efficiency(links.sinr)

    def waiting(self, users: int) -> Index:
        """Return how many blocks of every user wait for a retransmission, [user]."""
        return np.zeros(users, np.int64)

    def forget(self, station: Index) -> None:  # noqa: B027 - models without memory have no blocks to drop
        """Drop what waits for users whose station is no longer the one that sent it; ``station`` [user] serves now."""


def used_share(queue: Array, bits: Array) -> Array:
    """Return the share of a frame [link] that carries data, where it could carry ``bits`` of ``queue`` [link]."""
    share, partly = (queue > 0).astype(float), queue < bits
    return np.divide(queue, bits, where=partly, out=share) if np.count_nonzero(partly) else share


class Shannon(LinkModel):
    """Deliver ``log2(1 + SINR)`` bits a symbol."""

    def efficiency(self, sinr: Array) -> Array:
        """Return ``log2(1 + SINR)``, mean over sub-bands, [link]."""
        rate = np.log1p(sinr) / np.log(2)
        return rate[:, 0] if rate.shape[1] == 1 else rate.mean(axis=1)

    def _efficiency(self, links: ServedLinks) -> Array:
        return self.efficiency(links.sinr) if links.rate is None else links.rate  # the frame has worked it out


class TruncatedShannon(LinkModel):
    """Deliver a share of the Shannon rate between a lowest SINR and a largest efficiency. 3GPP TR 36.942, annex A."""

    def efficiency(self, sinr: Array) -> Array:
        """Return ``min(maximum, attenuation x log2(1 + SINR))``, 0 below the lowest SINR, mean over sub-bands."""
        rate = np.minimum(self.link.attenuation * np.log1p(sinr) / np.log(2), self.link.maximum_efficiency)
        return np.where(sinr < self.outage_sinr, rate * 0, rate).mean(axis=1)

    @property
    def outage_sinr(self) -> float:
        """``link.minimum_sinr_db``."""
        return float(10 ** (self.link.minimum_sinr_db / 10))
