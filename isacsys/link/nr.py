"""The link of 5G NR: transport blocks of TS 38.214 and 38.212, adaptation, and HARQ."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np

from isacsys.config.link import LinkSettings
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError
from isacsys.link.base import Delivery, LinkModel, ServedLinks
from isacsys.link.blocks import BlockFormats, block_formats, mcs_table
from isacsys.link.harq import Retransmissions, WaitingBlocks, joined, nothing_sent_again, send_again
from isacsys.link.rate_selection import OuterLoop, RateSelection, point

_WHOLE = 1e-9  # how far from a whole number a number of blocks still is one
_OUTAGE = 0.1  # block error rate of the lowest scheme at which a link is in outage


class NR(LinkModel):
    """Send transport blocks of 5G NR, which fail by the law of their information.

    A frame carries ``max(1, floor(frame_duration / link.block_duration))`` blocks a stream. What waits for a
    retransmission goes first, then new data in blocks of the scheme that adaptation chooses.
    """

    blocks: ClassVar[bool] = True
    overhead: ClassVar[float] = 0.2  # guard bands, cyclic prefix, control channels and reference signals

    def prepare(self, link: LinkSettings, bandwidth: float, frame_duration: float) -> None:
        """Take the settings of a scenario. Raises ConfigError where the smallest block holds no byte."""
        super().prepare(link, bandwidth, frame_duration)
        self.blocks_per_frame = blocks_per_frame(frame_duration, link.block_duration)
        self.symbols_per_block = self.symbols / self.blocks_per_frame
        gap = None if isinstance(link.implementation_gap_db, str) else link.implementation_gap_db
        target = link.target_bler if link.adaptation == "outer_loop" else None
        self.formats, self._selection = _tables(link.mcs_table, self.symbols_per_block, gap, target)
        if self.formats.bits.min() < 8:
            raise ConfigError("link.block_duration", link.block_duration, "long enough for a block of one byte: "
                              f"{self.symbols_per_block:.3g} symbols are not, in the lowest scheme")
        self._outer_loop: OuterLoop | None = None
        self._waiting: WaitingBlocks | None = None

    def efficiency(self, sinr: Array) -> Array:
        """Return the mean over luck of what ideal adaptation delivers without retransmissions, bit/s/Hz, [link]."""
        mcs = self._fixed(len(sinr)) if self.link.adaptation == "fixed" else self._selection.choose(sinr)
        return self.formats.bits[mcs] / self.symbols_per_block * (1 - self.formats.error(mcs, sinr))

    @cached_property
    def outage_sinr(self) -> float:
        """Where one block in ten of the lowest scheme fails."""
        lowest = np.zeros(1, np.int64)
        return float(10 ** (point(lambda x: self.formats.error(lowest, 10 ** (x[:, None] / 10)), _OUTAGE) / 10))

    def waiting(self, users: int) -> Index:
        """Return how many blocks of every user wait for a retransmission, [user]."""
        return super().waiting(users) if self._waiting is None else self._waiting.count_of(users)

    def forget(self, station: Index) -> None:
        """Drop blocks of users that another station serves now; their bits stay in the queues."""
        if self._waiting is not None and len(self._waiting):
            self._waiting = self._waiting[self._waiting.station == station[self._waiting.user]]

    def deliver(self, links: ServedLinks) -> Delivery:
        """Send what waits, then new blocks, and return what came of them."""
        again = self._retransmit(links)
        mcs = self._choose(links)
        new = NewBlocks(self, links, mcs, np.maximum(links.queue - again.held, 0), self.blocks_per_frame - again.sent)
        kept = self.link.harq != "none" and self.link.maximum_transmissions > 1
        if kept:
            self._waiting = joined(again.left, new.failed())
        if self._outer_loop is not None:
            self._outer_loop.learn(links, new.sent, new.failures)
        bits = again.bits + new.bits
        return Delivery(
            bits / self.symbols, (new.sent + again.sent) / self.blocks_per_frame, bits,
            again.bits_lost if kept else new.bits_failed, mcs, new.sent, new.failures,
            again.lost if kept else new.failures, again.delivered + new.sent - new.failures)

    def _retransmit(self, links: ServedLinks) -> Retransmissions:
        """Send what waits for the users of a frame once more."""
        if self._waiting is None or not len(self._waiting):
            return nothing_sent_again(links)
        mine, elsewhere, row = _served(self._waiting, links)
        return send_again(mine, elsewhere, row, links, self.formats, self.link)

    def _choose(self, links: ServedLinks) -> Index:
        """Return the scheme of new blocks, [link]."""
        if self.link.adaptation == "ideal":
            return self._selection.choose(links.sinr)
        if self.link.adaptation == "fixed":
            return self._fixed(len(links))
        if self._outer_loop is None:
            self._outer_loop = OuterLoop(self.link.initial_offset_db, self.link.outer_loop_step_db,
                                         self.link.target_bler, links.sinr.shape[1])
        return self._selection.choose(self._outer_loop.predict(links))

    def _fixed(self, count: int) -> Index:
        return np.full(count, self.link.mcs)


class NewBlocks:
    """First transmissions of a frame.

    Attributes
    ----------
    sent, failures : [link]
        Blocks.
    bits, bits_failed : [link]
        Of data that was delivered, and in blocks that failed.
    """

    def __init__(self, model: NR, links: ServedLinks, mcs: Index, queued: Array, room: Index) -> None:
        self._links, self._mcs, self._formats = links, mcs, model.formats
        size = model.formats.bits[mcs]
        self.sent = np.minimum(np.ceil(queued / size), room).astype(np.int64)
        self._information = model.formats.information(mcs, links.sinr)
        error = model.formats.failure(mcs, *self._information, model.formats.symbols[mcs])
        self._uniform = links.uniforms((len(links), model.blocks_per_frame))
        self._fails = self._uniform < error[:, None]  # [link, block]
        if self.sent.min(initial=model.blocks_per_frame) < model.blocks_per_frame:
            self._fails &= np.arange(model.blocks_per_frame) < self.sent[:, None]
        self.failures = np.count_nonzero(self._fails, axis=1)
        data = np.minimum(queued, size * self.sent)
        self._padding = size * self.sent - data  # of the last block
        last = self._fails[np.arange(len(links)), np.maximum(self.sent - 1, 0)]
        self.bits_failed = size * self.failures - np.where(last, self._padding, 0)
        self.bits = data - self.bits_failed

    def failed(self) -> WaitingBlocks:
        """Return the blocks that failed."""
        row, column = np.nonzero(self._fails)
        links, mcs, (mean, variance) = self._links, self._mcs[row], self._information
        bits = self._formats.bits[mcs] - np.where(column == self.sent[row] - 1, self._padding[row], 0)
        return WaitingBlocks(links.user[row], links.station[row], mcs, bits, self._uniform[row, column],
                             np.ones(len(row), np.int64), links.sinr[row], mean[row], variance[row],
                             self._formats.symbols[mcs])


@lru_cache(maxsize=64)
def _tables(number: int, symbols: float, gap_db: float | None, target: float | None
            ) -> tuple[BlockFormats, RateSelection]:
    """Return formats and choice of schemes; to find where the choice changes takes as long as many frames."""
    formats = block_formats(mcs_table(number), symbols, gap_db)
    return formats, RateSelection(formats, target)


def blocks_per_frame(frame_duration: float, block_duration: float) -> int:
    """Return how many blocks a frame carries: the quotient, rounded where it is nearly whole, else down; at least 1."""
    quotient = frame_duration / block_duration
    nearest = round(quotient)
    return max(1, nearest if abs(quotient - nearest) <= _WHOLE else int(quotient))


def _served(waiting: WaitingBlocks, links: ServedLinks) -> tuple[WaitingBlocks, WaitingBlocks, Index]:
    """Return waiting blocks whose users are served now by the same station, the others, and links [block] of the first.
    """
    link, station = np.full(links.users, -1), np.full(links.users, -1)
    link[links.user], station[links.user] = np.arange(len(links)), links.station
    mine = station[waiting.user] == waiting.station
    return waiting[mine], waiting[~mine], link[waiting.user[mine]]
