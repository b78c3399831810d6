"""Places from files and from Python lie where they say: shifted alike, inside, and never on a station."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isacsys
from isacsys import Positions, Process, Scenario
from isacsys.core import geometry
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.network.places import Box, box_around, kept_away
from isacsys.network.receivers import ReceiverType
from isacsys.network.trajectories import Course, meetings
from isacsys.simulation import check
from tests.statistics import has_mean

FILE = {"network.layout": "file", "allocation.users_per_bs": 2, "allocation.targets_per_bs": 0, "antennas.transmit": 4,
        "recording.level": "full", "simulation.frames": 3}


def traced(path, rows, **more):
    path.write_text("time,kind,id,x,y\n" + "".join(f"{time},{kind},{number},{x!r},{y!r}\n"
                                                   for time, kind, number, x, y in rows))
    return Scenario().replace({**FILE, "mobility.model": "file", "mobility.positions": str(path), **more})


def run(scenario, positions=None, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return isacsys.run(scenario, drops=1, executor="serial", positions=positions, **more)


@pytest.mark.parametrize(("corner", "end", "from_file"), [
    pytest.param(corner, end, from_file, marks=[pytest.mark.slow] * ((i + j + from_file) % 2))
    for i, corner in enumerate([(0.0, 0.0), (0.2, 0.1), (40.3, 25.7), (-3.1, 400.25), (512.0, -5403.7)])
    for j, end in enumerate([(0.4, 0.5), (-0.7, 0.2), (1.9, -2.5), (0.5, 30.0)]) for from_file in (False, True)])
def test_with_an_open_boundary_all_files_share_one_frame(tmp_path, corner, end, from_file):
    """Traces may lead beyond the box around the stations, on any side; whoever follows them is where they say."""
    x, y = corner
    stations, users = np.array([[0, 0.5], [1, 0.5]]) + corner, np.array([[0.3, 0.4], [1, 0]]) + corner
    targets = np.array([[0.5, 0.6]]) + corner
    rows = [(0, "user", 0, x + 0.1, y + 0.5), (0.02, "user", 0, x + end[0], y + end[1]),
            (0, "target", 0, x + 0.5, y + 0.7)]
    changes = {"network.boundary": "open", "allocation.targets_per_bs": 1, "scheduling.policy": "round_robin"}
    if from_file:
        file = tmp_path / "p.csv"
        file.write_text("kind,x,y\n" + "".join(f"{kind},{a!r},{b!r}\n" for kind, group in (
            ("station", stations), ("user", users), ("target", targets)) for a, b in group.tolist()))
        changes["network.positions"] = str(file)
    log = run(traced(tmp_path / "t.csv", rows, **changes), None if from_file else Positions(stations, users, targets))
    links, sensed = log.table("links/communication"), log.table("links/sensing")
    place = np.array([[0.1, 0.5], [(0.1 + end[0]) / 2, (0.5 + end[1]) / 2], end])
    apart = np.linalg.norm(place[:, None] - (stations - corner), axis=-1)
    for frame, distance, station in zip(*(links[name][links["user"] == 0] for name in ("frame", "distance", "station")),
                                        strict=True):
        assert distance == pytest.approx(apart[frame, station], abs=1e-9) and (station == 0 or frame)
    still = links["user"] == 1
    assert links["distance"][still] == pytest.approx(0.5) and np.all(links["station"][still] == 1)
    assert sensed["distance"] == pytest.approx(np.hypot(0.5, 0.2))


@pytest.mark.parametrize(("changes", "place"), [
    ({"network.area": 9.0}, (3.1, 1.0)), ({"network.area": 9.0}, (1.0, -1e-9)), ({"network.area": 9.0}, (1.0, 3.0)),
    ({"network.layout": "poisson", "network.area": 9.0}, (0.0, 9.0)),
    ({"network.layout": "poisson", "network.area": 9.0, "network.boundary": "open"}, (3.1, 1.0)),
    ({"network.layout": "hexagonal", "network.area": 9.0}, (20.0, 1.0)),
    ({"network.layout": "hexagonal", "network.area": 9.0, "network.boundary": "open"}, (-0.1, 1.0))])
@pytest.mark.parametrize("kind", ["user", "target"])
def test_a_trace_outside_the_network_is_named(tmp_path, changes, place, kind):
    scenario = traced(tmp_path / "t.csv", [(0, kind, 0, 1.0, 1.0), (9, kind, 0, *place)], **changes)
    positions = Positions([[1.5, 1.5], [1, 2]], [[1, 1]], [[2, 2]]) if "network.layout" not in changes else None
    with pytest.raises(ConfigError, match=f"{kind} 0 at .*the area of the network") as caught:
        deploy(scenario, 0, positions)
        _ = deploy(scenario, 0, positions).targets
    assert caught.value.key == "mobility.positions"


def test_an_area_that_is_not_given_fits_traces_too(tmp_path):
    scenario = traced(tmp_path / "t.csv", [(0, "user", 0, 1.0, 1.0), (9, "user", 0, 7.0, 1.0)])
    assert deploy(scenario, 0, Positions([[0.5, 0.5], [1, 1]], [[0.4, 1]])).side == pytest.approx([10.5, 10.5])


def test_two_places_at_one_time_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="one place of each at a time"):
        check(traced(tmp_path / "t.csv", [(0, "user", 0, 1.0, 1.0), (0, "user", 0, 1.0, 1.1)]),
              positions=Positions([[1.5, 1.5]], [[1, 1]]))


@pytest.mark.parametrize(("named", "words"), [([0, 1], None), ([0], "names 1 of 3 users"), ([0, 2], "names 2 of 3"),
                                              ([0, 1, 2], None), ([3], "numbers below 3")])
def test_who_is_left_out_by_a_file_is_told_and_who_is_not_there_is_refused(tmp_path, named, words, recwarn):
    scenario = traced(tmp_path / "t.csv", [(0, "user", n, 0.2, 0.2) for n in named])
    users = [[1, 1], [1, 1.2], [1, 1.4]][:2 if words is None and len(named) == 2 else 3]
    try:
        check(scenario, positions=Positions([[1.5, 1.5], [0.5, 0.5]], users))
        said = [str(warning.message) for warning in recwarn]
    except ConfigError as error:
        said = [str(error)]
    lines = [line for line in said if "mobility.positions" in line]
    assert (words in lines[0]) if words else not lines


@pytest.mark.parametrize("model", ["power_law", "free_space", "uma"])
def test_a_trace_begins_where_it_says(tmp_path, model):
    """Served, heard and recorded there from the first frame on, and no handover in between."""
    rows = [(0, "user", 0, 1.2, 0.5), (10, "user", 0, 1.2, 0.6), (0, "target", 0, 1.3, 0.5)]
    scenario = traced(tmp_path / "t.csv", rows, **{
        "network.area": 9.0, "propagation.model": model, "simulation.frames": 40, "mobility.hysteresis": 3.0,
        "allocation.users_per_bs": 1, "allocation.targets_per_bs": 1, "antennas.transmit": 2, "backhaul.lead": 0.02,
        "propagation.correlation_distance": 0.0})
    log = run(scenario, Positions([[0.25, 0.5], [1.25, 0.5]], [[0.3, 0.6]], [[0.2, 0.4]]))
    links, drops, start = log.table("links/communication"), log.table("drops"), log.table("positions/users")
    assert np.all(links["station"] == 1) and len(links["frame"]) == 40 and drops["handovers"][0] == 0
    assert links["distance"][0] == pytest.approx(0.05)
    assert (start["x"][0], start["y"][0], start["station"][0]) == (1.2, 0.5, 1)
    assert np.all(log.table("links/sensing")["station"] == 1)


@pytest.mark.parametrize("kind", ["user", "target"])
@pytest.mark.parametrize(("changes", "closest"), [({}, 1.0), ({"network.minimum_distance": 20.0}, 20.0),
                                                  ({"propagation.model": "uma"}, 10.0)])
def test_a_trace_over_a_station_goes_round_it(tmp_path, kind, changes, closest):
    rows = [(n / 100, kind, 0, 0.4 + 0.02 * n, 0.5) for n in range(11)]
    scenario = traced(tmp_path / "t.csv", rows, **{
        "network.area": 4.0, "allocation.users_per_bs": 1, "allocation.targets_per_bs": 1, "simulation.frames": 11,
        **changes})
    places = Positions([[0.5, 0.5], [1.5, 1.5]], [[0.4, 0.5], [1.4, 1.5]], [[0.4, 0.5], [1.4, 1.5]])
    with pytest.warns(UserWarning, match=rf"leads {kind} 0 to 0 m from site 0.*closer than {closest:g} m"):
        log = isacsys.run(scenario, drops=1, executor="serial", positions=places)
    links = log.table("links/communication" if kind == "user" else "links/sensing")
    mine = links[kind] == 0
    way = np.maximum(np.abs(0.02 * links["frame"][mine] - 0.1), closest / 1e3)
    assert links["distance"][mine] == pytest.approx(way) and np.isfinite(links["rate"]).all()
    assert log["communication_rate"].mean is not None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.001, 0.2))
def test_who_is_kept_away_is_moved_to_the_distance_and_nobody_else(seed, closest):
    rng, side = np.random.default_rng(seed), np.array([2.0, 3.0])
    sites = np.array([[0.01, 0.02], [1.0, 1.0], [1.0, 2.9]])
    points = geometry.wrap(np.concatenate([rng.random((300, 2)) * side, sites, sites + rng.normal(0, 0.05, (3, 2))]),
                           side)
    index = geometry.tree(sites, side)
    moved = kept_away(points, index, closest, side)
    before, after = (geometry.nearest(index, some, 1)[0][:, 0] for some in (points, moved))
    near = before < closest
    assert np.array_equal(points[~near], moved[~near]) and after[near] == pytest.approx(closest)
    assert near[300:303].all()
    way = [geometry.displacement(sites[geometry.nearest(index, some, 1)[1][:, 0]], some, side)
           for some in (points, moved)]
    cross = way[0][:, 0] * way[1][:, 1] - way[0][:, 1] * way[1][:, 0]
    assert np.abs(cross).max() < 1e-12 and np.all(np.sum(way[0] * way[1], axis=1) >= 0)


@pytest.mark.parametrize("seed", range(6))
def test_meetings_are_those_that_fine_steps_find(tmp_path, seed):
    rng = np.random.default_rng(seed)
    rows = [(t, "user", n, *rng.random(2).tolist()) for n in range(4) for t in range(5)]
    scenario = traced(tmp_path / "t.csv", rows, **{"network.area": 1.0, "network.minimum_distance": 40.0})
    sites, side = rng.random((6, 2)), np.ones(2)
    index = geometry.tree(sites, side)
    course = Course(scenario, ReceiverType.USER, Box(np.zeros(2), side), side, index)
    who, site, distance = meetings(course, sites, index, side)
    found = {}
    for n in range(4):
        place = np.array([row[3:] for row in rows if row[2] == n])
        for start, end in itertools.pairwise(place):
            step = end - start - np.round(end - start)
            path = start + np.linspace(0, 1, 4001)[:, None] * step
            gap = path[:, None] - sites
            gap = np.linalg.norm(gap - np.round(gap), axis=-1).min(0)
            for s in np.flatnonzero(gap < 0.04):
                found[n, int(s)] = min(found.get((n, int(s)), 1.0), gap[s])
    best = {}
    for key in zip(who.tolist(), site.tolist(), distance.tolist(), strict=True):
        best[key[:2]] = min(best.get(key[:2], 1.0), key[2])
    assert best.keys() == found.keys() and all(best[key] == pytest.approx(found[key], abs=3e-4) for key in best)


def test_all_given_places_are_inside_their_box():
    rng = np.random.default_rng(4)
    groups = [rng.normal(0, 1e4, (n, 2)) for n in (3, 200, 1)]
    box = box_around(groups)
    placed = np.concatenate([box.place(group, "network.positions", str) for group in groups])
    assert np.all((placed >= 0) & (placed < box.extent))
    assert np.array_equal(placed, np.concatenate(groups) - box.origin)


@pytest.mark.parametrize("layout", ["hexagonal", "poisson"])
def test_targets_that_appear_in_an_open_network_are_inside_it_and_as_many_as_leave(layout):
    scenario = Scenario().replace({
        "network.layout": layout, "network.boundary": "open", "network.area": 20.0, "network.minimum_distance": 100.0,
        "network.targets_per_cell": 4.0, "targets.lifetime": 0.05, "simulation.frame_duration": 0.01})
    numbers = []
    for drop in range(12):
        d = deploy(scenario, drop)
        rng = np.random.default_rng(drop)
        groups = [d.appear(scenario, 0.2, rng) for _ in range(50)]
        born = np.concatenate(groups)
        assert d.ground.covers(born).all() and np.all((born >= 0) & (born < d.extent))
        assert geometry.nearest(d.index, born, 1)[0].min() >= 0.1
        numbers += [len(group) - 0.2 * 4.0 * scenario.network.bs_density * d.area for group in groups]
    has_mean(numbers, 0.0)


class Put(Process):
    """Puts user 0 somewhere."""

    def __init__(self, place):
        self.place = place

    def run(self, stage):
        isacsys.User(stage.state, 0).position = self.place
        yield stage.next_frame()


def test_a_process_cannot_put_anybody_outside_an_open_network():
    scenario = Scenario().replace({**FILE, "network.boundary": "open"})
    places = Positions([[10, 10], [11, 11]], [[10.1, 10.2], [10.8, 10.9]])
    with pytest.raises(ConfigError, match="user at .*the area of the network"):
        run(scenario, places, processes=[Put([1.2, 0.5])])
    assert run(scenario, places, processes=[Put([0.9, 0.5])]).table("drops")["drop"][0] == 0


def test_drawn_users_may_be_close_to_given_sites():
    """Formulas are continued below their shortest distance in random layouts; only given positions are refused."""
    scenario = Scenario().replace({"network.layout": "file", "propagation.model": "uma", "network.area": 4.0,
                                   "network.users_per_cell": 3000.0})
    state = NetworkState(scenario, deploy(scenario, 0, Positions([[0.5, 0.5], [1.5, 1.5]])))
    assert 1e3 * state.users.distance.min() < 10
