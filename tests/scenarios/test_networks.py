"""The scenarios of networks that are built run, and are what they say."""

import importlib
from pathlib import Path

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.config.sections import PROPAGATION_MODELS
from isacsys.network import BaseStation, NetworkState, deploy
from isacsys.propagation import MODELS, Propagation
from isacsys.testing import check_propagation_model

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize(("name", "stations"), [("uma", 57), ("umi_street", 36), ("factory", 12), ("drones", 57)])
def test_it_runs(name, stations):
    scenario = Scenario.load(SCENARIOS / f"{name}.toml")
    d = deploy(scenario, 0)
    assert len(d.stations) == stations
    found = isacsys.run(scenario.replace({"simulation.frames": 3}), drops=2, executor="serial")
    assert found["communication_rate"].mean > 0.5
    if scenario.allocation.targets_per_bs:
        assert found["sensing_rate"].mean > 0.1


def test_city(monkeypatch):
    monkeypatch.syspath_prepend(str(SCENARIOS))
    found = importlib.import_module("city").main(drops=3, count=150, executor="serial")
    assert found["three sectors"].mean > found["one cell a site"].mean


def test_stations_know_their_site():
    scenario = Scenario.load(SCENARIOS / "uma.toml")
    state = NetworkState(scenario, deploy(scenario, 0))
    cell = BaseStation(state, 7)
    assert cell.site == 2 and cell.boresight == 120
    np.testing.assert_array_equal(cell.position, BaseStation(state, 6).position)


def test_every_name_has_a_model_that_obeys_the_invariants():
    assert tuple(MODELS) == PROPAGATION_MODELS
    for model in MODELS.values():
        check_propagation_model(model)


def test_faulty_models_are_found():
    class Closer(Propagation):
        def path_loss(self, links):
            return 200 - links.distance_3d / 100

    class Random(Propagation):
        def path_loss(self, links):
            return 100 + np.random.default_rng().random(links.distance.shape)

    for model, fault in ((Closer, "falls"), (Random, "again")):
        with pytest.raises(AssertionError, match=fault):
            check_propagation_model(model)


def test_a_model_from_beside_the_scenario(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import isacsys\n\n\nclass Hall(isacsys.Propagation):\n    \"\"\"Loses more with every metre.\"\"\"\n\n"
        "    def __init__(self, per_metre=0.1):\n        self.per_metre = per_metre\n\n"
        "    def path_loss(self, links):\n        return 60 + self.per_metre * links.distance_3d\n")
    (tmp_path / "mine.toml").write_text(
        "[network]\nlayout = \"hexagonal\"\narea = 9.0\n[propagation]\nmodel = \"mine:Hall\"\n"
        "[propagation.parameters]\nper_metre = 0.2\n[allocation]\ntargets_per_bs = 0\n")
    found = isacsys.run(Scenario.load(tmp_path / "mine.toml"), drops=2, executor="serial")
    assert found["communication_rate"].mean > 0
