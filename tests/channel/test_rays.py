"""Rays and channels of TR 38.901 against plain loops over the report's formulas, and laws of theirs."""

import cmath
import math

import numpy as np
import pytest

from isacsys.channel import polarised
from isacsys.channel.draws import AOA, AOD, GROUP, ORDER, ZOA, ZOD, coupling, draw
from isacsys.channel.parameters import Environment
from isacsys.channel.rays import circular_spread, delay_spread, folded, rays
from tests.twins import tr38901_loops as loops

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


def twin(state, spreads, seen, wavelengths, draws, i):
    values = {"N": state.clusters, "r_tau": state.delay_scaling, "zeta": state.shadowing, "c_ds": state.cluster_delay,
              "c_asd": state.cluster_spread[0], "c_asa": state.cluster_spread[1], "c_zsa": state.cluster_spread[2],
              "mu_xpr": state.cross_polar[0], "sigma_xpr": state.cross_polar[1], "los": state.name == "los",
              "o2i": state.name == "o2i"}
    spread = {"K": spreads.factor[i], "DS": spreads.delay[i], "ASD": spreads.departure[i], "ASA": spreads.arrival[i],
              "ZSA": spreads.zenith_arrival[i], "ZSD": spreads.zenith_departure[i],
              "mean_zsd": spreads.mean_zenith_departure[i], "offset": spreads.offset[i]}
    sight = {**dict(zip(("aod", "aoa", "zoa", "zod"), seen[i], strict=True)), "d3d": wavelengths[i]}
    names = ("delay", "shadowing", "sign", "jitter", "phase")
    numbers = {name: getattr(draws, name)[i].astype(float) for name in names}
    cross = None if draws.cross_polar is None else draws.cross_polar[i].astype(float)
    return loops.rays(values, spread, sight, {**numbers, "keys": draws.keys[i], "cross_polar": cross})


@pytest.mark.parametrize(("environment", "name", "sight"), CASES)
def test_rays_equal_loops_term_by_term(environment, name, sight):
    setting = link(Environment(environment, 6e9), name, sight)
    found = rays(*setting)
    for i in range(2):
        expected = twin(*setting, i)
        there = found.power[i] > 0
        assert there.sum() == len(expected)
        for key, values in (("power", found.power[i]), ("delay", 1e9 * found.delay[i]), ("aod", found.angle[i, AOD]),
                            ("aoa", found.angle[i, AOA]), ("zoa", found.angle[i, ZOA]), ("zod", found.angle[i, ZOD])):
            scale = 1e9 if key == "delay" else 1.0
            np.testing.assert_allclose(values[there], [scale * ray[key] for ray in expected], atol=1e-9, rtol=0)


@pytest.mark.parametrize(("environment", "name", "sight"), CASES[:3])
def test_channels_equal_loops(environment, name, sight):
    """Two slanted ports of an element with a pattern, two ports of a user turned by (7.1-15)."""
    setting = link(Environment(environment, 6e9), name, sight)
    found = rays(*setting)

    def gain(zenith, azimuth):
        return 1.3 + np.cos(np.radians(azimuth)) * np.sin(np.radians(zenith))

    place, frequencies = np.array([[0.0, -0.25, 0.5], [0.1, 0.25, -0.5]]), np.array([-7e6, 3e6])
    slant, bearing, turn = np.array([np.pi / 4, -np.pi / 4]), np.array([30.0, 150.0]), np.array([77.0, 200.0])
    station = polarised.Ports(place, slant, bearing, gain=gain)
    phone = polarised.Ports(np.zeros((2, 3)), np.array([0, np.pi / 2]), turn, 90.0)
    channels = polarised.channels(found, station, phone, frequencies)
    for i in range(2):
        expected = twin(*setting, i)
        for f, frequency in enumerate(frequencies):
            for u in range(2):
                for s in range(2):
                    value = loops.coefficient(expected, (_phone(u, turn[i]), (0, 0, 0)),
                                              (_station(slant[s], bearing[i], gain), _turned(place[s], bearing[i])),
                                              frequency)
                    assert abs(channels[i, f, u, s] - value) < 1e-9


def _station(slant, bearing, gain):
    def field(zenith, azimuth):
        size = math.sqrt(gain(zenith, azimuth - bearing))
        return size * math.cos(slant), size * math.sin(slant)
    return field


def _phone(port, bearing):
    def field(zenith, azimuth):  # beta = 90 degrees: psi = arg(-cos z cos(a - alpha) + j sin(a - alpha))
        z, a = math.radians(zenith), math.radians(azimuth - bearing)
        psi = cmath.phase(complex(-math.cos(z) * math.cos(a), math.sin(a))) + port * math.pi / 2
        return math.cos(psi), math.sin(psi)
    return field


def _turned(place, bearing):
    b = math.radians(bearing)
    return (place[0] * math.cos(b) - place[1] * math.sin(b), place[0] * math.sin(b) + place[1] * math.cos(b), place[2])


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
