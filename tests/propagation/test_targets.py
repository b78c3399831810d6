"""Targets and background: means, factors, laws."""

import numpy as np
import pytest

from isacsys.propagation.targets import BACKGROUNDS, TARGET_TYPES, reflection_db


@pytest.mark.parametrize("name", TARGET_TYPES)
def test_the_spread_has_mean_one(name):
    kind, rng = TARGET_TYPES[name], np.random.default_rng(2)
    drawn = kind.spread(rng.standard_normal(200000))
    clipped = np.exp(-0.5 * 9) / 3  # what is cut off, at most, relative to the mean
    assert drawn.mean() == pytest.approx(1, abs=4 * drawn.std() / np.sqrt(200000) + clipped)
    assert (10 * np.log10(drawn)).max() <= -np.log(10) / 20 * kind.spread_db**2 + 3 * kind.spread_db + 1e-9


def test_seen_from_where_it_is_lit_no_factor_is_left():
    for kind in TARGET_TYPES.values():
        assert kind.bistatic_db(np.array(0.0)) == pytest.approx(0)
    assert TARGET_TYPES["uav_small"].bistatic_db(np.array(np.pi)) == pytest.approx(-3)
    assert TARGET_TYPES["agv"].bistatic_db(np.array(1.0)) == pytest.approx(
        -12 * np.sin(1.45 * 0.5) + 5 * np.log10(np.cos(0.5)))


def test_two_ways_and_a_reflection_are_the_radar_equation():
    frequency, distance, rcs = 6e9, 400.0, 0.3
    one_way = 20 * np.log10(4 * np.pi * distance * frequency / 3e8)
    wave = 3e8 / frequency
    radar = wave**2 * rcs / ((4 * np.pi) ** 3 * distance**4)
    loss = 2 * one_way + reflection_db(frequency, 10 * np.log10(rcs))
    assert loss == pytest.approx(-10 * np.log10(radar))


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_reference_points_are_gamma(name):
    law, n = BACKGROUNDS[name], 100000
    distance, height = law.draw(np.random.default_rng(4), (n,))
    for drawn, (shape, rate, offset) in ((distance, law.distance), (height, law.height)):
        assert drawn.mean() == pytest.approx(offset + shape / rate, abs=4 * np.sqrt(shape / n) / rate)
