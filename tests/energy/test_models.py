"""Powers of single states by hand: TR 38.864, EARTH, and what a model of one's own may say."""

import numpy as np
import pytest

from isacsys import Scenario
from isacsys.core.errors import ConfigError, PluginError
from isacsys.energy import EnergyModel, find_energy_model, stations
from isacsys.energy.models import Earth, Tr38864
from isacsys.testing import check_energy_model

ON, OFF = np.ones(1, bool), np.zeros(1, bool)
# Category, set: deep, light, micro sleep, active downlink, active uplink; 3GPP TR 38.864 V18.1.0.
TABLE = {(1, 1): (1, 25, 55, 280, 110), (1, 2): (1, 25, 50, 200, 90), (1, 3): (1, 25, 38, 152, 80),
         (2, 1): (1, 2.1, 5.5, 32, 6.5), (2, 2): (1, 2.1, 5, 26, 5.8), (2, 3): (1, 2.1, 3, 17.6, 4.2)}
# Category: energy in relative units times ms, and ms, of deep and of light sleep.
TRANSITIONS = {1: ((1000, 50), (90, 6)), 2: ((17_000, 10_000), (1088, 640))}


def one(model, load=0.0, **changes):
    """Power of one station."""
    sent = np.array([changes.pop("sent", 1.0)])
    return float(model.drawn(stations(np.array([load]), sent=sent, **changes))[0])


@pytest.mark.parametrize(("category", "reference_set"), TABLE)
def test_states_of_the_report(category, reference_set):
    deep, light, micro, downlink, uplink = TABLE[category, reference_set]
    model = Tr38864(category, reference_set, reference_power=3.0)
    assert one(model, 1.0) == pytest.approx(3 * downlink)
    assert one(model, 0.0, asleep=ON) == pytest.approx(3 * micro)
    assert one(model, 0.0, listening=ON) == pytest.approx(3 * uplink)  # sends nothing
    assert one(model, 1.0, listening=ON) == pytest.approx(3 * (downlink + uplink - micro))
    assert one(model, 0.0, on=OFF) == pytest.approx(3 * deep)
    assert one(model, 0.0) == pytest.approx(3 * (micro + 0.4 * (downlink - micro)))  # may not sleep
    (deep_energy, deep_time), (light_energy, light_time) = TRANSITIONS[category]
    found = [tuple(state) for state in model.sleep_states()]
    assert found == [("micro", 3 * micro, 0.0, 0.0), ("light", 3 * light, 3 * light_energy / 1e3, light_time / 1e3),
                     ("deep", 3 * deep, 3 * deep_energy / 1e3, deep_time / 1e3)]


def test_load_and_power_of_the_report():
    """Set 1 of category 1: 55 + 225 (0.4 + 0.6 s_f s_p / eta)."""
    constant, dual = Tr38864(), Tr38864(efficiency="dual")
    assert one(constant, 0.5) == pytest.approx(55 + 225 * 0.7)
    assert one(constant, 0.5, sent=0.5) == pytest.approx(55 + 225 * (0.4 + 0.6 * 0.25))
    assert one(dual, 0.5, sent=0.5) == pytest.approx(55 + 225 * (0.4 + 0.6 * 0.25 / 0.76))
    assert one(dual, 0.5) == one(constant, 0.5)
    assert not constant.watts
    assert Tr38864(reference_power=2.0).watts


def test_earth():
    """A macro cell of two chains at 46 dBm, 19.9 W each: 2 (130 + 4.7 x 19.9) W, asleep 150 W."""
    watts = 10**1.6
    macro = Earth("macro", 2)
    assert watts / 2 == pytest.approx(19.9, abs=0.01)
    assert one(macro, 1.0, full_power=watts) == pytest.approx(2 * (130 + 4.7 * watts / 2))
    assert one(macro, 0.5, full_power=watts) == pytest.approx(2 * (130 + 4.7 * watts / 4))
    assert one(macro, 0.0, full_power=watts) == 260
    assert one(macro, 0.0, asleep=ON, full_power=watts) == 150
    assert one(macro, 0.0, on=OFF, full_power=watts) == 150
    assert one(Earth("micro", 3), 1.0, full_power=6.0) == pytest.approx(3 * (56 + 2.6 * 2))
    assert one(Earth("pico", 1), 1.0, full_power=0.1) == pytest.approx(6.8 + 4 * 0.1)
    assert [Earth(size, 2).sleep_states()[0].power for size in ("macro", "micro", "pico")] == [150, 78, 8.6]


def test_a_chain_sends_no_more_than_it_can():
    with pytest.raises(ConfigError, match=r"energy\.chains.*at least 4"):
        find_energy_model(Scenario().replace({"energy.model": "earth", "radio.transmit_power_dbm": 49.0,
                                              "energy.chains": 2}))
    assert find_energy_model(Scenario().replace({"energy.model": "earth", "radio.transmit_power_dbm": 49.0,
                                                 "energy.chains": 4})).chains == 4


def test_what_a_scenario_names():
    assert find_energy_model(Scenario()) is None
    named = find_energy_model(Scenario().replace({"energy.model": "tr38864", "energy.category": 2,
                                                  "energy.reference_set": 3, "energy.efficiency": "dual"}))
    assert one(named, 0.4) == pytest.approx(3 + 14.6 * (0.4 + 0.6 * 0.4 / 0.76))
    automatic = find_energy_model(Scenario().replace({"energy.model": "earth"}))
    assert one(automatic, 1.0, full_power=10**1.6) == pytest.approx(447.1, abs=0.1)
    for changes, key in (({"energy.model": "tr38865"}, r"energy\.model"), ({"energy.category": 3}, r"energy\.category"),
                         ({"energy.model": "earth", "energy.parameters": {"chains": 3}}, r"energy\.parameters")):
        with pytest.raises(ConfigError, match=key):
            find_energy_model(Scenario().replace(changes))


class Flat(EnergyModel):
    """200 W, and 300 W more at full load."""

    def power(self, stations):
        return np.where(stations.on, 200 + 300 * stations.load, 10.0)


@pytest.mark.parametrize("model", [Flat, Tr38864(), Tr38864(2, 3, "dual", 5.0), Earth("macro", 2), Earth("micro", 8)])
def test_models_keep_what_all_keep(model):
    check_energy_model(model)


class Falling(Flat):
    """Less with load."""

    def power(self, stations):
        return 300 - 100 * stations.load


class Together(Flat):
    """What others do."""

    def power(self, stations):
        return 100 + stations.load * np.arange(len(stations))


class Sleepless(Flat):
    """More asleep."""

    def power(self, stations):
        return np.where(stations.asleep, 400.0, 200.0)


class Negative(Flat):
    """Below zero."""

    def power(self, stations):
        return stations.load - 1


class OneNumber(Flat):
    """Not one a station."""

    def power(self, stations):
        return 5.0


@pytest.mark.parametrize(("model", "error", "words"), [
    (Falling, AssertionError, "most at full load"), (Together, AssertionError, "depends on the others"),
    (Sleepless, AssertionError, "asleep"), (Negative, PluginError, "finite numbers"),
    (OneNumber, PluginError, "finite numbers")])
def test_what_is_wrong_is_said(model, error, words):
    with pytest.raises(error, match=words):
        check_energy_model(model)
