"""Rates of whole networks agree with loops over explicit channels that share nothing with the package."""

import numpy as np
import pytest

import isacsys
from tests.statistics import ratio
from tests.twins.networks import targets_through_filters, users_in_sight

BASE = {"network.area": 49.0, "nulling.policy": "random"}
FEW = 20  # drops of the default suite: a fault of a seventh is seen; 250 in the slow one


def simulated(changes, metric, drops):
    found = isacsys.run(isacsys.Scenario().replace({**BASE, **changes}), drops=drops, executor="serial")[metric]
    return found.mean * np.log(2), found.half_width * np.log(2) / 1.96


def agree(one, other):
    (a, error), (b, more) = one, other
    assert abs(a - b) < 4 * np.hypot(error, more), (one, other)


@pytest.mark.parametrize("drops", [FEW, pytest.param(250, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("M_t", "K", "L", "factor"), [
    (16, 4, 1, 15.0), pytest.param(16, 4, 2, 15.0, marks=pytest.mark.slow), (14, 4, 3, 3.0)])
def test_links_of_sight(M_t, K, L, factor, drops):
    loops = np.array([users_in_sight(7000 + i, M_t, K, L, factor) for i in range(drops // (1 if drops > FEW else 2))])
    design = {"antennas.transmit": M_t, "allocation.users_per_bs": K, "allocation.communication_cluster": L,
              "allocation.targets_per_bs": 0, "propagation.rician_factor_db": factor}
    agree(simulated(design, "communication_rate", drops), ratio(*loops.T))


@pytest.mark.parametrize("drops", [FEW, pytest.param(400, marks=pytest.mark.slow)])
def test_filters_of_least_variance(drops):
    """MRC 1.16 and MVDR 1.72 nats."""
    loops = np.array([targets_through_filters(8000 + i, 8, 6, 2, 0.6) for i in range(2 * drops)])
    for j, combiner in enumerate(("mrc", "mvdr")):
        mine = simulated({"antennas.transmit": 8, "antennas.receive": 6, "allocation.users_per_bs": 2,
                          "combining.policy": combiner}, "sensing_rate", drops)
        agree(mine, ratio(loops[:, j], loops[:, 2]))
