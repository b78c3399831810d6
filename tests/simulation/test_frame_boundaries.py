"""What a file or a setting puts on a frame boundary happens there, once, whatever rounding makes of the time."""

import collections
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

import isacsys
from isacsys import Positions, Process, Scenario
from isacsys.core.random_streams import Purpose
from isacsys.network.association_by_power import PERIOD, Measuring
from isacsys.network.deployment import deploy
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import NullRequests
from isacsys.network.state import NetworkState
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.recording.schema import EVENTS
from isacsys.simulation.backhaul import Backhaul
from isacsys.simulation.stage import EventLog

ONE = Positions([[0.5, 0.5]], users=[[0.6, 0.5]])
FEW = {"network.layout": "file", "network.area": 1.0, "allocation.users_per_bs": 1, "allocation.targets_per_bs": 0,
       "antennas.transmit": 2, "propagation.noise_power": 1e-3, "recording.level": "full"}


def run(changes, positions=ONE, **more):
    return isacsys.run(Scenario().replace({**FEW, **changes}), drops=1, executor="serial", positions=positions, **more)


@pytest.mark.parametrize(("frame", "digits", "lead"), [
    pytest.param(frame, digits, lead, marks=[pytest.mark.slow] * ((i + j) % 2))
    for i, (frame, digits) in enumerate([(0.01, 2), (0.001, 3), (0.1, 1), (0.07, 2)]) for j, lead in enumerate([3, 0])])
def test_files_that_arrive_at_frame_boundaries_arrive_once(tmp_path, frame, digits, lead):
    trace, count = tmp_path / "arrivals.csv", 120
    trace.write_text("time,user,bits\n" + "".join(f"{n * frame:.{digits}f},0,{1000 + n}\n"
                                                  for n in range(-lead, count)))
    log = run({"traffic.model": "file", "traffic.arrivals": str(trace), "simulation.frames": count + 10,
               "simulation.frame_duration": frame, "backhaul.lead": lead * frame})
    got = collections.Counter(np.round(log.table("files")["size"]).astype(int).tolist())
    assert got == {1000 + n: 1 for n in range(-lead, count)}
    events, frames = log.table("events"), {}
    for time, event, number in zip(*(events[name] for name in ("time", "event", "count")), strict=True):
        if event == EVENTS.index("files_arrived"):
            frames[round(time / frame)] = int(number)
    assert frames == {n + 1: 1 for n in range(-lead, count)}


class Sleeper(Process):
    """Waits again and again, and notes where it is."""

    seen: ClassVar = []

    def __init__(self, waits):
        self.waits = waits

    def run(self, stage):
        for seconds in self.waits:
            yield stage.wait(seconds)
            self.seen.append(stage.now)


@pytest.mark.parametrize("frame", [
    0.1, 0.07, *(pytest.param(frame, marks=pytest.mark.slow) for frame in (0.01, 0.003))])
def test_waiting_for_whole_frames_ends_on_the_boundary(frame):
    Sleeper.seen.clear()
    frames = [1, 3, 7, 2, 9, 29, 57, 13]
    waits = [round(n * frame, 4) for n in frames]
    run({"simulation.frames": 150, "simulation.frame_duration": frame}, processes=[Sleeper(waits)])
    assert Sleeper.seen == np.cumsum(frames).tolist()


def test_parts_of_frames_end_on_the_boundary_too():
    Sleeper.seen.clear()
    run({"simulation.frames": 20, "simulation.frame_duration": 0.1}, processes=[Sleeper([0.01] * 150)])
    assert [now for now in Sleeper.seen if now == round(now)] == list(range(1, 16))


class Switch(Process):
    """Switches a station off in the middle of a frame, or at a boundary reached from there."""

    def __init__(self, waits):
        self.waits = waits

    def run(self, stage):
        for seconds in self.waits:
            yield stage.wait(seconds)
        stage.state.switch(1, on=False)


@pytest.mark.parametrize("waits", [[0.03], [0.025, 0.005], [0.01] * 3, [0.0005] * 60, [0.0, 0.03]])
def test_what_happens_at_a_boundary_happens_before_the_frame(waits):
    log = run({"simulation.frames": 6}, Positions([[0.3, 0.5], [0.7, 0.5]], users=[[0.3, 0.6], [0.7, 0.6]]),
              processes=[Switch(waits)])
    links = log.table("links/communication")
    assert sorted(links["frame"][links["station"] == 1].tolist()) == [0, 1, 2]


class Streams(Process):
    """Draws in the middle of the frames of the lead."""

    drawn: ClassVar = []

    def run(self, stage):
        yield stage.wait(0.005)
        for _ in range(4):
            self.drawn.append(stage.stream(Purpose.PROCESS).random())
            yield stage.wait(0.01)


