"""Actions that are none: one line of error that names them."""

import gymnasium
import numpy as np
import pytest

from isacsys.core.errors import ConfigError, SchedulingError
from isacsys.learning import Act, Decision, parallel_env
from tests.learning.test_environment import SMALL, env


@pytest.mark.parametrize(("options", "action", "message"), [
    ({}, np.zeros(3), r"action \(users\) = 'of shape \(3,\)': real numbers of shape \(4, \d+\)"),
    ({}, "up", r"action \(users\) = 'up': real numbers"),
    ({}, "nan", r"action \(users\)\[0, 0\] = nan: finite numbers"),
    ({}, "imaginary", r"action \(users\) = 'of shape .* and type complex128': real numbers of shape"),
    ({}, "two", r"action \(users\)\[0, 0\] = 2.0: numbers from 0.0 to 1.0"),
    ({"act": "allocation"}, [2, 2, 1, 3], r"action \(allocation\)\[3\] = 3.0"),
    ({"act": "allocation"}, [0, 1, 1, 1], r"action \(allocation\)\[0\] = 0.0"),
    ({"act": "allocation"}, [1.5, 1, 1, 1], "whole numbers"),
    ({"act": "allocation", "changes": {"allocation.users_per_bs": 4}}, [4, 2, 1, 2],
     r"K L \+ J \(Q - 1\) \+ 1 = 10: at most antennas.transmit = 8"),
    ({"act": ["users", "targets"]}, {"users": 0}, "a mapping with users, targets"),
])
def test_an_action_that_is_none_is_named(options, action, message):
    made = env(options.pop("changes", {}), **options)
    made.reset(seed=0)
    if isinstance(action, str) and action != "up":
        action = np.full(made.action_space.shape, {"nan": np.nan, "two": 2.0, "imaginary": 1j}[action])
    with pytest.raises(ConfigError, match=message):
        made.step(action)


class Odd(Act):
    """Decides what it is given."""

    def __init__(self, decision):
        self.decision = decision

    def space(self, sizes):
        return gymnasium.spaces.Discrete(2)

    def decide(self, action, view):
        return self.decision


@pytest.mark.parametrize(("decision", "message"), [
    (None, r"act \(Odd\) = None: an isacsys.learning.Decision"),
    (Decision(users=np.zeros(2)), r"act \(Odd\) = 'scores of shape \(2,\)': a score of each of the 24 users"),
    (Decision(targets=np.zeros((16, 1))), "a score of each of the 16 targets"),
    (Decision(chosen_users={99: [0]}), r"act \(Odd\) = 99: cells from 0 to 3"),
])
def test_a_decision_that_is_none_is_named(decision, message):
    made = env(act=Odd(decision))
    made.reset(seed=0)
    with pytest.raises(ConfigError, match=message):
        made.step(0)


def wrong_actions(shape):
    """What is no action of [shape], and what the message says of it."""
    yield np.zeros(2), r"= 'of shape \(2,\)': real numbers of shape"
    yield np.full(shape, np.nan), r"\[.*\] = nan: finite numbers"
    yield np.full(shape, 1.5), r"\[.*\] = 1.5: numbers from 0.0 to 1.0"
    for given in (np.full(shape, 1j), np.full(shape, "0.5"), np.zeros(shape, "M8[s]"), np.full(shape, 10**400, object)):
        yield given, r"= 'of shape .* and type .*': real numbers of shape"
    for given in ("up", [[0.1, 0.2], [0.3]], None, {"users": 0}):
        yield given, r"= .*: real numbers of shape"


def test_an_action_of_a_cell_that_is_none_is_named_with_the_cell():
    one, several = (parallel_env(SMALL, drops=range(2), act=act) for act in ("users", ["users", "targets"]))
    one.reset(seed=0)
    several.reset(seed=0)
    good = {agent: one.action_space(agent).sample() for agent in one.agents}
    both = {agent: several.action_space(agent).sample() for agent in one.agents}
    for given, message in wrong_actions(good["cell_2"].shape):
        who = r"action \(users\)\[2, 0\]" if message.startswith("\\[") else r"action of cell_2 \(users\) "
        with pytest.raises(ConfigError, match=who + message.removeprefix(r"\[.*\]")):
            one.step({**good, "cell_2": given})
        with pytest.raises(ConfigError, match=who + message.removeprefix(r"\[.*\]")):
            several.step({**both, "cell_2": {**both["cell_2"], "users": given}})
    for given in ({"users": both["cell_2"]["users"]}, {}, {**both["cell_2"], "more": 1}, good["cell_2"], ()):
        with pytest.raises(ConfigError, match="action of cell_2 = .*: a mapping with users, targets"):
            several.step({**both, "cell_2": given})
    one.step(good)
    several.step(both)


class Stranger(Act):
    """Serves user 0 in every cell."""

    def space(self, sizes):
        return gymnasium.spaces.Discrete(2)

    def decide(self, action, view):
        return Decision(chosen_users={cell: [0] for cell in range(view.sizes.cells)})


def test_a_user_of_another_cell_is_named():
    made = env(act=Stranger())
    made.reset(seed=0)
    with pytest.raises(SchedulingError, match=r"chose user 0 at station \d, not one of its own \(drop 0, frame 0"):
        made.step(0)
