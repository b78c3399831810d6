"""Simulated means against values known from elsewhere: within 4 standard errors plus the stated bias."""

import numpy as np
import pytest
from scipy import stats

import isacsys
from isacsys import Scenario

BIT = 1 / np.log(2)
FAR_FIELD_BIAS = 0.0005  # of stations beyond the sixteenth entering by their mean


def agrees(changes, metric, expected, bias, drops):
    run = isacsys.run(Scenario().replace(changes), drops=drops, executor="serial")
    estimate = run[metric]
    error = estimate.half_width / stats.t.ppf(0.975, drops - 1)
    assert abs(estimate.mean - expected) < 4 * error + bias * expected, (estimate.mean, expected, error)


@pytest.mark.parametrize(("alpha", "nats"), [(4.0, 1.48899), (3.0, 0.87126)])
def test_single_antenna_poisson_network(alpha, nats):
    """Andrews, Baccelli, Ganti (2011): the classical network, 2.1482 bit/s/Hz at alpha = 4."""
    agrees({"antennas.transmit": 1, "allocation.users_per_bs": 1, "allocation.targets_per_bs": 0,
            "propagation.path_loss_exponent": alpha}, "communication_rate", nats * BIT, FAR_FIELD_BIAS, 150)


@pytest.mark.parametrize("drops", [60, pytest.param(600, marks=pytest.mark.slow)])
def test_paper_parameters(drops):
    """K = 12, L = 1: gamma model 1.41444 nats, plus 0.7 % because beams of one station are not orthogonal."""
    agrees({"allocation.targets_per_bs": 0}, "communication_rate", 1.41444 * BIT * 1.007, 0.002, drops)


@pytest.mark.parametrize("drops", [100, pytest.param(1500, marks=pytest.mark.slow)])
def test_sensing_with_one_stream(drops):
    """K = 1, Q = 1, M_t = 20: 1.35065 nats with the exact law of the beam."""
    agrees({"allocation.users_per_bs": 1}, "sensing_rate", 1.35065 * BIT, FAR_FIELD_BIAS, drops)


@pytest.mark.parametrize(("changes", "communication", "width"), [
    ({"allocation.users_per_bs": 4, "allocation.communication_cluster": 2, "allocation.targets_per_bs": 3,
      "allocation.sensing_cluster": 3}, 2.5838, 0.008),
    ({"allocation.users_per_bs": 1, "allocation.targets_per_bs": 9, "allocation.sensing_cluster": 3}, 2.8279, 0.008)])
def test_exact_rate_at_the_measured_law_of_degrees_of_freedom(changes, communication, width):
    """R_c averaged over the law of D that requests and refusals leave to typical users."""
    agrees(changes, "communication_rate", communication * BIT, width, 60)


def test_without_a_far_field_rates_are_too_high():
    """A world that ends at a small torus lacks interference."""
    changes = {"network.area": 25, "allocation.users_per_bs": 4, "allocation.targets_per_bs": 0}
    plane, torus = (isacsys.run(Scenario().replace({**changes, "network.far_field": far}), drops=40, executor="serial")
                    for far in ("infinite_plane", "torus"))
    assert torus["communication_rate"].mean > plane["communication_rate"].mean
