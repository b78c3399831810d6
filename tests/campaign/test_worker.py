"""Drops that wait to be handed out: none twice, none forgotten."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from isacsys.campaign.worker import Finished, Waiting, missing

ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10)).map(lambda t: (t[0], t[0] + t[1])))


@given(ranges, st.integers(0, 20), st.integers(0, 50))
def test_what_is_missing_is_what_is_not_done(done, first, length):
    stop = first + length
    there = {drop for begin, end in done for drop in range(begin, end)}
    gaps = missing(done, first, stop)
    assert [drop for begin, end in gaps for drop in range(begin, end)] == sorted(set(range(first, stop)) - there)
    assert all(begin < end for begin, end in gaps)


steps = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), min_size=1)


@given(st.integers(1, 100), steps, st.integers(1, 100))
def test_everything_is_handed_out_once(total, steps, before):
    """Whatever sizes are asked for, and however much of them is put back."""
    waiting, seen = Waiting([(0, total)]), []
    while True:
        size, unfinished = steps[len(seen) % len(steps)]
        drops = waiting.take(size, before)
        if drops is None:
            break
        first, stop = drops
        assert stop - first <= size
        end = max(first + 1, stop - unfinished)
        waiting.put_back(end, stop)
        seen.append((first, end))
    assert missing(seen, 0, total) == missing([(0, min(total, before))], 0, total)
    assert sum(end - first for first, end in seen) == min(total, before)
    assert waiting.count == max(total - before, 0)


@given(st.integers(0, 5), st.lists(st.integers(1, 6), min_size=1), st.randoms())
def test_the_front_is_where_the_first_gap_is(first, sizes, random):
    edges = [first]
    for size in sizes:
        edges.append(edges[-1] + size)
    pieces = list(itertools.pairwise(edges))
    random.shuffle(pieces)
    finished, done = Finished(first), []
    for piece in pieces:
        finished.add(*piece)
        done.append(piece)
        gaps = missing(done, first, edges[-1] + 1)
        assert finished.front == gaps[0][0]
