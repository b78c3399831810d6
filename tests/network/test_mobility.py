"""Movement keeps densities uniform, crosses cell borders as often as it should, and loses nobody."""

import numpy as np
import pytest
from scipy import stats

from isacsys import Scenario
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.network.mobility import Attachment, mover
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.surroundings import UserSurroundings
from tests.statistics import LEVEL


def network(drop=0, **changes):
    scenario = Scenario().replace({
        "network.area": 100, "network.users_per_cell": 20, "network.targets_per_cell": 2, "network.layout":
        "fixed_count", "mobility.user_speed": 20.0, "simulation.frames": 2, **changes})
    return NetworkState(scenario, deploy(scenario, drop))


def moving(state):
    moves = mover(state.scenario, state.users, state.deployment, ReceiverType.USER)
    attachment = Attachment(state.scenario, state.users, state.deployment)
    rng = np.random.default_rng([7, len(state.users)])
    attachment.follow(moves.step(0.0, rng))
    return lambda seconds: attachment.follow(moves.step(seconds, rng))


@pytest.mark.parametrize("model", ["random_direction", "random_waypoint"])
def test_density_stays_uniform(model):
    state = network(**{"network.users_per_cell": 75, "mobility.model": model, "mobility.turn_rate": 0.05})
    step = moving(state)
    for _ in range(60):
        step(10.0)
    cells = np.floor(state.users.position).astype(int)
    counts = np.bincount(cells[:, 0] * 10 + cells[:, 1], minlength=100)
    assert cells.min() >= 0 and cells.max() <= 9
    assert stats.chisquare(counts).pvalue > LEVEL
    speed = state.users.speed_of(np.arange(len(state.users)))
    assert speed == pytest.approx(np.full(len(speed), 20.0))


@pytest.mark.parametrize("model", ["random_direction", "random_waypoint"])
def test_nobody_leaves_a_torus_that_is_no_square(model):
    """Few users in small steps: often one of them is the only one to leave, by either side."""
    state = network(**{"network.layout": "hexagonal", "network.area": 12, "mobility.model": model,
                       "network.users_per_cell": 0.7})
    step, side = moving(state), state.deployment.side
    assert side.max() > 1.05 * side.min() and 2 < len(state.users) < 20
    for _ in range(1500):
        step(2.0)
        assert np.all((state.users.position >= 0) & (state.users.position < side))


def test_turns_come_at_their_rate():
    state = network(**{"network.users_per_cell": 100, "mobility.turn_rate": 0.2})
    step = moving(state)
    before = state.users.velocity.copy()
    step(3.0)
    turned = np.any(state.users.velocity != before, axis=1)
    expected = 1 - np.exp(-0.6)
    assert abs(turned.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / len(turned))


def test_handovers_come_at_the_rate_of_poisson_voronoi_cells():
    """4 v sqrt(lambda_b) / pi per user: straight lines cross cell borders, whose length is 2 sqrt(lambda_b) per area.

    A step of 4 m misses a border crossed twice within it, where two borders meet: under 0.3 % of the crossings.
    """
    rates = []
    for drop in range(16):
        state = network(drop, **{"mobility.turn_rate": 0.0, "network.users_per_cell": 10})
        step = moving(state)
        rates.append(sum(len(step(0.2)) for _ in range(100)) / (len(state.users) * 20.0))
    expected = 4 * 0.020 / np.pi  # 20 m/s, one station per km^2
    error = np.std(rates, ddof=1) / np.sqrt(len(rates))
    assert abs(np.mean(rates) - expected) < 4 * error + 0.003 * expected, (np.mean(rates), expected, error)


@pytest.mark.parametrize("hysteresis", [0.0, 3.0])
def test_association_is_that_of_looking_at_everybody(hysteresis):
    state = network(**{"mobility.hysteresis": hysteresis})
    step, users, points = moving(state), state.users, state.deployment.stations
    ratio = 10 ** (hysteresis / 40)
    serving = users.station.copy()
    for _ in range(40):
        step(2.0)
        gap = np.abs(users.position[:, None] - points)
        distance = np.hypot(*np.moveaxis(np.minimum(gap, state.deployment.side - gap), -1, 0))
        own = distance[np.arange(len(users)), serving]
        better = own > ratio * distance.min(1)
        serving[better] = distance.argmin(1)[better]
        assert np.array_equal(users.station, serving)
        assert users.distance == pytest.approx(distance[np.arange(len(users)), serving])


