"""Frames of NR sent block by block: the same blocks get through, are lost, and wait."""

import numpy as np
import pytest

from isacsys.config.link import LinkSettings
from isacsys.link import NR, ServedLinks
from tests.twins.link import Twin

USERS, FRAMES, BLOCKS, BANDWIDTH, DURATION = 5, 20, 4, 1e6, 0.002


@pytest.mark.parametrize("harq", ["none", "chase", "incremental_redundancy"])
@pytest.mark.parametrize(("adaptation", "subbands"), [("ideal", 1), ("outer_loop", 2), ("fixed", 1)])
def test_frames_equal_those_of_plain_loops(harq, adaptation, subbands):
    rng = np.random.default_rng(5)
    link = LinkSettings(model="nr", harq=harq, adaptation=adaptation, mcs=12, maximum_transmissions=3)
    model = NR()
    model.prepare(link, BANDWIDTH, DURATION)
    twin = Twin(model.symbols, BLOCKS, adaptation, harq, maximum=3, mcs=12)
    assert model.blocks_per_frame == BLOCKS
    queue = np.where(np.arange(USERS) % 2, np.inf, 0.0)
    seen = np.zeros(6)
    for _ in range(FRAMES):
        queue += rng.integers(0, 4000, USERS)
        served = rng.permutation(USERS)[:3]
        station = served % 2
        mean = rng.uniform(0.5, 2, 3)
        measured = mean[:, None] * np.exp(rng.normal(0, 0.4, (3, subbands)))
        believed = np.exp(rng.normal(1, 1, (3, subbands)))
        sinr = np.round(believed / measured, 2) + 0.01
        luck = rng.random((3, BLOCKS))
        links = ServedLinks(served, station, sinr, queue[served], USERS, lambda b=believed: b,
                            lambda m=measured, a=mean: (m, a), lambda shape, u=luck: u)
        found = model.deliver(links)
        for row, name in enumerate(served):
            wanted = twin.frame(name, station[row], list(sinr[row]), queue[name], luck[row], list(believed[row]),
                                list(measured[row]), mean[row])
            mine = [getattr(found, it)[row] for it in (
                "bits", "lost", "blocks_sent", "blocks_failed", "blocks_lost", "blocks_delivered", "load")]
            assert mine == pytest.approx(wanted, rel=1e-12, abs=1e-9)
            queue[name] -= wanted[0] + wanted[1]
            seen += np.abs(wanted[:6])
        waiting = model.waiting(USERS)
        assert list(waiting) == [len(twin.users[name].waiting) if name in twin.users else 0 for name in range(USERS)]
    assert (seen[[0, 2, 3, 5]] > 0).all() and (adaptation != "fixed" or (seen > 0).all())  # all of it has happened
