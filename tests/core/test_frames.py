"""Seconds become frames without losing, doubling or moving what happens at a frame boundary."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isacsys.core.frames import delay_until, frames_until, in_frames, on_grid

DURATIONS = st.sampled_from([1e-4, 1e-3, 2e-3, 0.01, 0.02, 0.1, 1 / 3, 0.07, 5e-4, 1.0, 1 / 30])


@given(st.integers(-10**7, 10**9), DURATIONS)
def test_a_frame_boundary_is_a_whole_number_however_it_is_written(number, duration):
    written = float(Fraction(str(duration)) * number)  # the nearest double to the decimal fraction
    for seconds in (written, number * duration, number / (1 / duration)):
        assert in_frames(seconds, duration) == number
        assert frames_until(seconds, duration) == number


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 10.0))
def test_other_times_stay_and_order_stays(seconds, duration):
    frames = seconds / duration
    found = in_frames(seconds, duration)
    assert found == frames or (found == round(frames) and abs(found - frames) <= 1e-9 + 1e-15 * abs(frames))
    near = np.sort(frames + np.linspace(-3e-9, 3e-9, 13))
    assert np.all(np.diff(on_grid(near)) >= 0)
    assert frames_until(seconds, duration) >= found


def test_infinite_times_and_arrays_of_any_shape():
    given_times = np.array([[-np.inf, 0.29], [np.inf, 0.295]])
    with np.errstate(all="raise"):
        assert np.array_equal(in_frames(given_times, 0.01), [[-np.inf, 29], [np.inf, 0.295 / 0.01]])
    assert in_frames(0.3, 0.1) == 3.0 and isinstance(in_frames(0.3, 0.1), float)


@given(st.floats(0, 1e6), st.integers(0, 10**6))
def test_a_delay_ends_where_it_is_to_end(now, ahead):
    then = float(math.floor(now) + 1 + ahead)
    assert now + delay_until(now, then) == then
