"""Frames of this checkout against those of another one, in turn: each in a process of its own."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from tools.benchmarks.frames import CASES

BLOCK = 33  # frames a turn, so that each writes a chunk of its log
WORKER = """
import sys, tempfile, time
from isacsys import Scenario
from isacsys.recording.hdf5 import Hdf5Recorder
from isacsys.simulation.drop import Drop
frames, numbers = {}, {}
for line in sys.stdin:
    name, users, cluster, targets, sensing, count = line.rstrip().split(";")
    if name not in frames:
        scenario = Scenario().replace({
            "allocation.users_per_bs": int(users), "allocation.communication_cluster": int(cluster),
            "allocation.targets_per_bs": int(targets), "allocation.sensing_cluster": int(sensing),
            "network.area": 100, "network.layout": "fixed_count", "recording.level": "links",
            "simulation.frames": 10**6})
        drop = Drop(scenario, 0, Hdf5Recorder(tempfile.TemporaryFile(), "links"))
        frames[name], numbers[name] = getattr(drop, "clock", drop).frame, iter(range(10**6))
    start = time.process_time()
    for _ in range(int(count)):
        frames[name](next(numbers[name]))
    print(time.process_time() - start, flush=True)
"""


class Checkout:
    """A process that runs frames of the package at ``path``."""

    def __init__(self, path):
        environment = {**os.environ, "PYTHONPATH": str(path), **dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")}
        self._process = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, env=environment,
                                         stdout=subprocess.PIPE, text=True, cwd=path)

    def frames(self, case, count):
        """Seconds of processor time of a frame, over ``count`` of them."""
        self._process.stdin.write(";".join(map(str, (case, *CASES[case], count))) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline()) / count

    def close(self):
        """Let the process end."""
        self._process.stdin.close()
        self._process.wait()


def against(other, rounds=25):
    """Median over paired rounds of the ratio of a frame here to one there, and its quartiles."""
    mine, theirs = Checkout(Path(__file__).parents[2]), Checkout(Path(other).resolve())
    found = {}
    for case in CASES:
        for checkout in (mine, theirs):
            checkout.frames(case, 100)  # nearly everybody's neighbours have been looked up
        ratios = []
        for turn in range(rounds):
            pair = (mine, theirs) if turn % 2 else (theirs, mine)
            seconds = {checkout: checkout.frames(case, BLOCK) for checkout in pair}
            ratios.append(seconds[mine] / seconds[theirs])
        low, middle, high = statistics.quantiles(ratios, n=4)
        found[case] = {"ratio": middle, "lower_quartile": low, "upper_quartile": high}
    mine.close()
    theirs.close()
    return found
