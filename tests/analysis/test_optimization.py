"""P1, P2 and the Pareto front against searches written out."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isacsys import analysis
from isacsys.analysis.optimization import METHODS, feasible
from isacsys.core.errors import ConfigError


@pytest.fixture(scope="module", params=METHODS)
def method(request):
    return request.param


@pytest.fixture(scope="module")
def designs(method):
    return analysis.design_space(M_t=11, J_max=4, method=method)


@pytest.fixture(scope="module")
def exact():
    return analysis.design_space(M_t=20)


def row(designs):
    return int(designs.K), int(designs.L), int(designs.J), int(designs.Q)


@given(st.integers(2, 14), st.integers(1, 5))
def test_feasible_designs_are_those_of_16a_and_16b(M_t, J_max):
    found = list(zip(*feasible(M_t, J_max), strict=True))
    expected = {(K, L, J, Q) for K in range(1, M_t) for L in range(1, M_t) for J in range(1, J_max + 1)
                for Q in range(1, M_t + 1) if M_t > K * L + J * (Q - 1)}
    assert set(found) == expected and len(found) == len(expected)


RATES = {"exact": (analysis.communication_rate, analysis.sensing_rate),
         "approximate": (analysis.communication_rate_approximate, analysis.sensing_rate_approximate)}


def test_the_table_holds_the_rates_of_its_method(designs, method):
    picked = designs[::7]
    communication, sensing = RATES[method]
    assert picked.communication_rate == pytest.approx(
        communication(M_t=11, K=picked.K, L=picked.L, J=picked.J, Q=picked.Q), rel=1e-7)
    assert picked.sensing_rate == pytest.approx(sensing(K=picked.K, Q=picked.Q), rel=1e-7)
    assert np.array_equal(picked.communication_ase, picked.K * picked.communication_rate)
    assert np.array_equal(picked.sensing_ase, picked.J * picked.sensing_rate)


@pytest.mark.parametrize("rho", [0, 0.25, 0.5, 0.9, 1])
def test_p1_by_exhaustion(designs, rho):
    """And the tie goes to the larger other ASE, then to smaller L, Q, K, J."""
    def merit(i):
        other = designs.sensing_ase[i] if rho >= 0.5 else designs.communication_ase[i]
        return (rho * designs.communication_ase[i] + (1 - rho) * designs.sensing_ase[i], other,
                -designs.L[i], -designs.Q[i], -designs.K[i], -designs.J[i])

    assert row(analysis.best(designs, rho=rho)) == row(designs[max(range(len(designs)), key=merit)])


def test_communication_alone_senses_as_many_targets_as_it_can(exact):
    """T_c does not depend on J at Q = 1, so the tie is broken by T_s."""
    assert row(analysis.best(exact, rho=1)) == (12, 1, 10, 1)


def test_p2_by_exhaustion(designs):
    bounds = {"min_communication_rate": 0.8, "min_sensing_rate": 1.5, "min_sensing_ase": 3.0,
              "min_communication_cluster": 2, "min_sensing_cluster": 2}
    kept = [i for i in range(len(designs)) if designs.L[i] >= 2 and designs.Q[i] >= 2 and designs.sensing_ase[i] >= 3
            and designs.communication_rate[i] >= 0.8 and designs.sensing_rate[i] >= 1.5]
    found = analysis.restricted(designs, **bounds)
    assert len(found) == len(kept) > 0
    assert analysis.best(found, rho=1).communication_ase == max(designs.communication_ase[i] for i in kept)


def test_tighter_bounds_never_help(exact):
    """Fig. 5: the boundary moves inwards with L_th and Q_th."""
    last = np.inf
    for least in (1, 2, 3):
        found = analysis.restricted(exact, min_communication_cluster=least, min_sensing_cluster=least)
        value = analysis.best(found, rho=0.5)
        value = float(value.communication_ase + value.sensing_ase)
        assert value <= last
        last = value


def test_pareto_front_by_definition(designs):
    front = analysis.pareto_front(designs)
    t_c, t_s = designs.communication_ase, designs.sensing_ase
    better = (t_c[:, None] > t_c) | (t_s[:, None] > t_s)
    beaten = np.any(better & (t_c[:, None] >= t_c) & (t_s[:, None] >= t_s), axis=0)
    assert {(a, b) for a, b in zip(front.communication_ase, front.sensing_ase, strict=True)} == set(
        zip(t_c[~beaten], t_s[~beaten], strict=True))
    assert np.all(np.diff(front.communication_ase) < 0) and np.all(np.diff(front.sensing_ase) > 0)


@given(st.floats(0, 1))
@settings(deadline=None)
def test_every_weighted_optimum_is_on_the_front(exact_front, rho):
    space, front = exact_front
    assert row(analysis.best(space, rho=rho)) in {row(front[i]) for i in range(len(front))}


@pytest.fixture(scope="module")
def exact_front(exact):
    return exact, analysis.pareto_front(exact)


def test_sensing_weight_moves_the_optimum_monotonically(exact):
    """Fig. 6: T_s falls and T_c grows with rho."""
    found = [analysis.best(exact, rho=rho) for rho in np.linspace(0, 1, 21)]
    assert np.all(np.diff([float(d.communication_ase) for d in found]) >= 0)
    assert np.all(np.diff([float(d.sensing_ase) for d in found]) <= 0)


def test_a_bound_out_of_reach_is_named_with_the_best_there_is(exact):
    with pytest.raises(analysis.InfeasibleBounds, match="^min_sensing_rate = 9.0: at most ") as caught:
        analysis.restricted(exact, min_communication_rate=1.0, min_sensing_rate=9.0)
    assert caught.value.best == exact.sensing_rate.max() and caught.value.others == ()
    assert isinstance(caught.value, ConfigError)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)


def test_bounds_that_exclude_each_other_are_named(exact):
    message = "^min_sensing_ase = 15.0: at most .* beside min_communication_ase"
    with pytest.raises(analysis.InfeasibleBounds, match=message):
        analysis.restricted(exact, min_communication_ase=16.5, min_sensing_ase=15.0)


@pytest.mark.parametrize("M_t", (4, 14, 34, pytest.param(54, marks=pytest.mark.slow)))
def test_proposition_1_holds_exactly(M_t):
    """At alpha = 4 the largest communication ASE over K and L has L = 1; so it has at 2.5, 3 and 5."""
    K, L = np.array([(K, L) for K in range(1, M_t) for L in range(1, (M_t - 1) // K + 1)]).T
    for alpha in (2.5, 3.0, 4.0, 5.0):
        ase = K * analysis.communication_rate(M_t=M_t, K=K, L=L, alpha=alpha)
        assert L[np.argmax(ase)] == 1


@pytest.mark.slow
def test_proposition_1_holds_for_every_array_size():
    for M_t in range(4, 65):
        test_proposition_1_holds_exactly(M_t)


def test_sensing_ase_against_cluster_size():
    """Fig. 4: K = L = 1, M_t = 20, J as large as Q lets it: best at Q = 3, J = 9, 1.476 times that of Q = 1."""
    Q = np.arange(1, 12)
    J = np.minimum(10, np.where(Q > 1, 18 // np.maximum(Q - 1, 1), 10))
    ase = J * analysis.sensing_rate(K=1, Q=Q)
    assert (Q[np.argmax(ase)], J[np.argmax(ase)]) == (3, 9)
    assert ase.max() / ase[0] == pytest.approx(1.476, abs=5e-4)


@pytest.mark.parametrize(("arguments", "named"), [
    ({"M_t": 1}, "M_t"), ({"M_t": 4, "J_max": 0}, "J_max"), ({"M_t": 4, "method": "guess"}, "method"),
    ({"M_t": 4, "alpha": 2}, "alpha"), ({"M_t": 4, "c": 0}, "c"),
])
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=f"^{named} = "):
        analysis.design_space(**arguments)


@pytest.mark.parametrize("rho", [-0.1, 1.1, np.nan])
def test_weights_lie_between_0_and_1(exact, rho):
    with pytest.raises(ValueError, match="^rho = "):
        analysis.best(exact, rho=rho)
