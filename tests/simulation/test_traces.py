"""Floating car data: everybody where the file says, when it says, as users and as targets; and who comes and goes."""

import re
import warnings
from typing import ClassVar

import numpy as np
import pytest

import isacsys
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.simulation.drop import check

CELLS = "site,x,y,azimuth\nA,0.2,0.2,45\nA,0.2,0.2,225\nB,1.1,0.4,\nC,0.6,1.2,300\n"
SMALL = {"allocation.users_per_bs": 2, "antennas.transmit": 8, "allocation.targets_per_bs": 1,
         "network.users_per_cell": 3.0, "network.targets_per_cell": 2.0, "propagation.model": "free_space",
         "antennas.pattern": "tr38901", "recording.level": "full", "mobility.model": "file",
         "simulation.frame_duration": 0.1}


class Watch(isacsys.Process):
    """Notes where everybody is, and who belongs to a station, at the beginning of every frame."""

    seen: ClassVar[list] = []

    def run(self, stage):
        for frame in range(stage.scenario.simulation.frames):
            yield stage.boundary(frame)
            for word in ("users", "targets"):
                members = getattr(stage.state, word)
                Watch.seen.append((frame, word, members.position.copy(), members.station.copy()))


def vehicles(count, seconds, rng):
    """Return (id, first, last, x, y by second) of vehicles that drive about in metres."""
    found = []
    for number in range(count):
        first = int(rng.integers(0, seconds // 2))
        last = int(rng.integers(first, seconds + 1))
        steps = rng.uniform(-15, 15, (last - first + 1, 2)).cumsum(axis=0) + rng.uniform(100, 1200, 2)
        found.append((f"veh.{number}", first, last, np.clip(steps, 5, 1300)))
    return found


def write(path, fleet, seconds):
    lines = ["<fcd-export>"]
    for second in range(seconds + 1):
        lines.append(f'<timestep time="{second}.00">')
        here = [(name, *place[second - first]) for name, first, last, place in fleet if first <= second <= last]
        lines += [f'<vehicle id="{name}" x="{x:.3f}" y="{y:.3f}" angle="0"/>' for name, x, y in here]
        lines.append("</timestep>")
    path.write_text("\n".join([*lines, "</fcd-export>"]))


def run(tmp_path, changes, frames=20, cells=CELLS):
    (tmp_path / "c.csv").write_text(cells)
    scenario = isacsys.Scenario().replace({**SMALL, "network.cells": str(tmp_path / "c.csv"),
                                           "simulation.frames": frames, **changes})
    Watch.seen.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return isacsys.run(scenario, drops=1, workers=1, executor="serial", processes=[Watch()])


@pytest.fixture(scope="module")
def driven(tmp_path_factory):
    """200 vehicles over 60 s, as users and as targets."""
    folder, rng = tmp_path_factory.mktemp("fcd"), np.random.default_rng(11)
    fleet = vehicles(200, 60, rng)
    write(folder / "t.xml", fleet, 60)
    result = run(folder, {"mobility.positions": str(folder / "t.xml"), "mobility.role": "both",
                          "simulation.frame_duration": 0.75}, frames=82)
    return fleet, result, list(Watch.seen)


def test_everybody_is_where_the_file_says_and_when(driven):
    fleet, result, seen = driven
    ids = result.table("ids")
    names = {}
    for kind in (0, 1):
        mine = ids["kind"] == kind
        names[kind] = [name.decode() for name in ids["id"][mine][np.argsort(ids["number"][mine])]]
        assert sorted(names[kind]) == sorted(name for name, *_ in fleet)
        starts = [next(v for v in fleet if v[0] == name)[1] for name in names[kind]]
        assert starts == sorted(starts)  # in order of first appearance
    corner = result.attributes["origin_shift_east_km"], result.attributes["origin_shift_north_km"]
    by_name = {v[0]: v for v in fleet}
    compared = 0
    for frame, word, position, station in seen:
        time = 0.75 * frame
        assert len(position) == 200
        for number, name in enumerate(names[word == "targets"]):
            _, first, last, place = by_name[name]
            assert (station[number] >= 0) == (first <= time <= last), (frame, name)
            if first <= time <= last:
                low = min(int(time), last - 1) if last > first else first
                share = time - low
                here = place[low - first] if last == first else \
                    (1 - share) * place[low - first] + share * place[low + 1 - first]
                away = 1e3 * np.hypot(*(position[number] + corner - here / 1e3))
                clear = min(np.hypot(*(here / 1e3 - site)) for site in ((0.2, 0.2), (1.1, 0.4), (0.6, 1.2))) > 2e-3
                assert away < 0.01 or not clear, (frame, name, away)
                compared += clear
    assert compared > 5_000


def test_nobody_is_served_who_is_not_there(driven):
    fleet, result, _ = driven
    ids = result.table("ids")
    by_name = {v[0]: v for v in fleet}
    for kind, table, word in ((0, "links/communication", "user"), (1, "links/sensing", "target")):
        name = {int(n): i.decode() for k, n, i in zip(ids["kind"], ids["number"], ids["id"], strict=True) if k == kind}
        links = result.table(table)
        assert len(links["frame"]) > 300
        for frame, number in zip(links["frame"], links[word], strict=True):
            _, first, last, _ = by_name[name[int(number)]]
            assert first <= 0.75 * frame <= last
        assert np.isfinite(links["rate"]).all()
    events = result.table("events")
    come = events["event"] == 22
    late = [v for v in fleet if v[1] > 0 and 0.75 * np.ceil(v[1] / 0.75) <= v[2]]  # seen in a frame at all
    assert int((events["count"][come] > 0).sum()) == len(late)


def test_the_other_kind_is_drawn_as_ever(tmp_path):
    write(tmp_path / "t.xml", [("a", 0, 4, np.tile([[300.0, 300.0]], (5, 1)))], 4)
    found = {}
    for role in ("users", "targets"):
        run(tmp_path, {"mobility.positions": str(tmp_path / "t.xml"), "mobility.role": role}, frames=3)
        found[role] = {word: position for frame, word, position, _ in Watch.seen if frame == 2}
    assert len(found["users"]["users"]) == 1 and len(found["users"]["targets"]) > 1
    assert len(found["targets"]["targets"]) == 1 and len(found["targets"]["users"]) > 1


def test_offset_begin_and_degrees(tmp_path):
    place = np.array([[100.0, 200.0], [110.0, 200.0], [120.0, 200.0]])
    write(tmp_path / "t.xml", [("a", 5, 7, place)], 7)
    moved = {"mobility.positions": str(tmp_path / "t.xml"), "mobility.offset": [50.0, -25.0], "mobility.begin": 5.0}
    result = run(tmp_path, moved, frames=12)
    corner = np.array([result.attributes["origin_shift_east_km"], result.attributes["origin_shift_north_km"]])
    x = {frame: 1e3 * (position[0] + corner) for frame, word, position, _ in Watch.seen if word == "users"}
    np.testing.assert_allclose(x[10], [160, 175], atol=1e-6)
    cells = "site,longitude,latitude\nA,11.50,48.10\nB,11.51,48.10\nC,11.50,48.11\n"
    (tmp_path / "g.csv").write_text("timestep_time;vehicle_id;vehicle_x;vehicle_y\n0;a;11.502;48.102\n"
                                    "1;a;11.503;48.102\n")
    result = run(tmp_path, {"mobility.positions": str(tmp_path / "g.csv"), "allocation.targets_per_bs": 0}, frames=11,
                 cells=cells)
    from isacsys.geography import PlaceTable, Projection
    projection = Projection(result.attributes["origin_longitude"], result.attributes["origin_latitude"])
    there = projection.to_km(PlaceTable(np.array([[11.5025, 48.102]]), True))[0]
    corner = np.array([result.attributes["origin_shift_east_km"], result.attributes["origin_shift_north_km"]])
    at = {frame: position[0] for frame, word, position, _ in Watch.seen if word == "users"}
    assert 1e6 * np.hypot(*(at[5] + corner - there)) < 10  # mm


def test_users_of_a_file_come_and_go(tmp_path):
    (tmp_path / "u.csv").write_text("x,y,start,end\n0.3,0.3,,\n0.4,0.3,0.5,1\n0.5,0.3,1,\n0.6,0.3,,0.5\n")
    run(tmp_path, {"mobility.model": "random_direction", "network.users_file": str(tmp_path / "u.csv")}, frames=15)
    there = {frame: (station >= 0).tolist() for frame, word, _, station in Watch.seen if word == "users"}
    for frame in range(15):
        assert there[frame] == [True, 5 <= frame <= 10, frame >= 10, frame <= 5], frame


def test_means_of_those_who_come_and_go_are_over_the_time_they_are_there(tmp_path):
    (tmp_path / "u.csv").write_text("x,y,start,end\n0.3,0.3,,\n0.4,0.3,0.5,1\n0.5,0.4,5,\n")
    result = run(tmp_path, {"mobility.model": "random_direction", "network.users_file": str(tmp_path / "u.csv"),
                            "allocation.targets_per_bs": 0}, frames=15)
    links, drops = result.table("links/communication"), result.table("drops")
    means = [links["rate"][links["user"] == user].sum() / frames for user, frames in ((0, 15), (1, 6))]
    assert drops["cell_edge_rate"][0] == pytest.approx(np.percentile(means, 5))
    assert drops["users_there"][0] == 2  # one comes after the end
    assert drops["user_seconds"][0] == pytest.approx((15 + 6) * 0.1)
    table = result.table("users/communication")
    assert table["user"].tolist() == [0, 1, 2]
    assert (table["cell"] >= 0).tolist() == [True, True, False]
    assert np.isfinite(table["geometry"]).tolist() == [True, True, False]
    assert table["mean_rate"] == pytest.approx([*means, 0.0])


def test_traffic_is_of_those_who_are_there(tmp_path):
    (tmp_path / "u.csv").write_text("x,y,start,end\n0.3,0.3,0,0.4\n0.4,0.3,0.8,\n0.5,0.4,,\n")
    result = run(tmp_path, {"mobility.model": "random_direction", "network.users_file": str(tmp_path / "u.csv"),
                            "traffic.model": "poisson", "traffic.arrival_rate": 50.0, "traffic.file_size": 1e5},
                 frames=30)
    files = result.table("files")
    arrival = {user: files["arrival"][files["user"] == user] for user in (0, 1, 2)}
    assert len(arrival[0]) and arrival[0].max() < 0.5
    assert len(arrival[1]) and arrival[1].min() >= 0.7


@pytest.mark.parametrize(("changes", "says"), [
    ({"mobility.role": "cars"}, "mobility.role"), ({"mobility.offset": [1.0]}, "mobility.offset = .*two numbers"),
    ({"mobility.positions": "nothing.xml"}, "mobility.positions = 'nothing.xml'"),
    ({"network.users_file": "u.csv"}, "mobility.role = 'users': users either in floating car data or among the places"),
    ({"mobility.role": "targets", "targets.lifetime": 1.0}, "targets.lifetime = 1.0: 0 where a file says")])
def test_bad_input(tmp_path, monkeypatch, changes, says):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "t.xml", [("a", 0, 1, np.array([[1.0, 2.0], [2.0, 3.0]]))], 1)
    (tmp_path / "c.csv").write_text(CELLS)
    (tmp_path / "u.csv").write_text("x,y\n0.3,0.3\n")
    with pytest.raises(ConfigError, match=says):
        check(isacsys.Scenario().replace({**SMALL, "network.cells": "c.csv", "mobility.positions": "t.xml", **changes}))


def test_a_role_in_a_file_that_says_who_is_who(tmp_path):
    (tmp_path / "c.csv").write_text(CELLS)
    (tmp_path / "t.csv").write_text("time,kind,id,x,y\n0,user,0,0.3,0.3\n")
    with pytest.raises(ConfigError, match="mobility.role = 'both': none with a file of time,kind,id,x,y"):
        check(isacsys.Scenario().replace({**SMALL, "network.cells": str(tmp_path / "c.csv"), "mobility.role": "both",
                                          "mobility.positions": str(tmp_path / "t.csv")}))


def test_a_trace_over_a_station_keeps_its_distance(tmp_path):
    (tmp_path / "c.csv").write_text(CELLS)
    write(tmp_path / "t.xml", [("a", 0, 2, np.array([[200.0, 200.0], [200.0, 200.0], [400.0, 200.0]]))], 2)
    s = isacsys.Scenario().replace({**SMALL, "network.cells": str(tmp_path / "c.csv"),
                                    "mobility.positions": str(tmp_path / "t.xml"), "network.minimum_distance": 10.0})
    with pytest.warns(UserWarning, match="leads user 0 to 0 m from site 0"):
        check(s)
    state = NetworkState(s, deploy(s, 0))
    assert 1e3 * state.users.distance[0] == pytest.approx(10.0, abs=1e-6)


@pytest.mark.parametrize(("changes", "says"), [
    ({"mobility.offset": [-9000.0, -500.0]}, r"the trace lies 8.45 km outside the cells \(mobility.offset\)"),
    ({"mobility.begin": 20.0}, "no user at or after mobility.begin = 20 s: the trace ends at 10 s"),
    ({"mobility.begin": 20.0, "mobility.role": "both"}, "no user or target at or after mobility.begin = 20 s"),
    ({"mobility.begin": -30.0}, "no user before the end of a drop, at -29.9 s of the trace, which begins at 0 s"),
    ({"simulation.frames": 202}, "the trace ends at 10 s, a drop at 20.1 s of it"),
    ({"simulation.frames": 101}, None)])
def test_a_trace_beside_the_cells_or_the_time_of_a_drop_gets_a_line(tmp_path, changes, says):
    (tmp_path / "c.csv").write_text(CELLS)
    write(tmp_path / "t.xml", [("a", 0, 10, np.linspace((700.0, 600.0), (800.0, 700.0), 11))], 10)
    scenario = isacsys.Scenario().replace({**SMALL, "network.cells": str(tmp_path / "c.csv"), "simulation.frames": 2,
                                           "mobility.positions": str(tmp_path / "t.xml"), **changes})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        check(scenario)
    lines = [str(line.message) for line in said if "trace" in str(line.message)]
    assert lines == [] if says is None else len(lines) == 1 and re.search(says, lines[0])
