"""Queues against a loop over jobs, and against Pollaczek and Khinchine."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys.core.errors import ConfigError
from isacsys.network.queues import Files, Queues, read_arrivals


def one_by_one(queue, ready, work):
    end, last = [], {}
    for q, r, w in zip(queue.tolist(), ready.tolist(), work.tolist(), strict=True):
        last[q] = max(r, last.get(q, -np.inf)) + w
        end.append(last[q])
    return end


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.05, 3.0))
def test_no_bit_is_lost_and_frames_make_no_difference(seed, frame):
    """At constant speed it does not matter how service is cut into frames."""
    rng = np.random.default_rng(seed)
    n, users = 40, 4
    files = Files(rng.integers(0, users, n), np.sort(rng.uniform(0, 10, n)), rng.exponential(1.0, n))
    queues, speed, done, now = Queues(), rng.uniform(0.5, 3, users), {}, 0.0
    order = np.lexsort((files.arrival, files.user))
    expected = one_by_one(files.user[order], files.arrival[order], (files.size / speed[files.user])[order])
    while now < 12:
        inside = np.flatnonzero((files.arrival >= now) & (files.arrival < now + frame))
        queues.arrive(files[inside])
        finished, end = queues.serve(np.arange(users), speed, now, frame)
        done.update(zip(finished.arrival.tolist(), end.tolist(), strict=True))
        now += frame
        sizes = files.size[files.arrival < now].sum()
        delivered = files.size[np.isin(files.arrival, list(done))].sum()
        assert queues.bits(users).sum() <= sizes - delivered + 1e-9
        assert np.all(queues.bits(users) >= 0)
    for arrival, end in zip(files.arrival[order].tolist(), expected, strict=True):
        assert (arrival in done) == (end <= now) or abs(end - now) < 1e-9
        assert done.get(arrival, end) == pytest.approx(end, abs=1e-9)


def test_only_those_served_are_served():
    queues = Queues()
    queues.arrive(Files(np.array([0, 1, 1]), np.array([0.0, 0.0, 0.1]), np.array([5.0, 2.0, 2.0])))
    finished, end = queues.serve(np.array([1]), np.array([2.0]), 0.0, 1.5)
    assert finished.user.tolist() == [1] and end.tolist() == [1.0]
    assert queues.bits(3).tolist() == [5.0, 1.0, 0.0]
    assert len(queues.serve(np.array([2]), np.array([9.0]), 1.5, 1.0)[0]) == 0
    assert len(queues.serve(np.array([0]), np.array([0.0]), 1.5, 1.0)[0]) == 0


@pytest.mark.parametrize(("law", "load"), [("fixed", 0.8), ("exponential", 0.6), *(
    pytest.param(*more, marks=pytest.mark.slow)
    for more in (("fixed", 0.3), ("fixed", 0.6), ("exponential", 0.3), ("exponential", 0.8)))])
def test_mean_delay_is_that_of_pollaczek_and_khinchine(load, law):
    """M/G/1 with mean work 1: ``E T = 1 + load E[S^2] / (2 (1 - load))``; 1500 servers side by side, frames of 0.7.

    Each server is a replication; it is warmed up from empty for 200 mean services.
    """
    rng, servers, frame, warm, last = np.random.default_rng([int(10 * load), len(law)]), 1500, 0.7, 200.0, 400.0
    queues, total, count, now = Queues(), np.zeros(servers), np.zeros(servers), 0.0
    while now < last:
        n = rng.poisson(load * servers * frame)
        size = np.ones(n) if law == "fixed" else rng.exponential(1.0, n)
        queues.arrive(Files(rng.integers(0, servers, n), now + frame * rng.random(n), size))
        finished, end = queues.serve(np.arange(servers), np.ones(servers), now, frame)
        counted = (finished.arrival > warm) & (finished.arrival < last - 60)  # all of these have been delivered
        np.add.at(total, finished.user[counted], (end - finished.arrival)[counted])
        np.add.at(count, finished.user[counted], 1)
        now += frame
    expected = 1 + load * (1 if law == "fixed" else 2) / (2 * (1 - load))
    mean = total.sum() / count.sum()
    error = np.sqrt(np.sum((total - mean * count) ** 2)) / count.sum()
    assert abs(mean - expected) < 4 * error, (mean, expected, error)
    assert error < 0.03 * expected


def test_arrivals_from_a_file(tmp_path):
    path = tmp_path / "arrivals.csv"
    path.write_text("time,user,bits\n2,1,10\n1,0,20\n")
    files = read_arrivals(str(path))
    assert files.user.tolist() == [0, 1] and files.arrival.tolist() == [1, 2] and files.size.tolist() == [20, 10]


@pytest.mark.parametrize("text", ["time,user\n", "time,user,bits\n1,0,0\n", "time,user,bits\n1,-1,5\n",
                                  "time,user,bits\nx,0,1\n"])
def test_bad_arrivals_say_what_is_wrong(tmp_path, text):
    path = tmp_path / "bad_arrivals.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match="traffic.arrivals"):
        read_arrivals(str(path))
