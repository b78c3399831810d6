"""Expected bits per complex symbol over the SINR: Shannon, truncated Shannon, and NR with ideal adaptation.

A second statement, for the analysis alone, of what the link models of a scenario simulate. Each is a value, a function
of the linear SINR, `OfSinr`, as `throughput.expected_efficiency` takes it, whoever wrote it.

A Gray QAM symbol of Q_m bits sent and received at y in white Gaussian noise brings to a bit-interleaved code
``i = sum_b (1 - log2(1 + exp(-LLR_b))) = sum_b (1 + log2 P(b | y))`` with LLR_b > 0 where bit b looks as it was sent,
P(b | y) its posterior probability. Mean C and variance V of i enter the law of a code block. Square QAM is two
independent Gray PAM of half the bits at the same ratio of energy to noise, so C and V are twice theirs. Quadrature: the
trapezoidal rule over the noise, whose integrand is analytic and falls off like a Gaussian.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

from isacsys.analysis._arguments import choice, real
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

REACH, NOISE_STEP = 9.0, 0.1  # of the noise, in standard deviations
LOWEST_DB, GRID_DB = -32.0, 0.25
SATURATED = 1e-11  # bits short of Q_m at which a table ends
LEAST_VARIANCE = 1e-30
# Modulation order: 1024 R of the MCS that have it, ascending. TS 38.214, Tables 5.1.3.1-1, -2, -3.
MCS_TABLES: dict[int, dict[int, tuple[float, ...]]] = {
    1: {2: (120, 157, 193, 251, 308, 379, 449, 526, 602, 679),
        4: (340, 378, 434, 490, 553, 616, 658),
        6: (438, 466, 517, 567, 616, 666, 719, 772, 822, 873, 910, 948)},
    2: {2: (120, 193, 308, 449, 602),
        4: (378, 434, 490, 553, 616, 658),
        6: (466, 517, 567, 616, 666, 719, 772, 822, 873),
        8: (682.5, 711, 754, 797, 841, 885, 916.5, 948)},
    3: {2: (30, 40, 50, 64, 78, 99, 120, 157, 193, 251, 308, 379, 449, 526, 602),
        4: (340, 378, 434, 490, 553, 616),
        6: (438, 466, 517, 567, 616, 666, 719, 772)},
}
LARGE_BLOCK, CRC_LARGE, CRC_SMALL = 3824, 24, 16  # bits; TS 38.212, 7.2.1
GRAPH_1, GRAPH_2 = 8448, 3840  # most bits of a code block by base graph; TS 38.212, 5.2.2


class Information(NamedTuple):
    """Mean and variance of the information of a symbol, bit and bit^2, as functions of 10 lg SNR."""

    mean: Callable[[Array], Array]
    variance: Callable[[Array], Array]


def symbol_information(order: int, snr: float) -> tuple[float, float]:
    """Return C and V of a QAM symbol of ``order`` bits (2, 4, 6, 8) at a linear SNR, without a table."""
    bits = order // 2
    place = np.arange(2**bits)
    levels = (2.0 * place - len(place) + 1) * np.sqrt(3 * snr / (len(place) ** 2 - 1))  # noise of variance 1
    gray = (place ^ place >> 1)[:, None] >> np.arange(bits) & 1  # [level, bit]
    noise = np.arange(-REACH, REACH + NOISE_STEP / 2, NOISE_STEP)
    sent = place[: max(1, len(place) // 2)]  # the others are their mirror images
    off = levels[sent, None, None] + noise[:, None] - levels  # [sent, node, level]
    likely = np.exp((np.min(off**2, axis=-1, keepdims=True) - off**2) / 2)
    alike = (gray[sent][:, None, :] == gray[None]).astype(float)  # [sent, level, bit]
    posterior = likely @ alike / likely.sum(axis=-1)[..., None]  # [sent, node, bit]
    value = (1 + np.log2(posterior)).sum(axis=-1)
    weights = NOISE_STEP * np.exp(-(noise**2) / 2) / np.sqrt(2 * np.pi)
    mean = float((value @ weights).mean())
    variance = float(((value - mean) ** 2 @ weights).mean())
    return 2 * mean, 2 * variance


@lru_cache(maxsize=4)
def information(order: int) -> Information:
    """Return C and V of a QAM symbol of ``order`` bits as splines over 10 lg SNR.

    Proportional to the SNR below the table, Q_m and 0 above.
    """
    points: list[tuple[float, float]] = []
    at = LOWEST_DB
    while not points or points[-1][0] < order - SATURATED:
        points.append(symbol_information(order, 10 ** (at / 10)))
        at += GRID_DB
    db = LOWEST_DB + GRID_DB * np.arange(len(points))
    mean, variance = np.array(points).T
    return Information(_table(db, mean, float(order)), _table(db, np.maximum(variance, LEAST_VARIANCE), LEAST_VARIANCE))


def _table(db: Array, values: Array, above: float) -> Callable[[Array], Array]:
    """Return a spline of the logarithm, linear below the first point, constant above the last."""
    spline = CubicSpline(db, np.log(values))

    def value(at: Array) -> Array:
        inside = np.exp(spline(np.clip(at, db[0], db[-1])) + np.minimum(at - db[0], 0.0) * np.log(10) / 10)
        return np.where(at > db[-1], above, inside)

    return value


OfSinr: TypeAlias = Callable[[Array], Array]  # expected bits per complex symbol over the linear SINR


class Blocks(NamedTuple):
    """How a transport block is coded.

    Attributes
    ----------
    bits : float
        It carries, whole bytes.
    number : int
        Of code blocks.
    coded_bits : float
        Of a code block, its CRC and its share of that of the transport block included.
    symbols : float
        Of a code block.
    """

    bits: float
    number: int
    coded_bits: float
    symbols: float


def shannon(sinr: Array) -> Array:
    """Return ``log2(1 + SINR)`` [...] of ``sinr`` [...], linear."""
    return np.asarray(np.log1p(sinr) / np.log(2))


def truncated_shannon(*, attenuation: float = 0.6, maximum_efficiency: float = 4.4,
                      minimum_sinr_db: float = -10.0) -> OfSinr:
    """Return ``min(maximum_efficiency, attenuation log2(1 + SINR))``, 0 below a least SINR. TR 36.942, annex A."""
    slope, most = (float(real(name, value, minimum=0)) for name, value in (
        ("attenuation", attenuation), ("maximum_efficiency", maximum_efficiency)))
    least = 10 ** (float(real("minimum_sinr_db", minimum_sinr_db)) / 10)
    return lambda sinr: np.where(sinr < least, 0.0, np.minimum(most, slope * shannon(sinr)))


def mcs_table(table: int) -> list[tuple[int, float]]:
    """Return modulation order and code rate of every MCS of table 1, 2 or 3, in order."""
    if table not in MCS_TABLES:
        raise ConfigError("mcs_table", table, "1, 2 or 3")
    return [(order, rate / 1024) for order, rates in MCS_TABLES[table].items() for rate in rates]


def segmented(symbols: float, order: int, rate: float) -> Blocks:
    """Return the code blocks of a transport block of that many symbols. TS 38.212, 5.2.2, 6.2.2, 7.2.2."""
    carried = 8.0 * np.floor(symbols * order * rate / 8 + 1e-9)
    whole = carried + (CRC_LARGE if carried > LARGE_BLOCK else CRC_SMALL)
    second = carried <= 292 or rate <= 0.25 or (carried <= LARGE_BLOCK and rate <= 0.67)
    most = GRAPH_2 if second else GRAPH_1
    if whole <= most:
        return Blocks(carried, 1, whole, symbols)
    number = int(np.ceil(whole / (most - CRC_LARGE)))
    return Blocks(carried, number, whole / number + CRC_LARGE, symbols / number)


def code_block_error(sinr: ArrayLike, *, bits: float, symbols: float, order: int, gap_db: float | None = None) -> Array:
    """Return the error probability [...] of a code block, by the normal approximation of bit-interleaved coded
    modulation.

    ``Q((n C(SINR / g) - k + log2(n Q_m) / 2) / sqrt(n V(SINR / g)))``. Polyanskiy, Poor & Verdu (2010), Martinez,
    Guillen i Fabregas & Caire (2011).

    Parameters
    ----------
    sinr : array_like [...]
        Linear, above 0; the same for every symbol.
    bits, symbols : float
        k, CRCs included, and n.
    order : int
        Q_m, bits of a QAM symbol: 2, 4, 6 or 8.
    gap_db : float, optional
        10 lg g, what decoding costs; by default ``0.85 + 2.3 / sqrt(k)`` dB, fitted to LDPC codes of NR.
    """
    gap = 0.85 + 2.3 / np.sqrt(bits) if gap_db is None else gap_db
    at, symbol = 10 * np.log10(np.asarray(sinr, float)) - gap, information(order)
    surplus = symbols * symbol.mean(at) - bits + np.log2(symbols * order) / 2
    return np.asarray(ndtr(-surplus / np.sqrt(symbols * symbol.variance(at))))


def nr(symbols: float, *, table: int = 1, gap_db: float | None = None, mcs: int | None = None) -> OfSinr:
    """Return the expected bits per symbol of transport blocks of NR without retransmission.

    Of all MCS the one with the largest ``R Q_m (1 - P)``, P the probability that any code block of the transport block
    fails; it delivers its bits, whole bytes, over its symbols with probability 1 - P.

    Parameters
    ----------
    symbols : float
        n_b, complex symbols of a transport block.
    table : int
        MCS table 1, 2 or 3 of TS 38.214.
    gap_db : float, optional
        See `code_block_error`.
    mcs : int, optional
        Always this one.
    """
    length = float(real("symbols", symbols, above=0))
    rows = mcs_table(table)
    if mcs is not None and not 0 <= mcs < len(rows):
        raise ConfigError("mcs", mcs, f"from 0 to {len(rows) - 1}")
    chosen = rows if mcs is None else [rows[mcs]]
    coded = [(order, rate, segmented(length, order, rate)) for order, rate in chosen]

    def efficiency(sinr: Array) -> Array:
        best, delivered = np.full(np.shape(sinr), -1.0), np.zeros(np.shape(sinr))
        for order, rate, block in coded:
            error = code_block_error(sinr, bits=block.coded_bits, symbols=block.symbols, order=order, gap_db=gap_db)
            arrived = (1 - error) ** block.number
            better = order * rate * arrived > best
            best = np.where(better, order * rate * arrived, best)
            delivered = np.where(better, block.bits / length * arrived, delivered)
        return delivered

    return efficiency


def link_law(model: str, *, symbols: float, attenuation: float = 0.6, maximum_efficiency: float = 4.4,
             minimum_sinr_db: float = -10.0, table: int = 1, gap_db: float | None = None,
             mcs: int | None = None) -> OfSinr:
    """Return the law of a link model by its name: "shannon", "truncated_shannon" or "nr"; others as there."""
    if choice("link.model", model, ("shannon", "truncated_shannon", "nr")) == "shannon":
        return shannon
    if model == "nr":
        return nr(symbols, table=table, gap_db=gap_db, mcs=mcs)
    return truncated_shannon(attenuation=attenuation, maximum_efficiency=maximum_efficiency,
                             minimum_sinr_db=minimum_sinr_db)
