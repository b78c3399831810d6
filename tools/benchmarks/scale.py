"""Time and memory per station from 100 to 10,000 stations, and two workers against one."""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import isacsys
from isacsys.simulation.drop import Drop
from tools.benchmarks.frames import scenario
from tools.benchmarks.timing import in_turn

CASE = "K=12 L=1"
FRAMES = 10


class Nowhere:
    """Keeps nothing."""

    def append(self, table, columns):
        """Forget it."""


def measure(stations):
    """Set-up, frame time per station and peak memory of drops; run in a process of its own."""
    setups, frames = [], []
    for number in range(max(1, 2000 // stations)):
        start = time.process_time()
        drop = Drop(scenario(CASE, stations), number, Nowhere())
        drop.stage.state.users, drop.stage.state.targets  # noqa: B018 - looked up when first used
        setups.append(time.process_time() - start)
        for frame in range(FRAMES):
            start = time.process_time()
            drop.clock.frame(frame)
            frames.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"setup_s": statistics.median(setups), "us_per_station": 1e6 * statistics.median(frames) / stations,
            "peak_MB": peak / 1e6}


def sizes(numbers, rounds=3):
    """Medians of `measure` for every number of stations, each time in a fresh process, and in turn."""
    program = "import json, sys; from tools.benchmarks import scale; print(json.dumps(scale.measure(int(sys.argv[1]))))"
    found = {n: [] for n in numbers}
    for _ in range(rounds):
        for n in numbers:
            command = [sys.executable, "-c", program, str(n)]
            found[n].append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    return {n: {key: statistics.median(one[key] for one in values) for key in values[0]}
            for n, values in found.items()}


def workers(drops):
    """Drops per second of one and of two worker processes, start-up included and taken out by a short run."""
    chosen = scenario(CASE, frames=10)
    rate = {}
    for number in (1, 2):
        spent = []
        for n in (4, drops):
            start = time.perf_counter()
            isacsys.run(chosen, drops=n, workers=number)
            spent.append(time.perf_counter() - start)
        rate[number] = (drops - 4) / (spent[1] - spent[0])
    return {"drops_per_second_1": rate[1], "drops_per_second_2": rate[2], "speed_up": rate[2] / rate[1]}


def recording(drops, rounds=11):
    """What links cost, in percent of a run without them: recorded, made safe, and gathered into a log."""
    chosen = scenario(CASE, frames=10)

    def run(level, directory):
        isacsys.run(chosen.replace({"recording.level": level}), drops=drops, executor="serial", force=True,
                    output=f"{directory}/{level}.h5")

    with tempfile.TemporaryDirectory() as directory:
        seconds = in_turn({level: lambda level=level: run(level, directory) for level in ("summary", "links")}, rounds)
    return {"links_cost_percent": 100 * (seconds.ratio("links", "summary") - 1)}
