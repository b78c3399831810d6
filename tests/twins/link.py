"""The link of NR a second time, in plain loops: no table, no array of blocks, no interpolation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

import numpy as np

# 1024 R of TS 38.214, Table 5.1.3.1-1, with the modulation order.
TABLE_1 = [(2, r) for r in (120, 157, 193, 251, 308, 379, 449, 526, 602, 679)] + [
    (4, r) for r in (340, 378, 434, 490, 553, 616, 658)] + [
    (6, r) for r in (438, 466, 517, 567, 616, 666, 719, 772, 822, 873, 910, 948)]
NOISE = np.linspace(-10, 10, 401)  # trapezoidal rule: its error falls exponentially with the number of points
WEIGHT = np.exp(-NOISE**2 / 2) / np.exp(-NOISE**2 / 2).sum()


def pam(bits):
    """Amplitude of the bits of one dimension, TS 38.211, 5.1.3 to 5.1.6, before it is scaled."""
    amplitude = 1 - 2 * bits[-1]
    for place, bit in enumerate(reversed(bits[:-1]), 1):
        amplitude = (1 - 2 * bit) * (2**place - amplitude)
    return amplitude


@cache
def information(order, sinr):
    """C and V of one QAM symbol, bit by bit."""
    count = order // 2
    words = [[(word >> place) & 1 for place in range(count)] for word in range(2**count)]
    level = [pam(word) for word in words]
    scale = math.sqrt(sinr / (sum(x * x for x in level) / len(level)))  # noise of deviation 1 in each dimension
    mean = square = 0.0
    for sent, x in zip(words, level, strict=True):
        y = scale * x + NOISE
        likelihood = [np.exp(-(y - scale * other) ** 2 / 2 + NOISE**2 / 2) for other in level]
        total = sum(likelihood)
        i = sum(1 + np.log2(sum(p for p, word in zip(likelihood, words, strict=True) if word[b] == sent[b]) / total)
                for b in range(count))
        mean += float(WEIGHT @ i) / len(words)
        square += float(WEIGHT @ i**2) / len(words)
    return 2 * mean, 2 * max(square - mean**2, 0.0)


def q(x):
    """Gaussian tail."""
    return math.erfc(x / math.sqrt(2)) / 2


@dataclass
class Format:
    """A transport block of a scheme."""

    order: int
    rate: float
    bits: int
    pieces: int
    k: float
    n: float
    gap_db: float


def format_of(order, rate_1024, symbols):
    """Cut a transport block. TS 38.212, 5.2.2, 7.2.2."""
    rate = rate_1024 / 1024
    a = int(symbols * order * rate / 8 + 1e-9) * 8
    b = a + (24 if a > 3824 else 16)
    small = a <= 292 or (a <= 3824 and rate <= 0.67) or rate <= 0.25
    most = 3840 if small else 8448
    pieces = 1 if b <= most else math.ceil(b / (most - 24))
    k = b if pieces == 1 else (b + 24 * pieces) / pieces
    return Format(order, rate, a, pieces, k, symbols / pieces, 0.85 + 2.3 / math.sqrt(k))


def failure(f, transmissions, add):
    """Probability that a block fails after transmissions, each a list of the SINRs of sub-bands."""
    gap = 10 ** (f.gap_db / 10)
    if add == "sinr":
        transmissions = [[sum(t[s] for t in transmissions) for s in range(len(transmissions[0]))]]
    mean = variance = symbols = 0.0
    for t in transmissions:
        for sinr in t:
            c, v = information(f.order, round(sinr / gap, 12))
            mean += f.n / len(t) * c
            variance += f.n / len(t) * v
        symbols += f.n
    z = (mean - f.k + math.log2(symbols * f.order) / 2) / math.sqrt(max(variance, 1e-30))
    return 1 - (1 - q(z)) ** f.pieces


@dataclass
class Block:
    """What is on its way."""

    f: Format
    bits: float
    luck: float
    heard: list = field(default_factory=list)


@dataclass
class UserOfTwin:
    """What a station knows of a user."""

    offset: float = 0.0
    expected: float = math.nan
    station: int = -1
    waiting: list = field(default_factory=list)


class Twin:
    """Sends the frames of a few users, block by block."""

    def __init__(self, symbols, blocks, adaptation, harq, *, maximum=4, step=0.5, target=0.1, mcs=0):
        self.formats = [format_of(order, rate, symbols / blocks) for order, rate in TABLE_1]
        self.symbols, self.blocks, self.adaptation, self.harq = symbols, blocks, adaptation, harq
        self.maximum, self.step, self.target, self.mcs = maximum, step, target, mcs
        self.by_efficiency = sorted(range(29), key=lambda m: -self.formats[m].order * self.formats[m].rate)
        self.users = {}

    def choose(self, user, sinr, believed, measured, mean, station):
        """Return the number of the scheme."""
        if self.adaptation == "fixed":
            return self.mcs
        if self.adaptation == "ideal":
            best, most = 0, 0.0
            for number in self.by_efficiency:
                f = self.formats[number]
                if f.order * f.rate > most:  # else it cannot be better
                    worth = f.order * f.rate * (1 - failure(f, [sinr], ""))
                    best, most = (number, worth) if worth > most else (best, most)
            return best
        if user.station != station:
            user.station, user.expected = station, [mean] * len(sinr)
        predicted = [s / i * 10 ** (user.offset / 10) for s, i in zip(believed, user.expected, strict=True)]
        best = next((number for number in self.by_efficiency
                     if failure(self.formats[number], [predicted], "") <= self.target), 0)
        user.expected = [0.9 * i + 0.1 * m for i, m in zip(user.expected, measured, strict=True)]
        return best

    def frame(self, name, station, sinr, queue, luck, believed=None, measured=None, mean=None):
        """Return bits delivered and lost, blocks sent and failed for the first time, lost and delivered; and load."""
        user = self.users.setdefault(name, UserOfTwin())
        number = self.choose(user, sinr, believed, measured, mean, station)
        got = gone = 0.0
        sent = failed = lost = delivered = used = 0
        old, user.waiting = user.waiting, []
        data = queue - sum(block.bits for block in old)
        for block in old:
            used += 1
            block.heard.append(sinr)
            if block.luck >= failure(block.f, block.heard, "sinr" if self.harq == "chase" else "n"):
                got, delivered = got + block.bits, delivered + 1
            elif len(block.heard) >= self.maximum:
                gone, lost = gone + block.bits, lost + 1
            else:
                user.waiting.append(block)
        f = self.formats[number]
        error = failure(f, [sinr], "")
        for place in range(self.blocks - used):
            if data <= 0:
                break
            block = Block(f, min(data, f.bits), luck[place], [sinr])
            data -= block.bits
            sent += 1
            if block.luck >= error:
                got, delivered = got + block.bits, delivered + 1
                continue
            failed += 1
            if self.harq == "none" or self.maximum == 1:
                gone, lost = gone + block.bits, lost + 1
            else:
                user.waiting.append(block)
        if sent:
            user.offset += self.step * (self.target - failed / sent) / (1 - self.target)
        return got, gone, sent, failed, lost, delivered, (used + sent) / self.blocks
