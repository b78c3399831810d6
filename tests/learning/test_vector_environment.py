"""Several networks at once: bit for bit as many single environments."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import isacsys.learning as learning
from isacsys import Scenario
from isacsys.core.errors import ConfigError, DropError
from tests.learning.test_acts import wrong_actions

SMALL = {"network.layout": "fixed_count", "network.area": 4.0, "network.users_per_cell": 5.0,
         "network.targets_per_cell": 4.0, "allocation.users_per_bs": 2, "allocation.targets_per_bs": 1,
         "antennas.transmit": 8, "simulation.frames": 3, "simulation.seed": 4}
CHOICES = {"act": "users", "observe": ["mean_sir", "load", "queues"], "reward": "weighted_ase", "drops": range(5, 11)}


def vector(count=3, changes=(), **choices):
    """A vector environment, made as Gymnasium makes it."""
    return gymnasium.make_vec(learning.ID, num_envs=count, vectorization_mode="vector_entry_point",
                              scenario=Scenario().replace({**SMALL, **dict(changes)}), **{**CHOICES, **choices})


@pytest.mark.parametrize(("changes", "choices"), [
    ({}, {}), ({"allocation.targets_per_bs": 0}, {"reward": "throughput"}), ({"simulation.warm_up": 2}, {}),
    ({"link.model": "nr"}, {"act": ["users", "targets"], "reward": "throughput"})])
def test_observations_rewards_and_figures_are_those_of_single_environments(changes, choices):
    many = vector(3, changes, **choices)
    chosen = {**CHOICES, **choices}
    singles = [learning.NetworkEnv(Scenario().replace({**SMALL, **changes}), **chosen) for _ in range(3)]
    seen, info = many.reset(seed=1)
    alone = [env.reset(seed=1 + i) for i, env in enumerate(singles)]
    many.action_space.seed(2)
    for turn in range(4):
        assert info["drop"].tolist() == [one[-1]["drop"] for one in alone]
        assert info["frame"].tolist() == [one[-1]["frame"] for one in alone]
        for name, values in seen.items():
            assert values.tobytes() == np.stack([one[0][name] for one in alone]).tobytes(), name
        assert seen in many.observation_space
        if turn == 3:
            break
        actions = many.action_space.sample()
        row = ({name: values[i] for name, values in actions.items()} if isinstance(actions, dict) else actions[i]
               for i in range(3))
        alone = [env.step(action) for env, action in zip(singles, row, strict=True)]
        seen, rewards, terminated, truncated, info = many.step(actions)
        assert rewards.tolist() == [one[1] for one in alone]
        assert truncated.tolist() == [one[3] for one in alone] == [turn == 2] * 3
        assert not terminated.any()


def test_the_step_after_the_last_frame_begins_the_next_drops():
    many = vector(2)
    assert many.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    assert many.reset()[1]["drop"].tolist() == [5, 6]
    actions = many.action_space.sample()
    for _ in range(3):
        truncated = many.step(actions)[3]
    assert truncated.all()
    _, rewards, _, truncated, info = many.step(actions)
    assert rewards.tolist() == [0, 0]
    assert not truncated.any()
    assert info["drop"].tolist() == [7, 8]
    assert many.reset(seed=[3, 0])[1]["drop"].tolist() == [8, 5]


@pytest.mark.parametrize(("changes", "choices", "names"), [
    ({}, {"act": "allocation"}, "SizesOfFrame"), ({}, {"observe": "channels"}, "ChannelObservation"),
    ({"mobility.user_speed": 3.0}, {}, "mobility.model"), ({"network.layout": "poisson"}, {}, "network.layout")])
def test_what_drops_do_not_share_is_refused(changes, choices, names):
    with pytest.raises(ConfigError, match=names):
        vector(2, changes, **choices)


def test_bad_arguments_are_refused():
    with pytest.raises(ConfigError, match="num_envs"):
        learning.NetworkVectorEnv(0, Scenario().replace(SMALL))
    many = vector(2)
    for seed in ([1, 2, 3], [1, "a"], "ab", -1, 1.5):
        with pytest.raises(ConfigError, match="seed = .*: a whole number from 0 on, or 2 of them"):
            many.reset(seed=seed)
    with pytest.raises(ConfigError, match="options = "):
        many.reset(options=[1])


def test_an_action_that_is_none_is_named_with_its_place():
    one, several = vector(2), vector(2, act=["users", "targets"])
    one.reset()
    several.reset()
    good, both = one.action_space.sample(), several.action_space.sample()
    shapes = [(given, rf"= 'of shape \({len(given)}, .*': real numbers of shape \(2, 4, ")
              for given in (good[:1], good.reshape(8, -1))]
    for given, message in (*wrong_actions(good.shape), *shapes):
        with pytest.raises(ConfigError, match=r"action \(users\) ?" + message):
            one.step(given)
        with pytest.raises(ConfigError, match=r"action \(users\) ?" + message):
            several.step({**both, "users": given})
    last = np.zeros(good.shape)
    last[1, 2, 3] = np.inf
    with pytest.raises(ConfigError, match=r"action \(users\)\[1, 2, 3\] = inf"):
        one.step(last)
    for given in ({"users": good}, {}, {**both, "more": 1}, good, (good, both["targets"])):
        with pytest.raises(ConfigError, match="action = .*: a mapping with users, targets"):
            several.step(given)
    one.step(good)
    several.step(both)


def test_a_drop_that_would_draw_other_numbers_by_itself_is_named():
    many = vector(6, {"network.targets_per_cell": 0.8, "allocation.targets_per_bs": 3}, drops=range(20))
    many.reset()
    with pytest.raises(DropError, match="senses fewer targets"):
        for _ in range(3):
            many.step(many.action_space.sample())
