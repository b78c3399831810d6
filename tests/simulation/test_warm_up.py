"""Frames that do not count: from the same streams, the rows of a longer run without its first frames."""

import numpy as np
import pytest

import isacsys

BUSY = {"network.area": 9.0, "network.users_per_cell": 6.0, "network.targets_per_cell": 4.0, "antennas.transmit": 6,
        "allocation.users_per_bs": 2, "allocation.targets_per_bs": 2, "allocation.communication_cluster": 2,
        "mobility.user_speed": 30.0, "mobility.target_speed": 20.0, "traffic.model": "poisson",
        "traffic.arrival_rate": 10.0, "backhaul.latency": 0.02, "targets.lifetime": 0.3, "targets.revisit_period": 0.05,
        "recording.level": "full", "tracking.enabled": True, "sensing.coherent_time": 0.005}
SUMS = ("communication_rate", "communication_weighted_rate", "sensing_rate", "null_requests", "transmitting")


def run(frames, warm_up=0, **changes):
    scenario = isacsys.Scenario().replace({**BUSY, **changes, "simulation.frames": frames,
                                           "simulation.warm_up": warm_up})
    return isacsys.run(scenario, drops=2, workers=1, executor="serial")


@pytest.fixture(scope="module")
def pair():
    return run(12), run(7, 5)


def test_every_table_is_that_of_the_longer_run_cut_off(pair):
    longer, cut = pair
    seen = 0
    for table in longer.tables:
        whole, rest = longer.table(table), cut.table(table)
        if "frame" in whole:
            kept = whole["frame"] >= 5
        elif table == "events":
            kept = whole["time"] > 5 * 0.01 - 1e-9
        else:
            continue
        seen += int(kept.sum())
        for name, column in whole.items():
            expected = column[kept]
            if name == "frame":
                expected = expected - 5
            elif name == "time":
                np.testing.assert_allclose(rest[name], expected - 0.05, atol=1e-9)
                continue
            elif name == "count" and table == "events":
                numbered = np.isin(whole["event"][kept], [0, 4])  # frame_start, frame_end: their number
                expected = np.where(numbered, expected - 5, expected)
            np.testing.assert_array_equal(rest[name], expected, err_msg=f"{table}.{name}")
    assert seen > 500


def test_metrics_count_what_is_left(pair):
    longer, cut = pair
    frames, drops = longer.table("frames"), cut.table("drops")
    for name in SUMS:
        expected = [frames[name][(frames["drop"] == drop) & (frames["frame"] >= 5)].sum() for drop in (0, 1)]
        np.testing.assert_allclose(drops[name], expected, rtol=1e-12)
    assert drops["user_time"].sum() == pytest.approx(longer.table("drops")["user_time"].sum() * 7 / 12)
    moved = longer.table("events")
    handovers = moved["count"][(moved["event"] == 8) & (moved["time"] > 0.05 + 1e-9)].sum()
    assert drops["handovers"].sum() == handovers
    files = cut.table("files")
    assert drops["files"].sum() == len(files["drop"])
    assert np.all(files["arrival"] + files["delay"] >= -1e-9)  # delivered in a frame that counts
    links = cut.table("links/communication")
    assert cut["communication_rate_scheduled"].mean == pytest.approx(links["rate"].mean())


def test_without_it_nothing_changes():
    one, other = run(4), run(4, 0)
    for table in one.tables:
        for name, column in one.table(table).items():
            np.testing.assert_array_equal(column, other.table(table)[name])
