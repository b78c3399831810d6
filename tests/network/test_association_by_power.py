"""Networks that are built: laws of sites, cells, mean powers, association and what a place remembers."""

import numpy as np
import pytest

import isacsys
from isacsys import Positions, Scenario
from isacsys.analysis._line import line
from isacsys.analysis._numerics import FINER
from isacsys.core import geometry
from isacsys.core.errors import ConfigError
from isacsys.core.geometry import largest
from isacsys.network import NetworkState, deploy
from isacsys.network.receivers import ReceiverType
from isacsys.propagation import find_model, links
from isacsys.propagation.buildings import outdoors
from isacsys.propagation.far_field import FarField
from isacsys.propagation.registry import heights, law_of
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.simulation.drop import Drop, check

UMA = {"propagation.model": "uma", "network.layout": "hexagonal", "network.inter_site_distance": 500.0,
       "network.area": 2.6, "network.sectors": 3, "network.users_per_cell": 15, "network.targets_per_cell": 5,
       "network.minimum_distance": 35, "antennas.pattern": "tr38901", "antennas.vertical_elements": 10,
       "antennas.downtilt": 102.0, "allocation.users_per_bs": 4, "network.target_height": 1.5}


def scenario(**changes):
    return Scenario().replace({**UMA, **{key.replace("__", "."): value for key, value in changes.items()}})


def state(drop=0, positions=None, **changes):
    chosen = scenario(**changes)
    return NetworkState(chosen, deploy(chosen, drop, positions))


def all_gains(network, positions=None):
    return network.large_scale.users.everywhere(network.deployment.users if positions is None else positions)


def test_cells_of_a_site_share_a_place_and_there_are_as_many_as_the_density_says():
    s = state()
    d = s.deployment
    assert len(d.stations) == 3 * len(d.sites)
    np.testing.assert_array_equal(d.stations.reshape(-1, 3, 2), np.repeat(d.sites[:, None], 3, axis=1))
    assert len(d.stations) / d.area == pytest.approx(s.scenario.network.bs_density)


def test_everybody_belongs_to_the_strongest_cell_and_hears_the_strongest():
    s = state(network__indoor_share=0.5)
    gains, users = all_gains(s), np.arange(len(s.users))
    around = s.around_users(users)
    np.testing.assert_array_equal(s.users.station, gains.argmax(1))
    np.testing.assert_allclose(around.path_gain, np.sort(gains, axis=1)[:, :-17:-1], rtol=1e-9)
    np.testing.assert_allclose(around.path_gain.sum(1) + around.far_field, gains.sum(1), rtol=1e-9)
    np.testing.assert_allclose(s.large_scale.users.of(s.deployment.users, around.station), around.path_gain, rtol=1e-4)


def test_sectors_of_a_site_see_one_state():
    """Without a pattern all cells of a site are alike: line of sight and shadowing are the site's."""
    gains = all_gains(state(antennas__pattern="omni", antennas__vertical_elements=1))
    sites = gains.reshape(len(gains), -1, 3)
    np.testing.assert_array_equal(sites, np.repeat(sites[..., :1], 3, axis=-1))


def test_a_third_of_a_turn_moves_sectors_on():
    s = state(propagation__correlation_distance=1.0)
    site, step = s.deployment.sites[0], np.array([0.11, 0.07])
    turn = np.array([[np.cos(2 * np.pi / 3), -np.sin(2 * np.pi / 3)], [np.sin(2 * np.pi / 3), np.cos(2 * np.pi / 3)]])
    antennas, rise = s.large_scale.users._antennas, np.array(-23.5)
    one, turned = (antennas.towards(np.arange(3), 1e3 * way, rise) for way in (step, turn @ step))
    np.testing.assert_allclose(np.roll(one, 1), turned, atol=1e-9)
    assert site.shape == (2,)


def test_a_network_moved_round_the_torus_is_the_same_but_for_its_fields():
    plain = {"propagation.model": "free_space", "network.layout": "file", "network.area": 4.0, "network.sectors": 3,
             "network.inter_site_distance": 0.0}
    rng = np.random.default_rng(0)
    sites, users = rng.random((5, 2)) * 2, rng.random((40, 2)) * 2
    shift = np.array([1.3, 0.6])
    chosen = scenario().replace(plain)
    gains = [all_gains(NetworkState(chosen, deploy(chosen, 0, Positions((sites + s) % 2, (users + s) % 2))))
             for s in (0 * shift, shift)]
    np.testing.assert_allclose(gains[0], gains[1], rtol=1e-8)


