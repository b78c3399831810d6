"""Terms are kept apart, and add up."""

import numpy as np
import pytest

from isacsys.core import accounting


def one_by_one(power, cluster, granted):
    """Terms of every receiver, station by station: those that granted, that refused, that were not asked."""
    terms = np.zeros((3, len(power)))
    for receiver, row in enumerate(power):
        for station, value in enumerate(row):
            asked = station < cluster.shape[1] and cluster[receiver, station]
            terms[(0 if granted[receiver, station] else 1) if asked else 2, receiver] += value
    return terms


@pytest.mark.parametrize(("near", "width"), [(6, 6), (6, 3), (6, 1), (1, 1), (16, 2)])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_split_is_a_sum_over_stations_one_by_one(near, width, share):
    rng = np.random.default_rng(near + width)
    power, cluster = rng.random((50, near)), rng.random((50, width)) < 0.5
    granted = cluster & (rng.random((50, width)) < share)
    assert np.array(accounting.split(power, cluster, granted)) == pytest.approx(one_by_one(power, cluster, granted))
    assert sum(accounting.split(power, cluster, granted)) == pytest.approx(power.sum(-1))


def test_nobody_is_asked():
    power, nobody = np.ones((3, 4)), np.zeros((3, 2), bool)
    assert np.array(accounting.split(power, nobody, nobody)).tolist() == [[0] * 3, [0] * 3, [4] * 3]


def test_echo_power():
    """Twice the way, beta each: at 2 km and beta = 1.5 an eighth."""
    assert accounting.echo_power(np.array([3.0]), np.array([2.0]), 1.5, 0.5) == pytest.approx([3 * 0.5 / 8])


def test_no_interference_is_an_infinite_ratio():
    assert accounting.sir(np.array([2.0, 2.0]), np.array([0.0, 1.0]), 0).tolist() == [np.inf, 2.0]


def test_no_number_makes_no_number_and_nothing_over_nothing_is_nothing():
    """NaN passed for no interference where another link had none; an absent target had an infinite ratio."""
    found = accounting.sir(np.array([2.0, 2.0, 0.0, np.nan, 3.0]), np.array([0.0, np.nan, 0.0, 0.0, 1.5]))
    assert np.array_equal(found, [np.inf, np.nan, 0.0, np.nan, 2.0], equal_nan=True)


def test_rate_of_ratio_one_is_one_bit():
    assert accounting.rate(np.array([0.0, 1.0, 3.0])) == pytest.approx([0, 1, 2])