def test_no_two_frames_share_a_stream_in_the_lead():
    Streams.drawn.clear()
    run({"simulation.frames": 4, "backhaul.lead": 0.02}, processes=[Streams()])
    assert len(set(Streams.drawn)) == 4


@pytest.mark.parametrize("frame", [0.1, 0.01, 0.07, 0.7])
def test_a_target_sensed_on_the_last_frame_of_its_period_is_in_time(frame):
    """Three targets take turns, and each is to be sensed every three frames."""
    targets = [[0.4, 0.4], [0.6, 0.4], [0.5, 0.7]]
    log = run({"allocation.targets_per_bs": 1, "scheduling.target_policy": "stalest_first", "simulation.frames": 60,
               "targets.revisit_period": round(3 * frame, 4), "simulation.frame_duration": frame},
              Positions([[0.5, 0.5]], users=[[0.6, 0.5]], targets=targets))
    row = log.table("drops")
    assert row["revisits"][0] > 50 and row["revisits_missed"][0] == 0


def test_a_period_missed_again_and_again_stays_where_it_is():
    """2.2 frames: five periods are eleven frames, and a deadline in frame 11 has not passed when frame 11 begins."""
    log = run({"allocation.targets_per_bs": 1, "targets.revisit_period": 0.22, "simulation.frames": 45,
               "simulation.frame_duration": 0.1, "network.users_per_cell": 0.0},
              Positions([[0.5, 0.5]], users=np.empty((0, 2)), targets=[[0.4, 0.4]]))
    events = log.table("events")
    missed = events["event"] == EVENTS.index("revisits_missed")
    right = [22 * n // 10 + 1 for n in range(1, 21)]
    assert np.round(events["time"][missed] / 0.1).astype(int).tolist() == right


@pytest.mark.parametrize(("frame", "digits"), [(0.01, 2), (0.1, 1), (0.001, 3)])
def test_a_trace_turns_in_the_frame_that_it_names(tmp_path, frame, digits):
    trace, count = tmp_path / "trace.csv", 90
    trace.write_text("time,kind,id,x,y\n" + "".join(
        f"{n * frame:.{digits}f},user,0,{0.6 + 0.001 * (n % 2):.3f},0.5\n" for n in range(count)))
    Watch.seen.clear()
    run({"mobility.model": "file", "mobility.positions": str(trace), "simulation.frames": count - 1,
         "simulation.frame_duration": frame}, processes=[Watch()])
    place, velocity = (np.array(values) for values in zip(*Watch.seen, strict=True))
    n = np.arange(len(place))
    assert place == pytest.approx(0.6 + 0.001 * (n % 2), abs=1e-9)
    assert velocity == pytest.approx((1 - 2 * (n % 2)) * 0.001 / frame)


class Watch(Process):
    """Notes where user 0 is, and how fast, in every frame."""

    seen: ClassVar = []

    def run(self, stage):
        self.users = stage.state.users
        yield stage.next_frame()

    def learn(self, record):
        self.seen.append((self.users.position[0, 0], self.users.velocity[0, 0]))


def test_a_station_that_can_send_a_request_a_frame_sends_one_in_every_frame():
    scenario = Scenario().replace({"backhaul.capacity": 10.0, "simulation.frame_duration": 0.1})
    environment = SimpleNamespace(now=0, timeout=lambda *_: SimpleNamespace(callbacks=[]))
    journal = EventLog(environment, MemoryRecorder("full"), 0, 0.1, kept=False)
    backhaul, zero = Backhaul(environment, scenario, 0, np.arange(2), journal), np.zeros(1, int)
    request = NullRequests(zero, zero, zero, zero, zero, zero + 1, np.ones(1))
    for frame in range(7000):
        environment.now = frame
        travel = backhaul.send(request, frame).travel
        assert np.ceil(travel[0] / 0.1 - 1e-9) == 1, frame


@pytest.mark.parametrize("frame", [0.01, 0.02, 0.1, 0.04])
def test_mean_powers_are_measured_every_period(frame, monkeypatch):
    scenario = Scenario().replace({**FEW, "propagation.model": "free_space", "network.bs_height": 1.5,
                                   "simulation.frame_duration": frame})
    state = NetworkState(scenario, deploy(scenario, 0, Positions([[0.5, 0.5]], users=[[0.6, 0.5]])))
    follower, measured = Measuring(state.large_scale, ReceiverType.USER), []
    monkeypatch.setattr(state.large_scale, "refresh", measured.append)
    counts = []
    for _ in range(100):
        follower.follow(0.001)
        counts.append(len(measured))
    period = round(PERIOD / frame)
    assert counts == [n // period for n in range(1, 101)]
