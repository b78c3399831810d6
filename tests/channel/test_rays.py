"""Laws of the rays of TR 38.901; `tests/twins/test_standard_rays.py` has them term by term."""

import math

import numpy as np
import pytest

from isacsys.channel.draws import AOD, GROUP, ORDER, coupling, draw
from isacsys.channel.parameters import Environment
from isacsys.channel.rays import circular_spread, delay_spread, folded, rays

CASES = [("uma", "los", None), ("uma", "nlos", None), ("uma", "o2i", True), ("umi", "los", None),
         ("umi", "o2i", False), ("rma", "o2i", True), ("inh", "los", None), ("inf_dh", "nlos", None)]


def link(environment, name, sight, count=2, seed=1, polarisations=True):
    """Links at random places: state, spreads, directions, wavelengths, draws."""
    rng = np.random.default_rng(seed)
    state = environment.state(name)
    standard = rng.standard_normal((count, 7)) @ state.lower.T
    distance = rng.uniform(20, 300, count)
    spreads = environment.spreads(state, standard, distance, np.full(count, 1.5), np.full(count, 25.0), sight)
    seen = np.stack([rng.uniform(-180, 180, count), rng.uniform(-180, 180, count), rng.uniform(60, 90, count),
                     rng.uniform(90, 120, count)], -1)
    streams = [np.random.Generator(np.random.SFC64(seed + i)) for i in range(count)]
    return state, spreads, seen, distance / 0.05, draw(streams, count, state.clusters, polarisations)


def test_zeniths_come_back():
    np.testing.assert_allclose(folded(np.array([10.0, 190.0, -20.0, 350.0, 180.0, 370.0])), [10, 170, 20, 10, 180, 10])


def test_power_is_one_before_the_weakest_clusters_go():
    for name in ("los", "nlos"):
        setting = link(Environment("uma", 6e9), name, None, count=500)
        total = rays(*setting).power.sum(-1)
        assert (total <= 1 + 1e-12).all() and total.mean() > 0.97


def test_share_in_the_line_of_sight_is_that_of_the_factor_in_db():
    state, spreads, seen, far, draws = link(Environment("uma", 6e9), "los", None, count=200)
    found = rays(state, spreads, seen, far, draws)
    np.testing.assert_allclose(10 * np.log10(found.power[:, -1] / (1 - found.power[:, -1])), spreads.factor)
    assert (found.angle[:, :, -1] == seen).all()


def test_coupling_is_uniform_and_keeps_to_sub_clusters():
    keys = np.random.default_rng(3).integers(0, 1 << 32, (2000, 3, 4, 20), np.uint32)
    strongest = np.tile([1, 3], (2000, 1))
    found = coupling(keys, strongest)
    assert (np.sort(found, axis=-1) == np.arange(20)).all()
    assert (GROUP[found[:, :, [1, 3]]] == GROUP).all()
    free = found[:, :, [0, 2]].reshape(-1, 20)
    counts = np.bincount(free[:, 7], minlength=20)
    expected = len(free) / 20
    assert ((counts - expected) ** 2 / expected).sum() < 53  # chi-square of 19 degrees, 1 in 10^4
    assert sorted(ORDER.tolist()) == list(range(20))


def test_spreads_by_hand():
    power = np.array([0.5, 0.5])
    assert circular_spread(power, np.array([-10.0, 10.0])) == pytest.approx(
        math.degrees(math.sqrt(-2 * math.log(math.cos(math.radians(10))))))
    wrapped = circular_spread(power, np.array([-170.0, 170.0]))
    assert wrapped == pytest.approx(circular_spread(power, np.array([-10.0, 10.0])))
    assert delay_spread(power, np.array([0.0, 2e-7])) == pytest.approx(1e-7)


def test_angular_and_delay_spreads_are_about_those_asked_for():
    """C_tau, C_phi: medians of realised over intended spreads, LOS ray included."""
    for name in ("los", "nlos"):
        setting = link(Environment("uma", 6e9, 14), name, None, count=3000, seed=5)
        spreads, found = setting[1], rays(*setting)
        small = spreads.departure < 30
        ratio = np.median(circular_spread(found.power, found.angle[:, AOD])[small] / spreads.departure[small])
        assert 0.85 < ratio < 1.15
        assert 0.7 < np.median(delay_spread(found.power, found.delay) / spreads.delay) < 1.15
