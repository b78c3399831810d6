"""Gains of beams that are not orthogonal: variances against drawn beams, rates against the gamma model and by hand."""

import numpy as np
import pytest

from isacsys.analysis.beam_law import (
    SensingBeams,
    echo_shape,
    interference_shape,
    measured_communication_rate,
    measured_sensing_rate,
)
from isacsys.analysis.communication_rates import communication_rate, mean_communication_rate
from isacsys.analysis.line_process import Medium, power_law, propagation_rate
from isacsys.analysis.sensing_beams import communication_rate_with_beams, sensing_rate_with_beams
from isacsys.analysis.sensing_rates import sensing_rate_beam_law
from isacsys.beamforming import zero_forcing
from isacsys.core.errors import ConfigError
from tests.statistics import has_mean


@pytest.mark.parametrize(("left", "streams"), [(20, 12), (8, 8), (20, 1), (12, 5)])
def test_the_spread_of_interference_is_that_of_drawn_beams(left, streams):
    beams = zero_forcing.draw(np.random.default_rng(5), np.full(4000, left), np.full(4000, streams), streams)
    shares = beams.eigenvalues() / streams
    has_mean((shares**2).sum(axis=1), 1 / interference_shape(M=left, K=streams), bias=1e-12)


def test_the_spread_of_echoes_is_that_of_drawn_beams():
    rng, antennas, streams = np.random.default_rng(6), 10, 6
    beams = zero_forcing.draw(rng, np.full(20000, antennas), np.full(20000, streams), streams)
    isotropic = rng.standard_normal((20000, antennas)) + 1j * rng.standard_normal((20000, antennas))
    share = np.abs(isotropic) ** 2 / (np.abs(isotropic) ** 2).sum(axis=1, keepdims=True)
    gain = antennas * (beams.eigenvalues() / streams * share[:, :streams]).sum(axis=1)
    has_mean(gain, 1)
    has_mean((gain - 1) ** 2, 1 / echo_shape(M_t=antennas, shape=interference_shape(M=antennas, K=streams)))


def test_one_stream_and_orthogonal_beams_are_the_gamma_model():
    assert interference_shape(M=20, K=1) == 1
    rate = measured_communication_rate(K=5, L=3, D=6, streams=5, weights=1, shape=5)
    assert rate == pytest.approx(communication_rate(K=5, L=3, D=6), rel=1e-6)
    law = {"D": [3, 4, 9], "weights": [1, 2, 3]}
    assert measured_communication_rate(K=4, L=2, streams=[4, 4, 4], shape=4, **law) == pytest.approx(
        mean_communication_rate(K=4, L=2, **law), rel=1e-6)
    assert measured_sensing_rate(M_t=20, K=1, Q=3, shape=1) == pytest.approx(
        sensing_rate_beam_law(M_t=20, Q=3), rel=1e-5)


def test_rates_against_a_monte_carlo_of_the_same_laws():
    rng, samples, shape, streams = np.random.default_rng(7), 100_000, 2.5, 7
    squares = np.cumsum(rng.standard_exponential((samples, 40)), axis=1)
    far = squares[:, -1] ** -1
    interference = (rng.standard_gamma(shape, (samples, 39)) / shape * squares[:, 1:] ** -2).sum(axis=1) + far
    sir = rng.standard_gamma(4, samples) / streams * squares[:, 0] ** -2 / interference
    has_mean(np.log1p(sir), measured_communication_rate(K=9, D=4, streams=streams, weights=1, shape=shape))


def test_what_is_no_law_of_d_is_refused():
    with pytest.raises(ConfigError, match="one weight for each D"):
        measured_communication_rate(K=4, D=[1, 2], streams=[4, 4], weights=[0, 0], shape=4)


def test_sensing_beams_and_other_media_at_nominal_values():
    beams = SensingBeams(J=2, left=10, power=0.4)
    at = {"K": 4, "D": 11, "streams": 4, "weights": 1, "shape": 4}
    there = {"M_t": 16, "K": 4, "J": 2, "Q": 2, "sensing_power": 0.4}
    assert measured_communication_rate(sensing=beams, **at) == pytest.approx(
        communication_rate_with_beams(**there), rel=1e-5)
    medium = Medium(power_law(3.5), 0.3)
    assert measured_communication_rate(sensing=beams, medium=medium, bs_density=2.0, **at) == pytest.approx(
        communication_rate_with_beams(law=power_law(3.5), noise=0.3, bs_density=2.0, **there), rel=1e-5)
    assert measured_communication_rate(medium=medium, bs_density=2.0, **at) == pytest.approx(
        propagation_rate(power_law(3.5), K=4, D=11, noise=0.3, bs_density=2.0), rel=1e-5)


def test_the_echo_of_sensing_beams_at_a_law_of_d():
    """Linear in the law of the echo: the mean over D; with one user's exact beam, drawn."""
    beams, at = SensingBeams(J=1, left=9, power=0.3), {"M_t": 12, "K": 4, "Q": 1, "shape": 4.0}
    each = [measured_sensing_rate(sensing=beams, D=d, **at) for d in (1, 4, 10)]
    both = measured_sensing_rate(sensing=beams, D=[1, 4, 10], weights=[1, 2, 1], **at)
    assert both == pytest.approx(np.average(each, weights=[1, 2, 1]), rel=1e-5)
    assert each[0] < each[1] < each[2]
    nominal = sensing_rate_with_beams(M_t=12, K=2, J=1, sensing_power=0.3)
    shape = echo_shape(M_t=12, shape=2.0)
    assert measured_sensing_rate(M_t=12, K=2, Q=1, shape=2.0, sensing=SensingBeams(1, 10, 0.3)) == pytest.approx(
        nominal, rel=0.01)  # the users' part differs: its shape is that of an isotropic frame
    assert shape > 2
