"""Positions over time, from a file."""

from __future__ import annotations

import numpy as np

from isacsys.config.input_files import CsvRows, number, ordinal, reader
from isacsys.core import geometry
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError
from isacsys.core.frames import in_frames
from isacsys.network.population import Population

KEY = "mobility.positions"


class Trajectory:
    """Moves a population along given positions, linearly in between; before the first and after the last it stays.

    Those of whom the file says nothing stay where they are. ``start`` is the frame with which the drop begins.
    """

    def __init__(self, path: str, kind: str, population: Population, side: Array, frame_duration: float,
                 start: float) -> None:
        rows = read_trajectories(path)[kind]
        if len(rows) and rows[:, 0].max() >= len(population):
            raise ConfigError(KEY, f"{kind} {rows[:, 0].max():g}", f"numbers below {len(population)}, that of the drop")
        self._population, self._side = population, side
        self._frame_duration, self._now = frame_duration, start
        self._time, self._place = in_frames(rows[:, 1], frame_duration), geometry.wrap(rows[:, 2:], side)
        self._who, first = np.unique(rows[:, 0].astype(np.int64), return_index=True)
        self._row, self._last = first.copy(), np.append(first[1:], len(rows)) - 1

    def step(self, seconds: float, rng: np.random.Generator) -> float:
        """Move to where everybody is at the end of the step; return the longest way that anybody has gone, km."""
        before = self._population.position[self._who]
        self._now += in_frames(seconds, self._frame_duration)
        while np.any(behind := (self._row < self._last) & (self._time[np.minimum(self._row + 1, self._last)]
                                                          <= self._now)):
            self._row[behind] += 1
        here, there = self._row, np.minimum(self._row + 1, self._last)
        span = self._time[there] - self._time[here]
        way = geometry.displacement(self._place[here], self._place[there], self._side)
        share = np.clip((self._now - self._time[here]) / np.where(span > 0, span, 1), 0, 1)
        moving = (span > 0) & (self._now >= self._time[here])
        self._population.position[self._who] = geometry.wrap(self._place[here] + share[:, None] * way, self._side)
        self._population.velocity[self._who] = \
            way * (moving / (np.where(span > 0, span, 1) * self._frame_duration))[:, None]
        gone = geometry.displacement(before, self._population.position[self._who], self._side)
        return float(geometry.length(gone).max(initial=0.0))


@reader(KEY, "time,kind,id,x,y with kind user or target, times in s, places in km")
def read_trajectories(rows: CsvRows) -> dict[str, Array]:
    """Read ``time,kind,id,x,y`` and return rows [n, 4] of id, time, x, y by kind, sorted by id and time."""
    found: dict[str, list[tuple[float, ...]]] = {"user": [], "target": []}
    for row in rows:
        found[row["kind"]].append((ordinal(row["id"]), number(row["time"]), number(row["x"]), number(row["y"])))
    return {kind: np.array(sorted(places)).reshape(-1, 4) for kind, places in found.items()}
