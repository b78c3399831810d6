"""A naive reference of one frame whose stations sense together, written from the model by somebody who saw no kernel.

``multistatic_frame`` goes through targets, transmitters and receivers one by one on explicit channels: what lights a
target, what interferes at every receiver, direct paths, the SIR of every pair, Fisher information, the fused bound and
detection. It builds on `tests.twins.designs` and shares no code with the package.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests import naive
from tests.twins.designs import Design, Scene, Stream, power, streams

LIGHT = 299792458.0


@dataclass(frozen=True)
class Together:
    """``direct`` is the share of a cooperator's direct path that is left; bandwidth in Hz, ``timing`` in s."""

    direct: float
    bandwidth: float
    timing: float
    false_alarm: float


class Multistatic:
    """A frame on given channels: stations send as they do for their users, whose nulls alone are asked for."""

    def __init__(self, parameters: naive.Parameters, layout: naive.Layout, choice: naive.Choice, channels: Any):
        self.scene, self.channels = Scene(parameters, Design(), layout, choice), channels
        self.requests = [it for it in naive._requests(self.scene) if it[0] == "user"]
        self.grants = naive._strongest_first(self.scene, self.requests)
        self.sent: list[list[Stream]] = [
            streams(self.scene, s, channels, self.grants)[0] for s in range(self.scene.count)]

    def seen(self, station: int, target: int) -> tuple[float, np.ndarray]:
        """Return distance in km and direction of a target seen from any station."""
        layout = self.scene.layout
        way = naive.displacement(layout.stations[station], layout.targets[target], self.scene.parameters.side)
        return float(np.hypot(*way)), way / np.hypot(*way)

    def lit(self, station: int, target: int) -> float:
        """Return the gain of what a station sends towards a target."""
        cosine = np.array(self.seen(station, target)[1][0])
        return power(naive.steering(self.scene.parameters.M_t, cosine), self.sent[station])

    def through(self, receiver: int, target: int, transmitter: int) -> float:
        """Return the gain of a transmitter through a receiver's maximum-ratio filter for a target."""
        M_r = self.scene.parameters.M_r
        v = naive.steering(M_r, np.array(self.seen(receiver, target)[1][0])) / np.sqrt(M_r)
        return power(self.channels.station(receiver, transmitter) @ v, self.sent[transmitter])

    def interference(self, receiver: int, target: int, direct: float) -> float:
        """Return what interferes at a receiver: strangers, what is left of cooperators, far field, noise."""
        p, scene = self.scene.parameters, self.scene
        members, d = scene.target_cluster(target), scene.from_station(receiver)
        heard = set(members)
        if receiver == scene.target_station[target]:  # targets of a station share whom it hears
            for other in scene.own_targets[receiver]:
                heard |= set(scene.target_cluster(other))
        drawn, rho = naive._drawn(scene, d, heard, p.Q - 1, receiver)
        total = naive._far_field(scene, drawn, rho, scene.count - 1) + p.noise_power
        for transmitter in drawn:
            left = direct if transmitter in members else 1.0
            total += left * self.through(receiver, target, transmitter) * d[transmitter] ** -p.alpha
        return float(total)

    def pairs(self, target: int, direct: float) -> dict[tuple[int, int], float]:
        """Return the SIR of every pair (transmitter, receiver) of a target's cluster."""
        p, members, found = self.scene.parameters, self.scene.target_cluster(target), {}
        for receiver in members:
            unwanted = self.interference(receiver, target, direct)
            for transmitter in members:
                ways = (self.seen(transmitter, target)[0] * self.seen(receiver, target)[0]) ** -p.beta
                found[transmitter, receiver] = p.c * self.lit(transmitter, target) * ways / unwanted
        return found

    def information(self, target: int, sirs: dict[tuple[int, int], float], together: Together) -> np.ndarray:
        """Return the Fisher information [2, 2] of a position in m: delays of pairs, bearings at receivers."""
        total, M_r = np.zeros((2, 2)), self.scene.parameters.M_r
        for (transmitter, receiver), sir in sirs.items():
            variance = 3 / (2 * math.pi**2 * together.bandwidth**2 * sir)
            if transmitter != receiver:
                variance += together.timing**2
            slope = (self.seen(transmitter, target)[1] + self.seen(receiver, target)[1]) / LIGHT
            total += np.outer(slope, slope) / variance
        for receiver in {receiver for _, receiver in sirs}:
            collected = sum(sir for (_, at), sir in sirs.items() if at == receiver)
            reach, (x, y) = self.seen(receiver, target)
            # the cosine of the bearing changes by sin(bearing) per rad, and a bearing by 1 / R per m across
            slope = abs(y) * np.array([-y, x]) / (1e3 * reach)
            total += np.outer(slope, slope) * math.pi**2 * collected * (M_r**2 - 1) / 6
        return total


def tail(shape: int, x: float) -> float:
    """Return the probability that a sum of ``shape`` exponential variables of mean one exceeds x."""
    term = total = math.exp(-x)
    for k in range(1, shape):
        term *= x / k
        total += term
    return total


def detected(sirs: dict[tuple[int, int], float], false_alarm: float) -> float:
    """Return the probability that the sum of the powers of all pairs, each over its own noise, passes its threshold.

    The sum has a noncentral law: a Poisson number of mean sum(sir) of further exponential variables.
    """
    low, high, count, mean = 0.0, 700.0, len(sirs), sum(sirs.values())
    for _ in range(200):
        threshold = (low + high) / 2
        low, high = (threshold, high) if tail(count, threshold) > false_alarm else (low, threshold)
    total, width = 0.0, 12 * math.sqrt(mean) + 60
    for extra in range(max(0, int(mean - width)), int(mean + width)):
        weight = math.exp(-mean + extra * math.log(mean) - math.lgamma(extra + 1))
        total += weight * tail(count + extra, threshold)
    return total


def multistatic_frame(frame: Multistatic, together: Together) -> list[tuple[dict, float, float]]:
    """Return SIRs by pair, bound of the position in m and detection probability of every sensed target."""
    found = []
    for target in frame.scene.targets:
        sirs = frame.pairs(target, together.direct)
        bound = math.sqrt(np.trace(np.linalg.inv(frame.information(target, sirs, together))))
        found.append((sirs, bound, detected(sirs, together.false_alarm)))
    return found
