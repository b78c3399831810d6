"""Who meets TS 22.137."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isacsys.sensing.requirements import CATEGORIES, met, within


def test_a_normal_error_is_within_a_circle_as_often_as_when_it_is_drawn():
    rng, draws = np.random.default_rng(1), 100_000
    for radius, a, b in ((10, 3, 8), (1, 0.1, 3), (2, 1, 1), (0.5, 5, 0.01)):
        inside = np.hypot(a * rng.standard_normal(draws), b * rng.standard_normal(draws)) <= radius
        share = within(radius, a, b)
        assert abs(inside.mean() - share) <= 4 * np.sqrt(share * (1 - share) / draws)


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_circles_lines_and_order(radius, a):
    assert within(radius, a, a) == pytest.approx(1 - np.exp(-(radius**2) / (2 * a**2)), abs=1e-8)
    assert within(radius, a, 2 * a) == pytest.approx(within(radius, 2 * a, a))
    assert within(radius, a, 2 * a) <= within(radius, a, a) + 1e-9
    assert within(radius, a, np.inf) == 0


def test_each_column_that_is_judged_matters():
    category = CATEGORIES[0]
    good = {"detection": 0.96, "false_alarm": 0.01, "one": 1.0, "other": 2.0, "since": 0.5}
    for change, wanted in (({}, True), ({"detection": 0.94}, False), ({"false_alarm": 0.03}, False),
                           ({"other": 9.0}, False), ({"since": 1.1}, False), ({"since": np.nan}, True)):
        case = {**good, **change}
        case = {key: value if key == "false_alarm" else np.array([value]) for key, value in case.items()}
        assert met(category, **case).tolist() == [wanted], change


def test_shortcuts_agree_with_the_probability():
    rng = np.random.default_rng(2)
    one, other = rng.uniform(0, 8, (2, 4000))
    found = met(CATEGORIES[0], np.ones(4000), 0.001, one, other, np.full(4000, np.nan))
    assert np.array_equal(found, within(10.0, one, other) >= 0.95) and 0.1 < found.mean() < 0.9
