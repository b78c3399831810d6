"""An energy model that is an object of Python, beside the same one by name."""

import numpy as np
import pytest

import isacsys
from isacsys.core.errors import ConfigError

SOURCE = """
import numpy as np
import isacsys


class Flat(isacsys.EnergyModel):
    def __init__(self, idle=200.0):
        self.idle = idle

    def power(self, stations):
        return np.where(stations.on, self.idle + 300 * stations.load, 10.0)
"""
SMALL = isacsys.Scenario().replace({"network.area": 6.0, "simulation.frames": 4, "allocation.users_per_bs": 2,
                                    "traffic.model": "poisson", "traffic.arrival_rate": 3.0})


@pytest.fixture
def flat():
    """A class defined nowhere that a worker could import it from."""
    space = {"__name__": "pasted"}
    exec(SOURCE, space)
    return space["Flat"]


def test_an_object_draws_what_the_same_class_draws_by_name(flat, tmp_path):
    (tmp_path / "mine.py").write_text(SOURCE)
    text = SMALL.to_toml().replace('[energy]\nmodel = "none"', '[energy]\nmodel = "mine:Flat"')
    (tmp_path / "named.toml").write_text(text)
    named = isacsys.run(tmp_path / "named.toml", drops=3, executor="serial")
    given = isacsys.run(SMALL, drops=3, executor="serial", energy_model=flat(), output=tmp_path / "given.h5")
    assert given["power"].mean == named["power"].mean > 200
    assert given["communication_rate"].mean == isacsys.run(SMALL, drops=3, executor="serial")["communication_rate"].mean
    assert isacsys.run(SMALL, drops=3, executor="serial", energy_model=flat(50.0))["power"].mean == pytest.approx(
        given["power"].mean - 150)
    assert "Flat" in given.attributes["energy_model"] and given.scenario.energy.model == "object"
    assert np.all(given.table("frames")["stations_metered"] > 0)


def test_a_run_of_an_object_is_not_made_again_without_it(flat, tmp_path):
    given = isacsys.run(SMALL, drops=1, executor="serial", energy_model=flat(), output=tmp_path / "given.h5")
    with pytest.raises(ConfigError, match="energy_model="):
        isacsys.run(given.scenario, drops=1, executor="serial")
    with pytest.raises(ConfigError, match="energy_model"):
        isacsys.run(SMALL, drops=2, executor="serial", energy_model=flat(1.0), output=tmp_path / "given.h5",
                    resume=True)


@pytest.mark.parametrize("wrong", [lambda: 3.0, lambda: isacsys.EnergyModel])
def test_what_is_no_energy_model_is_named(wrong):
    with pytest.raises(ConfigError, match="energy_model"):
        isacsys.run(SMALL, drops=1, executor="serial", energy_model=wrong())


def test_a_name_sets_the_model():
    run = isacsys.run(SMALL, drops=1, executor="serial", energy_model="earth")
    assert run.scenario.energy.model == "earth" and run["power"].mean > 0
