"""Detection and accuracy over the network: statistics drawn, and the Monte Carlo of the sensing SIR."""

import numpy as np
import pytest

from isacsys import analysis
from isacsys.core.errors import ConfigError
from tests.statistics import has_mean

NETWORK = {"K": 3, "Q": 2, "c": 4.0}


def drawn(rng, gamma, alarm, cells, rcs):
    """Whether looks at echoes cross the threshold: complex amplitude in complex noise."""
    noise = rng.standard_normal((2, gamma.size)) / np.sqrt(2)
    power = (np.sqrt(gamma * rcs) + noise[0]) ** 2 + noise[1] ** 2
    if cells == 0:
        return power > -np.log(alarm)
    return power > (alarm ** (-1 / cells) - 1) * rng.standard_gamma(cells, gamma.size)


def drawn_rcs(rng, law, samples, sigma_db):
    sigma = np.log(10) / 10 * sigma_db
    return {"none": lambda: np.ones(samples), "swerling1": lambda: rng.standard_exponential(samples),
            "lognormal": lambda: np.exp(sigma * rng.standard_normal(samples) - sigma**2 / 2)}[law]()


@pytest.mark.parametrize("law", ["none", "swerling1", "lognormal"])
@pytest.mark.parametrize("cells", [0, 16])
@pytest.mark.parametrize("alarm", [1e-3, 1e-2, 0.1])
def test_closed_forms_against_drawn_statistics(law, cells, alarm):
    rng, samples = np.random.default_rng(5), 40_000
    for gamma in (0.3, 1.0, 3.0, 10.0, 40.0):
        found = drawn(rng, np.full(samples, gamma), alarm, cells, drawn_rcs(rng, law, samples, 3.7))
        expected = analysis.detection_probability(sir=gamma, false_alarm=alarm, fluctuation=law, rcs_sigma_db=3.7,
                                                  cells=cells)
        has_mean(found, expected, bias=2 / samples)


def test_known_values():
    known = {"sir": 3.0, "false_alarm": 1e-3, "cells": 16}
    assert analysis.detection_probability(fluctuation="swerling1", **known) == pytest.approx(0.132, abs=5e-4)
    assert analysis.detection_probability(**known) == pytest.approx(0.090, abs=5e-4)


@pytest.mark.parametrize("law", ["none", "swerling1", "lognormal"])
def test_many_cells_are_known_interference_and_no_echo_a_false_alarm(law):
    sir = np.array([0.0, 1.0, 8.0])
    known = analysis.detection_probability(sir=sir, false_alarm=1e-3, fluctuation=law, rcs_sigma_db=3.0)
    many = analysis.detection_probability(sir=sir, false_alarm=1e-3, fluctuation=law, rcs_sigma_db=3.0, cells=100_000)
    assert known == pytest.approx(many, rel=1e-3)
    assert known[0] == pytest.approx(1e-3, rel=1e-6)


@pytest.mark.parametrize(("law", "cells"), [
    ("none", 0), pytest.param("swerling1", 0, marks=pytest.mark.slow), ("lognormal", 0), ("swerling1", 16)])
def test_over_the_network(law, cells):
    rng, samples, alarm = np.random.default_rng(6), 40_000, 1e-3
    sir = analysis.sample_sensing_sir(samples=samples, seed=3, **NETWORK)
    settings = {"false_alarm": alarm, "fluctuation": law, "rcs_sigma_db": 3.7, "cells": cells}
    mean = analysis.mean_detection_probability(**settings, **NETWORK)
    has_mean(drawn(rng, sir, alarm, cells, drawn_rcs(rng, law, samples, 3.7)), mean)
    each = analysis.detection_probability(sir=sir[:10_000], **settings)
    has_mean(each, mean)
    has_mean(each > 0.95, analysis.detected_share(**settings, **NETWORK))
    with pytest.raises(AssertionError):
        has_mean(each, analysis.mean_detection_probability(**settings, **{**NETWORK, "c": 3.0}))


@pytest.mark.parametrize("law", ["none", "swerling1"])
def test_quantiles_of_the_bounds(law):
    rng, samples = np.random.default_rng(7), 40_000
    gamma = analysis.sample_sensing_sir(samples=samples, seed=4, **NETWORK) * drawn_rcs(rng, law, samples, 0)
    theta = rng.uniform(0, 2 * np.pi, samples)
    bounds = {
        "range": 299792458 / 2 * np.sqrt(3 / (2 * np.pi**2 * 20e6**2 * gamma)),
        "velocity": 299792458 / 28e9 / 2 * np.sqrt(3 / (2 * np.pi**2 * 0.01**2 * gamma)),
        "bearing": np.sqrt(6 / (np.pi**2 * gamma * 99)) / np.abs(np.sin(theta)),
    }
    for share in (0.5, 0.9):
        settings = {"probability": share, "fluctuation": law, **NETWORK}
        has_mean(bounds["range"] < analysis.range_error_quantile(bandwidth=20e6, **settings), share)
        has_mean(bounds["velocity"] < analysis.velocity_error_quantile(coherent_time=0.01, carrier_frequency=28e9,
                                                                       **settings), share)
        found = analysis.bearing_error_quantile(M_r=10, **settings)
        has_mean(bounds["bearing"] < found, share)
        with pytest.raises(AssertionError):
            has_mean(bounds["bearing"] < 1.1 * found, share)


def test_a_network_whose_exponents_differ():
    network = {"K": 2, "Q": 1, "alpha": 3.5, "beta": 2.0, "c": 10.0, "bs_density": 2.0}
    sir = analysis.sample_sensing_sir(samples=20_000, **network)
    has_mean(analysis.detection_probability(sir=sir, false_alarm=1e-2),
             analysis.mean_detection_probability(false_alarm=1e-2, **network))


@pytest.mark.parametrize(("function", "arguments", "named"), [
    (analysis.detection_probability, {"sir": -1, "false_alarm": 0.1}, "sir"),
    (analysis.detection_probability, {"sir": 1, "false_alarm": 1.0}, "false_alarm"),
    (analysis.detection_probability, {"sir": 1, "false_alarm": 0.1, "fluctuation": "swerling9"}, "fluctuation"),
    (analysis.detected_share, {"false_alarm": 0.1, "at_least": 1.0, "K": 1}, "at_least"),
    (analysis.bearing_error_quantile, {"M_r": 1, "K": 1}, "M_r"),
    (analysis.range_error_quantile, {"bandwidth": 0, "K": 1}, "bandwidth"),
])
def test_bad_arguments_are_named(function, arguments, named):
    with pytest.raises(ConfigError, match=f"^{named} = "):
        function(**arguments)
