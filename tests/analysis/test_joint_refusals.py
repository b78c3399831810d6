"""What members that refuse do to joint transmission: its limits are formulas that know nothing of it."""

import numpy as np
import pytest

from isacsys import ConfigError, analysis
from isacsys.analysis.beam_law import measured_communication_rate
from isacsys.analysis.cooperation import Sender, measured_coherent_rate, measured_joint_rate
from isacsys.analysis.refusals import joint_rates_with_refusals

SERVING, MEMBER, SHAPE = Sender([7, 9], [5, 6], [0.4, 0.6]), Sender([8], [5]), 6.5
SAMPLES = 100_000
ERROR = 0.9 / np.sqrt(SAMPLES)  # of a mean of rates whose deviation is below 0.9


def rates(chance, L=3, **changes):
    return joint_rates_with_refusals(L=L, serving=SERVING, member=MEMBER, shape=SHAPE,
                                     refused=np.full((L - 1, 32, 32), chance), samples=SAMPLES, **changes)


@pytest.mark.parametrize(("L", "alpha"), [
    (3, 4.0), pytest.param(2, 3.3, marks=pytest.mark.slow), pytest.param(5, 3.3, marks=pytest.mark.slow)])
def test_where_none_refuse_it_is_joint_transmission(L, alpha):
    found = rates(0.0, L, alpha=alpha)
    exact = measured_joint_rate(L=L, alpha=alpha, serving=SERVING, member=MEMBER, shape=SHAPE)
    assert found.all_send == found.silent == found.heard == pytest.approx(exact, abs=4.5 * ERROR)
    coherent = rates(0.0, L, alpha=alpha, coherent=True)
    expected = measured_coherent_rate(L=L, alpha=alpha, serving=SERVING, member=MEMBER, shape=SHAPE, seed=2,
                                      samples=SAMPLES)
    assert coherent.silent == pytest.approx(expected, abs=4.5 * np.sqrt(2) * ERROR)


@pytest.mark.parametrize(("L", "coherent"), [
    (2, False), (4, True), pytest.param(2, True, marks=pytest.mark.slow),
    pytest.param(4, False, marks=pytest.mark.slow)])
def test_where_all_refuse_the_serving_station_is_alone(L, coherent):
    """Silent members are nulls that cost nothing; those that are heard are any other stations."""
    found = rates(1.5, L, coherent=coherent)
    alone = {order: measured_communication_rate(
        K=6, L=order, alpha=4.0, D=SERVING.D, streams=SERVING.streams, weights=SERVING.weights, shape=SHAPE,
        bs_density=1.0) for order in (1, L)}
    assert found.silent == pytest.approx(alone[L], abs=4.5 * ERROR)
    assert found.heard == pytest.approx(alone[1], abs=4.5 * ERROR)
    assert found.heard < found.silent < found.all_send


def test_which_rank_and_strength_refuses_matters():
    """The second station is the strongest but one: without it more is lost than without the third."""
    table = np.zeros((2, 2, 32, 32))
    table[0, 0], table[1, 1] = 0.5, 0.5
    second, third = (joint_rates_with_refusals(L=3, serving=SERVING, member=MEMBER, shape=SHAPE, refused=one,
                                                samples=SAMPLES) for one in table)
    assert second.silent < third.silent - 8 * ERROR and second.heard < third.heard - 8 * ERROR
    strong, weak = np.zeros((1, 4, 1)), np.zeros((1, 4, 1))
    strong[:, 2:], weak[:, :2] = 1, 1
    found = [joint_rates_with_refusals(L=2, serving=SERVING, member=MEMBER, shape=SHAPE, refused=one, seed=3,
                                       samples=SAMPLES)
             for one in (strong, weak)]
    assert found[0].heard < found[1].heard - 8 * ERROR
    assert sum(one.all_send - one.silent for one in found) == pytest.approx(
        found[0].all_send - rates(1.0, 2, seed=3).silent, abs=4.5 * ERROR)  # one or the other refuses: both lose


def test_tables_of_another_shape_are_refused():
    with pytest.raises(ConfigError, match="refused"):
        joint_rates_with_refusals(L=3, serving=SERVING, member=MEMBER, shape=SHAPE, refused=np.zeros((1, 32, 32)))
    assert not hasattr(analysis, "joint_rates_with_refusals")  # it is of use beside a run's table alone
