"""Models of propagation of one's own see where links are: number of cell and site, positions, bearings."""

import importlib
from pathlib import Path

import numpy as np
import pytest

import isacsys
from isacsys.network import NetworkState, deploy
from isacsys.propagation.base import links
from isacsys.testing import check_propagation_model

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CELLS = "site,x,y,azimuth,height\nA,10.3,20.3,45,20\nA,10.3,20.3,225,30\nB,11.1,20.5,180,25\n"


class Seen(isacsys.Propagation):
    """Keeps the links it was asked for; loses 100 dB and one per cell."""

    asked = None

    def path_loss(self, links):
        Seen.asked = links
        return 100.0 + links.station + np.zeros(np.shape(links.distance))


def state(tmp_path, users="x,y,height\n10.5,20.3,1.5\n10.3,20.9,40\n", **changes):
    (tmp_path / "c.csv").write_text(CELLS)
    (tmp_path / "u.csv").write_text(users)
    scenario = isacsys.Scenario().replace({
        "network.cells": str(tmp_path / "c.csv"), "network.users_file": str(tmp_path / "u.csv"),
        "propagation.model": f"{__name__}:Seen", "allocation.users_per_bs": 1, **changes})
    return NetworkState(scenario, deploy(scenario, 0))


def test_what_a_model_sees(tmp_path):
    s = state(tmp_path)
    gains = s.large_scale.users.everywhere(s.users.position)
    np.testing.assert_allclose(-10 * np.log10(gains), [[100, 101, 102]] * 2, atol=1e-9)
    seen = Seen.asked
    shape = (2, 3)
    np.testing.assert_array_equal(np.broadcast_to(seen.station, shape), [[0, 1, 2]] * 2)
    np.testing.assert_array_equal(np.broadcast_to(seen.site, shape), [[0, 0, 1]] * 2)
    sites = [[10.3, 20.3]] * 2 + [[11.1, 20.5]]
    np.testing.assert_allclose(np.broadcast_to(seen.station_position, (2, 3, 2))[0], sites)
    np.testing.assert_allclose(np.broadcast_to(seen.user_position, (2, 3, 2))[:, 0], [[10.5, 20.3], [10.3, 20.9]])
    np.testing.assert_allclose(seen.azimuth_at_station[:, 0], [90, 0], atol=1e-9)
    np.testing.assert_allclose(seen.azimuth_at_user[:, 0], [270, 180], atol=1e-9)
    down = np.degrees(np.arctan2(20 - 1.5, 200))
    assert seen.zenith_at_station[0, 0] == pytest.approx(90 + down)
    assert seen.zenith_at_user[0, 0] == pytest.approx(90 - down)
    one = s.large_scale.users.of(s.users.position[:1], np.array([[2, 0]]))
    np.testing.assert_allclose(-10 * np.log10(one), [[102, 100]], atol=1e-9)
    assert Seen.asked.station.tolist() == [[2, 0]]
    s.large_scale.between_cells.everywhere()
    assert Seen.asked.station.tolist() == [0, 1, 2]
    np.testing.assert_allclose(Seen.asked.user_position[:, 0], [[10.3, 20.3]] * 2 + [[11.1, 20.5]])


def test_over_distance_alone_there_are_no_places():
    with pytest.raises(ValueError, match="in a network alone"):
        _ = links(np.ones(2), 25.0, 1.5, 1e9).station


def test_a_map_is_looked_up(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SCENARIOS))
    module = importlib.import_module("measured_map")
    loss = np.arange(3 * 4 * 5, dtype=np.float32).reshape(3, 4, 5) + 80
    np.savez(tmp_path / "m.npz", loss_db=loss, corner=[10.0, 20.0], step=0.25)
    s = state(tmp_path, "x,y\n10.5,20.25\n10.6,20.5\n", **{
        "propagation.model": "measured_map:MeasuredMap", "propagation.parameters": {"file": str(tmp_path / "m.npz")}})
    found = -10 * np.log10(s.large_scale.users.everywhere(s.users.position))
    np.testing.assert_allclose(found[0], loss[:, 1, 2], atol=1e-6)
    np.testing.assert_allclose(found[1], 0.6 * loss[:, 2, 2] + 0.4 * loss[:, 2, 3], atol=1e-5)
    check_propagation_model(module.MeasuredMap(str(tmp_path / "m.npz")))
