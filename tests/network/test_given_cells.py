"""Networks as they stand: cells, users and targets of files, held to hand computations."""

import math
import warnings

import numpy as np
import pytest
from pyproj import Geod

import isacsys
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.network.association_by_power import neighbours
from isacsys.network.receivers import ReceiverType
from isacsys.simulation.drop import check

LIGHT = 3.0e8
FREE = {"propagation.model": "free_space", "antennas.pattern": "tr38901", "antennas.vertical_elements": 8,
        "allocation.users_per_bs": 2, "allocation.targets_per_bs": 1, "network.near_stations": 200,
        "propagation.carrier_frequency": 2e9}


@pytest.fixture
def written(tmp_path):
    def write(text, name="cells.csv"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)
    return write


def scenario(cells, **changes):
    more = {key.replace("__", "."): value for key, value in changes.items()}
    return isacsys.Scenario().replace({**FREE, "network.cells": cells, **more})


def gains(state, kind=ReceiverType.USER):
    members = state.population(kind)
    found = state.large_scale.users if kind == ReceiverType.USER else state.large_scale.targets
    places = state.large_scale.given_places(kind, members.position, np.arange(len(members)))
    return found.everywhere(members.position, places)


def by_hand(cell, user, *, elements=8, frequency=2e9, reference=46.0):
    """Gain of a link in linear units, by the formulas of TR 38.901 section 7.3 and of free space, written out.

    ``cell``: (east m, north m, height, azimuth, downtilt, mechanical tilt, power dBm); ``user``: (east, north, height).
    """
    east, north, up = (a - b for a, b in zip(user, cell[:3], strict=True))
    azimuth, downtilt, tilt, power = cell[3:]
    distance = math.hypot(east, north, up)
    bearing = math.degrees(math.atan2(east, north)) - azimuth  # clockwise from boresight
    ahead, aside = math.hypot(east, north) * math.cos(math.radians(bearing)), \
        math.hypot(east, north) * math.sin(math.radians(bearing))
    t = math.radians(tilt)
    forward, upward = ahead * math.cos(t) - up * math.sin(t), ahead * math.sin(t) + up * math.cos(t)
    phi = math.degrees(math.atan2(aside, forward))
    theta = math.degrees(math.acos(upward / distance))
    element = 8 - min(min(12 * ((theta - 90) / 65) ** 2, 30) + min(12 * (phi / 65) ** 2, 30), 30)
    step = math.pi * (upward / distance - math.cos(math.radians(90 + downtilt)))
    column = abs(sum(complex(math.cos(m * step), math.sin(m * step)) for m in range(elements))) ** 2 / elements
    loss = 20 * math.log10(4 * math.pi * distance * frequency / LIGHT)
    return 10 ** ((element - loss + power - reference) / 10) * column


def test_every_link_is_as_by_hand(written):
    """Azimuth, both tilts, height and power of each cell: 1e-9, for users with heights of their own."""
    rng = np.random.default_rng(5)
    rows, table = [], []
    for site in range(4):
        place = rng.uniform(0, 2, 2).round(3)
        for azimuth in (10, 130.5, 250):
            cell = (azimuth, round(rng.uniform(0, 12), 2), round(rng.uniform(0, 5), 2), round(rng.uniform(30, 49), 1))
            height = round(rng.uniform(15, 45), 1)
            rows.append(f"S{site},{place[0]},{place[1]},{height},{cell[0]},{cell[1]},{cell[2]},{cell[3]}")
            table.append((1e3 * place[0], 1e3 * place[1], height, *cell))
    users = [(*rng.uniform(0, 2, 2).round(4), round(rng.uniform(1, 60), 1)) for _ in range(12)]
    s = scenario(written("site,x,y,height,azimuth,downtilt,mechanical_tilt,power_dbm\n" + "\n".join(rows)),
                 network__users_file=written("x,y,height\n" + "\n".join(f"{x},{y},{h}" for x, y, h in users), "u.csv"))
    state = NetworkState(s, deploy(s, 0))
    expected = [[by_hand(cell, (1e3 * x, 1e3 * y, h)) for cell in table] for x, y, h in users]
    np.testing.assert_allclose(gains(state), expected, rtol=1e-9)
    around = state.around_users(np.arange(len(users)))
    np.testing.assert_allclose(np.sort(around.path_gain, axis=1)[:, -12:], np.sort(expected, axis=1), rtol=1e-9)
    assert state.users.station.tolist() == np.argmax(expected, axis=1).tolist()


