"""Whole runs of small networks, set-up and all: of this checkout against another one, and against one by one."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

WORKER = """
import json, sys, time
import isacsys
for line in sys.stdin:
    given = json.loads(line)
    scenario = isacsys.Scenario.load(given.pop("file")) if "file" in given else isacsys.Scenario()
    scenario = scenario.replace(given)
    start = time.process_time()
    isacsys.run(scenario, executor="serial", progress=False)
    print(time.process_time() - start, flush=True)
"""
PLAIN = {"allocation.users_per_bs": 5, "allocation.communication_cluster": 2, "allocation.targets_per_bs": 1,
         "network.layout": "fixed_count"}
LINKS = {"link.model": "nr", "recording.level": "users"}
ONE_BY_ONE = {"simulation.batch": 1}
# stations: drops and frames of a run, and how many times faster than version 0.2 it has to be
SIZES = {7: (64, 100, 5.0), 19: (24, 100, 3.0), 57: (8, 100, 1.5), 100: (4, 100, 1 / 1.05), 400: (2, 30, 1 / 1.05)}
QUICKSTART = {"file": str(Path(__file__).parents[2] / "scenarios/quickstart.toml"), "simulation.drops": 40}


class Runs:
    """A process that makes runs with the package at ``path``."""

    def __init__(self, path):
        environment = {**os.environ, "PYTHONPATH": str(path), **dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")}
        self._process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", WORKER], stdin=subprocess.PIPE,
                                         env=environment, stdout=subprocess.PIPE, text=True, cwd=path)

    def __call__(self, settings):
        """Seconds of processor time of a run."""
        self._process.stdin.write(json.dumps(settings) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self):
        """Let the process end."""
        self._process.stdin.close()
        self._process.wait()


def run_of(stations):
    """Settings of a run of networks of so many stations."""
    drops, frames, _ = SIZES[stations]
    return {**PLAIN, "network.area": stations, "simulation.drops": drops, "simulation.frames": frames}


def paired(one, other, rounds):
    """Median ratio of two calls in turn, other over one, and quartiles."""
    ratios = []
    for turn in range(rounds + 1):
        first, second = ((one, other), (other, one))[turn % 2]
        seconds = {first: first(), second: second()}
        ratios.append(seconds[other] / seconds[one])
    low, middle, high = statistics.quantiles(ratios[1:], n=4)  # the first round warms up
    return {"times_faster": middle, "lower_quartile": low, "upper_quartile": high}


def one_by_one(rounds):
    """How many times faster batches are than the same drops one by one, here."""
    runs, found = Runs(Path(__file__).parents[2]), {}
    for stations in (7, 19, 57):
        for name, more in (("", {}), (", nr, users", LINKS)):
            settings = {**run_of(stations), **more}
            found[f"{stations} stations{name}"] = paired(lambda s=settings: runs(s), lambda s=settings: runs(
                {**s, **ONE_BY_ONE}), rounds)
    runs.close()
    return found


def vectors(rounds, count=16):
    """Steps of a vector of so many networks, over as many single environments, in processor time; at most a third."""
    import gymnasium

    from isacsys import Scenario, learning

    scenario = Scenario().replace({**PLAIN, "network.area": 7.0, "simulation.frames": 200})
    many = gymnasium.make_vec(learning.ID, num_envs=count, vectorization_mode="vector_entry_point", scenario=scenario)
    singles = [learning.NetworkEnv(scenario) for _ in range(count)]
    many.reset(seed=1)
    for number, env in enumerate(singles):
        env.reset(seed=1 + number)
    choice = np.random.default_rng(1).random(many.action_space.shape).astype(many.action_space.dtype)

    def steps():
        for turn in range(rounds * 5):
            yield choice[:, ::-1] if turn % 2 else choice

    ratios = []
    for act in steps():
        start = time.process_time()
        many.step(act)
        between = time.process_time()
        for env, own in zip(singles, act, strict=True):
            env.step(own)
        ratios.append((between - start) / (time.process_time() - between))
    low, middle, high = statistics.quantiles(ratios[5:], n=4)
    return {"share_of_the_time": middle, "lower_quartile": low, "upper_quartile": high, "at_most": 1 / 3}


def against(other, rounds=7):
    """How many times faster whole runs are here than in another checkout, which knows no NR: that against Shannon."""
    here, there, found = Runs(Path(__file__).parents[2]), Runs(Path(other).resolve()), {}
    for stations in SIZES:
        plain, least = run_of(stations), SIZES[stations][2]
        found[f"{stations} stations"] = {**paired(lambda s=plain: here(s), lambda s=plain: there(s), rounds),
                                         "at_least": least}
        if stations < 100:
            found[f"{stations}, nr, users"] = {**paired(lambda s=plain: here({**s, **LINKS}), lambda s=plain: there(s),
                                                        rounds), "at_least": least / 2}
    found["drops of quickstart.toml"] = paired(lambda: here(QUICKSTART), lambda: there(QUICKSTART), rounds)
    here.close()
    there.close()
    return found
