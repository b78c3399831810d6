"""Named random streams: every draw belongs to a drop, a frame and a purpose.

A stream depends on its name alone, so a policy that draws more numbers changes no other stream,
and no frame shifts the next. Nothing in isacsys reads a global generator.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from hashlib import shake_128
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISpawnableSeedSequence

from isacsys.core.arrays import Index
from isacsys.core.drop_parts import Parts
from isacsys.core.joined_streams import JoinedGenerator


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
    LINK_CHANNELS = 17
    STATION_CHANNELS = 18
    PROCESS = 19
    FEEDBACK = 20
    SENSING_BEAMS = 21
    HELPERS = 22
    LARGE_SCALE = 30
    CLUTTER = 31
    FLUCTUATION = 40
    DETECTION = 41
    PAIR_FLUCTUATION = 42
    RAYS = 50
    LARGE_SCALE_PARAMETERS = 51
    FADING_STATES = 52
    STATION_RAYS = 53
    DOPPLER = 54
    BLOCKS = 60
    LOAD_PROFILE = 70
    STATION_TIMETABLE = 71


class Name(ISpawnableSeedSequence):
    """A stream's name as a seed: SHAKE-128 of its numbers, in a quarter of the time of a `numpy.random.SeedSequence`.

    A frame makes ten streams or so, which would otherwise take a tenth of its time.

    Attributes
    ----------
    entropy, spawn_key
        Seed, and the rest of the name, as a `numpy.random.SeedSequence` calls them.
    """

    def __init__(self, seed: int, *key: int) -> None:
        self.entropy, self.spawn_key, self._children = seed, key, 0

    def generate_state(self, n_words: int, dtype: npt.DTypeLike = np.uint32) -> npt.NDArray[Any]:
        """Return as many words as a bit generator asks for."""
        word = _little_endian(np.dtype(dtype))
        text = ("%d" + " %d" * len(self.spawn_key)) % (self.entropy, *self.spawn_key)
        return np.frombuffer(shake_128(text.encode()).digest(n_words * word.itemsize), word)

    def spawn(self, n_children: int) -> list[Name]:
        """Name children, for policies that split their generator."""
        first, self._children = self._children, self._children + n_children
        return [Name(self.entropy, *self.spawn_key, i) for i in range(first, self._children)]


@cache
def _little_endian(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.newbyteorder("<")


def stream(seed: int, drop: int, frame: int, purpose: Purpose, *more: int) -> np.random.Generator:
    """Return the generator named (seed, drop, frame, purpose, more): an SFC64, numpy's fastest, seeded by `Name`."""
    name = Name(seed, drop, frame, purpose, *more)
    return np.random.Generator(np.random.SFC64(name))  # type: ignore[arg-type]  # numpy's stubs know one class only


@dataclass(frozen=True)
class FrameName:
    """The name of a frame: every stream that the frame draws from begins with it.

    Attributes
    ----------
    seed, drop, frame : int
    band, service : int
        Of a part of the frame that draws streams of its own; 0, 0: the streams of the frame itself.
    drops : tuple of int
        Of a frame of several drops at once; ``drop`` is then the first of them.
    parts : Parts or None
        Whose stations are whose, of such a frame.
    """

    seed: int
    drop: int
    frame: int
    band: int = 0
    service: int = 0
    drops: tuple[int, ...] = ()
    parts: Parts | None = None

    def stream(self, purpose: Purpose, station: Index | None = None) -> np.random.Generator:
        """Return the generator of this frame, band and service for a purpose.

        In a frame of several drops it draws arrays whose rows are those of every drop, each from its own stream: rows
        that belong to ``station`` [row], or those of the stations themselves.
        """
        part = (self.band, self.service) if self.band or self.service else ()
        if self.parts is None:
            return stream(self.seed, self.drop, self.frame, purpose, *part)
        each = [stream(self.seed, drop, self.frame, purpose, *part) for drop in self.drops]
        pieces = self.parts.whole if station is None else self.parts.pieces(station)
        return cast(np.random.Generator, JoinedGenerator(each, pieces))