def test_between_stations_the_sender_has_its_power_and_both_their_tilts(written):
    rows = [(0.0, 0.0, 30.0, 40.0, 4.0, 3.0, 43.0), (900.0, 500.0, 12.0, 250.0, 2.0, 0.0, 37.0)]
    s = scenario(written("site,x,y,height,azimuth,downtilt,mechanical_tilt,power_dbm\n" + "\n".join(
        f"S{i},{r[0] / 1e3},{r[1] / 1e3},{','.join(map(str, r[2:]))}" for i, r in enumerate(rows))))
    state = NetworkState(s, deploy(s, 0))
    between = state.large_scale.between_cells.everywhere()
    distance = math.hypot(*(a - b for a, b in zip(rows[0][:2], rows[1][:2], strict=True)), 18.0)
    loss = 20 * math.log10(4 * math.pi * distance * 2e9 / LIGHT)
    for sender, receiver in ((0, 1), (1, 0)):
        sent = by_hand(rows[sender], rows[receiver][:3])
        heard = by_hand((*rows[receiver][:6], 46.0), rows[sender][:3]) * 10 ** (loss / 10)
        assert between[receiver, sender] == pytest.approx(sent * heard, rel=1e-9)


def test_an_echo_has_the_power_of_its_cell_once(written):
    def echo(power):
        s = scenario(written(f"site,x,y,height,azimuth,power_dbm\nA,0,0,25,90,{power}\nB,2,0,25,270,46\n"),
                     network__targets_file=written("x,y,height\n0.3,0.05,100\n", "t.csv"))
        state = NetworkState(s, deploy(s, 0))
        return state.large_scale.two_ways(np.array([0]), np.array([0]), np.array([0.304]))[0]

    assert echo(49.0) / echo(46.0) == pytest.approx(10**0.3, rel=1e-12)


def test_a_city_in_degrees(written):
    """30 three-sector sites over 20 km: distances within 1 m of geodesics; an azimuth of 90 degrees points east."""
    rng, geod = np.random.default_rng(8), Geod(ellps="WGS84")
    east, north = rng.uniform(-1e4, 1e4, (2, 30))
    lon, lat, _ = geod.fwd(np.full(30, 13.4), np.full(30, 52.5), np.degrees(np.arctan2(east, north)),
                           np.hypot(east, north))
    rows = [f"S{i},{lon[i]:.9f},{lat[i]:.9f},{azimuth}" for i in range(30) for azimuth in (90, 210, 330)]
    users = geod.fwd(lon, lat, np.full(30, 90.0), np.full(30, 400.0))
    s = scenario(written("site,longitude,latitude,azimuth\n" + "\n".join(rows)), allocation__targets_per_bs=0,
                 network__users_file=written("longitude,latitude\n" + "\n".join(
                     f"{x:.9f},{y:.9f}" for x, y in zip(*users[:2], strict=True)), "u.csv"))
    state = NetworkState(s, deploy(s, 0))
    sites = state.deployment.sites
    i, j = np.triu_indices(30, 1)
    exact = geod.inv(lon[i], lat[i], lon[j], lat[j])[2]
    assert np.abs(1e3 * np.hypot(*(sites[i] - sites[j]).T) - exact).max() < 1
    gain = gains(state)
    own = gain[np.arange(30)[:, None], 3 * np.arange(30)[:, None] + np.arange(3)]
    assert np.all(own[:, 0] > 10 * own[:, 1:].max(axis=1))  # who is 400 m east of a site is ahead of its first cell
    bearing = np.degrees(np.arctan2(*(state.users.position - sites).T[::-1]))
    np.testing.assert_allclose(bearing, 0, atol=0.15)  # grid north is off true north by the convergence, up to 0.14
    back = state.deployment.projection.to_degrees(sites + state.deployment.box.origin)
    np.testing.assert_allclose(back, np.stack([lon, lat], axis=-1), atol=1e-8)


