"""Streams depend on their name alone."""

import itertools
from hashlib import shake_128

import numpy as np

from isacsys.core.random_streams import Purpose, stream


def test_same_name_same_numbers():
    assert np.array_equal(stream(1, 2, 3, Purpose.USERS).random(5), stream(1, 2, 3, Purpose.USERS).random(5))


def test_names_differ_numbers_differ():
    names = itertools.product((0, 1, 2**63 - 1), (0, 1, 7), (0, 1), Purpose)
    first = [stream(*name).random() for name in names]
    assert len(set(first)) == len(first)


def test_a_stream_is_an_sfc64_seeded_by_the_hash_of_its_name():
    words = np.frombuffer(shake_128(b"5 1 2 3").digest(24), "<u8")
    state = stream(5, 1, 2, Purpose.SELECT_USERS).bit_generator.state["state"]["state"]
    a, b, c, counter = (int(w) for w in (*words, 1))
    for _ in range(12):  # what SFC64 does with a seed (PractRand, Doty-Humphrey)
        out = (a + b + counter) % 2**64
        a, b, c, counter = b ^ (b >> 11), (c + (c << 3)) % 2**64, ((c << 24 | c >> 40) + out) % 2**64, counter + 1
    assert [int(w) for w in state] == [a, b, c, counter]


def test_a_stream_can_be_split_and_says_whose_it_is():
    rng = stream(5, 1, 2, Purpose.USERS)
    assert rng.bit_generator.seed_seq.entropy == 5 and rng.bit_generator.seed_seq.spawn_key == (1, 2, Purpose.USERS)
    children = [*rng.spawn(2), *rng.spawn(1)]
    again = stream(5, 1, 2, Purpose.USERS).spawn(3)
    numbers = [child.random() for child in children]
    assert numbers == [child.random() for child in again] and len({rng.random(), *numbers}) == 4


def test_other_bit_generators_take_the_name_too():
    seed = stream(5, 1, 2, Purpose.USERS).bit_generator.seed_seq
    assert np.random.Generator(np.random.MT19937(seed)).random() != np.random.Generator(np.random.PCG64(seed)).random()