def test_links_between_stations_are_reciprocal():
    s = state()
    cells = np.arange(s.stations)
    one, other = np.meshgrid(cells, cells)
    gain = s.path_gain(one, other)
    np.testing.assert_allclose(gain, gain.T, rtol=1e-6)
    site = cells // 3
    assert np.all(gain[site[:, None] == site] == 0) and np.all(gain[site[:, None] != site] > 0)
    around = s.around_stations(cells)
    assert not np.any(around.station // 3 == site[:, None])


def test_all_powers_scaled_change_nothing_without_noise():
    quiet = {"radio__noise_figure_db": 0.0, "radio__bandwidth": 1e-9}
    found = [isacsys.run(scenario(allocation__targets_per_bs=0, radio__transmit_power_dbm=power, **quiet), drops=2,
                         executor="serial")["communication_rate"].mean for power in (30.0, 60.0)]
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_noise_is_that_of_the_bandwidth():
    s = scenario(radio__transmit_power_dbm=43.0, radio__bandwidth=1e7, radio__noise_figure_db=7.0)
    assert 10 * np.log10(s.user_noise) == pytest.approx(-174 + 70 + 7 - 43)
    assert Scenario().user_noise == 0


def test_lines_of_sight_have_their_share_at_every_distance():
    """Single links of many drops, at ten distances: the far field of one state is 30 dB below that of the other."""
    chosen = scenario(network__layout="file", network__sectors=1, antennas__pattern="omni", network__area=4.0,
                      antennas__vertical_elements=1, network__inter_site_distance=0.0,
                      network__minimum_distance=0)
    distance = np.array([20, 40, 60, 90, 130, 180, 250, 350, 500, 800.0])
    users = np.stack([0.1 + distance / 1e3, np.full(10, 0.1)], axis=1)
    seen = []
    for drop in range(400):
        s = NetworkState(chosen, deploy(chosen, drop, Positions([[0.1, 0.1]], users)))
        some = s.large_scale.users
        places = some.places(users)
        link = links(distance[:, None], 25, 1.5, 3.5e9)
        seen.append(some._sky._in_state(1e3 * users, link, places, None).line_of_sight[:, 0])
    share = np.mean(np.broadcast_to(seen, (400, 10)), axis=0)
    expected = np.minimum(18 / distance + np.exp(-distance / 63) * (1 - 18 / distance), 1)
    assert np.all(np.abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / 400) + 1e-12)


def test_a_user_that_returns_finds_the_same_gains():
    s = state(mobility__user_speed=10.0)
    before = all_gains(s)
    all_gains(s, s.deployment.users + 0.01)
    np.testing.assert_array_equal(all_gains(s), before)


def test_followers_are_where_a_fresh_look_would_put_them():
    s = Drop(scenario(mobility__user_speed=2.5, simulation__frames=30, simulation__frame_duration=0.2,
                      allocation__targets_per_bs=0), 0, MemoryRecorder("summary"))
    s.run()
    users, scale = s.stage.state.users, s.stage.state.large_scale
    gains = scale.users.everywhere(users.position)
    own = gains[np.arange(len(users)), users.station]
    behind = gains.max(1) / own  # a line of sight may come or go within half a metre
    assert np.mean(behind == 1) > 0.95


def test_hysteresis_keeps_a_cell():
    calls = [Drop(scenario(mobility__user_speed=30.0, mobility__hysteresis=db, simulation__frames=40,
                           allocation__targets_per_bs=0), 0, MemoryRecorder("full")) for db in (0.0, 6.0)]
    changes = []
    for one in calls:
        one.run()
        changes.append(one.stage.quality.drop()["handovers"])
    assert changes[1] < changes[0]


def test_a_cell_that_is_switched_off_serves_nobody():
    s = state()
    busy = int(np.bincount(s.users.station).argmax())
    s.switch(busy, on=False)
    assert not np.any(s.users.station == busy)
    assert not np.any(s.around_users(np.arange(len(s.users))).station == busy)
    s.switch(busy, on=True)
    np.testing.assert_array_equal(s.users.station, all_gains(s).argmax(1))


@pytest.mark.parametrize("count", [1, 5, 12])
def test_strongest_sorts(count):
    gains = np.random.default_rng(3).random((50, 12))
    column, found = largest(gains, count)
    np.testing.assert_array_equal(found, -np.sort(-gains, axis=1)[:, :count])
    np.testing.assert_array_equal(np.take_along_axis(gains, column, 1), found)


