"""A grid of runs on common seeds, as one table."""

import csv
import io
import math

import numpy as np
import pytest

import isacsys
from isacsys.campaign import METRICS
from isacsys.campaign.settings_grid import file_name
from isacsys.core.errors import ConfigError, DropError
from tests.campaign import fakes
from tests.campaign.fakes import SCENARIO

AXES = {"allocation.users_per_bs": range(1, 4), "scheduling.policy": ["random", "nearest"]}
TWO = {"allocation.users_per_bs": [1], "scheduling.policy": ["random", "nearest"]}  # each writes a log


def sweep(output=None, axes=AXES, **options):
    return isacsys.sweep(SCENARIO, axes, output=output,
                         **{"drops": 5, "executor": "serial", "simulate": fakes.simulate_by_settings, **options})


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_every_point_is_the_run_of_its_settings():
    found = sweep()
    assert len(found["drops"]) == 6
    for row, point in enumerate(found.points):
        assert point.settings == {key: found[key][row] for key in AXES}
        alone = isacsys.run(SCENARIO.replace(point.settings), drops=5, executor="serial",
                            simulate=fakes.simulate_by_settings)
        assert point.run.metrics == alone.metrics
        assert found["sensing_ase"][row] == alone["sensing_ase"].mean
        assert found["sensing_ase_half_width"][row] == alone["sensing_ase"].half_width
    assert len(set(found["sensing_ase"])) == 6  # no point is another one


def test_pandas_and_xarray_take_it_in_one_call():
    pandas, xarray = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    found = sweep()
    frame, grid = pandas.DataFrame(found), xarray.Dataset.from_dict(found.grid())
    assert len(frame) == 6
    assert dict(grid.sizes) == {"allocation.users_per_bs": 3, "scheduling.policy": 2}
    for _, row in frame.iterrows():
        place = grid.sel({key: row[key] for key in AXES})
        for name in found.keys() & METRICS.keys():
            assert float(place[name]) == row[name]
    assert grid["sensing_ase"].attrs["units"] == "bit/s/Hz/km^2"


def test_the_table_is_tidy(tmp_path):
    found = sweep(tmp_path / "grid")
    text = (tmp_path / "grid" / "sweep.csv").read_text()
    assert text == found.to_csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["scheduling.policy"] for row in rows] == ["random", "nearest"] * 3
    assert [float(row["communication_ase"]) for row in rows] == found["communication_ase"]


def test_no_data_is_nan_in_the_table_and_nothing_in_csv():
    found = sweep(drops=1, axes={"simulation.frames": [1, 2]})
    assert all(map(math.isnan, found["sensing_ase_half_width"]))
    assert "nan" not in found.to_csv()
    assert found.to_dict()["points"][0]["metrics"]["sensing_ase"]["half_width"] is None


def test_a_sweep_that_was_cut_short_is_resumed(tmp_path):
    sweep(tmp_path / "whole", TWO, simulate=fakes.simulate)
    with pytest.raises(DropError) as error:
        sweep(tmp_path / "cut", TWO, drops=9, simulate=fakes.fail_at_seven)
    assert "at allocation.users_per_bs = 1, scheduling.policy = random" in error.value.__notes__
    assert not (tmp_path / "cut" / "sweep.csv").exists()
    sweep(tmp_path / "cut", TWO, drops=9, resume=True, simulate=fakes.simulate)
    sweep(tmp_path / "whole", TWO, drops=9, resume=True, simulate=fakes.simulate)
    assert files(tmp_path / "whole") == files(tmp_path / "cut")


