"""The element's and the column's pattern."""

import numpy as np
import pytest

from isacsys.propagation import element_pattern


def test_element():
    level = np.pi / 2
    assert element_pattern.element_gain(np.array(0.0), np.array(level)) == 8
    half = np.radians(65 / 2)
    assert element_pattern.element_gain(np.array(half), np.array(level)) == pytest.approx(5)
    assert element_pattern.element_gain(np.array(0.0), np.array(level + half)) == pytest.approx(5)
    assert element_pattern.element_gain(np.array(np.pi), np.array(level)) == -22
    assert element_pattern.element_gain(np.array(2 * np.pi + half), np.array(level)) == pytest.approx(5)


@pytest.mark.parametrize(("elements", "tilt"), [(1, 90.0), (4, 90.0), (10, 102.0)])
def test_column_against_a_sum_over_its_elements(elements, tilt):
    angles = np.linspace(0.01, np.pi - 0.01, 301)
    expected = [abs(sum(np.exp(1j * np.pi * m * (np.cos(z) - np.cos(np.radians(tilt))))
                        for m in range(elements))) ** 2 / elements for z in angles]
    np.testing.assert_allclose(element_pattern.column_gain(np.cos(angles), elements, tilt), expected, atol=1e-9)
    assert element_pattern.column_gain(np.array(np.cos(np.radians(tilt))), elements, tilt) == pytest.approx(elements)
