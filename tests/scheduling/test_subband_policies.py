"""Policies that look at channels, in sub-bands."""

import numpy as np
import pytest

import isacsys
from isacsys.channel.fading import Fading
from isacsys.channel.gaussian import complex_normal
from isacsys.network.fading import FADING
from isacsys.scheduling.schedulers import semi_orthogonal

BASE = {"network.area": 4.0, "simulation.frames": 3, "simulation.drops": 1, "allocation.users_per_bs": 3,
        "allocation.targets_per_bs": 0, "antennas.transmit": 6, "network.users_per_cell": 8.0,
        "simulation.engine": "vectors"}


class Flat(Fading):
    """The same in all sub-bands."""

    def channels(self, links, rng):
        return np.repeat(complex_normal(rng, (len(links), 1, links.antennas)), links.subbands, axis=1)


@pytest.mark.parametrize("policy", ["proportional_fair", "semi_orthogonal"])
def test_sub_bands_that_are_all_alike_choose_as_one_does(policy, monkeypatch, tmp_path):
    monkeypatch.setitem(FADING.built_in, "flat", Flat)
    chosen = []
    for bands in (1, 3):
        some = isacsys.Scenario().replace({**BASE, "fading.model": "flat", "fading.subbands": bands,
                                           "scheduling.policy": policy, "recording.level": "links"})
        run = isacsys.run(some, executor="serial", output=str(tmp_path / f"{bands}.h5"))
        chosen.append(np.asarray(run.table("links/communication")["user"]))
    np.testing.assert_array_equal(*chosen)


def test_users_are_semi_orthogonal_in_every_sub_band():
    """Orthogonal in one sub-band and the same in another: not chosen together where others are orthogonal in both."""
    e = np.eye(4)
    users = np.array([[e[0], e[0]], [e[1], e[0]], [0.9 * e[2], 0.9 * e[3]]])
    chosen = semi_orthogonal(users[None].astype(complex), np.ones((1, 3), bool), 2, 0.4)
    assert chosen[0].tolist() == [0, 2]
    stacked = semi_orthogonal(users[None, :, :1].astype(complex), np.ones((1, 3), bool), 2, 0.4)
    assert stacked[0].tolist() == [0, 1]
