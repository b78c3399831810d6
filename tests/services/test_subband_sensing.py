"""Detection and sensing together over sub-bands: one echo, one RCS, added up coherently."""

import numpy as np
import pytest

import isacsys
from isacsys.beamforming import subbands
from isacsys.channel.fading import Fading
from isacsys.channel.gaussian import complex_normal
from isacsys.coupling.helper_gains import HelperGains
from isacsys.network import NetworkState, deploy
from isacsys.network.fading import FADING
from isacsys.sensing import accuracy, detection, fusion
from isacsys.simulation.frame import run_frame
from isacsys.simulation.policies import find_policies

BASE = {"network.area": 9.0, "simulation.frames": 1, "simulation.drops": 1, "allocation.users_per_bs": 2,
        "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2, "antennas.transmit": 8, "antennas.receive": 4,
        "sensing.fluctuation": "swerling1", "propagation.noise_power": 1e-3, "radio.bandwidth": 20e6,
        "simulation.engine": "vectors"}
TOGETHER = {"cooperation.sensing": "multistatic", "cooperation.timing_error": 5e-9}
FIGURES = ("detection_probability", "range_error", "bearing_error", "velocity_error", "position_error")


class Flat(Fading):
    """The same in all sub-bands."""

    def channels(self, links, rng):
        return np.repeat(complex_normal(rng, (len(links), 1, links.antennas)), links.subbands, axis=1)

    def between(self, links, receive, rng):
        return np.repeat(complex_normal(rng, (len(links), 1, receive, links.antennas)), links.subbands, axis=1)


def record(**changes):
    some = isacsys.Scenario().replace({**BASE, **{key.replace("__", "."): value for key, value in changes.items()}})
    return run_frame(NetworkState(some, deploy(some, 0)), 0, find_policies(some))


@pytest.mark.parametrize(("combiner", "cooperation"), [("mrc", {}), ("mvdr", {}), ("mrc", TOGETHER)])
def test_sub_bands_that_are_all_alike_are_one_band(monkeypatch, combiner, cooperation):
    """Every figure of every look, and every pair of stations, with 4 sub-bands as with one."""
    monkeypatch.setitem(FADING.built_in, "flat", Flat)
    monkeypatch.setattr("isacsys.services.multistatic.helped", lambda frame_state, beams: HelperGains(
        np.full(len(frame_state.helpers.link), 0.7), np.full(frame_state.helpers.around.station.shape, 0.3)))
    one, four = (record(fading__model="flat", fading__subbands=bands, combining__policy=combiner, **{
        key.replace(".", "__"): value for key, value in cooperation.items()}) for bands in (1, 4))
    assert len(one.targets.sir) > 10
    for name in FIGURES + (("fused_sir", "pairs") if cooperation else ()):
        np.testing.assert_allclose(four.targets.more[name], one.targets.more[name], rtol=1e-9, err_msg=name)
    if cooperation:
        pairs, other = one.services["sensing"].tables["pairs"], four.services["sensing"].tables["pairs"]
        for name, values in pairs.items():
            np.testing.assert_allclose(other[name], values, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("combiner", ["mrc", "mvdr"])
def test_figures_of_a_look_are_those_of_the_whole_band(combiner):
    """Detection by the mean SIR, range by the bandwidth of what comes back, bearing by the sum of information."""
    found = record(fading__subbands=3, combining__policy=combiner)
    each, bandwidth = found.targets.subband_sir, 20e6
    assert each.shape[1] == 3 and (each.std(1) > 0.1 * each.mean(1)).any()
    scenario = found.frame_state.scenario
    np.testing.assert_allclose(found.targets.more["detection_probability"],
                               detection.known_rcs(each.mean(1), scenario.false_alarm, 0), rtol=1e-9)
    if combiner == "mrc":
        np.testing.assert_allclose(found.targets.more["bearing_error"] * np.sqrt(1 - _bearing(found) ** 2),
                                   accuracy.cosine(each.mean(1), 4), rtol=1e-9)
    for gamma, error in zip(each, found.targets.more["range_error"], strict=True):
        centre = bandwidth * np.array([-1, 0, 1]) / 3
        mean = (gamma * centre).sum() / gamma.sum()
        information = 8 * np.pi**2 * sum(g * ((f - mean) ** 2 + (bandwidth / 3) ** 2 / 12) / 3
                                         for g, f in zip(gamma, centre, strict=True))
        assert error == pytest.approx(299_792_458.0 / 2 / np.sqrt(information), rel=1e-9)


def _bearing(found):
    sensors = found.frame_state.sensors
    return sensors.cosine[sensors.row, found.frame_state.selection.targets.slot]


def test_the_bandwidth_of_flat_sub_bands_is_that_of_all_and_of_two_edges_is_more():
    assert accuracy.apparent_bandwidth(np.ones((5, 2)), 10.0) == pytest.approx([10.0, 10.0])
    assert accuracy.apparent_bandwidth(np.array([[0.0], [0.0]]), 10.0) == pytest.approx([10.0])
    assert accuracy.apparent_bandwidth(np.array([[1.0], [0.0]]), 10.0) == pytest.approx([5.0])
    assert accuracy.apparent_bandwidth(np.array([[1.0], [0.0], [1.0]]), 10.0)[0] > 10


def test_stations_that_sense_together_add_up_what_sub_bands_say():
    found = record(fading__subbands=2, **{key.replace(".", "__"): value for key, value in TOGETHER.items()})
    pairs, targets = found.services["sensing"].tables["pairs"], found.targets
    total = np.bincount(pairs["link"], pairs["sir"], minlength=len(targets.sir))
    helped = targets.more["pairs"] > 1
    assert helped.any() and (pairs["transmitter"] < found.frame_state.stations).all()
    np.testing.assert_allclose(total[helped], targets.more["fused_sir"][helped], rtol=1e-9)
    np.testing.assert_allclose(targets.more["detection_probability"][helped], fusion.detected(
        targets.more["fused_sir"], targets.more["pairs"], found.frame_state.scenario.false_alarm)[helped], rtol=1e-9)


def test_looks_and_tracks_run_over_sub_bands():
    some = isacsys.Scenario().replace({**BASE, "fading.subbands": 2, "simulation.frames": 4, "network.area": 4.0,
                                       "sensing.cfar_cells": 16})
    run = isacsys.run(some, drops=1, executor="serial")
    assert 0 < run["detection_probability"].mean < 1


def test_helpers_of_a_sub_band_are_its_stations_and_targets():
    """What lights a target in sub-band s are the beams of station b there, which is number s bs + b."""
    found = record(fading__subbands=2, **{key.replace(".", "__"): value for key, value in TOGETHER.items()})
    one, bands = found.frame_state, subbands.spread(found.frame_state)
    plain, folded, count = one.helpers, bands.helpers, len(one.selection.targets)
    half = len(plain.link)
    assert half > 0 and len(folded.link) == 2 * half and len(folded.own.link) == 2 * count
    for helpers, many in ((plain, half), (plain.own, count)):
        spread = folded if helpers is plain else folded.own
        np.testing.assert_array_equal(spread.station[many:], helpers.station + one.stations)
        np.testing.assert_array_equal(spread.link[many:], helpers.link + count)
        again = spread.part(half if helpers is plain else count, count)
        for name in ("link", "station", "distance", "cosine", "way", "full_power", "cooperating"):
            np.testing.assert_array_equal(getattr(again, name), getattr(helpers, name))
        there = helpers.around.station < one.stations
        np.testing.assert_array_equal(spread.around.station[many:][there],
                                      helpers.around.station[there] + one.stations)
