"""The stations of a frame as energy models see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Array, Flags


@dataclass(frozen=True)
class Stations:
    """The stations of a frame, each [bs].

    Attributes
    ----------
    load : array
        Share of the frame in which a station sends, 0 to 1: of its blocks that carry data; 1 with sensing beams, which
        fill the frame.
    on : flags
        Whether it is switched on.
    asleep : flags
        Whether it sleeps: it is off, or has no user to serve and no target to sense, and may sleep.
    sent : array
        Power that it sends while it does, over its full power.
    listening : flags
        Whether it receives echoes.
    full_power : array
        Its full power, W.
    """

    load: Array
    on: Flags
    asleep: Flags
    sent: Array
    listening: Flags
    full_power: Array

    def __len__(self) -> int:
        return len(self.load)

    @property
    def sending(self) -> Flags:
        """Stations that send anything, [bs]."""
        return np.asarray((self.load > 0) & (self.sent > 0))


def stations(load: Array, *, on: Flags | None = None, asleep: Flags | None = None, sent: Array | None = None,
             listening: Flags | None = None, full_power: float | Array = 40.0) -> Stations:
    """Return stations of a given ``load`` [bs], 0 to 1; by default all are on, awake, at full power and not listening.

    ``on``, ``asleep``, ``sent``, ``listening``, ``full_power`` (W) [bs] as in `Stations`.
    """
    number = np.asarray(load, float)
    return Stations(number, np.ones(number.shape, bool) if on is None else np.asarray(on, bool),
                    np.zeros(number.shape, bool) if asleep is None else np.asarray(asleep, bool),
                    np.ones(number.shape) if sent is None else np.asarray(sent, float),
                    np.zeros(number.shape, bool) if listening is None else np.asarray(listening, bool),
                    np.broadcast_to(np.asarray(full_power, float), number.shape))
