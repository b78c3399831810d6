"""The tables of a log. Their columns are stated once: those of links, frames and drops in `isacsys.metrics`.

A *table* is a mapping from column name to a 1-D array, all of one length; `TABLES` names them as HDF5 groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.core.columns import KM, RATE, Column, count, index, real
from isacsys.metrics.registry import DROP_COLUMNS, SUMS
from isacsys.network.receivers import ReceiverType
from isacsys.services.link_terms import link_columns

FORMAT, FORMAT_VERSION = "isacsys", 1
DIMENSION = "row"  # the dimension of tables other than that of drops
BLOCK_ROWS = 16384  # rows that are kept, written and read in one go, and that an HDF5 chunk holds

DROP = count("drop", "number of the drop")
FRAME = index("frame", "number of the frame within its drop")

_PLACE = (Column("x", "f8", KM, "position"), Column("y", "f8", KM, "position"))

STRENGTHS, NEXT = 32, 32  # bins of table refusals
MEMBER = 2  # kind in table classes

LEVEL_NAMES = ("summary", "users", "links", "full")  # each has the tables of those before it
TABLES: dict[str, tuple[Column, ...]] = {}
LEVELS: dict[str, tuple[str, ...]] = dict.fromkeys(LEVEL_NAMES, ())


EVENTS = ("frame_start", "selection", "null_requests", "grants", "frame_end", "requests_arrived", "requests_late",
          "requests_lost", "handover", "target_handover", "files_arrived", "files_delivered", "targets_appeared",
          "targets_left", "revisits_missed", "target_detected", "target_missed", "false_alarm", "track_started",
          "track_lost", "track_found", "track_handover", "users_appeared", "users_left")
_SERVING = "serving base station: the one received strongest, under a power law the nearest; -1: none"

def declare_table(name: str, level: str, columns: tuple[Column, ...]) -> None:
    """Add a table that is recorded from ``level`` on, for logs, settings and results."""
    TABLES[name] = columns
    for deeper in LEVEL_NAMES[LEVEL_NAMES.index(level):]:
        LEVELS[deeper] = (*LEVELS[deeper], name)


def known_columns(table: str) -> tuple[Column, ...]:
    """Return the declared columns of a table; none of an unknown one."""
    return TABLES.get(table, ())


declare_table("drops", "summary", (DROP, *SUMS, *DROP_COLUMNS))
declare_table("frames", "summary", (DROP, FRAME, *SUMS))
declare_table("classes", "summary", (
    DROP, Column("kind", "u1", "1", "0: users, 1: targets, 2: users, and another station that sends to them"),
    index("streams", "users to which their base station, or the other one, sends"),
    index("degrees_of_freedom", "its transmit antennas - independent constraints + 1"),
    count("links", "how many links that is, summed over frames"),
    real("weight", "1", "sum of their weights"),
    real("weighted_rate_nulled", RATE,
         "sum of weight x rate, had every member of their clusters nulled, and no other station")))
declare_table("refusals", "summary", (
    DROP, index("rank", "place of a station in a user's cluster, nearest first, the serving one being 1"),
    index("strength", f"{STRENGTHS} times the squared ratio of the distances of serving station and member, "
          "rounded down"),
    index("next", f"{NEXT} times the ratio of the distances of serving station and first one beyond the cluster"),
    real("weight", "1", "sum of the weights of users towards whom the member did not null though it was asked")))
declare_table("links/communication", "links", (
    DROP, FRAME, index("user", "number of the user in its drop"),
                        index("station", "its serving base station"), *link_columns(ReceiverType.USER)))
declare_table("links/sensing", "links", (
    DROP, FRAME, index("target", "number of the target in its drop"),
                  index("station", "its serving base station"), *link_columns(ReceiverType.TARGET)))
declare_table("users/communication", "users", (
    DROP, index("user", "number of the user"), index("cell", "its serving base station; -1: none"), *_PLACE,
    real("height", "m", "of its antenna"), Column("indoor", "u1", "1", "1 inside a building"),
    index("line_of_sight", "1 where there is a line of sight to its cell, up to the building it is in; -1: undefined"),
    real("distance", KM, "to its cell, on the ground"),
    real("coupling_loss", "dB", "mean loss of the link to its cell, antennas included"),
    real("geometry", "dB", "mean received power over mean interference and noise, every station sending"),
    count("frames_served", "frames in which it was served"), real("bits_delivered", "bit", "delivered to it"),
    real("throughput", "Mbit/s", "these over the time simulated"),
    real("mean_rate", RATE, "mean of log2(1 + sir) over the frames in which it was present, 0 where not served"),
    count("blocks_sent", "transport blocks sent to it for the first time"),
    count("blocks_failed", "those of them that failed then")))
declare_table("users/sensing", "users", (
    DROP, index("target", "number of the target"), index("cell", "its serving base station; -1: none"), *_PLACE,
    real("height", "m", "above ground"),
    index("line_of_sight", "1 where there is a line of sight to its cell; -1: undefined"),
    real("distance", KM, "to its cell, on the ground"),
    real("coupling_loss", "dB", "mean loss of its echo, with unit gain of the beams"),
    real("geometry", "dB", "mean echo over mean interference and noise, every station sending"),
    count("frames_sensed", "frames in which it was sensed"),
    real("mean_rate", RATE, "mean of log2(1 + sir) over the frames in which it was present, 0 where not sensed"),
    real("detections_expected", "1", "sum of the detection probabilities of its looks, where detection is on")))
declare_table("positions/stations", "full", (
    DROP, index("station", "number of the base station"), *_PLACE,
    index("site", "number of its site: the base stations of a site are its cells", optional=True),
    Column("boresight", "f8", "degree", "azimuth of its boresight, from the x axis", optional=True),
    Column("azimuth", "f8", "degree", "the same clockwise from north", optional=True),
    Column("height", "f8", "m", "of its antennas", optional=True),
    Column("downtilt", "f8", "degree", "electrical tilt of its columns below the horizon", optional=True),
    Column("mechanical_tilt", "f8", "degree", "tilt of its antenna below the horizon", optional=True),
    Column("power_dbm", "f8", "dBm", "full power", optional=True)))
declare_table("positions/users", "full", (
    DROP, index("user", "number of the user"), index("station", _SERVING), *_PLACE))
declare_table("positions/targets", "full", (
    DROP, index("target", "number of the target"), index("station", _SERVING),
                      *_PLACE))
declare_table("ids", "summary", (
    DROP, Column("kind", "u1", "1", "0: users, 1: targets"), index("number", "of the user or target"),
    Column("id", "S64", "1", "its name in the file of positions, in UTF-8")))
declare_table("selections/communication", "full", (
    DROP, FRAME, index("station", "base station"), index("user", "user it chose")))
declare_table("selections/sensing", "full", (
    DROP, FRAME, index("station", "base station"), index("target", "target it chose")))
declare_table("requests", "full", (
    DROP, FRAME, Column("kind", "u1", "1", "0: towards a user, 1: towards the receive filter of a target"),
    index("receiver", "number of the user or target"), index("station", "its serving base station"),
    index("asked", "base station that got the request"),
    Column("strength", "f8", "1", "interference relative to the mean wanted power"),
    Column("granted", "u1", "1", "1 where the null was granted"),
    Column("travel", "f8", "s", "delay of the request; infinite for one that is lost"),
    Column("late", "u1", "1", "1 where it arrived after its frame had begun, or never")))
declare_table("pairs", "full", (
    DROP, FRAME, index("target", "number of the target"), index("transmitter", "base station that illuminates it"),
    index("receiver", "base station that receives"), real("sir", "1", "of its echo, linear")))
declare_table("streams", "full", (
    DROP, FRAME, index("station", "base station that sends it"), index("user", "user that it serves"),
    index("slot", "number of its beam at the base station: own users first"),
    real("power", "1", "share of the base station's power")))
for _kind, _whom in (("communication", "user"), ("sensing", "target")):
    declare_table(f"subbands/{_kind}", "full", (
        DROP, FRAME, index(_whom, f"number of the {_whom}"), index("subband", "number of the sub-band, from 0 on"),
        real("sir", "1", "in this sub-band, linear")))
declare_table("files", "links", (
    DROP, index("user", "number of the user"), Column("arrival", "f8", "s", "simulated time"),
    Column("size", "f8", "bit", "size"), Column("delay", "f8", "s", "until its last bit was delivered")))
declare_table("events", "full", (
    DROP, Column("time", "f8", "s", "simulated time"), Column("event", "u1", "1", "code of the event: " + ", ".join(
        f"{code} {name}" for code, name in enumerate(EVENTS))),
    Column("subject", "i4", "1", "user, target or station concerned; -1 for the whole network"),
    Column("count", "i4", "1", "how many rows it concerned")))

declare_table("stations", "full", (
    DROP, FRAME, index("station", "base station"), Column("transmitting", "u1", "1", "1 where it sends anything"),
    Column("asleep", "u1", "1", "1 where it sleeps, or is switched off", optional=True)))
declare_table("paths/users", "full", (
    DROP, FRAME, index("user", "number of the user"), index("station", "its serving base station"), *_PLACE))
declare_table("paths/targets", "full", (
    DROP, FRAME, index("target", "number of the target"), index("station", "its serving base station"), *_PLACE))
declare_table("paths/tracks", "full", (
    DROP, FRAME, index("target", "number of the target that is tracked"), *_PLACE,
    real("variance_x", "m^2", "variance of x by the track's covariance"),
    real("covariance_xy", "m^2", "covariance of x and y"), real("variance_y", "m^2", "variance of y")))

# What happened, in the order of the numbers in events/event: append, never renumber.
REQUIRED = ("drops", "frames")  # tables that every log has; others may be younger than it


class Layout:
    """The columns that a table has in one recording: those that are required, and those others that its rows have.

    Parameters
    ----------
    table : str
    names : iterable of str, optional
        What its rows have; default: what is required.
    declared : iterable of Column
        Columns that are not of `TABLES`.

    Raises
    ------
    ValueError
        Where a required column is lacking, or one is unknown.
    """

    def __init__(self, table: str, names: Iterable[str] | None = None, declared: Iterable[Column] = ()) -> None:
        self.table = table
        # one order of columns, in whatever order they were declared
        known = (*known_columns(table), *sorted(declared, key=lambda column: column.name))
        chosen = {column.name for column in known if not column.optional} if names is None else set(names)
        self.columns = tuple(column for column in known if not column.optional or column.name in chosen)
        self.names = {column.name for column in self.columns}
        if self.names != chosen:
            raise ValueError(f"table {table} wants columns {sorted(self.names)} of one length, not {sorted(chosen)}")

    def row_count(self, columns: Mapping[str, npt.ArrayLike]) -> int:
        """Return the number of rows of ``columns`` [row]; of one length, or scalars, and those of the layout."""
        shapes = {value.shape if type(value) is np.ndarray else np.shape(value) for value in columns.values()
                  if type(value) is not int and type(value) is not float}
        shapes.discard(())
        if columns.keys() != self.names or len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
            raise ValueError(f"table {self.table} wants columns {sorted(self.names)} of one length, not "
                             f"{ {name: np.shape(value) for name, value in columns.items()} }")
        return int(shapes.pop()[0]) if shapes else 1


class Layouts:
    """Columns of the rows of every table of a level: determined by the first rows."""

    def __init__(self, level: str) -> None:
        self._known: dict[str, Layout | None] = dict.fromkeys(LEVELS[level])
        self._declared: dict[str, tuple[Column, ...]] = {}

    def declare(self, table: str, columns: Iterable[Column]) -> None:
        """Declare columns that are not of `TABLES`."""
        there = self._declared.get(table, ())
        self._declared[table] = (*there, *(column for column in columns if column not in there))

    def fit(self, table: str, columns: Mapping[str, npt.ArrayLike]) -> Layout:
        """Return the layout of a table, of which ``columns`` [row] are rows."""
        layout = self._known[table]
        if layout is None:
            layout = self._known[table] = Layout(table, columns, self._declared.get(table, ()))
        return layout

    def get(self, table: str) -> Layout:
        """Return the layout of a table, if it is determined."""
        return self._known[table] or Layout(table, None, self._declared.get(table, ()))


def foreign(table: str, columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return those of some columns that `TABLES` does not know."""
    names = {column.name for column in known_columns(table)}
    return tuple(column for column in columns if column.name not in names)


def empty(columns: Iterable[Column]) -> dict[str, npt.NDArray[Any]]:
    """Return columns without rows, [0]."""
    return {column.name: np.empty(0, column.dtype) for column in columns}
