"""Blocks waiting for a retransmission, as parallel arrays, and the information they have accumulated."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from isacsys.config.link import LinkSettings
from isacsys.core.arrays import Array, Flags, Index
from isacsys.link.base import ServedLinks
from isacsys.link.blocks import BlockFormats


@dataclass(frozen=True)
class WaitingBlocks:
    """Transport blocks that failed and are sent again, [block].

    Attributes
    ----------
    user, station : [block]
    mcs, bits : [block]
        Scheme, and bits of data in it, without padding.
    uniform : [block]
        Drawn at the first transmission and kept: the block has failed while it is below the probability of failure.
    transmissions : [block]
        So far.
    sinr : [block, subband]
        Sum over all transmissions.
    mean, variance, symbols : [block]
        Of the information of a code block, and its symbols, summed over all transmissions.
    """

    user: Index
    station: Index
    mcs: Index
    bits: Array
    uniform: Array
    transmissions: Index
    sinr: Array
    mean: Array
    variance: Array
    symbols: Array

    def __len__(self) -> int:
        return len(self.user)

    def __getitem__(self, rows: Index | Flags) -> WaitingBlocks:
        return WaitingBlocks(*(getattr(self, it.name)[rows] for it in fields(self)))

    def bits_of(self, users: int) -> Array:
        """Return bits of data in the blocks of every user, [user]."""
        return np.asarray(np.bincount(self.user, self.bits, users), float)

    def count_of(self, users: int) -> Index:
        """Return blocks of every user, [user]."""
        return np.bincount(self.user, minlength=users)


def no_blocks(subbands: int) -> WaitingBlocks:
    """Return no block."""
    whole, real = np.empty(0, np.int64), np.empty(0)
    return WaitingBlocks(whole, whole, whole, real, real, whole, np.empty((0, subbands)), real, real, real)


def joined(first: WaitingBlocks, second: WaitingBlocks) -> WaitingBlocks:
    """Return the blocks of both."""
    return WaitingBlocks(*(np.concatenate([getattr(first, it.name), getattr(second, it.name)])
                           for it in fields(WaitingBlocks)))


def chase(blocks: WaitingBlocks, sinr: Array, formats: BlockFormats) -> WaitingBlocks:
    """Add a transmission at ``sinr`` [block, subband]: the same bits again, so SINRs add (Chase combining)."""
    total = blocks.sinr + sinr
    mean, variance = formats.information(blocks.mcs, total)
    return _sent(blocks, total, mean, variance, blocks.symbols)


def incremental_redundancy(blocks: WaitingBlocks, sinr: Array, formats: BlockFormats) -> WaitingBlocks:
    """Add a transmission at ``sinr`` [block, subband]: further bits of the code, so information and symbols add."""
    mean, variance = formats.information(blocks.mcs, sinr)
    return _sent(blocks, blocks.sinr + sinr, blocks.mean + mean, blocks.variance + variance,
                 blocks.symbols + formats.symbols[blocks.mcs])


COMBINING = {"chase": chase, "incremental_redundancy": incremental_redundancy}


def _sent(blocks: WaitingBlocks, sinr: Array, mean: Array, variance: Array, symbols: Array) -> WaitingBlocks:
    return WaitingBlocks(blocks.user, blocks.station, blocks.mcs, blocks.bits, blocks.uniform,
                         blocks.transmissions + 1, sinr, mean, variance, symbols)


@dataclass(frozen=True)
class Retransmissions:
    """What came of blocks that were sent again.

    Attributes
    ----------
    left : WaitingBlocks
        Those that still wait.
    held : [link]
        Bits that waited before.
    sent, delivered, lost : [link]
        Blocks.
    bits, bits_lost : [link]
        Of data in these.
    """

    left: WaitingBlocks
    held: Array
    sent: Index
    delivered: Index
    lost: Index
    bits: Array
    bits_lost: Array


def nothing_sent_again(links: ServedLinks) -> Retransmissions:
    """Return what there is where nothing waits."""
    none, nothing = np.zeros(len(links), np.int64), np.zeros(len(links))
    return Retransmissions(no_blocks(links.sinr.shape[1]), nothing, none, none, none, nothing, nothing)


def send_again(blocks: WaitingBlocks, others: WaitingBlocks, link: Index, links: ServedLinks, formats: BlockFormats,
               settings: LinkSettings) -> Retransmissions:
    """Send ``blocks`` of ``link`` [block] once more, while ``others`` wait on."""
    count, sent = len(links), COMBINING[settings.harq](blocks, links.sinr[link], formats)
    fails = sent.uniform < formats.failure(sent.mcs, sent.mean, sent.variance, sent.symbols)
    over = fails & (sent.transmissions >= settings.maximum_transmissions)

    def blocks_of(rows: Flags) -> Index:
        return np.bincount(link[rows], minlength=count)

    def bits_of(rows: Flags) -> Array:
        return np.asarray(np.bincount(link[rows], sent.bits[rows], count), float)

    every = np.ones(len(sent), bool)
    held = bits_of(every) + others.bits_of(links.users)[links.user]
    return Retransmissions(joined(others, sent[fails & ~over]), held, blocks_of(every), blocks_of(~fails),
                           blocks_of(over), bits_of(~fails), bits_of(over))