def test_a_grid_may_grow(tmp_path):
    sweep(tmp_path / "a", axes={"allocation.users_per_bs": [1]})
    sweep(tmp_path / "a", axes={"allocation.users_per_bs": [1, 2]}, resume=True)
    sweep(tmp_path / "b", axes={"allocation.users_per_bs": [1, 2]})
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_directory_with_runs_in_it_is_not_overwritten_unasked(tmp_path):
    sweep(tmp_path / "a", TWO)
    before = files(tmp_path / "a")
    with pytest.raises(ConfigError, match="output"):
        sweep(tmp_path / "a", TWO, seed=2)
    with pytest.raises(ConfigError, match="simulation.seed"):
        sweep(tmp_path / "a", TWO, seed=2, resume=True)
    assert files(tmp_path / "a") == before
    sweep(tmp_path / "a", TWO, seed=2, force=True)
    assert files(tmp_path / "a") != before


@pytest.mark.parametrize(("axes", "message"), [
    ({"allocation.users_per_bs": [29, 30]}, r"allocation.users_per_bs = 29: at most antennas.transmit = 20 \(at alloc"),
    ({"allocation.users_per_bs": []}, "at least one value"),
    ({"allocation.users_per_bs": [1, 1]}, "none of them twice"),
    ({"allocation.user_per_bs": [1]}, "did you mean allocation.users_per_bs"),
    ({"antennas.transmit": [3, 4]}, r"allocation.users_per_bs = 12: .* \(at antennas.transmit = 3\)"),
    ({"scheduling.policy": ["nobody"]}, "scheduling.policy = 'nobody'"),
])
def test_a_point_that_cannot_be_is_refused_before_anything_happens(tmp_path, axes, message):
    with pytest.raises(ConfigError, match=message):
        sweep(tmp_path / "a", axes=axes)
    assert not (tmp_path / "a").exists()


def test_numpy_values_are_values():
    assert sweep(axes={"network.bs_density": np.linspace(1, 2, 3)})["network.bs_density"] == [1.0, 1.5, 2.0]


def test_names_of_files_are_names():
    names = {file_name({"scheduling.policy": value}) for value in ("a/b", "a:b", "../a", "x" * 300, "x" * 301)}
    assert len(names) == 5
    assert all("/" not in name and len(name) < 200 for name in names)


def test_one_pool_serves_all_points(tmp_path):
    sweep(tmp_path / "a", TWO, executor="process", workers=1)
    sweep(tmp_path / "b", TWO)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_one_point_that_cannot_be_does_not_refuse_the_grid(tmp_path):
    axes = {"allocation.users_per_bs": [5, 30], "antennas.transmit": [4, 40]}
    with pytest.warns(UserWarning, match="left out: allocation.users_per_bs = 30, antennas.transmit = 4: alloc"):
        found = sweep(tmp_path / "a", axes=axes)
    assert [point.settings for point in found.points] == [{"allocation.users_per_bs": 5, "antennas.transmit": 40},
                                                          {"allocation.users_per_bs": 30, "antennas.transmit": 40}]
    assert len(found.left_out) == 2
    assert "2 left out" in str(found)
    grid = found.to_xarray()["communication_ase"]
    assert math.isnan(grid.sel({"allocation.users_per_bs": 5, "antennas.transmit": 4}))
    assert float(grid.sel({"allocation.users_per_bs": 30, "antennas.transmit": 40})) == found["communication_ase"][1]
    assert len(found.to_dict()["left_out"]) == 2


def test_a_condition_between_axes_leaves_points_out():
    found = sweep(axes={"allocation.users_per_bs": [1, 2, 3], "allocation.communication_cluster": [1, 2, 3]},
                  where="K * L <= 3")
    assert len(found.points) == 5
    assert found.left_out == []


def test_a_weight_adds_the_objective():
    found = sweep(weight=0.25)
    for row, point in enumerate(found.points):
        rates = {name: point.run.table("drops")[f"{name}_rate"] / point.run.table("drops")["area"].mean()
                 for name in ("communication", "sensing")}
        mean = 0.25 * rates["communication"] + 0.75 * rates["sensing"]
        assert found["objective"][row] == pytest.approx(mean.mean())
    assert "0.25 communication_ase + 0.75 sensing_ase" in str(found)
    assert found.to_dict()["points"][0]["objective"]["mean"] == found["objective"][0]
    with pytest.raises(ConfigError, match="weight = 2"):
        sweep(weight=2)