def test_turned_and_moved_every_gain_stays(written):
    rng = np.random.default_rng(2)
    sites, users, azimuth = rng.uniform(0, 3, (5, 2)), rng.uniform(0, 3, (40, 2)), rng.uniform(0, 360, 5)

    def found(turn, shift):
        c, s = round(math.cos(math.radians(turn))), round(math.sin(math.radians(turn)))
        matrix = np.array([[c, s], [-s, c]])  # clockwise
        place, people = sites @ matrix.T + shift, users @ matrix.T + shift
        made = scenario(
            written("site,x,y,azimuth,mechanical_tilt\n" + "\n".join(
                f"S{i},{x!r},{y!r},{a!r},3" for i, ((x, y), a) in enumerate(
                    zip(place.tolist(), ((azimuth + turn) % 360).tolist(), strict=True))), f"c{turn}{shift}.csv"),
            network__users_file=written("x,y\n" + "\n".join(f"{x!r},{y!r}" for x, y in people.tolist()),
                                        f"u{turn}{shift}.csv"))
        return gains(NetworkState(made, deploy(made, 0)))

    plain = found(0, 0.0)
    for turn, shift in ((90, 0.0), (0, 100.0), (90, -100.0), (180, 1.0)):
        np.testing.assert_allclose(found(turn, shift), plain, rtol=1e-9)


def test_the_log_names_each_cell_and_the_origin(written, tmp_path):
    cells = written("site,longitude,latitude,azimuth,height,downtilt,mechanical_tilt,power_dbm\n"
                    "A,11.50,48.10,0,30,4,2,43\nA,11.50,48.10,120,30,5,0,\nB,11.52,48.11,45,22.5,,,40\n")
    s = scenario(cells, recording__level="full", network__users_per_cell=4, network__targets_per_cell=2,
                 simulation__frames=2)
    run = isacsys.run(s, drops=1, workers=1, executor="serial", output=tmp_path / "r.h5")
    log = isacsys.open_run(tmp_path / "r.h5").table("positions/stations")
    assert log["azimuth"].tolist() == [0, 120, 45] and log["site"].tolist() == [0, 0, 1]
    assert log["boresight"].tolist() == [90, 330, 45]
    assert log["height"].tolist() == [30, 30, 22.5] and log["power_dbm"].tolist() == [43, 46, 40]
    assert log["downtilt"].tolist() == [4, 5, 0] and log["mechanical_tilt"].tolist() == [2, 0, 0]
    told = isacsys.open_run(tmp_path / "r.h5").attributes
    middle = told["origin_longitude"], told["origin_latitude"]
    assert middle == pytest.approx(((2 * 11.5 + 11.52) / 3, (2 * 48.1 + 48.11) / 3), abs=1e-6)
    east = log["x"] + told["origin_shift_east_km"]
    north = log["y"] + told["origin_shift_north_km"]
    geod = Geod(ellps="WGS84")
    for i, place in enumerate(((11.5, 48.1), (11.5, 48.1), (11.52, 48.11))):
        azimuth, _, distance = geod.inv(*middle, *place)
        assert 1e3 * math.hypot(east[i], north[i]) == pytest.approx(distance, abs=0.01)
        assert math.degrees(math.atan2(east[i], north[i])) == pytest.approx(azimuth, abs=1e-3)
    assert run["communication_rate"].mean > 0


