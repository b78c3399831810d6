"""Transport blocks, the code blocks they are cut into, the law by which these fail, and the tables of schemes.

A code block of k bits on n symbols with SINRs gamma_i fails with

    p = Q((sum_i C(gamma_i / g) - k + log2(n Q_m) / 2) / sqrt(sum_i V(gamma_i / g))),

the normal approximation of bit-interleaved coded modulation (Polyanskiy, Poor and Verdu, IEEE Trans. Inf. Theory 56(5),
2010), with C and V of `constellations` and g the gap of practical codes. The sums take sub-bands and retransmissions as
they are. The MCS tables of the downlink shared channel: 3GPP TS 38.214, Tables 5.1.3.1-1, 5.1.3.1-2 and 5.1.3.1-3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Array, Index
from isacsys.core.lazy import special
from isacsys.link.constellations import mean_and_variance

# Modulation order Q_m of a run of rows, and 1024 x code rate of each; reserved rows are left out.
_TABLES = {
    1: ((2, (120, 157, 193, 251, 308, 379, 449, 526, 602, 679)),
        (4, (340, 378, 434, 490, 553, 616, 658)),
        (6, (438, 466, 517, 567, 616, 666, 719, 772, 822, 873, 910, 948))),
    2: ((2, (120, 193, 308, 449, 602)),
        (4, (378, 434, 490, 553, 616, 658)),
        (6, (466, 517, 567, 616, 666, 719, 772, 822, 873)),
        (8, (682.5, 711, 754, 797, 841, 885, 916.5, 948))),
    3: ((2, (30, 40, 50, 64, 78, 99, 120, 157, 193, 251, 308, 379, 449, 526, 602)),
        (4, (340, 378, 434, 490, 553, 616)),
        (6, (438, 466, 517, 567, 616, 666, 719, 772))),
}
_LARGE_CRC, _SMALL_CRC, _LARGE_BLOCK = 24, 16, 3824  # bits; of a transport block above or up to 3,824 bits
_CODE_BLOCK_CRC = 24
_MOST = {1: 8448, 2: 3840}  # bits of a code block, by base graph
_LEAST_VARIANCE = 1e-30  # of the information: below, a block fails or does not


@dataclass(frozen=True)
class McsTable:
    """Modulation and coding schemes, as parallel arrays [mcs].

    Attributes
    ----------
    order : [mcs]
        Bits of a symbol, Q_m.
    rate : [mcs]
        Code rate R.
    """

    order: Index
    rate: Array

    def __len__(self) -> int:
        return len(self.order)

    @property
    def efficiency(self) -> Array:
        """Information bits of a symbol, R Q_m, [mcs]."""
        return self.rate * self.order


def mcs_table(number: int) -> McsTable:
    """Return table 5.1.3.1-``number``."""
    runs = _TABLES[number]
    order = np.concatenate([np.full(len(rates), order) for order, rates in runs])
    return McsTable(order, np.concatenate([rates for _, rates in runs]) / 1024)


def mcs_count(number: int) -> int:
    """Return how many schemes a table has."""
    return sum(len(rates) for _, rates in _TABLES[number])


@dataclass(frozen=True)
class BlockFormats:
    """What a transport block of some number of symbols is like under every scheme of a table, arrays [mcs].

    Attributes
    ----------
    order : [mcs]
        Bits of a symbol.
    efficiency : [mcs]
        Information bits of a symbol, R Q_m.
    bits : [mcs]
        Information bits of the transport block, CRCs left out.
    code_blocks : [mcs]
        How many it is cut into.
    length, symbols : [mcs]
        Bits, CRCs included, and symbols of one code block.
    gap : [mcs]
        By which SINRs are divided, linear.
    """

    order: Index
    efficiency: Array
    bits: Array
    code_blocks: Array
    length: Array
    symbols: Array
    gap: Array

    def __len__(self) -> int:
        return len(self.order)

    def information(self, mcs: Index, sinr: Array) -> tuple[Array, Array]:
        """Return mean and variance of the information that one code block gathers in one transmission, [block].

        Parameters
        ----------
        mcs : [block]
        sinr : [block, subband]
            Linear; every sub-band holds an equal share of the symbols.
        """
        mean, variance = mean_and_variance(self.order[mcs][:, None], sinr / self.gap[mcs][:, None])
        return self.symbols[mcs] * mean.mean(-1), self.symbols[mcs] * variance.mean(-1)

    def failure(self, mcs: Index, mean: Array, variance: Array, symbols: Array) -> Array:
        """Return the probability that a transport block fails, given the information of one of its code blocks.

        ``1 - (1 - p)^c``. ``mcs`` [block]; ``mean``, ``variance`` [block] of the information, as of `information`;
        ``symbols`` [block] are those of a code block over all transmissions that count.
        """
        excess = mean - self.length[mcs] + np.log2(symbols * self.order[mcs]) / 2
        code_block = special.ndtr(-excess / np.sqrt(np.maximum(variance, _LEAST_VARIANCE)))
        several = self.code_blocks[mcs]
        with np.errstate(divide="ignore"):  # log(0) where failure is certain
            return np.where(several == 1, code_block, -np.expm1(several * np.log1p(-code_block)))

    def error(self, mcs: Index, sinr: Array) -> Array:
        """Return the probability that the first transmission of a transport block fails, [block].

        Parameters as of `information`: ``mcs`` [block], ``sinr`` [block, subband].
        """
        return self.failure(mcs, *self.information(mcs, sinr), self.symbols[mcs])


def block_formats(table: McsTable, symbols: float, gap_db: float | None = None) -> BlockFormats:
    """Return the formats of transport blocks of ``symbols`` complex symbols.

    ``symbols Q_m R`` bits, down to whole bytes, and a CRC; cut as TS 38.212, 5.2.2 and 7.2.2, have it. The gap is
    ``0.85 + 2.3 / sqrt(k)`` dB for code blocks of k bits, unless ``gap_db`` is given.
    """
    bits = 8 * np.floor(symbols * table.efficiency / 8 * (1 + 1e-12))
    with_crc = bits + np.where(bits > _LARGE_BLOCK, _LARGE_CRC, _SMALL_CRC)
    count = code_blocks(bits, with_crc, table.rate)
    length = with_crc / count + np.where(count > 1, _CODE_BLOCK_CRC, 0)
    gap = implementation_gap_db(length) if gap_db is None else np.full(len(length), gap_db)
    return BlockFormats(table.order, table.efficiency, bits, count, length, symbols / count, 10 ** (gap / 10))


def code_blocks(bits: Array, with_crc: Array, rate: Array) -> Array:
    """Return the number of code blocks [...] of transport blocks of ``bits``, ``with_crc`` bits at ``rate`` [...].

    TS 38.212, 5.2.2 and 7.2.2.
    """
    second = (bits <= 292) | ((bits <= _LARGE_BLOCK) & (rate <= 0.67)) | (rate <= 0.25)
    most = np.where(second, _MOST[2], _MOST[1])
    return np.where(with_crc <= most, 1.0, np.ceil(with_crc / (most - _CODE_BLOCK_CRC)))


def implementation_gap_db(length: Array) -> Array:
    """Return the loss of LDPC decoding against the normal approximation, dB [...], of code blocks of ``length`` bits
    [...].

    Fitted to block error rates of the LDPC code of Sionna 2.2 (Apache-2.0, ``PDSCH_table1.json``), 100 to 2,000 bits.
    """
    return np.asarray(0.85 + 2.3 / np.sqrt(length))