def test_far_field_is_what_lies_beyond():
    """Stations of a Poisson plane drawn out to 30 km: those weaker than a limit, on average."""
    chosen = Scenario().replace({"propagation.model": "uma", "network.bs_density": 4.0, "network.minimum_distance": 30})
    limit, rng, model = 1e-11, np.random.default_rng(1), find_model(chosen)
    power = []
    for _ in range(300):
        r = 1e3 * np.sqrt(rng.uniform(0.03**2, 12**2, rng.poisson(4 * np.pi * (12**2 - 0.03**2))))
        link = links(r, 25, 1.5, 3.5e9)
        link = links(r, 25, 1.5, 3.5e9, rng.random(len(r)) < model.los_probability(link))
        gain = 10 ** (-(model.path_loss(link) + model.shadowing_db(link) * rng.standard_normal(len(r))) / 10)
        power.append(gain[gain < limit].sum())
    found = FarField(chosen, 4.0).beyond(np.array([limit]), outdoors(1, 1.5))[0]
    assert np.mean(power) == pytest.approx(found, abs=4 * np.std(power) / np.sqrt(300) + 0.01 * found)


@pytest.mark.parametrize(("model", "density"), [
    ("uma", 4.0), ("umi", 30.0), ("rma", 0.5), ("inh", 2000.0), ("inf_sl", 800.0), ("inf_dl", 800.0),
    ("inf_sh", 800.0), ("inf_dh", 800.0)])
def test_the_far_field_of_every_model_is_that_of_the_analysis(model, density):
    """Its Lambda, written apart: in halls with high stations a sixth comes from beyond a thousand kilometres."""
    chosen = Scenario().replace({"propagation.model": model, "network.bs_density": density,
                                 "network.minimum_distance": 5})
    table = line(law_of(chosen), density, 1, FINER[0])
    x, mass = table.first + table.step * (np.arange(len(table.below) - 1) + 0.5), np.diff(table.below)
    height = heights(chosen, find_model(chosen))[1]
    for near in (3.0, 30.0, 1000.0):  # stations that are drawn, on average
        edge = int(np.searchsorted(table.below, near))
        limit = np.exp(-(table.first + table.step * edge))
        expected = np.sum(mass[edge:] * np.exp(-x[edge:])) + np.exp(table.tail)
        found = FarField(chosen, density).beyond(np.array([limit]), outdoors(1, height))[0]
        assert found == pytest.approx(expected, rel=0.01), near


def test_cells_beyond_the_torus_are_never_drawn_so_all_of_them_count():
    """The same plane, of which a rectangle around the receiver is drawn."""
    chosen = Scenario().replace({"propagation.model": "uma", "network.bs_density": 4.0, "network.minimum_distance": 30})
    limit, rng, model, side = 1e-12, np.random.default_rng(2), find_model(chosen), np.array([3.0, 2.0])
    power = []
    for _ in range(300):
        r = 1e3 * np.sqrt(rng.uniform(0.03**2, 12**2, rng.poisson(4 * np.pi * (12**2 - 0.03**2))))
        angle = rng.uniform(0, 2 * np.pi, len(r))
        link = links(r, 25, 1.5, 3.5e9)
        link = links(r, 25, 1.5, 3.5e9, rng.random(len(r)) < model.los_probability(link))
        gain = 10 ** (-(model.path_loss(link) + model.shadowing_db(link) * rng.standard_normal(len(r))) / 10)
        outside = (np.abs(r * np.cos(angle)) > 1500) | (np.abs(r * np.sin(angle)) > 1000)
        power.append(gain[(gain < limit) | outside].sum())
    found, infinite = (FarField(chosen, 4.0, *where).beyond(np.array([limit]), outdoors(1, 1.5))[0]
                       for where in ([side], []))
    assert np.mean(power) == pytest.approx(found, abs=4 * np.std(power) / np.sqrt(300) + 0.01 * found)
    assert found > 1.1 * infinite


def test_power_law_with_one_sector_is_the_fast_path_and_equal_to_the_slow_one():
    plain = Scenario().replace({"network.users_per_cell": 5, "network.area": 30, "network.layout": "hexagonal"})
    fast = NetworkState(plain, deploy(plain, 0))
    slow_scenario = plain.replace({"network.sectors": 1, "antennas.vertical_elements": 1, "network.boundary": "open"})
    assert not plain.built and slow_scenario.built
    tilted = plain.replace({"antennas.pattern": "tr38901"})
    slow = NetworkState(tilted, deploy(tilted, 0))
    step = np.linalg.norm(fast.deployment.stations - slow.deployment.stations)
    assert step == 0
    own = slow.large_scale.users._sky
    assert own is not None
    some, users = fast.around_users(np.arange(20)), fast.deployment.users[:20]
    antennas = slow.large_scale.users._antennas
    way = 1e3 * (users[:, None] - fast.deployment.stations[some.station])
    side = 1e3 * fast.deployment.side
    way -= side * np.round(way / side)
    rise = np.full(some.station.shape, -23.5)
    gain = 10 ** (antennas.towards(some.station, way, rise) / 10) * some.path_gain
    np.testing.assert_allclose(slow.large_scale.users.of(users, some.station), gain, rtol=1e-6)


