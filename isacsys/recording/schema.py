"""The columns of a log: name, type, unit and meaning of everything that is recorded, stated once.

A *table* is a mapping from column name to a 1-D array, all of one length; `TABLES` names them as HDF5 groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FORMAT, FORMAT_VERSION = "isacsys", 1
BLOCK_ROWS = 16384  # rows that are kept, written and read in one go, and that an HDF5 chunk holds

_REPEATING = ("noise",)
_RANDOM = ("user", "target", "receiver", "asked")


@dataclass(frozen=True)
class Column:
    """One column: its name, numpy type, unit ("1" where it has none) and meaning."""

    name: str
    dtype: str
    unit: str
    description: str

    @property
    def repeats(self) -> bool:
        """Whether neighbouring rows tend to be alike, so that compression pays."""
        return (self.dtype != "f8" or self.name in _REPEATING) and self.name not in _RANDOM


def _count(name: str, description: str) -> Column:
    return Column(name, "i8", "1", description)


def _index(name: str, description: str) -> Column:
    """A number of something in its drop: four bytes hold the largest network that a scenario may ask for."""
    return Column(name, "i4", "1", description)


def _sum(name: str, unit: str, description: str) -> Column:
    return Column(name, "f8", unit, description)


DROP = _count("drop", "number of the drop")
FRAME = Column("frame", "i4", "1", "number of the frame within its drop")
RATE, KM, KM2 = "bit/s/Hz", "km", "km^2"

_KINDS = (("communication", "user"), ("sensing", "target"))

# Sums over the frames of a drop (or over one frame), from which every estimate is made.
SUMS: tuple[Column, ...] = (
    _count("stations", "base stations, summed over frames"),
    _count("transmitting", "base stations with a user to serve, summed over frames"),
    _sum("area", KM2, "area, summed over frames"),
    *(column for kind, receiver in _KINDS for column in (
        _count(f"{kind}_links", f"scheduled {receiver}s"),
        _sum(f"{kind}_rate", RATE, f"sum of the rates of scheduled {receiver}s"),
        _sum(f"{kind}_weight", "1", "sum of weights: population of the cell / number scheduled in it"),
        _sum(f"{kind}_weighted_rate", RATE, "sum of weight x rate"))),
    _count("null_requests", "null requests sent"),
    _count("null_refused", "null requests refused for want of antennas"),
    _count("null_late", "null requests that came too late"),
    _count("null_lost", "null requests that never came"),
    _count("constraints", "own users plus granted requests, summed over transmitting base stations"),
)

# What only a drop as a whole can tell. A figure that a drop may not have comes with a count of those that have it.
QUALITY: tuple[Column, ...] = (
    _count("rated", "1 where users were followed over several frames"),
    _sum("cell_edge_rate", RATE, "5th percentile, over users who had data, of their mean rate over all frames"),
    _sum("fairness", "1", "Jain's index of these mean rates"),
    _count("files", "files delivered"),
    _sum("file_delay", "s", "sum of their delays, from arrival to delivery"),
    _count("files_ranked", "1 where a file was delivered"),
    _sum("file_delay_95", "s", "95th percentile of the delays"),
    _sum("user_time", "s", "time that users moved for, summed over users"),
    _count("handovers", "handovers of users"),
    _count("sensing_gaps", "times between two sensings of a target"),
    _sum("sensing_gap", "s", "their sum"),
    _count("gaps_ranked", "1 where a target was sensed twice"),
    _sum("sensing_gap_95", "s", "95th percentile of the times"),
    _count("revisits", "revisits of targets that fell due: made in time or missed"),
    _count("revisits_missed", "revisits that were missed"),
)

_INTERFERENCE: tuple[Column, ...] = (
    Column("leakage_granted", "f8", "1", "power from base stations that granted a null"),
    Column("interference_refused", "f8", "1", "power from cluster members that refused the null"),
    Column("interference_other", "f8", "1", "power from other base stations that were drawn one by one"),
    Column("far_field", "f8", "1", "mean power from all base stations beyond"),
    Column("noise", "f8", "1", "noise power"),
    Column("sir", "f8", "1", "signal to interference (and noise) ratio, linear"),
    Column("rate", "f8", RATE, "log2(1 + sir)"),
    Column("weight", "f8", "1", "population of the cell / number scheduled in it"),
)

_PLACE = (Column("x", "f8", KM, "position"), Column("y", "f8", KM, "position"))

TABLES: dict[str, tuple[Column, ...]] = {
    "drops": (DROP, *SUMS, *QUALITY),
    "frames": (DROP, FRAME, *SUMS),
    "classes": (
        DROP, Column("kind", "u1", "1", "0: users, 1: targets"),
        _index("streams", "users that their base station serves"),
        _index("degrees_of_freedom", "its transmit antennas - independent constraints + 1"),
        _count("links", "how many links that is, summed over frames"),
        _sum("weight", "1", "sum of their weights"),
        _sum("weighted_rate_nulled", RATE,
             "sum of weight x rate, had every member of their clusters nulled, and nobody else"),
    ),
    "links/communication": (
        DROP, FRAME, _index("user", "number of the user in its drop"), _index("station", "its serving base station"),
        Column("distance", "f8", KM, "to the serving base station"),
        Column("signal", "f8", "1", "wanted power"),
        Column("intra_cell", "f8", "1", "power meant for other users of the cell"),
        *_INTERFERENCE,
        _index("degrees_of_freedom", "transmit antennas - independent constraints of the serving base station + 1"),
    ),
    "links/sensing": (
        DROP, FRAME, _index("target", "number of the target in its drop"),
        _index("station", "its serving base station"),
        Column("distance", "f8", KM, "to the serving base station"),
        Column("echo", "f8", "1", "wanted echo power"),
        Column("inter_target", "f8", "1", "echoes of the other scheduled targets of the base station; part of sir "
               "only with sensing.inter_target_echo"),
        *_INTERFERENCE,
    ),
    "positions/stations": (DROP, _index("station", "number of the base station"), *_PLACE),
    "positions/users": (DROP, _index("user", "number of the user"), _index("station", "nearest base station"), *_PLACE),
    "positions/targets": (DROP, _index("target", "number of the target"), _index("station", "nearest base station"),
                          *_PLACE),
    "selections/communication": (DROP, FRAME, _index("station", "base station"), _index("user", "user it chose")),
    "selections/sensing": (DROP, FRAME, _index("station", "base station"), _index("target", "target it chose")),
    "requests": (
        DROP, FRAME, Column("kind", "u1", "1", "0: towards a user, 1: towards the receive filter of a target"),
        _index("receiver", "number of the user or target"), _index("station", "its serving base station"),
        _index("asked", "base station asked for a null"),
        Column("strength", "f8", "1", "interference relative to the mean wanted power"),
        Column("granted", "u1", "1", "1 where the null was granted"),
        Column("travel", "f8", "s", "from when it was written to when it came; infinite for one that is lost"),
        Column("late", "u1", "1", "1 where it came after its frame had begun, or never"),
    ),
    "files": (
        DROP, _index("user", "number of the user"), Column("arrival", "f8", "s", "simulated time"),
        Column("size", "f8", "bit", "size"), Column("delay", "f8", "s", "until its last bit was delivered"),
    ),
    "events": (
        DROP, Column("time", "f8", "s", "simulated time"), Column("event", "u1", "1", "what happened"),
        Column("subject", "i4", "1", "whom it happened to; -1 for the whole network"),
        Column("count", "i4", "1", "how many rows it concerned"),
    ),
}

NAMES = {table: {column.name for column in columns} for table, columns in TABLES.items()}

# What happened, in the order of the numbers in events/event: append, never renumber.
EVENTS = ("frame_start", "selection", "null_requests", "grants", "frame_end", "requests_arrived", "requests_late",
          "requests_lost", "handover", "target_handover", "files_arrived", "files_delivered", "targets_appeared",
          "targets_left", "revisits_missed")

LEVELS: dict[str, tuple[str, ...]] = {
    "summary": ("drops", "frames", "classes"),
    "links": ("drops", "frames", "classes", "links/communication", "links/sensing", "files"),
    "full": tuple(TABLES),
}


def empty(table: str) -> dict[str, npt.NDArray[Any]]:
    """Return ``table`` without rows."""
    return {column.name: np.empty(0, column.dtype) for column in TABLES[table]}


def row_count(table: str, columns: Mapping[str, npt.ArrayLike]) -> int:
    """Return how many rows ``columns`` are; columns must be those of ``table``, of one length, or scalars."""
    shapes = {value.shape if isinstance(value, np.ndarray) else np.shape(value) for value in columns.values()
              if not isinstance(value, (int, float))} - {()}
    if columns.keys() != NAMES[table] or len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
        raise ValueError(f"table {table} wants columns {sorted(NAMES[table])} of one length, not "
                         f"{ {name: np.shape(value) for name, value in columns.items()} }")
    return int(shapes.pop()[0]) if shapes else 1
