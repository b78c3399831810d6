"""P1 with the share of the power on sensing beams, and with what a cluster does."""

import numpy as np
import pytest

from isacsys import analysis
from isacsys.analysis import optimization


@pytest.fixture(scope="module")
def powers():
    return analysis.power_space(M_t=4, J_max=2)


def test_interpolated_rates_are_those_computed(powers):
    some = powers[np.random.default_rng(1).integers(len(powers), size=60)]
    exact = optimization.exactly(some, M_t=4)
    assert some.communication_rate == pytest.approx(exact.communication_rate, rel=1e-3)
    assert some.sensing_rate == pytest.approx(exact.sensing_rate, rel=1e-3)


def test_no_share_is_the_space_without(powers):
    none = powers[powers.sensing_power == 0]
    plain = analysis.design_space(M_t=4, J_max=2)
    assert len(none) == len(plain)
    assert sorted(none.communication_ase) == pytest.approx(sorted(plain.communication_ase), rel=1e-4)
    assert sorted(none.sensing_ase) == pytest.approx(sorted(plain.sensing_ase), rel=1e-4)


@pytest.mark.parametrize("rho", [0.3, 1.0])
def test_the_optimum_against_every_design_by_hand(powers, rho):
    """Shares in steps of 0.1, each computed; the optimum of steps of 0.01 is at least as good, and not by much."""
    best = optimization.exactly(analysis.best(powers, rho=rho), M_t=4)
    plain = analysis.design_space(M_t=4, J_max=2)
    found = []
    for share in (0.0, 0.1, 0.3, 0.6, 0.9):
        sizes = {"M_t": 4, "K": plain.K, "L": plain.L, "J": plain.J, "Q": plain.Q, "sensing_power": share}
        rate_c = analysis.communication_rate_with_beams(**sizes)
        found.append(rho * plain.K * rate_c + (1 - rho) * plain.J * analysis.sensing_rate_with_beams(**sizes))
    objective = rho * best.communication_ase + (1 - rho) * best.sensing_ase
    assert np.max(found) * (1 - 1e-3) < objective < np.max(found) * 1.1
    assert best.sensing_power == 0 if rho == 1 else 0 <= best.sensing_power <= 0.95


def test_bounds_and_fronts_go_with_the_share(powers):
    kept = analysis.restricted(powers, min_sensing_ase=2.0)
    assert kept.sensing_ase.min() >= 2.0 and len(kept.sensing_power) == len(kept)
    front = analysis.pareto_front(powers)
    assert np.all(np.diff(front.communication_ase) <= 0) and np.all(np.diff(front.sensing_ase) > 0)


def test_what_a_cluster_does():
    designs = analysis.cooperation_space(M_t=6, J_max=2)
    plain = analysis.design_space(M_t=6, J_max=2)
    assert np.all(designs.communication_rate >= plain.communication_rate)
    assert set(designs.cooperation[designs.L == 1]) == {"nothing"}
    for i in np.flatnonzero(designs.L > 1)[:12]:
        one = designs[int(i)]
        sizes = {"M_t": 6, "K": one.K, "L": one.L, "J": one.J, "Q": one.Q}
        rates = {"nulling": analysis.communication_rate(**sizes), "joint": analysis.joint_rate(**sizes)}
        assert one.cooperation == max(rates, key=rates.get)
        assert one.communication_rate == pytest.approx(max(rates.values()), rel=1e-6)


def test_rates_of_every_cluster():
    rates = analysis.cooperation_rates(M_t=6)
    place = int(np.flatnonzero((rates.K == 2) & (rates.L == 2))[0])
    assert rates.nothing[place] == pytest.approx(analysis.communication_rate(M_t=6, K=2), rel=1e-9)
    assert rates.joint[place] == pytest.approx(analysis.joint_rate(M_t=6, K=2, L=2), rel=1e-6)
    assert rates.best[place] == ("nulling" if rates.nulling[place] > rates.nothing[place] else "nothing")