class TestOpenGround:
    def test_rings_of_sites(self):
        d = state(network__boundary="open", network__area=4.1).deployment
        assert len(d.sites) == 19 and d.area == pytest.approx(19 * np.sqrt(3) / 2 * 0.25)
        assert d.ground.covers(d.users).all() and d.ground.covers(d.sites).all()
        nearest = np.linalg.norm(d.users[:, None] - d.sites, axis=-1).min(1)
        assert nearest.max() <= 0.5 / np.sqrt(3) and nearest.min() >= 0.035

    def test_ways_are_straight(self):
        d = state(network__boundary="open", network__area=4.1).deployment
        step = geometry.displacement(d.sites[None], d.users[:, None], d.side)
        np.testing.assert_allclose(step, d.users[:, None] - d.sites[None], atol=1e-12)

    def test_the_area_fits_given_positions(self):
        sites = np.array([[100.0, 50.0], [100.8, 50.1], [100.2, 50.9]])
        chosen = scenario(network__layout="file", network__boundary="open", network__inter_site_distance=0.0)
        d = deploy(chosen, 0, Positions(sites))
        np.testing.assert_allclose(d.extent, [0.8, 0.9])
        np.testing.assert_allclose(d.sites, sites - sites.min(0))
        assert d.users.min() >= 0 and np.all(d.users <= d.extent)

    def test_who_moves_stays_inside(self):
        drop = Drop(scenario(network__boundary="open", mobility__user_speed=100.0, simulation__frames=50,
                             allocation__targets_per_bs=0, network__area=0.3), 0, MemoryRecorder("summary"))
        drop.run()
        position, extent = drop.stage.state.users.position, drop.stage.state.deployment.extent
        assert np.all(position >= 0) and np.all(position <= extent)


@pytest.mark.parametrize(("changes", "key"), [
    ({"propagation__carrier_frequency": 0.1e9}, "propagation.carrier_frequency"),
    ({"network__user_height": 0.9}, "network.user_height"), ({"network__user_height": -1.0}, "network.user_height"),
    ({"sensing__target_type": "cow"}, "sensing.target_type"), ({"propagation__model": "umo"}, "propagation.model"),
    ({"network__target_height": 400.0, "sensing__target_type": "uav_small"}, "network.target_height"),
    ({"network__fewest_storeys": 4, "network__most_storeys": 2}, "network.most_storeys")])
def test_bad_input_is_named(changes, key):
    with pytest.raises(ConfigError) as caught:
        check(scenario(**changes))
    assert caught.value.key == key and "\n" not in str(caught.value)


def test_given_positions_keep_the_shortest_distance():
    chosen = scenario(network__layout="file", network__inter_site_distance=0.0, network__minimum_distance=0.0)
    with pytest.raises(ConfigError, match="at least 10 m"):
        deploy(chosen, 0, Positions([[0.5, 0.5]], [[0.505, 0.5]]))


def test_echoes_are_the_radar_equation():
    s = state(propagation__model="free_space", sensing__target_type="vehicle", antennas__pattern="omni",
              antennas__vertical_elements=1, network__user_height=1.5)
    ids = np.arange(len(s.targets))
    ground = s.targets.distance
    distance = np.sqrt((1e3 * ground) ** 2 + 23.5**2)
    wave = 3e8 / 3.5e9
    radar = wave**2 * 10**1.125 / ((4 * np.pi) ** 3 * distance**4) * 10
    np.testing.assert_allclose(s.large_scale.echo_gain(ids, ground), radar, rtol=1e-6)
    assert ReceiverType.TARGET == 1


def test_everything_runs_together():
    found = isacsys.run(scenario(sensing__target_type="uav_large", network__target_height=100.0, sensing__clutter=True,
                                 allocation__communication_cluster=2, allocation__sensing_cluster=2,
                                 allocation__targets_per_bs=2, antennas__transmit=20, network__indoor_share=0.8,
                                 network__fewest_storeys=4, network__most_storeys=8, mobility__user_speed=3.0,
                                 mobility__target_speed=10.0, backhaul__latency=0.004, targets__lifetime=1.0,
                                 simulation__frames=5), drops=2, executor="serial")
    assert found["sensing_rate"].mean > 0 and found["communication_rate"].mean > 0
