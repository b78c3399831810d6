"""Layouts: how many, where, and who belongs to whom."""

import numpy as np
import pytest

from isacsys import Positions, Scenario
from isacsys.core import geometry
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.network.point_processes import hexagonal_side
from tests.statistics import has_law, has_mean


def scenario(**changes):
    return Scenario().replace({"network.users_per_cell": 5, "network.targets_per_cell": 3,
                               **{f"network.{k}": v for k, v in changes.items()}})


def test_poisson_numbers_and_uniform_places():
    drops = [deploy(scenario(area=20, bs_density=2.5), drop) for drop in range(200)]
    for points, mean in (("stations", 50), ("users", 250), ("targets", 150)):
        counts = np.array([len(getattr(d, points)) for d in drops])
        has_mean(counts, mean)
        assert 0.6 < counts.var() / mean < 1.5  # a binomial process would give 0
        has_law(np.concatenate([getattr(d, points) for d in drops])[:, 0], lambda x: x / np.sqrt(20))


def test_fixed_count_is_fixed():
    for drop in range(3):
        d = deploy(scenario(layout="fixed_count", area=10, bs_density=1.26), drop)
        assert (len(d.stations), len(d.users), len(d.targets)) == (13, 63, 38)


@pytest.mark.parametrize(("density", "area"), [(1.0, 100.0), (3.0, 50.0), (0.2, 40.0)])
def test_hexagonal_lattice_on_a_torus_of_whole_cells(density, area):
    s = scenario(layout="hexagonal", bs_density=density, area=area)
    d = deploy(s, 1)
    columns, rows, side = hexagonal_side(s.network)
    assert len(d.stations) == columns * rows and d.area == pytest.approx(columns * rows / density)
    assert side == pytest.approx(d.side)
    distance, _ = geometry.nearest_others(d.index, 6)
    if columns > 2 and rows > 2:
        assert distance == pytest.approx(np.full(distance.shape, np.sqrt(2 / (np.sqrt(3) * density))))
    assert not np.allclose(d.stations, deploy(s, 2).stations)  # a random shift


def test_everybody_attaches_to_the_nearest_station():
    chosen = scenario(area=9, bs_density=2)
    d = deploy(chosen, 3)
    users = NetworkState(chosen, d).users
    step = geometry.displacement(d.stations[None], d.users[:, None], d.side)
    every = np.hypot(step[..., 0], step[..., 1])
    assert np.array_equal(users.station, every.argmin(1))
    assert users.distance == pytest.approx(every.min(1))


def test_moving_a_policy_or_a_frame_moves_nobody():
    changed = {"simulation.frames": 9, "scheduling.policy": "nearest", "allocation.users_per_bs": 2}
    one, other = deploy(scenario(), 4), deploy(scenario().replace(changed), 4)
    for points in ("stations", "users", "targets"):
        assert np.array_equal(getattr(one, points), getattr(other, points))
    assert not np.array_equal(one.users, deploy(scenario(), 5).users)


@pytest.mark.parametrize("layout", ["poisson", "fixed_count"])
def test_a_drop_may_be_empty(layout):
    sparse = scenario(layout=layout, area=1, users_per_cell=0, targets_per_cell=0)
    d = next(d for d in (deploy(sparse, i) for i in range(50)) if layout != "poisson" or not len(d.stations))
    assert len(d.users) == 0 and NetworkState(sparse, d).users.station.shape == (0,)


class TestFiles:
    def load(self, tmp_path, text, **changes):
        path = tmp_path / "sites.csv"
        path.write_text(text)
        return deploy(scenario(layout="file", positions=str(path), area=16, **changes), 0)

    def test_positions_are_taken_as_they_are(self, tmp_path):
        d = self.load(tmp_path, "kind,x,y\nstation,1,1\nstation,3.5,2\nuser,1,1.5\ntarget,3,3\n")
        assert d.stations.tolist() == [[1, 1], [3.5, 2]]
        state = NetworkState(scenario(layout="file", positions=str(tmp_path / "sites.csv"), area=16), d)
        assert state.users.station.tolist() == [0] and state.targets.station.tolist() == [1]

    def test_what_is_not_given_is_drawn(self, tmp_path):
        d = self.load(tmp_path, "kind,x,y\nstation,1,1\nstation,3,3\n", bs_density=10)
        assert len(d.users) > 500

    @pytest.mark.parametrize(("text", "word"), [
        ("x,y\n1,2\n", "header"), ("kind,x,y\nmast,1,1\n", "line 2"), ("kind,x,y\nstation,one,1\n", "line 2"),
        ("kind,x,y\nstation,5,1\n", "0 <= x, y < 4"), ("kind,x,y\nstation,nan,1\n", "line 2"),
        ("kind,x,y\nstation,1,1\nstation,1,1\n", "apart"), ("kind,x,y\nstation,1,1\nuser,1,1\n", "distance above 0"),
        ("", "header"), ("kind,x,y\nstation\n", "line 2"),
    ])
    def test_what_is_wrong_with_a_file_is_said(self, tmp_path, text, word):
        with pytest.raises(ConfigError, match=word):
            self.load(tmp_path, text)

    def test_a_missing_file(self):
        with pytest.raises(ConfigError, match="readable"):
            deploy(scenario(layout="file", positions="/no/such.csv"), 0)

    def test_arrays_from_python_need_layout_file(self):
        positions = Positions([[1.0, 1.0]])
        assert len(deploy(scenario(layout="file"), 0, positions).stations) == 1
        for s, given in ((scenario(), positions), (scenario(layout="file"), None)):
            with pytest.raises(ConfigError, match=r"network\.layout"):
                deploy(s, 0, given)

    def test_clusters_larger_than_the_file(self, tmp_path):
        with pytest.raises(ConfigError, match="as many as a cluster"):
            d = scenario(layout="file").replace({"allocation.sensing_cluster": 3})
            deploy(d, 0, Positions([[1.0, 1.0], [2.0, 2.0]]))
