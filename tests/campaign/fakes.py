"""Drops that cost next to nothing, for tests of everything around them."""

import os
import signal
import struct
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np

from isacsys import Scenario, Scheduler
from isacsys.core.random_streams import Purpose, stream
from isacsys.recording import MemoryRecorder
from isacsys.recording.schema import Layout

SCENARIO = Scenario().replace({"simulation.drops": 40, "simulation.frames": 2, "recording.level": "links"})
NO_DROPS = MemoryRecorder("summary").read("drops")
LINKS = {table: Layout(table).columns for table in ("links/communication", "links/sensing")}
NOTHING, FRAME = (dict.fromkeys(sorted(Layout(table).names), 0) for table in ("drops", "frames"))


def simulate(scenario, drop, recorder, **objects):
    """Random rows that depend on seed and drop alone (and on what was handed in, if it says so)."""
    total = {}
    for frame in range(scenario.simulation.frames):
        rng = stream(scenario.simulation.seed, drop, frame, Purpose.STATIONS)
        cells = int(rng.poisson(20))
        for table, columns in LINKS.items():
            rows = {c.name: rng.exponential(size=cells) if c.dtype == "f8" else rng.integers(0, 9, cells)
                    for c in columns}
            if scenario.recording.level != "summary":
                recorder.append(table, {**rows, "drop": drop, "frame": frame})
        sums = sums_of(rng, cells, rows["rate"], rows["weight"])
        recorder.append("frames", {**FRAME, "drop": drop, "frame": frame, **sums})
        total = {name: total.get(name, 0) + value for name, value in sums.items()}
    recorder.append("drops", {**NOTHING, "drop": drop, **total})


def sums_of(rng, cells, rate, weight):
    """Sums over a frame that look like those of a network."""
    links = {"links": cells, "rate": rate.sum(), "weight": weight.sum(), "weighted_rate": rate @ weight}
    return {"stations": cells, "transmitting": cells, "area": 20.0,
            **{f"{kind}_{name}": value for kind in ("communication", "sensing") for name, value in links.items()},
            "null_requests": 2 * cells, "null_refused": int(rng.binomial(2 * cells, 0.3)), "null_late": 0,
            "constraints": 3 * cells}


def simulate_by_settings(scenario, drop, recorder, **objects):
    """Rows that depend on every setting but the number of drops, so that one scenario is not taken for another."""
    settings = scenario.replace({"simulation.drops": 1}).to_toml()
    simulate(scenario.replace({"simulation.seed": zlib.crc32(settings.encode())}), drop, recorder)


def simulate_a_peak(scenario, drop, recorder, **objects):
    """K = 6 is the best, and K = 7 close to it; the more users, the less sensing. L changes nothing at all."""
    users = scenario.allocation.users_per_bs
    shared, own = (stream(scenario.simulation.seed, drop, number, Purpose.STATIONS) for number in (0, users))
    communication = 10 - 0.1 * (users - 6.3) ** 2 + shared.normal() + 0.3 * own.normal()
    sensing = 6 - 0.5 * users + 0.5 * shared.normal() + 0.1 * own.normal()
    cells = int(shared.poisson(20))
    links = cells if scenario.allocation.targets_per_bs else 0
    sums = {"stations": cells, "transmitting": cells, "area": 20.0, "communication_links": cells * users,
            "communication_rate": 20 * communication, "communication_weight": 60 * cells,
            "communication_weighted_rate": 60 * cells * communication / users, "sensing_links": links,
            "sensing_rate": 20 * sensing, "sensing_weight": links, "sensing_weighted_rate": links * sensing}
    recorder.append("frames", {**FRAME, "drop": drop, "frame": 0, **sums})
    recorder.append("drops", {**NOTHING, "drop": drop, **sums})


def simulate_a_peak_slowly(scenario, drop, recorder, **objects):
    """Take a while."""
    time.sleep(0.005)
    simulate_a_peak(scenario, drop, recorder)


def simulate_slowly(scenario, drop, recorder, **objects):
    """Take a while."""
    time.sleep(0.02)
    simulate(scenario, drop, recorder)


class _Strange(RuntimeWarning):
    """No other process knows it."""


def warn(scenario, drop, recorder, **objects):
    """Warn in every drop."""
    warnings.warn("of something", _Strange, stacklevel=1)
    simulate(scenario, drop, recorder)


def fail_at_seven(scenario, drop, recorder, **objects):
    """Drop 7 fails when half of it is recorded."""
    if drop == 7:
        recorder.append("frames", {**FRAME, "drop": drop})
        raise ZeroDivisionError("of course")
    simulate(scenario, drop, recorder)


class FailAt:
    """Some drops fail."""

    def __init__(self, drops):
        self.drops = drops

    def __call__(self, scenario, drop, recorder, **objects):
        if drop in self.drops:
            raise ZeroDivisionError("of course")
        simulate(scenario, drop, recorder)


def die_at_seven(scenario, drop, recorder, **objects):
    """Drop 7 kills whoever simulates it."""
    if drop == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    simulate(scenario, drop, recorder)


def die_in_the_middle_of_an_answer():
    """Kill this worker when it has written part of what it answers."""
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        frame = frame.f_back
    os.write(frame.f_locals["result_queue"]._writer.fileno(), struct.pack("!i", 1000) + b"x")
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(scenario, drop, recorder, *, scheduler):
    """Drop 7 kills the first who simulates it: the one that finds no file called `scheduler.path`."""
    if drop == 7:
        try:
            Path(scheduler.path).touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    simulate(scenario, drop, recorder)


def count_up(scenario, drop, recorder, *, scheduler):
    """Use up what was handed in: every drop must get its own."""
    assert scheduler.calls == 0
    scheduler.calls += 1
    simulate(scenario, drop, recorder)


class Idle(Scheduler):
    """Never asked."""

    def select_users(self, station, count, rng):
        return []


class Counter(Idle):
    """Counts, badly."""

    def __init__(self):
        self.calls = 0


class Marker(Idle):
    """Knows a place for a mark."""

    def __init__(self, path):
        self.path = path


def tables(run):
    """All tables of a run."""
    return {table: run.table(table) for table in run._source.tables()}


def sums_table(columns, drops):
    """A table of drops: `columns`, and ones."""
    return {**{c.name: np.ones(drops) for c in Layout("drops").columns}, "drop": np.arange(drops), **columns}
