"""Networks that agents drive."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import parallel_api_test

import isacsys
from isacsys import Scenario
from isacsys.core.errors import ConfigError
from isacsys.learning import ID, NetworkEnv, Observation, Reward, parallel_env
from isacsys.recording import MemoryRecorder
from isacsys.simulation import simulate_drop
from isacsys.simulation.drop import Drop

SMALL = Scenario().replace({"network.area": 4, "network.layout": "fixed_count", "network.users_per_cell": 6,
                            "network.targets_per_cell": 4, "antennas.transmit": 8, "allocation.users_per_bs": 2,
                            "allocation.targets_per_bs": 1, "allocation.communication_cluster": 2,
                            "allocation.sensing_cluster": 2, "simulation.frames": 5, "scheduling.policy": "nearest"})
TRACKS = {"tracking.enabled": True, "mobility.target_speed": 20.0}
FRAMES = ("communication_rate", "sensing_rate", "communication_links", "null_requests", "null_refused",
          "communication_weighted_rate", "sensing_weighted_rate")


def env(changes=(), **options):
    return NetworkEnv(SMALL.replace(dict(changes)), **{"drops": range(4), **options})


def quietly(check, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(*arguments, **options)


@pytest.mark.parametrize("options", [
    {}, {"act": "targets", "observe": ["queues", "load"]}, {"act": "allocation", "reward": "weighted_ase"},
    {"act": ["users", "allocation"], "observe": ["mean_sir", "channels"]},
    {"observe": "tracks", "reward": "track_error", "changes": TRACKS},
    {"act": "sensing_power", "changes": {"precoding.sensing_power": 0.5}},
    {"observe": "channels", "changes": {"fading.subbands": 4, "simulation.warm_up": 2}},
    {"changes": {"traffic.model": "poisson", "traffic.arrival_rate": 20.0, "mobility.user_speed": 30.0},
     "users_at_most": 24}])
def test_gymnasium_finds_nothing_to_warn_of(options):
    changes = {"antennas.transmit": 16, **options.pop("changes", {})}
    quietly(check_env, env(changes, **options))


def test_it_is_registered():
    made = gymnasium.make(ID, scenario=SMALL, drops=range(2))
    assert isinstance(made.unwrapped, NetworkEnv)
    vector = gymnasium.make_vec(ID, num_envs=2, vectorization_mode="sync", scenario=SMALL, drops=range(2))
    seen, _ = vector.reset(seed=1)
    assert seen["mean_sir"].shape == (2, 4, made.unwrapped.sizes.users)


@pytest.mark.parametrize("options", [{}, {"act": ["users", "targets"], "observe": ["mean_sir", "load"],
                                          "reward": "weighted_ase"}])
def test_pettingzoo_finds_nothing_to_warn_of(options):
    quietly(parallel_api_test, parallel_env(SMALL, drops=range(4), **options), num_cycles=30)


def rows_of_run(scenario, drop, table="frames"):
    recorder = MemoryRecorder(scenario.recording.level)
    simulate_drop(scenario, drop, recorder)
    return recorder.read(table)


def rows_of_agent(made, drop, agent):
    """Let an agent act through a drop; return what was recorded."""
    made.reset(options={"drop": drop})
    truncated = False
    while not truncated:
        _, _, _, truncated, _ = made.step(agent(made))
    return made._driver.recorder.read("frames")


def ranks(made, score):
    """Scores in [0, 1] that rank the users of every cell by a score [user], ties as they are."""
    places = np.unique(score, return_inverse=True)[1] / max(len(score), 1)
    return np.where(made.view.users >= 0, places[np.maximum(made.view.users, 0)], 1.0)


def nearest(made):
    """Distances of its own making, on the torus."""
    network, d = made.network, made.network.deployment
    way = network.users.position - d.stations[network.users.station]
    way -= d.side * np.round(way / d.side)
    return ranks(made, np.hypot(*way.T))


class Fair:
    """Proportional fair from what is observed and what it has seen of rates, by its own formulas."""

    def __init__(self):
        self.frame = None

    def __call__(self, made):
        network, scenario = made.network, made.scenario
        record = made.record
        if record is None:
            self.mean = np.zeros(len(network.users))
        else:
            window = scenario.scheduling.rate_window
            served = record.frame_state.selection.users.ids
            self.mean *= 1 - 1 / window
            self.mean[served] += record.users.rate / window
        antennas, streams = scenario.antennas.transmit, scenario.allocation.users_per_bs
        power = np.sum(np.abs(network.channels) ** 2, axis=-1)
        sir = network.mean_sir(np.arange(len(network.users))) * power * (antennas - streams + 1) / (antennas * streams)
        return ranks(made, -np.log2(1 + sir) / np.maximum(self.mean, 1e-12))


@pytest.mark.parametrize("changes", [{}, {"traffic.model": "poisson", "traffic.arrival_rate": 20.0,
                                          "mobility.user_speed": 30.0, "targets.lifetime": 0.1},
                                     {"simulation.warm_up": 3, "link.model": "nr", "link.harq": "chase"}])
def test_an_agent_that_ranks_by_distance_gets_the_numbers_of_nearest(changes):
    scenario = SMALL.replace({**changes, "simulation.frames": 12})
    made = NetworkEnv(scenario, drops=range(3), users_at_most=24, targets_at_most=24)
    for drop in range(3):
        one, other = rows_of_run(scenario, drop), rows_of_agent(made, drop, nearest)
        for name in one:
            assert one[name].tobytes() == other[name].tobytes(), name


def test_an_agent_that_is_proportionally_fair_gets_the_numbers_of_that_policy():
    scenario = SMALL.replace({"scheduling.policy": "proportional_fair", "simulation.frames": 30})
    made = NetworkEnv(scenario, observe="channels", drops=range(2))
    for drop in range(2):
        one, other = rows_of_run(scenario, drop), rows_of_agent(made, drop, Fair())
        for name in one:
            assert one[name].tobytes() == other[name].tobytes(), name


def test_an_agent_that_keeps_the_scenarios_sizes_gets_the_run():
    made = env(act="allocation")
    one, other = rows_of_run(SMALL, 2), rows_of_agent(made, 2, lambda _: np.array([2, 2, 1, 2]))
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name
    less = rows_of_agent(made, 2, lambda _: np.array([1, 1, 0, 1]))
    assert (less["communication_links"] <= 4).all()
    assert (less["sensing_links"] == 0).all()
    assert (less["null_requests"] == 0).all()


def test_a_seed_is_the_number_of_a_drop():
    made = env(drops=[3, 5, 8])
    for seed, drop in ((0, 3), (1, 5), (5, 8), (7, 5)):
        assert made.reset(seed=seed)[1]["drop"] == drop
    assert made.reset()[1]["drop"] == 8
    assert made.reset()[1]["drop"] == 3
    assert made.reset(options={"drop": 8})[1]["drop"] == 8
    positions = made.network.users.position
    twin = Drop(made.scenario, 8, MemoryRecorder("summary")).stage.state.users.position
    assert (positions == twin).all()
    with pytest.raises(ConfigError, match="options: drop = 4: one of the drops"):
        made.reset(options={"drop": 4})


def test_an_episode_is_a_drop():
    made = env()
    made.reset(seed=0)
    ends = [made.step(made.action_space.sample())[2:4] for _ in range(5)]
    assert ends == [(False, False)] * 4 + [(False, True)]
    with pytest.raises(gymnasium.error.ResetNeeded):
        made.step(made.action_space.sample())
    with pytest.raises(gymnasium.error.ResetNeeded):
        env().step(0)


def test_rewards_are_figures_of_the_frame():
    for reward in ("weighted_ase", "throughput"):
        made = env({"allocation.weight": 0.3}, reward=reward)
        made.reset(seed=1)
        total = 0.0
        for _ in range(5):
            _, value, _, _, info = made.step(made.action_space.sample())
            total += value
            if reward == "weighted_ase":
                assert value == pytest.approx(0.3 * info["communication_ase"] + 0.7 * info["sensing_ase"])
            else:
                assert value == pytest.approx(info["communication_ase"] * 4 / 4 * SMALL.bandwidth / 1e6)
    cells = parallel_env(SMALL, drops=range(2))
    cells.reset(seed=1)
    _, rewards, *_ = cells.step({agent: cells.action_space(agent).sample() for agent in cells.agents})
    assert np.mean(list(rewards.values())) == pytest.approx(
        cells.env.record.users.rate.sum() / 4 * SMALL.bandwidth / 1e6)


def test_throughput_of_blocks_is_what_users_of_the_log_got():
    """Of a link model that delivers blocks, in Mbit/s: what links of the log sum up to over the drop."""
    made = env({"link.model": "nr", "recording.level": "links"}, reward="throughput")
    made.reset(options={"drop": 1})
    total, truncated = 0.0, False
    while not truncated:
        _, value, _, truncated, _ = made.step(made.action_space.sample())
        total += value
    bits = made._driver.recorder.read("links/communication")["bits_delivered"].sum()
    assert total * SMALL.simulation.frame_duration == pytest.approx(bits / 1e6 / 4) and bits > 0


def test_observations_are_of_the_next_frame_and_of_the_right_users():
    made = env(observe=["mean_sir", "queues", "load", "channels"])
    seen, _ = made.reset(seed=2)
    network, ids = made.network, made.view.users
    assert (np.sort(ids[ids >= 0]) == np.arange(len(network.users))).all()
    for cell, row in enumerate(ids):
        there = row[row >= 0]
        assert (network.users.station[there] == cell).all()
        assert seen["mean_sir"][cell, :len(there)] == pytest.approx(10 * np.log10(network.mean_sir(there)), rel=1e-5)
        assert seen["users_mask"][cell].sum() == len(there)
    assert seen["load"][:, 0] == pytest.approx(network.users.count / made.sizes.users)
    channels = seen["channels"][..., 0] + 1j * seen["channels"][..., 1]
    made.step(made.action_space.sample())
    served = made.record.frame_state.selection.users.ids
    cell, slot = np.nonzero(np.isin(ids, served))
    assert channels[cell, slot] == pytest.approx(made.record.frame_state.schedule.channels[
        np.argsort(served)[np.searchsorted(np.sort(served), ids[cell, slot])]], rel=1e-5)


class Served(Reward):
    def value(self, record):
        return float(len(record.users.rate))


class Ones(Observation):
    def shape(self, sizes):
        return sizes.cells, 1

    def values(self, view):
        return np.full((view.sizes.cells, 1), 7.0)


def test_objects_of_a_users_own():
    made = env(observe=Ones(), reward=Served())
    seen, _ = made.reset()
    assert (seen["Ones"] == 1).all()
    assert made.step(made.action_space.sample())[1] == len(made.record.users.rate)


class Lost(Reward):
    def value(self, record):
        return float("nan")


class Twos(Observation):
    def shape(self, sizes):
        return (2,)

    def values(self, view):
        return np.ones(3)


def test_a_reward_and_an_observation_that_are_none_are_named():
    made = env(reward=Lost())
    made.reset(seed=0)
    with pytest.raises(ConfigError, match=r"reward \(Lost\) = nan: a finite number"):
        made.step(made.action_space.sample())
    with pytest.raises(ConfigError, match=r"observe \(Twos\) = 'values of shape \(3,\)': values of shape \(2,\)"):
        env(observe=Twos()).reset()


def test_cells_are_reset_first_and_all_act():
    cells = parallel_env(SMALL, drops=range(2))
    with pytest.raises(gymnasium.error.ResetNeeded):
        cells.step({})
    cells.reset(seed=0)
    with pytest.raises(ConfigError, match=r"actions = \['cell_0'\]: one of every agent"):
        cells.step({"cell_0": cells.action_space("cell_0").sample()})


def test_options_that_are_none_are_refused():
    with pytest.raises(ConfigError, match=r'options = .*: a mapping, {"drop": d}'):
        env().reset(options=[1])


def test_a_warm_up_is_frames_before_the_first_that_the_scenario_decides():
    """Then an agent sees, and is paid, what it would after as many frames of a longer drop."""
    changes = {"traffic.model": "poisson", "traffic.arrival_rate": 20.0, "mobility.user_speed": 30.0, **TRACKS}
    options = {"act": ["users", "targets"], "observe": ["queues", "mean_sir", "load", "tracks"],
               "users_at_most": 24, "targets_at_most": 24}
    warm = env({**changes, "simulation.warm_up": 3, "simulation.frames": 4}, **options)
    cold = env({**changes, "simulation.frames": 7}, **options)
    one, told = warm.reset(seed=1)
    assert told["frame"] == 0
    cold.reset(seed=1)
    for _ in range(3):
        cold.acts, acts = {}, cold.acts  # nobody decides
        cold.step({})
        cold.acts = acts
    other = cold._look()[0]
    for left in range(4, 0, -1):
        for name in one:
            assert one[name].tobytes() == other[name].tobytes(), name
        action = warm.action_space.sample()
        one, paid, _, ended, told = warm.step(action)
        other, due, *_ = cold.step(action)
        assert paid == due
        assert ended == (left == 1)
    assert told["frame"] == 4


@pytest.mark.parametrize(("changes", "options", "message"), [
    ({"network.layout": "poisson"}, {}, "network.layout = 'poisson'"),
    ({"backhaul.lead": 0.01}, {}, "backhaul.lead = 0.01: 0"),
    ({}, {"act": "user"}, "act = 'user': one of users, targets"),
    ({}, {"observe": []}, "at least one"),
    ({}, {"reward": "money"}, "reward = 'money'"),
    ({}, {"reward": ["throughput", "weighted_ase"]}, "reward = .*: one: "),
    ({}, {"act": None}, "act = None: one of users"),
    ({}, {"reward": "track_error"}, "tracking.enabled"),
    ({}, {"observe": "tracks"}, "tracking.enabled"),
    ({}, {"act": "sensing_power"}, "precoding.sensing_power = 0.0: above 0"),
    ({}, {"drops": []}, "drops = "),
    ({}, {"users_at_most": 2}, r"users_at_most = 2: at least \d+, the users of cell \d in frame 0"),
    ({}, {"users_at_most": 0}, "users_at_most = 0"),
])
def test_what_cannot_be_an_environment_is_refused_in_a_line(changes, options, message):
    with pytest.raises(ConfigError, match=message):
        env(changes, **options).reset()


def test_what_is_of_the_network_cannot_be_of_a_cell():
    with pytest.raises(ConfigError, match="act = 'allocation': what every cell can decide by itself"):
        parallel_env(SMALL, act="allocation")
    assert isacsys.learning.NetworkEnv is NetworkEnv