def test_who_appears_later_is_followed_too():
    state = network(**{"mobility.user_speed": 100.0})
    step, users, points = moving(state), state.users, state.deployment.stations
    for number in range(30):
        if number % 3 == 0:
            place = np.random.default_rng(number).random((50, 2)) * state.deployment.side
            distance, station = state.operating.attach(place)
            users.append(Population(place, station, distance, state.stations))
        step(1.0)
        gap = np.abs(users.position[:, None] - points)
        every = np.hypot(*np.moveaxis(np.minimum(gap, state.deployment.side - gap), -1, 0))
        assert np.array_equal(users.station, every.argmin(1))
        assert users.distance == pytest.approx(every.min(1))


def test_hysteresis_makes_handovers_rarer():
    counts = []
    for hysteresis in (0.0, 6.0):
        state = network(**{"mobility.hysteresis": hysteresis})
        step = moving(state)
        counts.append(sum(len(step(2.0)) for _ in range(40)))
    assert 0 < counts[1] < 0.9 * counts[0]


@pytest.mark.parametrize("hysteresis", [0.0, 6.0])
def test_surroundings_of_moving_users_are_those_of_a_new_look(hysteresis):
    state = network(**{"mobility.hysteresis": hysteresis, "network.users_per_cell": 5})
    step, d = moving(state), state.deployment
    follow = UserSurroundings(state.scenario, state.users, d, state.operating, state.large_scale._horizon)
    rng = np.random.default_rng(0)
    for _ in range(20):
        step(4.0)
        some = rng.permutation(len(state.users))[:100]
        fresh = UserSurroundings(state.scenario, state.users, d, state.operating, state.large_scale._horizon)
        a, b = follow.get(some), fresh.get(some)
        assert np.array_equal(a.station, b.station)
        assert a.path_gain == pytest.approx(b.path_gain) and a.far_field == pytest.approx(b.far_field)
        assert np.array_equal(a.station[:, 0], state.users.station[some])
        if not hysteresis:
            _, station = d.index.query(state.users.position[some], k=16)
            assert np.array_equal(a.station, station)


def tracks(tmp_path, text):
    path = tmp_path / "tracks.csv"
    path.write_text("time,kind,id,x,y\n" + text)
    return {"mobility.model": "file", "mobility.positions": str(path), "mobility.user_speed": 0.0}


def test_tracks_are_linear_in_between_the_shortest_way(tmp_path):
    state = network(**tracks(tmp_path, "0,user,3,9.9,1\n2,user,3,0.1,1\n3,user,3,0.1,2\n1,user,5,4,4\n"))
    still = state.users.position[4].copy()
    step = moving(state)
    assert state.users.position[3] == pytest.approx([9.9, 1]) and state.users.position[5] == pytest.approx([4, 4])
    step(0.5)
    assert state.users.position[3] == pytest.approx([9.95, 1])
    assert state.users.speed_of(np.array([3, 4, 5])) == pytest.approx([100, 0, 0])
    step(2.0)
    assert state.users.position[3] == pytest.approx([0.1, 1.5])
    step(9.0)
    assert state.users.position[3] == pytest.approx([0.1, 2.0])
    assert np.array_equal(state.users.position[4], still) and state.users.speed_of(np.array([3])) == 0


def test_before_its_track_begins_a_user_waits_where_it_begins(tmp_path):
    state = network(**tracks(tmp_path, "2,user,7,3,3\n4,user,7,5,3\n"))
    step, places, speeds = moving(state), [], []
    for _ in range(6):
        places.append(state.users.position[7].tolist())
        speeds.append(float(state.users.speed_of(np.array([7]))[0]))
        step(1.0)
    assert places == [pytest.approx(place) for place in ([3, 3], [3, 3], [3, 3], [4, 3], [5, 3], [5, 3])]
    assert speeds == pytest.approx([0, 0, 1000, 1000, 0, 0])


