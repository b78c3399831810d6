"""The analytic values of a scenario, in bits."""

import numpy as np
import pytest

from isacsys import Scenario, analysis
from isacsys.analysis.scenarios import (
    CONTAINED,
    OVER_TIME,
    communication_values,
    designs_of,
    left_out,
    measured_communication_rate,
    sensing_values,
)
from isacsys.core.errors import ConfigError
from tests.analysis.laws import uma

CHANGES = {"network.bs_density": 2.0, "antennas.transmit": 16, "antennas.receive": 6, "allocation.users_per_bs": 3,
           "allocation.targets_per_bs": 2, "allocation.communication_cluster": 2, "allocation.sensing_cluster": 3,
           "propagation.path_loss_exponent": 3.5, "propagation.echo_exponent": 2.2, "sensing.rcs": 0.5,
           "sensing.mismatch_loss": 0.8, "sensing.matched_filter_gain": 3.0}


@pytest.fixture
def scenario():
    return Scenario().replace(CHANGES)


def test_every_setting_reaches_its_symbol(scenario):
    communication, sensing = communication_values(scenario), sensing_values(scenario)
    design = {"M_t": 16, "K": 3, "L": 2, "J": 2, "Q": 3, "alpha": 3.5}
    link = {"K": 3, "Q": 3, "alpha": 3.5, "beta": 2.2, "bs_density": 2.0,
            "c": analysis.echo_gain(M_r=6, xi=0.5, kappa=0.8, delta_T=3.0)}
    bit = 1 / np.log(2)
    assert communication.rate_exact == pytest.approx(bit * analysis.communication_rate(**design))
    assert communication.rate_approximate == pytest.approx(bit * analysis.communication_rate_approximate(**design))
    assert communication.ase_exact == pytest.approx(2 * 3 * communication.rate_exact)
    assert sensing.rate_exact == pytest.approx(bit * analysis.sensing_rate(**link))
    assert sensing.rate_approximate == pytest.approx(bit * analysis.sensing_rate_approximate(**link))
    assert sensing.ase_approximate == pytest.approx(2 * 2 * sensing.rate_approximate)
    assert sensing.rate_beam_law is None


def test_the_cluster_centre_matters(scenario):
    other = scenario.replace({"sensing.cluster_center": "target"})
    assert sensing_values(other).rate_exact < sensing_values(scenario).rate_exact
    assert sensing_values(other).rate_approximate == sensing_values(scenario).rate_approximate


def test_one_stream_has_the_beam_law():
    values = sensing_values(Scenario().replace({"allocation.users_per_bs": 1}))
    assert values.rate_beam_law == pytest.approx(1.35065 / np.log(2), rel=1e-5)


def test_no_targets_no_sensing():
    assert sensing_values(Scenario().replace({"allocation.targets_per_bs": 0})) is None


def test_the_measured_law_of_D(scenario):
    nominal = measured_communication_rate(scenario, D=[scenario.degrees_of_freedom], weights=[3.0])
    assert nominal == pytest.approx(communication_values(scenario).rate_exact)
    assert measured_communication_rate(scenario, D=[7, 14], weights=[1, 1]) > nominal


def test_too_few_antennas_are_named():
    with pytest.raises(ConfigError, match="^antennas.transmit = 20: at least K L"):
        communication_values(Scenario().replace({"allocation.communication_cluster": 2}))


def test_designs_of_a_scenario(scenario):
    designs = designs_of(scenario)
    mine = (designs.K == 3) & (designs.L == 2) & (designs.J == 2) & (designs.Q == 3)
    ase = analysis.bits(designs.communication_ase[mine])
    assert ase == pytest.approx([communication_values(scenario).ase_exact])
    assert designs.J.max() == 10


@pytest.mark.parametrize(("changes", "key"), [({"antennas.transmit": 1}, "antennas.transmit"),
                                              ({"allocation.max_targets_per_bs": 0}, "allocation.max_targets_per_bs")])
def test_nothing_to_search_is_named(changes, key):
    empty = {"allocation.users_per_bs": 1, "allocation.targets_per_bs": 0}
    with pytest.raises(ConfigError, match=f"^{key} = "):
        designs_of(Scenario().replace({**empty, **changes}))


def test_what_the_analysis_leaves_out_is_said():
    assert left_out(Scenario()) == []
    lines = left_out(Scenario().replace({"network.layout": "hexagonal", "propagation.noise_power": 0.1,
                                         "sensing.inter_target_echo": True}))
    assert [line.split(" ")[0].rstrip(":") for line in lines] == [
        "network.layout", "propagation.noise_power", "sensing.inter_target_echo"]


def test_another_model_of_propagation():
    """With noise in dBm; targets, Theorem 1 and the optimisation know the power law alone."""
    from isacsys.analysis import propagation_rate
    from isacsys.propagation import law_of

    scenario = Scenario().replace({
        "propagation.model": "uma", "network.bs_density": 4.6188, "antennas.transmit": 16,
        "allocation.users_per_bs": 4, "radio.bandwidth": 20e6, "radio.transmit_power_dbm": 49.0})
    noise = 10 ** ((-174 + 10 * np.log10(20e6) + 9 - 49) / 10)
    values = communication_values(scenario, law_of(scenario))
    rate = propagation_rate(law_of(scenario), K=4, M_t=16, bs_density=4.6188, noise=noise)
    assert values.rate_exact == pytest.approx(rate / np.log(2), rel=1e-6) and values.rate_approximate is None
    assert rate == pytest.approx(propagation_rate(uma(), K=4, M_t=16, bs_density=4.6188, noise=noise), rel=1e-4)
    assert sensing_values(scenario) is None and law_of(Scenario()) is None
    assert left_out(scenario, "communication") == [] and "propagation.model" in left_out(scenario, "sensing")[0]
    with pytest.raises(ValueError, match=r"^propagation\.model = "):
        designs_of(scenario)


def test_settings_are_contained_or_left_out_and_all_of_them_exist():
    """What departs from its default and is not known to be contained is named, whatever it is."""
    defaults = dict(Scenario().items())
    assert defaults.keys() >= CONTAINED and not CONTAINED & set(OVER_TIME)
    for key, value in {"network.sectors": 3, "propagation.rician_factor_db": 3.0, "precoding.policy": "slnr",
                       "combining.policy": "mvdr", "csi.feedback_bits": 4, "sensing.fluctuation": "swerling1",
                       "mobility.user_speed": 3.0}.items():
        (line,) = left_out(Scenario().replace({key: value}))
        assert line.startswith(f"{key} = {value}: ")
    changed = {"network.area": 50.0, "nulling.policy": "random", "recording.level": "links", "mobility.turn_rate": 1.0}
    assert left_out(Scenario().replace(changed)) == []
