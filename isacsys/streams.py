"""Named random streams: every draw belongs to a drop, a frame and a purpose.

A stream depends on its name alone, so a policy that draws more numbers moves nobody,
and no frame shifts the next. Nothing in isacsys reads a global generator.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is for. Numbers are part of the reproducibility contract: append, never renumber."""

    STATIONS = 0
    USERS = 1
    TARGETS = 2
    SELECT_USERS = 3
    SELECT_TARGETS = 4
    GRANTS = 5
    OWN_CHANNELS = 6
    USER_INTERFERENCE = 7
    TARGET_INTERFERENCE = 8
    ECHOES = 9
    CHANNELS_SEEN = 10
    NULLS_HELD = 11
    AGEING = 12
    BACKHAUL = 13
    MOVEMENT = 14
    ARRIVALS = 15
    TARGET_LIFE = 16


def stream(seed: int, drop: int, frame: int, purpose: Purpose) -> np.random.Generator:
    """Return the generator named (seed, drop, frame, purpose).

    ``SeedSequence(seed, spawn_key=(drop, frame, purpose))`` feeds an SFC64, numpy's fastest bit generator.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(drop, frame, int(purpose)))
    return np.random.Generator(np.random.SFC64(sequence))
