"""Handovers: when they must happen, by hand; back and forth; and the rule against a plain loop."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import isacsys
from isacsys.network.time_to_trigger import PingPongs, TimeToTrigger

STATIONS = "kind,x,y\nstation,1,2\nstation,3,2\nstation,1,3.9\nstation,3,3.9\n"
FRAME = 0.01


def drive(tmp_path, trace, frames, cells="", **changes):
    (tmp_path / "s.csv").write_text(STATIONS + "user,1.5,2.0\nuser,3,3\n")
    (tmp_path / "t.csv").write_text("time,kind,id,x,y\n" + trace)
    (tmp_path / "c.csv").write_text("site,x,y\nA,1,2\nB,3,2\n")
    (tmp_path / "u.csv").write_text("x,y\n1.5,2\n3,2.5\n")
    places = {"network.cells": str(tmp_path / "c.csv"), "network.users_file": str(tmp_path / "u.csv"),
              "propagation.model": "free_space", "network.user_height": 25.0} if cells else {
        "network.layout": "file", "network.positions": str(tmp_path / "s.csv"), "network.area": 16.0}
    more = {key.replace("__", "."): value for key, value in changes.items()}
    scenario = isacsys.Scenario().replace({
        **places, "mobility.model": "file", "mobility.positions": str(tmp_path / "t.csv"), "simulation.frames": frames,
        "simulation.frame_duration": FRAME, "recording.level": "full", "allocation.targets_per_bs": 0,
        "allocation.users_per_bs": 1, **more})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return isacsys.run(scenario, drops=1, workers=1, executor="serial")


def handovers(run, user=0):
    events = run.table("events")
    mine = (events["event"] == 8) & (events["subject"] == user) & (events["count"] > 0)
    return np.round(events["time"][mine] / FRAME).astype(int).tolist()


@pytest.mark.parametrize(("cells", "trigger"), [
    ("", 0.045), ("cells", 0.5), pytest.param("", 0.5, marks=pytest.mark.slow),
    pytest.param("cells", 0.045, marks=pytest.mark.slow)])
def test_a_drive_between_two_sites_switches_to_the_frame(tmp_path, cells, trigger):
    """100 m/s from (1.95, 2) to the right: with exponent a, h dB and sites 2 km apart it is due where
    (2 - x) 10^(h / (10 a)) = x, x from the left site; and ``trigger`` later, on the next frame boundary."""
    hysteresis = 0.7 if cells else 1.4
    run = drive(tmp_path, "0,user,0,1.95,2\n2,user,0,2.15,2\n", 260, cells, mobility__hysteresis=hysteresis,
                mobility__time_to_trigger=trigger)
    ratio = 10 ** (hysteresis / (10 * (2 if cells else 4)))
    entered = math.ceil((2 * ratio / (1 + ratio) - 0.95) / 0.1 / FRAME)  # s of the drive, in frames
    assert handovers(run) == [entered + math.ceil(trigger / FRAME - 1e-9)]


def test_who_turns_back_in_time_stays(tmp_path):
    ratio = 10 ** (3 / 40)
    there = 2 * ratio / (1 + ratio) + 1 + 0.02  # 20 m beyond the point
    trace = f"0,user,0,{there - 0.2},2\n2,user,0,{there},2\n4,user,0,{there - 0.2},2\n"
    settings = {"mobility__hysteresis": 3.0}
    beyond = math.floor(0.4 / FRAME)  # frames on the other side: 0.2 s up and 0.2 s down
    assert handovers(drive(tmp_path, trace, 250, **settings, mobility__time_to_trigger=(beyond + 1) * FRAME)) == []
    assert len(handovers(drive(tmp_path, trace, 250, **settings, mobility__time_to_trigger=(beyond - 2) * FRAME))) == 1


def test_back_and_forth_is_a_ping_pong(tmp_path):
    trace = "".join(f"{0.4 * i},user,0,{2 + 0.05 * (-1) ** i},2\n" for i in range(7))
    run = drive(tmp_path, trace, 240, mobility__ping_pong_time=0.3)
    assert handovers(run) == [20 * i + 1 for i in (1, 3, 5, 7, 9, 11)]
    assert run["handover_rate"].mean == pytest.approx(6 / (2.4 * 2))
    assert run["ping_pong_share"].mean == 0
    run = drive(tmp_path, trace, 240)
    assert run["ping_pong_share"].mean == pytest.approx(5 / 6)


@given(st.integers(0, 4), st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30))
def test_the_rule_against_a_loop(frames, course):
    """One user; in every frame the best station, and whether it is better enough than the serving one."""
    scenario = isacsys.Scenario().replace({"mobility.time_to_trigger": frames * FRAME})
    trigger, candidate, since = TimeToTrigger(scenario), -1, 0
    for now, (best, better) in enumerate(course):
        trigger.tick(1)
        found = trigger.ripe(np.array([0]), np.array([best]), np.array([better]))[0]
        if not better:
            candidate = -1
        elif candidate != best:
            candidate, since = best, now
        ripe = better and now - since >= frames
        assert found == ripe
        if ripe:
            candidate = -1


def test_ping_pongs_by_hand():
    counted = PingPongs(isacsys.Scenario())  # 1 s is 100 frames
    one = np.array([0])
    assert counted.count(10, one, np.array([4]), np.array([7]), 3) == 0
    assert counted.count(110, one, np.array([7]), np.array([4]), 3) == 1
    assert counted.count(211, one, np.array([4]), np.array([7]), 3) == 0
    assert counted.count(212, np.array([0, 2]), np.array([7, 1]), np.array([5, 2]), 3) == 0
