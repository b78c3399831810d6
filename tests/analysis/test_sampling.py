"""The Monte Carlo of the gamma model by itself."""

import numpy as np
import pytest
from scipy import integrate

from isacsys import analysis
from isacsys.analysis import sampling
from tests.statistics import has_law, has_mean


def test_the_seed_determines_all_samples():
    for sample in (lambda **seed: analysis.sample_communication_sir(K=2, D=3, samples=100, **seed),
                   lambda **seed: analysis.sample_sensing_sir(K=2, Q=2, samples=100, **seed)):
        assert np.array_equal(sample(seed=3), sample(seed=3))
        assert not np.array_equal(sample(seed=3), sample(seed=4))


@pytest.mark.parametrize("samples", [1, 1000, 10_001])
def test_as_many_samples_as_asked_for(samples, monkeypatch):
    """The last of them in several batches."""
    monkeypatch.setattr(sampling, "BATCH", sampling.BATCH // 10)
    assert analysis.sample_communication_sir(K=1, D=1, samples=samples).shape == (samples,)
    assert analysis.sample_sensing_sir(K=1, samples=samples).shape == (samples,)


def test_law_of_the_single_antenna_sir():
    """At alpha = 4: P(SIR > theta) = 1 / (1 + sqrt(theta) arctan sqrt(theta))."""
    sir = analysis.sample_communication_sir(K=1, D=1, samples=20_000)
    has_law(sir, lambda theta: 1 - 1 / (1 + np.sqrt(theta) * np.arctan(np.sqrt(theta))))


def test_density_does_not_matter_to_a_user_and_scales_the_echo():
    one = analysis.sample_sensing_sir(K=1, Q=2, alpha=3.0, beta=2.0, bs_density=4.0, samples=1000)
    other = analysis.sample_sensing_sir(K=1, Q=2, alpha=3.0, beta=2.0, c=4**0.5, samples=1000)
    assert one == pytest.approx(other, rel=1e-9)


@pytest.mark.parametrize("alpha", [2.1, 4.0])
def test_far_field_off_centre(alpha):
    """The plane beyond radius 3, heard 0.9 off the centre, by quadrature."""
    def ring(r):
        angle = np.linspace(0, 2 * np.pi, 256, endpoint=False)
        return 2 * np.pi * r * np.mean((r * r + 0.81 - 1.8 * r * np.cos(angle)) ** (-alpha / 2))

    expected = integrate.quad(ring, 3, 1e3, epsabs=1e-10, limit=200)[0] + 2 * np.pi * 1e3 ** (2 - alpha) / (alpha - 2)
    assert sampling.far_field(np.array([3.0]), np.array([0.9]), alpha) == pytest.approx(expected, rel=1e-5)


def test_more_stations_change_nothing(monkeypatch):
    """The mean stands for those beyond, even for slow path loss."""
    monkeypatch.setattr(sampling, "DRAWN", 400)
    sir = analysis.sample_sensing_sir(K=1, Q=3, alpha=2.2, samples=10_000, seed=9)
    has_mean(np.log1p(sir), analysis.sensing_rate(K=1, Q=3, alpha=2.2))


def test_the_beam_law_is_that_of_one_stream():
    with pytest.raises(ValueError, match="^M_t = 4"):
        analysis.sample_sensing_sir(K=2, M_t=4)
