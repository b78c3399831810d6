"""Sums of users' columns: those of adding frame by frame, bit for bit."""

import numpy as np

from isacsys.metrics.receiver_sums import ReceiverSums


def test_sums_have_the_bits_of_adding_frame_by_frame():
    rng, users = np.random.default_rng(3), 40
    found, bits, (sent, frames) = ReceiverSums(users), np.zeros(users), np.zeros((2, users), np.int64)
    for _ in range(2000):  # more numbers than are gathered at a time
        who = rng.permutation(users)[:rng.integers(0, 20)]
        got, blocks = rng.exponential(size=len(who)), rng.integers(0, 5, len(who))
        found.add(who, bits=got, sent=blocks)
        bits[who] += got
        sent[who] += blocks
        frames[who] += 1
    assert np.array_equal(found["bits"], bits) and np.array_equal(found.frames, frames)
    assert np.array_equal(found["sent"], sent)
    part = found.of(slice(10, 30))
    assert np.array_equal(part["bits"], bits[10:30]) and np.array_equal(part.frames, frames[10:30])
    assert np.array_equal(found["lost"], np.zeros(users)) and np.array_equal(part["lost"], np.zeros(20))
