"""Energy of stations over time: frames awake, sleep as deep as pays, transitions paid, off at any cost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys.energy import EnergyMeter
from isacsys.energy.meter import asleep_energy
from isacsys.energy.models import Tr38864

FRAME = 0.01
STATES = Tr38864(reference_power=1.0).sleep_states()  # 55; 25 + 0.09 J from 6 ms on; 1 + 1 J from 50 ms on


def metered(patterns, states=STATES, awake=280.0, frame=FRAME):
    """Energy, J, of stations that are awake (w), idle (i) or off (o) frame by frame."""
    meter = EnergyMeter(states, frame)
    for letters in zip(*patterns, strict=True):
        on, idle = (np.array([letter in some for letter in letters]) for some in ("wi", "io"))
        meter.frame(np.where(on, np.where(idle, 55.0, awake), 1.0), on, idle)
    return meter.total()


@pytest.mark.parametrize(("frames", "expected"), [
    (1, 25 * 0.01 + 0.09),  # micro 0.55, light 0.34, deep takes 50 ms
    (3, 25 * 0.03 + 0.09), (5, 1 * 0.05 + 1.0), (100, 1 * 1.0 + 1.0)])
def test_sleep_as_deep_as_pays(frames, expected):
    """Of category 1, by hand; five frames: light 1.34 J, deep 1.05 J."""
    assert metered(["w" + "i" * frames + "w"]) == pytest.approx(280 * 0.02 + expected)
    assert metered(["w" + "i" * frames]) == pytest.approx(280 * 0.01 + expected)  # as it stands at the end


def test_a_transition_must_fit():
    """In frames of 1 ms: five are too short for light sleep, whose transition takes 6 ms."""
    assert metered(["w" + "i" * 5 + "w"], frame=1e-3) == pytest.approx(0.56 + 55 * 5e-3)
    assert metered(["w" + "i" * 6 + "w"], frame=1e-3) == pytest.approx(0.56 + 25 * 6e-3 + 0.09)
    assert metered(["w" + "i" * 49 + "w"], frame=1e-3) == pytest.approx(0.56 + 25 * 49e-3 + 0.09)
    assert metered(["w" + "i" * 50 + "w"], frame=1e-3) == pytest.approx(0.56 + 1 * 50e-3 + 1.0)


def test_every_sleep_pays_its_transition():
    assert metered(["iwiwi"]) == pytest.approx(2 * 2.8 + 3 * (0.25 + 0.09))
    assert metered(["iiiww"]) == pytest.approx(2 * 2.8 + 0.75 + 0.09)


def test_off_is_deep_sleep_whatever_it_costs():
    """One frame off: 1 J of transition, though it takes longer than the frame."""
    assert metered(["wow"]) == pytest.approx(2 * 2.8 + 0.01 + 1.0)
    assert metered(["wiow"]) == pytest.approx(2 * 2.8 + (0.25 + 0.09) + 0.01 + 1.0)  # two sleeps, not one


def test_without_states_powers_are_taken_as_they_are():
    assert metered(["wioi"], states=()) == pytest.approx(2.8 + 0.55 + 0.01 + 0.55)


@given(patterns=st.integers(1, 12).flatmap(lambda n: st.lists(st.text("wio", min_size=n, max_size=n), min_size=1,
                                                              max_size=4)))
@settings(max_examples=30, deadline=None)
def test_a_plain_loop_finds_the_same(patterns):
    """Run by run, station by station."""
    expected = []
    for pattern in patterns:
        total, rest = 0.0, pattern
        while rest:
            length = len(rest) - len(rest.lstrip(rest[0]))
            T = length * FRAME
            if rest[0] == "w":
                total += 280 * T
            elif rest[0] == "o":
                total += 1 * T + 1.0
            else:
                total += min(P * T + E for _, P, E, t in STATES if t <= T + 1e-12)
            rest = rest[length:]
        expected.append(total)
    assert metered(patterns) == pytest.approx(expected)


def test_states_of_a_sleep():
    assert asleep_energy(STATES, np.array([0.0, 0.001])) == pytest.approx([0, 0.055])
    assert asleep_energy((), np.array([1.0])) == pytest.approx([0.0])
