"""Far fields against direct integration and simulation."""

import numpy as np
import pytest
from scipy import integrate

from isacsys.propagation import power_law


@pytest.mark.parametrize(("alpha", "side"), [
    (2.2, (10, 10)), pytest.param(3.5, (7, 9), marks=pytest.mark.slow), (6.0, (7, 9))])
def test_outside_rectangle(alpha, side):
    width, height = np.array(side) / 2
    inner = min(width, height) / 2
    inside, _ = integrate.dblquad(lambda y, x: 4 * np.hypot(x, y) ** -alpha * (x * x + y * y > inner**2),
                                  0, width, 0, height, epsabs=1e-4, epsrel=1e-4)
    whole = power_law.plane_far_field(2.0, inner, alpha)
    assert power_law.outside_rectangle(2.0, side, alpha) == pytest.approx(whole - 2 * inside, rel=2e-3)


def test_square_is_four_equal_sides():
    """alpha = 4: int_0^{pi/4} cos^2 = pi/8 + 1/4, eight times, over 2 a^2."""
    assert power_law.outside_rectangle(1.0, (2, 2), 4) == pytest.approx(8 * (np.pi / 8 + 0.25) / 2)


def test_far_field_is_the_mean_over_poisson_stations():
    rng = np.random.default_rng(5)
    rho, reach, alpha = 2.0, 40.0, 4.0
    sums = []
    for _ in range(2000):
        distance = reach * np.sqrt(rng.random(rng.poisson(np.pi * reach**2)))
        sums.append(np.sum(power_law.path_gain(distance[distance > rho], alpha)))
    expected = power_law.plane_far_field(1.0, rho, alpha) - power_law.plane_far_field(1.0, reach, alpha)
    assert abs(np.mean(sums) - expected) < 4 * np.std(sums) / np.sqrt(len(sums))
