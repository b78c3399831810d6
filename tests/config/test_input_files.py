"""Files that a scenario names: what a spreadsheet writes is read, what is wrong is named, and no change goes unseen."""

import numpy as np
import pytest

import isacsys
from isacsys.campaign import worker
from isacsys.cli import main
from isacsys.core.errors import ConfigError
from isacsys.network.places import read_positions
from isacsys.network.queues import read_arrivals
from isacsys.network.trajectories import read_trajectories

STATIONS = "kind,x,y\n" + "".join(f"station,{x}.5,{y}.5\n" for x in range(4) for y in range(4))
SMALL = {"network.layout": "file", "network.area": 16.0, "network.users_per_cell": 5.0, "allocation.users_per_bs": 2,
         "allocation.targets_per_bs": 0}
TRAFFIC = {"traffic.model": "file", "simulation.frames": 50, "network.area": 9.0, "network.users_per_cell": 10.0,
           "allocation.targets_per_bs": 0}


def written(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding)
    return str(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("header", ["time,user,bits", "time, user, bits", "bits ,time,user"])
def test_what_spreadsheets_write_is_read(tmp_path, encoding, header):
    cells = {"time": "0.5", "user": "3", "bits": "8e6"}
    row = ",".join(cells[name.strip()] for name in header.split(","))
    files = read_arrivals(written(tmp_path / "a.csv", f"{header}\n{row}\n\n", encoding))
    assert (files.user[0], files.arrival[0], files.size[0]) == (3, 0.5, 8e6)


@pytest.mark.parametrize(
    ("read", "text", "line"),
    [
        (read_arrivals, "time,user,bits\n0,1,5\nnan,1,5\n", 3),
        (read_arrivals, "time,user,bits\ninf,1,5\n", 2),
        (read_arrivals, "time,user,bits\n0,1,inf\n", 2),
        (read_arrivals, "time,user,bits\n0,-1,5\n", 2),
        (read_arrivals, "time,user,bits\n0,1\n", 2),
        (read_trajectories, "time,kind,id,x,y\n0,user,1,nan,0\n", 2),
        (read_trajectories, "time,kind,id,x,y\n0,bird,1,0,0\n", 2),
        (read_positions, "kind,x,y\nstation,1,2\nuser,inf,1\n", 3),
        (read_positions, "kind,x,y\nstation,1,2,3\n", 2),
    ],
)
def test_what_is_no_number_is_named_with_its_line(tmp_path, read, text, line):
    with pytest.raises(ConfigError, match=rf"x\.csv, line {line}"):
        read(written(tmp_path / "x.csv", text))


def test_a_changed_file_is_another_file(tmp_path):
    path = tmp_path / "s.csv"
    assert len(read_positions(written(path, STATIONS)).stations) == 16
    assert len(read_positions(written(path, "kind,x,y\nstation,1,1\n")).stations) == 1


def arrivals(tmp_path, user=3):
    return isacsys.Scenario().replace({**TRAFFIC, "traffic.arrivals": written(
        tmp_path / "a.csv", f"time,user,bits\n0.1,{user},1e6\n0.2,0,1e6\n")})


def test_a_user_who_is_not_there_is_found_before_the_first_frame(tmp_path, capsys):
    """It came 43 frames in, as a TypeError of ConfigError.__init__."""
    scenario = arrivals(tmp_path, user=777)
    with pytest.raises(ConfigError, match=r"traffic.arrivals = 'user 777'.*drop 0"):
        isacsys.run(scenario, drops=2, executor="serial", simulate=lambda *a, **k: pytest.fail("simulated"))
    (tmp_path / "s.toml").write_text(scenario.to_toml())
    assert main(["run", str(tmp_path / "s.toml"), "--drops", "1", "--workers", "1"]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and "777" in said


def test_every_drop_is_looked_at(tmp_path):
    """User 70 is there in most drops, not in all."""
    scenario = arrivals(tmp_path, user=70)
    with pytest.raises(ConfigError, match="the users of drop [1-9]"):
        isacsys.run(scenario, drops=40, executor="serial")


@pytest.mark.parametrize("key", ["traffic.arrivals", "mobility.positions", "network.positions"])
def test_a_run_is_not_resumed_with_another_file(tmp_path, key):
    texts = {"traffic.arrivals": ("time,user,bits\n0,1,9e5\n", "time,user,bits\n0,1,8e5\n"),
             "mobility.positions": ("time,kind,id,x,y\n0,user,1,1,1\n", "time,kind,id,x,y\n0,user,1,1,2\n"),
             "network.positions": (STATIONS, STATIONS + "station,0.1,0.2\n")}[key]
    changes = {"traffic.arrivals": {"traffic.model": "file"}, "mobility.positions": {"mobility.model": "file"},
               "network.positions": {"network.layout": "file"}}[key]
    path = written(tmp_path / "x.csv", texts[0])
    scenario = isacsys.Scenario().replace({"network.area": 16.0, "network.users_per_cell": 5.0,
                                           "allocation.targets_per_bs": 0, "allocation.users_per_bs": 2,
                                           "simulation.frames": 2, **changes, key: path})
    isacsys.run(scenario, drops=2, executor="serial", output=tmp_path / "a.h5")
    isacsys.run(scenario, drops=3, executor="serial", output=tmp_path / "a.h5", resume=True)
    written(tmp_path / "x.csv", texts[1])
    with pytest.raises(ConfigError, match=f"content of {key}"):
        isacsys.run(scenario, drops=4, executor="serial", output=tmp_path / "a.h5", resume=True)
    isacsys.run(scenario, drops=3, executor="serial", output=tmp_path / "b.h5")
    with pytest.raises(ConfigError, match=f"content_of_{key}"):
        isacsys.compare(tmp_path / "a.h5", tmp_path / "b.h5")


def test_a_file_that_changes_during_a_run_ends_it(tmp_path):
    """Another process reads it later than the one that has looked at it."""
    scenario = arrivals(tmp_path)
    digests = worker.pin(scenario)
    (tmp_path / "a.csv").write_text("time,user,bits\n0.1,2,1e6\n")
    assert worker.pin(scenario, digests) == digests  # this process goes on with what it has read
    worker.pin(scenario)
    with pytest.raises(ConfigError, match="does not change during a run"):
        worker.pin(scenario, digests)


@pytest.mark.parametrize("wrong", [np.zeros((8, 3)), np.ones((2, 8)).T.reshape(2, 8), np.ones(6), [[1.0, np.nan]],
                                   np.ma.masked_array(np.ones((3, 2)), mask=True), np.ones((3, 2)) * 1j, "abc", 3.0])
def test_positions_are_pairs_of_finite_numbers(wrong):
    with pytest.raises(ConfigError, match="positions of stations"):
        isacsys.run(isacsys.Scenario().replace(SMALL), positions=isacsys.Positions(wrong), drops=1, executor="serial")


def test_the_area_fits_the_positions_where_none_is_given(tmp_path):
    rng = np.random.default_rng(1)
    city = isacsys.Positions(rng.random((30, 2)) * 5)
    scenario = isacsys.Scenario().replace({"network.layout": "file", "allocation.targets_per_bs": 0,
                                           "allocation.users_per_bs": 2, "network.users_per_cell": 5.0})
    with pytest.warns(UserWarning, match="fit the positions"):
        run = isacsys.run(scenario, positions=city, drops=1, executor="serial")
    assert 24 < run.table("drops")["area"][0] < 27
    with pytest.warns(UserWarning, match=r"the stations take 2\d.* the rest is empty"):
        isacsys.run(scenario.replace({"network.area": 99.0}), positions=city, drops=1, executor="serial")


def test_it_is_said_what_a_hexagonal_layout_makes_of_an_area():
    with pytest.warns(UserWarning, match="whole cells in"):
        isacsys.run(isacsys.Scenario().replace({"network.layout": "hexagonal", "network.area": 20.0}), drops=1,
                    executor="serial")