def test_patterns_of_cells(written, tmp_path):
    lines = "".join(f"{a} {min(a, 360 - a) / 12:.3f}\n" for a in range(360))
    (tmp_path / "a.msi").write_text(f"GAIN 15 dBi\nHORIZONTAL 360\n{lines}VERTICAL 360\n{lines}")
    cells = ("site,x,y,azimuth,pattern,mechanical_tilt\nA,0,0,90,a.msi,4\nA,0,0,210,tr38901,0\nB,1,0,,,\n"
             "C,0,1,270,omni,0\n")
    s = scenario(written(cells), antennas__vertical_elements=1,
                 network__users_file=written("x,y\n0.5,0\n", "u.csv"))
    gain = gains(NetworkState(s, deploy(s, 0)))[0]
    loss = [20 * math.log10(4 * math.pi * math.hypot(1e3 * d, 23.5) * 2e9 / LIGHT)
            for d in (0.5, 0.5, 0.5, math.hypot(0.5, 1))]
    down = math.degrees(math.atan2(23.5, 500)) - 4  # off the tilted boresight
    assert 10 * math.log10(gain[0]) + loss[0] == pytest.approx(15 - abs(down) / 12, abs=2e-3)
    assert 10 * math.log10(gain[2]) + loss[2] == pytest.approx(0, abs=1e-9)
    assert 10 * math.log10(gain[3]) + loss[3] == pytest.approx(0, abs=1e-9)
    for changes, says in (({"antennas.vertical_elements": 4}, "antennas.vertical_elements = 4: 1 with a pattern from"),
                          ({"antennas.downtilt": 96.0}, "antennas.downtilt = 96.0: 90 with a pattern from")):
        with pytest.raises(ConfigError, match=says):
            check(s.replace(changes))
    tilted = scenario(written(cells.replace("mechanical_tilt", "downtilt"), "d.csv"), antennas__vertical_elements=1)
    with pytest.raises(ConfigError, match=r"d.csv, line 2': downtilt 0 with a pattern from a file, a.msi"):
        check(tilted)


def test_files_named_in_files_are_pinned(written, tmp_path):
    from isacsys.config.input_files import pin
    lines = "".join(f"{a} 0\n" for a in range(360))
    (tmp_path / "a.msi").write_text(f"GAIN 15 dBi\nHORIZONTAL 360\n{lines}VERTICAL 360\n{lines}")
    s = scenario(written("site,x,y,azimuth,pattern\nA,0,0,90,a.msi\n"))
    digest = pin(s)["network.cells"]
    (tmp_path / "a.msi").write_text(f"GAIN 14 dBi\nHORIZONTAL 360\n{lines}VERTICAL 360\n{lines}")
    assert pin(s)["network.cells"] != digest
    with pytest.raises(ConfigError, match="does not change during a run"):
        pin(s, {"network.cells": digest})


@pytest.mark.parametrize(("changes", "says"), [
    ({"network.sectors": 3}, "network.sectors = 3: 1 with network.cells"),
    ({"network.positions": "p.csv"}, "network.positions"), ({"network.layout": "hexagonal"}, "network.layout"),
    ({"allocation.communication_cluster": 5}, "at least as many as a cluster")])
def test_what_excludes_cells(written, changes, says):
    with pytest.raises(ConfigError, match=says):
        check(scenario(written("site,x,y\nA,0,0\nB,1,0\n")).replace(changes))


def test_users_need_cells_or_positions(written):
    with pytest.raises(ConfigError, match="network.users_file"):
        isacsys.Scenario().replace({"network.users_file": written("x,y\n0,0\n", "u.csv")})
    with pytest.raises(ConfigError, match=r"network.users_file.*longitude and latitude|x and y in km, as in the file"):
        check(scenario(written("site,x,y\nA,0,0\n"),
                       network__users_file=written("longitude,latitude\n0,0\n", "u.csv")))


