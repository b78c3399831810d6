"""The pattern of a column."""

import numpy as np
import pytest

from isacsys.propagation.cell_antennas import column_gain


@pytest.mark.parametrize(("elements", "tilt"), [(1, 90.0), (4, 90.0), (10, 102.0)])
def test_column_against_a_sum_over_its_elements(elements, tilt):
    angles = np.linspace(0.01, np.pi - 0.01, 301)
    expected = [abs(sum(np.exp(1j * np.pi * m * (np.cos(z) - np.cos(np.radians(tilt))))
                        for m in range(elements))) ** 2 / elements for z in angles]
    np.testing.assert_allclose(column_gain(np.cos(angles), elements, tilt), expected, atol=1e-9)
    assert column_gain(np.array(np.cos(np.radians(tilt))), elements, tilt) == pytest.approx(elements)
