"""Terms are kept apart, and add up."""

import numpy as np
import pytest

from isacsys.physics import accounting


def test_split_is_a_partition():
    rng = np.random.default_rng(0)
    power, cluster = rng.random((50, 6)), rng.random((50, 6)) < 0.5
    granted = cluster & (rng.random((50, 6)) < 0.5)
    assert sum(accounting.split(power, cluster, granted)) == pytest.approx(power.sum(-1))


def test_no_interference_is_an_infinite_ratio():
    assert accounting.sir(np.array([2.0, 2.0]), np.array([0.0, 1.0]), 0).tolist() == [np.inf, 2.0]


def test_rate_of_ratio_one_is_one_bit():
    assert accounting.rate(np.array([0.0, 1.0, 3.0])) == pytest.approx([0, 1, 2])