def test_a_mast_as_low_as_the_environment_is_refused(written):
    with pytest.raises(ConfigError, match=r"cells.csv, line 3': a height above 1 m"):
        check(scenario(written("site,x,y,height\nA,0,0,25\nB,1,0,0.5\n"), propagation__model="uma"))


def test_indoors_and_remarks(written):
    s = scenario(written("site,x,y,height,downtilt\nA,0,0,25,3\nB,1.5,0,60,\n"), propagation__model="uma",
                 antennas__vertical_elements=1, network__minimum_distance=10.0,
                 network__users_file=written("x,y,indoor\n0.4,0.1,1\n0.4,0.1,0\n", "u.csv"))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        check(s)
    text = " ".join(str(w.message) for w in said)
    for words in ("it has no effect", "2 of 2 cells have no azimuth", "1 of 2 masts are lower or higher"):
        assert words in text
    state = NetworkState(s, deploy(s, 0))
    places = state.large_scale.given_places(ReceiverType.USER, state.users.position, np.arange(2))
    assert places.indoor.tolist() == [True, False]
    assert places.loss_db[0] > 5 and places.loss_db[1] == 0


def test_users_are_drawn_around_the_cells(written):
    s = scenario(written("site,x,y\nA,10,10\nB,12,10\nC,10,12\n"), network__users_per_cell=200)
    d = deploy(s, 0)
    assert d.box.origin == pytest.approx([9, 9]) and d.extent == pytest.approx([4, 4])
    assert len(d.users) == pytest.approx(600, abs=5 * math.sqrt(600))
    alone = deploy(scenario(written("site,x,y\nA,10,10\n", "one.csv")), 0)
    assert alone.extent == pytest.approx([1, 1])


def test_cells_of_a_site_share_its_shadow_whatever_their_height(written):
    """Two masts of one site a millimetre apart in height see one line of sight and one shadow; another site not."""
    s = scenario(written("site,x,y,height\nA,0,0,25\nA,0,0,25.001\nB,1,0,25\n"), propagation__model="uma",
                 network__users_per_cell=60, antennas__vertical_elements=1)
    state = NetworkState(s, deploy(s, 0))
    assert len(state.deployment.masts.position) == 3 and state.deployment.masts.sites == 2
    found = 10 * np.log10(gains(state))
    assert np.abs(found[:, 0] - found[:, 1]).max() < 1e-3
    assert np.abs(found[:, 0] - found[:, 2]).max() > 10


@pytest.mark.parametrize("site", [[0], [0, 1, 2], [0, 0, 0], [0, 1, 0, 2, 0, 1], [2, 0, 0, 1, 2, 2, 2]])
def test_neighbours_of_a_site_against_a_loop(site):
    found = neighbours(np.array(site))
    for cell, mine in enumerate(site):
        others = [c for c, its in enumerate(site) if its == mine]
        place = others.index(cell)
        turned = others[place + 1:] + others[:place]
        assert found[cell][:len(turned)].tolist() == turned
        assert np.all(found[cell][len(turned):] == len(site))


def test_isolation_within_sites_of_different_sizes(written):
    rows = "A,0,0,0,46\nA,0,0,120,43\nA,0,0,240,46\nB,1,0,90,40\nC,0,1,,46\n"
    s = scenario(written(f"site,x,y,azimuth,power_dbm\n{rows}"),
                 sensing__site_isolation_db=60.0)
    state = NetworkState(s, deploy(s, 0))
    around = state.around_stations(np.arange(5))
    heard = {int(c): g for c, g in zip(around.station[0], around.path_gain[0], strict=True) if c < 5 and g > 0}
    assert heard[1] == pytest.approx(10**-6.3) and heard[2] == pytest.approx(1e-6)
    assert 0 not in heard and {3, 4} <= set(heard)
    assert 3 not in around.station[3][around.path_gain[3] > 0]
