"""Information of a QAM symbol and its variance: listed values, an independent quadrature, smooth and monotone."""

import numpy as np
import pytest

from isacsys.link.constellations import ORDERS, mean_and_variance, quadrature
from tests.twins.link import information

# MODEL: C and V at 0, 10 and 20 dB.
LISTED = {2: [(0.9719, 1.3194), (1.9935, 0.0206), (2, 0)],
          4: [(0.8993, 1.8398), (3.1636, 1.5021), (4.0000, 0.0002)],
          6: [(0.8434, 1.8277), (3.1685, 2.6741), (5.8015, 0.5258)],
          8: [(0.8290, 1.8098), (3.0314, 2.9195), (6.2441, 2.1873)]}


def at(order, db):
    """Return C and V at an SINR in dB."""
    return mean_and_variance(np.array([order]), 10 ** (np.atleast_1d(db) / 10))


@pytest.mark.parametrize("order", ORDERS)
def test_listed_values(order):
    mean, variance = at(order, np.array([0, 10, 20]))
    assert np.stack([mean, variance], axis=1) == pytest.approx(np.array(LISTED[order]), abs=1e-4)


@pytest.mark.parametrize("order", ORDERS)
def test_values_equal_a_trapezoidal_rule_over_the_labels_of_ts_38_211(order):
    for db in (-17.3, -3.33, 6.71, 14.05, 23.9):
        assert np.ravel(at(order, db)) == pytest.approx(information(order, 10 ** (db / 10)), abs=2e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_tables_are_monotone_smooth_and_without_kinks_at_their_ends(order):
    db = np.linspace(-60, 60, 240_001)
    mean, variance = at(order, db)
    assert (np.diff(mean) >= 0).all() and (variance >= 0).all()
    for values in (mean, variance):
        slope = np.diff(values) / np.diff(db)  # the largest curvature of C is 0.06 bit/dB^2
        assert np.abs(np.diff(slope)).max() < 0.15 * (db[1] - db[0])
    low = 10 ** np.array([-7.5, -6.0, -4.9])  # below, at and above the lower end C / SINR is a constant
    mean, variance = mean_and_variance(np.array([order]), low)
    assert mean / low == pytest.approx(mean[0] / low[0], rel=1e-4)
    assert variance / low == pytest.approx(variance[0] / low[0], rel=1e-4)
    assert np.ravel(at(order, 46.1)) == pytest.approx([order, 0], abs=1e-12)
    assert np.ravel(mean_and_variance(np.array([order]), np.array([0.0, np.inf]))) == pytest.approx([0, order, 0, 0])


def test_quadrature_of_qpsk_is_that_of_two_antipodal_channels():
    # Capacity of BPSK at an SNR of 0 dB in a real channel (Es/N0 = 0.5): 0.4859 bit (Proakis, Digital Communications).
    mean, _ = quadrature(2, np.array([1.0]))
    assert mean[0] / 2 == pytest.approx(0.4859, abs=1e-4)
