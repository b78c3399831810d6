"""A comparison of checkouts, bit for bit."""

import numpy as np

from tools.checkouts import differences


def test_it_sees_the_last_bit():
    here = {"drops": {"rate": np.ones(3), "links": np.arange(3)}, "new": {"drop": np.zeros(2)}}
    assert differences(here, here) == ([], set())
    there = {"drops": {"rate": np.array([1, 1, np.nextafter(1, 2)]), "links": np.arange(3, dtype=np.int32)}}
    assert differences(here, there) == (["drops.rate", "drops.links"], {"new.drop"})
