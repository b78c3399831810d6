"""Let an agent choose K, L, J and Q frame by frame, and judge it on drops that it has not seen (extra ``agents``).

    python scenarios/learn_a_policy.py

Seven cells, users with bursts of data, targets, and what both services bring at weight 0.5. The agent (PPO of
stable-baselines3, on the processor) sees how many users of every cell have data waiting. Beside it, on the same drops:
schedulers with the scenario's sizes, and with the best fixed sizes of a search on other drops. Training takes about two
minutes of one processor.
"""

import itertools
import time

import gymnasium
import numpy as np
import torch
from scipy import stats
from stable_baselines3 import PPO

import isacsys
from isacsys.learning import NetworkEnv

KEYS = ("users_per_bs", "communication_cluster", "targets_per_bs", "sensing_cluster")
SCENARIO = isacsys.Scenario().replace({
    "network.layout": "fixed_count", "network.area": 7.0, "network.users_per_cell": 10.0,
    "network.targets_per_cell": 6.0, "antennas.transmit": 12, "antennas.receive": 6, "allocation.users_per_bs": 8,
    "allocation.communication_cluster": 2, "allocation.targets_per_bs": 4, "allocation.sensing_cluster": 3,
    "allocation.weight": 0.5, "traffic.model": "poisson", "traffic.arrival_rate": 8.0, "traffic.file_size": 1e6,
    "simulation.frames": 100})
SIZES = [sizes for sizes in itertools.product((1, 2, 3, 4, 6, 8), (1, 2), (4,), (1, 3))
         if sizes[0] * sizes[1] + sizes[2] * (sizes[3] - 1) + 1 <= SCENARIO.antennas.transmit]
TRACKED = {"scheduling.target_policy": "most_uncertain", "tracking.enabled": True, "mobility.target_speed": 10.0}


class Menu(gymnasium.ActionWrapper):
    """One number for every feasible setting."""

    def __init__(self, env):
        super().__init__(env)
        self.action_space = gymnasium.spaces.Discrete(len(SIZES))

    def action(self, action):
        """Return the sizes of a number."""
        return np.array(SIZES[int(action)])


def environment(drops):
    """Return the network with the agent's menu; it sees the load of every cell as a vector."""
    env = NetworkEnv(SCENARIO, act="allocation", observe="load", reward="weighted_ase", drops=drops, users_at_most=40,
                     targets_at_most=40)
    return Menu(gymnasium.wrappers.FlattenObservation(env))


def learn(steps, seed=1, first=1000, drops=100):
    """Train on drops from number ``first`` on."""
    torch.set_num_threads(1)
    env = gymnasium.wrappers.NormalizeReward(environment(range(first, first + drops)), gamma=0.9)
    agent = PPO("MlpPolicy", env, seed=seed, n_steps=1000, batch_size=250, gamma=0.9, learning_rate=1e-3, ent_coef=0.01,
                device="cpu")
    return agent.learn(steps)


def judge(agent, drops):
    """Return what the agent brings on drops from number 0 on: a mean over the frames of each."""
    env, found = environment(range(drops)), []
    for drop in range(drops):
        observation, _ = env.reset(options={"drop": drop})
        paid, truncated = [], False
        while not truncated:
            action, _ = agent.predict(observation, deterministic=True)
            observation, reward, _, truncated, _ = env.step(action)
            paid.append(reward)
        found.append(np.mean(paid))
    return np.array(found)


def run(drops, changes=()):
    """Return the same of a run with fixed sizes."""
    table = isacsys.run(SCENARIO.replace(dict(changes)), drops=drops, executor="serial").table("drops")
    return 0.5 * (table["communication_rate"] + table["sensing_rate"]) / table["area"]


def changed(drops, sizes, start=50):
    """Return what it brings to change from K = 3, L = 1, J = 4, Q = 3 to other sizes: [drop, frame from start on]."""
    env, brought = environment(range(drops)), []
    for menu in (SIZES.index(sizes), SIZES.index((3, 1, 4, 3))):
        brought.append([])
        for drop in range(drops):
            env.reset(options={"drop": drop})
            brought[-1].append([env.step(SIZES.index((3, 1, 4, 3)) if frame < start else menu)[1]
                                for frame in range(SCENARIO.simulation.frames)][start:])
    return np.subtract(*brought)


def best_fixed(drops_at_most):
    """Search the same menu on drops of another seed."""
    over = {f"allocation.{key}": sorted(set(values))
            for key, values in zip(KEYS, zip(*SIZES, strict=True), strict=True)}
    found = isacsys.search(SCENARIO, over, weight=0.5, seed=2, frames=30, drops_at_most=drops_at_most,
                           executor="serial")
    print(found)
    return found.best


def main(steps=15_000, drops=30, drops_at_most=600):
    """Train, search, and print paired differences."""
    start, work = time.monotonic(), time.process_time()
    agent = learn(steps)
    spent, worked = time.monotonic() - start, time.process_time() - work
    print(f"{steps} frames learned in {spent:.0f} s ({worked:.0f} s of a processor)")
    best = best_fixed(drops_at_most)
    others = {
        "random, the scenario's sizes": run(drops),
        "random, best fixed sizes": run(drops, best),
        "proportional_fair, best fixed sizes": run(drops, {**best, "scheduling.policy": "proportional_fair"}),
        "most_uncertain, best fixed sizes": run(drops, {**best, **TRACKED}),
    }
    mine = judge(agent, drops)
    print(f"agent: {mine.mean():.3f} bit/s/Hz/km^2 on {drops} drops that it has not seen; beside it, and the difference"
          " (95 % for all at once):")
    differences = {}
    for name, values in others.items():
        difference = mine - values
        width = stats.t.ppf(1 - 0.025 / len(others), drops - 1) * difference.std(ddof=1) / np.sqrt(drops)
        differences[name] = difference.mean(), width
        print(f"  {name:38s} {values.mean():7.3f}   {difference.mean():+.3f} ± {width:.3f}")
    widths = stats.t.ppf(0.975, drops - 1) / np.sqrt(drops)
    for first, last in ((0, 1), (10, 30)):
        later = changed(drops, (4, 2, 4, 1))[:, first:last].mean(1)
        print(f"from K = 3, L = 1, Q = 3 to K = 4, L = 2, Q = 1, frames {first} to {last - 1} after it: "
              f"{later.mean():+.3f} ± {widths * later.std(ddof=1):.3f}")
    return differences


if __name__ == "__main__":
    main()