def test_who_follows_a_track_is_handed_over(tmp_path):
    state = network(**tracks(tmp_path, "0,user,3,1,1\n20,user,3,9,8\n40,user,3,1,8\n0,user,5,4,4\n40,user,5,4,9\n"))
    step, users, points = moving(state), state.users, state.deployment.stations
    served = set()
    for _ in range(40):
        step(1.0)
        gap = np.abs(users.position[:, None] - points)
        every = np.hypot(*np.moveaxis(np.minimum(gap, state.deployment.side - gap), -1, 0))
        assert np.array_equal(users.station, every.argmin(1))
        served.add(int(users.station[3]))
    assert len(served) > 4


@pytest.mark.parametrize(("text", "words"), [
    ("0,user,9999999,1,1\n", "numbers below"), ("0,bird,1,1,1\n", "line 2"), ("x,user,1,1,1\n", "line 2"),
    ("0,user,-1,1,1\n", "line 2")])
def test_bad_tracks_say_what_is_wrong(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words):
        moving(network(**tracks(tmp_path, text)))


@pytest.mark.parametrize("model", ["random_direction", "random_waypoint"])
def test_who_moves_in_a_hexagonal_network_stays_in_its_cells(model):
    """An open network of seven hexagons: nobody leaves them, and they stay filled evenly."""
    scenario = Scenario().replace({
        "network.layout": "hexagonal", "network.boundary": "open", "network.area": 7.0, "network.users_per_cell": 100,
        "mobility.model": model, "mobility.user_speed": 100.0, "mobility.turn_rate": 0.02})
    d = deploy(scenario, 0)
    users = Population(d.users, np.zeros(len(d.users), int), np.zeros(len(d.users)), len(d.stations))
    moves, rng = mover(scenario, users, d, ReceiverType.USER), np.random.default_rng(3)
    speed = None
    for _ in range(400):
        moves.step(0.1, rng)
        assert d.ground.covers(users.position).all()
        now = np.hypot(*users.velocity.T)
        assert speed is None or np.allclose(now[now > 0], 0.1)
        speed = now
    cell = np.bincount(np.argmin(np.linalg.norm(users.position[:, None] - d.sites, axis=-1), axis=1), minlength=7)
    if model == "random_direction":  # in the middle there are more of those who go from one place to another
        assert np.sum((cell - cell.mean()) ** 2 / cell.mean()) < 33.1  # chi-square of 6 degrees, 1 in 10^5


@pytest.mark.parametrize(("boundary", "model"), [
    ("torus", "random_direction"), ("open", "random_waypoint"),
    pytest.param("torus", "random_waypoint", marks=pytest.mark.slow),
    pytest.param("open", "random_direction", marks=pytest.mark.slow)])
def test_movers_keep_the_minimum_distance(model, boundary):
    """And random directions stay uniform up to the circles, as a billiard does."""
    closest = 0.2
    state = network(**{"network.layout": "hexagonal", "network.area": 25, "network.minimum_distance": 1e3 * closest,
                       "network.users_per_cell": 100, "mobility.model": model, "network.boundary": boundary})
    step, d, users = moving(state), state.deployment, state.users
    for _ in range(150):
        step(0.5)
        distance = d.index.query(users.position)[0]
        assert distance.min() >= closest * (1 - 1e-9)
    assert np.median(np.abs(users.speed_of(np.arange(len(users))) - 20.0)) < 1e-9
    if model == "random_direction" and boundary == "torus":
        ring = np.pi * 0.21 * closest**2 * d.index.n  # from closest to 1.1 closest, km^2
        share = ring / (np.prod(d.side) - np.pi * closest**2 * d.index.n)
        near = np.mean(distance < 1.1 * closest)
        assert abs(near - share) < 4 * np.sqrt(share / len(users))
