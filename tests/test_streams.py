"""Streams depend on their name alone."""

import itertools

import numpy as np

from isacsys.streams import Purpose, stream


def test_same_name_same_numbers():
    assert np.array_equal(stream(1, 2, 3, Purpose.USERS).random(5), stream(1, 2, 3, Purpose.USERS).random(5))


def test_names_differ_numbers_differ():
    names = itertools.product((0, 1, 2**63 - 1), (0, 1, 7), (0, 1), Purpose)
    first = [stream(*name).random() for name in names]
    assert len(set(first)) == len(first)
