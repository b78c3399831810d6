"""Targets and background: means, factors, laws."""

import numpy as np
import pytest

from isacsys import Scenario
from isacsys.config.sections import TARGET_SPREADS
from isacsys.propagation.target_types import BACKGROUNDS, TARGET_TYPES


@pytest.mark.parametrize(("name", "mean", "spread", "model_2"), [
    ("uav_small", -12.81, 3.74, None), ("uav_large", -5.85, 2.5, (6.05, 1.33)), ("human", -1.37, 3.94, (0.5714, 0.1)),
    ("vehicle", 11.25, 3.41, (6, 1.65)), ("agv", -4.25, 2.51, (12, 1.45))])
def test_targets_are_those_of_the_report(name, mean, spread, model_2):
    """Typed a second time, from TR 38.901 section 7.9.2."""
    kind = TARGET_TYPES[name]
    assert (kind.mean_dbsm, TARGET_SPREADS[name], kind.bistatic) == (mean, spread, model_2)
    assert kind.mean == pytest.approx(10 ** (mean / 10))


@pytest.mark.parametrize(("name", "distance", "height"), [
    ("uma", 68.7778 + 10.337 / 0.1317, 2.6142 + 16.2253 / 1.9218),
    ("umi", 15.2697 + 6.1996 / 0.1558, 0.0157 + 12.0487 / 2.3261),
    ("rma", 1.294 + 6.2025 / 0.0391, 0.0522 + 0.0007 / 5.0146)])
def test_backgrounds_are_where_the_report_has_them(name, distance, height):
    """Offset + shape / rate of the gamma laws, typed a second time, from TR 38.901 section 7.9.4."""
    drawn = BACKGROUNDS[name].draw(np.random.default_rng(6), (100000,))
    for found, mean in zip(drawn, (distance, height), strict=True):
        assert found.mean() == pytest.approx(mean, abs=4 * found.std() / np.sqrt(len(found)) + 1e-12)


def test_each_type_has_its_own_spread_unless_another_is_asked_for():
    for name, spread in TARGET_SPREADS.items():
        scenario = Scenario().replace({"propagation.model": "uma", "sensing.target_type": name})
        assert scenario.rcs_deviation == spread
        assert scenario.replace({"sensing.fluctuation_deviation": 1.0}).rcs_deviation == 1.0
    assert TARGET_SPREADS.keys() == TARGET_TYPES.keys() and Scenario().rcs_deviation == 3.74


def test_seen_from_where_it_is_lit_no_factor_is_left():
    for kind in TARGET_TYPES.values():
        assert kind.bistatic_db(np.array(0.0)) == pytest.approx(0)
    assert TARGET_TYPES["uav_small"].bistatic_db(np.array(np.pi)) == pytest.approx(-3)
    assert TARGET_TYPES["agv"].bistatic_db(np.array(1.0)) == pytest.approx(
        -12 * np.sin(1.45 * 0.5) + 5 * np.log10(np.cos(0.5)))


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_reference_points_are_gamma(name):
    law, n = BACKGROUNDS[name], 100000
    distance, height = law.draw(np.random.default_rng(4), (n,))
    for drawn, (shape, rate, offset) in ((distance, law.distance), (height, law.height)):
        assert drawn.mean() == pytest.approx(offset + shape / rate, abs=4 * np.sqrt(shape / n) / rate)
