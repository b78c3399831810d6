"""Link laws: information of QAM symbols, tables of MCS, code blocks and their errors, bits per symbol over the SINR."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import ndtr

from isacsys.analysis.link_laws import (
    code_block_error,
    information,
    link_law,
    mcs_table,
    nr,
    segmented,
    shannon,
    symbol_information,
    truncated_shannon,
)
from isacsys.core.errors import ConfigError
from tests.statistics import has_mean

# C and V at 0, 10, 20 dB, computed by two others.
LISTED = {2: (0.9719, 1.3194, 1.9935, 0.0206, 2, 0), 4: (0.8993, 1.8398, 3.1636, 1.5021, 4.0000, 0.0002),
          6: (0.8434, 1.8277, 3.1685, 2.6741, 5.8015, 0.5258), 8: (0.8290, 1.8098, 3.0314, 2.9195, 6.2441, 2.1873)}
# The column "spectral efficiency" of TS 38.214, Tables 5.1.3.1-1, -2, -3, which is Q_m R rounded.
EFFICIENCIES = {
    1: (0.2344, 0.3066, 0.3770, 0.4902, 0.6016, 0.7402, 0.8770, 1.0273, 1.1758, 1.3262, 1.3281, 1.4766, 1.6953, 1.9141,
        2.1602, 2.4063, 2.5703, 2.5664, 2.7305, 3.0293, 3.3223, 3.6094, 3.9023, 4.2129, 4.5234, 4.8164, 5.1152, 5.3320,
        5.5547),
    2: (0.2344, 0.3770, 0.6016, 0.8770, 1.1758, 1.4766, 1.6953, 1.9141, 2.1602, 2.4063, 2.5703, 2.7305, 3.0293, 3.3223,
        3.6094, 3.9023, 4.2129, 4.5234, 4.8164, 5.1152, 5.3320, 5.5547, 5.8906, 6.2266, 6.5703, 6.9141, 7.1602, 7.4063),
    3: (0.0586, 0.0781, 0.0977, 0.1250, 0.1523, 0.1934, 0.2344, 0.3066, 0.3770, 0.4902, 0.6016, 0.7402, 0.8770, 1.0273,
        1.1758, 1.3281, 1.4766, 1.6953, 1.9141, 2.1602, 2.4063, 2.5664, 2.7305, 3.0293, 3.3223, 3.6094, 3.9023, 4.2129,
        4.5234)}


def constellation(order):
    """Bits and points of TS 38.211, 5.1, by its recursion: one axis from bits 0, 2, 4 ..., the other from the rest."""
    points = []
    for word in range(2**order):
        bits = [word >> i & 1 for i in range(order)]
        axes = []
        for axis in (bits[::2], bits[1::2]):
            value = 1 - 2 * axis[-1]
            for i, bit in enumerate(reversed(axis[:-1])):
                value = (1 - 2 * bit) * (2 ** (i + 1) - value)
            axes.append(value)
        points.append((bits, complex(*axes)))
    scale = np.sqrt(np.mean([abs(point) ** 2 for _, point in points]))
    return np.array([bits for bits, _ in points]), np.array([point / scale for _, point in points])


@pytest.mark.parametrize("order", LISTED)
def test_information_of_a_symbol(order):
    table = information(order)
    found = [value for db in (0, 10, 20) for value in symbol_information(order, 10 ** (db / 10))]
    assert found == pytest.approx(LISTED[order], abs=1e-4)
    tabled = [float(function(np.float64(db))) for db in (0, 10, 20) for function in table]
    assert tabled == pytest.approx(found, abs=1e-6)


@pytest.mark.parametrize(("order", "snr_db"), [(2, -3.0), (4, 8.0), (6, 15.0), (8, 12.0)])
def test_information_of_drawn_symbols(order, snr_db):
    """LLR from the whole constellation of TS 38.211, noise drawn: mean and variance of what the bits bring."""
    bits, points = constellation(order)
    rng, count = np.random.default_rng(order), 200_000 // 4 ** (order // 2)
    sent = rng.integers(len(points), size=count)
    noise = (rng.standard_normal(count) + 1j * rng.standard_normal(count)) / np.sqrt(2 * 10 ** (snr_db / 10))
    distance = np.abs((points[sent] + noise)[:, None] - points) ** 2 * 10 ** (snr_db / 10)
    brought = np.zeros(count)
    for b in range(order):
        one = np.logaddexp.reduce(np.where(bits[:, b] == 1, -distance, -np.inf), axis=1)
        zero = np.logaddexp.reduce(np.where(bits[:, b] == 0, -distance, -np.inf), axis=1)
        ratio = np.where(bits[sent, b] == 1, one - zero, zero - one)
        brought += 1 - np.log2(1 + np.exp(-ratio))
    mean, variance = symbol_information(order, 10 ** (snr_db / 10))
    has_mean(brought, mean)
    has_mean((brought - mean) ** 2, variance)


@pytest.mark.parametrize("order", LISTED)
def test_tables_are_smooth_and_end_where_they_should(order):
    at = np.arange(-60.0, 60.0, 0.01)
    mean, variance = information(order).mean(at), information(order).variance(at)
    assert np.all(np.diff(mean) >= -1e-12)
    assert mean[0] < 1e-5
    assert mean[-1] == order
    assert variance.min() >= 0
    assert variance[-1] < 1e-20
    for values in (mean, variance):
        assert np.abs(np.diff(values, 2)).max() < 1e-4  # of 0.01 dB: no kink


@pytest.mark.parametrize("table", EFFICIENCIES)
def test_mcs_tables(table):
    rows = mcs_table(table)
    assert [order * rate for order, rate in rows] == pytest.approx(EFFICIENCIES[table], abs=5.1e-5)
    with pytest.raises(ConfigError, match="mcs_table"):
        mcs_table(4)


@pytest.mark.parametrize(("carried", "rate", "number", "coded"), [
    (3824, 0.5, 1, 3840), (3832, 0.5, 1, 3856), (3832, 0.25, 2, 1952), (8424, 0.9, 1, 8448), (8432, 0.9, 2, 4252),
    (3824, 0.9, 1, 3840), (40_000, 0.2, 11, 40_024 / 11 + 24), (40_000, 0.3, 5, 40_024 / 5 + 24), (288, 0.9, 1, 304)])
def test_segmentation(carried, rate, number, coded):
    """By hand from TS 38.212: CRC of 24 bits above 3,824, blocks of at most 8,448 or 3,840, 24 each where several."""
    symbols = (carried + 3) / (2 * rate)
    block = segmented(symbols, 2, rate)
    assert (block.bits, block.number) == (carried, number)
    assert block.coded_bits == pytest.approx(coded)
    assert block.symbols == pytest.approx(symbols / number)


@given(symbols=st.floats(1, 1e5), order=st.sampled_from([2, 4, 6, 8]), rate=st.floats(0.03, 0.95))
@settings(max_examples=30, deadline=None)
def test_code_blocks_hold_what_is_carried(symbols, order, rate):
    block = segmented(symbols, order, rate)
    assert block.bits % 8 == 0
    assert symbols * order * rate - 8 <= block.bits <= symbols * order * rate + 1e-6
    assert block.coded_bits <= 8448
    checks = (24 if block.bits > 3824 else 16) + (24 * block.number if block.number > 1 else 0)
    assert block.number * block.coded_bits == pytest.approx(block.bits + checks)


TEN_PER_CENT = [(2, 120, 320, -6.11), (2, 308, 1000, -1.63), (4, 490, 2000, 6.05), (6, 666, 8448, 13.40),
                (6, 948, 8448, 19.48), (8, 948, 8448, 25.04)]  # Q_m, 1024 R, k, dB


def ten_per_cent(order, rate, bits, **changes):
    def excess(db):
        return float(code_block_error(10 ** (db / 10), bits=bits, symbols=bits / (order * rate / 1024), order=order,
                                      **changes)) - 0.1
    return brentq(excess, -20, 40)


@pytest.mark.parametrize(("order", "rate", "bits", "db"), TEN_PER_CENT)
def test_ten_per_cent_of_blocks_fail_where_they_should(order, rate, bits, db):
    assert ten_per_cent(order, rate, bits) == pytest.approx(db, abs=0.01)
    assert ten_per_cent(order, rate, bits, gap_db=0.0) == pytest.approx(db - 0.85 - 2.3 / np.sqrt(bits), abs=0.01)


def test_the_law_of_a_code_block():
    C, V = symbol_information(4, 10 ** ((6.4 - 0.85 - 2.3 / np.sqrt(2000)) / 10))
    expected = ndtr(-(1000 * C - 2000 + np.log2(4000) / 2) / np.sqrt(1000 * V))
    found = code_block_error(10**0.64, bits=2000, symbols=1000, order=4)
    assert found == pytest.approx(expected, rel=1e-4)
    assert 0.01 < found < 0.99


@pytest.mark.parametrize("table", (1, 2, 3))
@pytest.mark.parametrize("symbols", (500.0, 8000.0))
def test_nr_is_the_best_of_its_rows(table, symbols):
    """Every row alone, each in a plain loop; what is delivered is whole bytes."""
    at = 10 ** (np.arange(-20, 35, 0.37) / 10)
    best, delivered = np.zeros(len(at)), np.zeros(len(at))
    for mcs, (order, rate) in enumerate(mcs_table(table)):
        alone = nr(symbols, table=table, mcs=mcs)(at)
        carried = 8 * int(symbols * order * rate / 8)
        for i, value in enumerate(alone * symbols / carried * order * rate):
            if value > best[i]:
                best[i], delivered[i] = value, alone[i]
    assert nr(symbols, table=table)(at) == pytest.approx(delivered)
    assert np.all(nr(symbols, table=table)(at) < shannon(at))


def test_nr_from_nothing_to_the_last_row():
    law = nr(8000.0, table=2)
    assert law(np.array([1e-4, 1e6])) == pytest.approx([0, 8 * int(8000 * 7.40625 / 8) / 8000], abs=1e-12)
    with pytest.raises(ConfigError, match="mcs"):
        nr(8000.0, mcs=29)


def test_truncated_shannon():
    law = truncated_shannon()
    assert law(np.array([0.0999, 0.1001, 3.0, 1e9])) == pytest.approx([0, 0.6 * np.log2(1.1001), 1.2, 4.4])
    named = link_law("truncated_shannon", symbols=1.0, attenuation=0.5, maximum_efficiency=2.0, minimum_sinr_db=0.0)
    assert named(np.array([0.99, 3.0, 1e9])) == pytest.approx([0, 1.0, 2.0])


def test_laws_by_name():
    at = np.array([0.3, 2.0, 40.0])
    assert link_law("shannon", symbols=1.0)(at) == pytest.approx(np.log2(1 + at))
    assert link_law("nr", symbols=4000.0, table=2, gap_db=1.0)(at) == pytest.approx(
        nr(4000.0, table=2, gap_db=1.0)(at))
    with pytest.raises(ConfigError, match=r"link\.model"):
        link_law("umts", symbols=1.0)


FAULTS = {"gap of the wrong sign": {"gap_db": -0.93}, "no CRC": {"bits": 304}, "n for n Q_m": {"symbols": 320 / 0.25}}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_would_be_seen(fault):
    """What the 10 % points are checked to, 0.01 dB, is less than any of these moves them by."""
    given = {"bits": 320, "symbols": 320 / (2 * 120 / 1024), **FAULTS[fault]}
    found = brentq(lambda db: float(code_block_error(10 ** (db / 10), order=2, **given)) - 0.1, -20, 40)
    assert abs(found + 6.11) > 0.05
