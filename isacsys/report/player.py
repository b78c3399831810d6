"""One recorded drop played back: an HTML page that needs nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.campaign import Run, open_run
from isacsys.core.arrays import Array, Index, Table
from isacsys.core.errors import ConfigError
from isacsys.core.version import version
from isacsys.network.point_processes import hexagonal_side
from isacsys.report.content import page_path, template, visible, write_page

CENTIMETRES = 1e5  # in a km
ABSENT = -(2**31)  # of one who is absent
NEEDED = ("positions/stations", "paths/users")
LARGEST_RATE = 8.0  # bit/s/Hz; rates above have the colour of this one
USER, TARGET = 0, 1  # as in column requests/kind


def write_player(run: Run | str | Path, output: str | Path, drop: int | None = None) -> Path:
    """Write a page that plays one drop of a run back.

    Parameters
    ----------
    run : Run or path
        Recorded with ``recording.level = "full"``.
    output : path
        Where to write the page; ends with .html.
    drop : int, optional
        Number of the drop; default: the first one.

    Raises
    ------
    ConfigError
        Where the run lacks what is played, there is no such drop, or the page cannot be written.
    """
    path = page_path(output)
    opened = run if isinstance(run, Run) else open_run(run)
    page = template("player.html.j2").render(title=visible(opened.name), version=version(),
                                             data=as_json(play_data(opened, drop)), largest_rate=LARGEST_RATE)
    return write_page(path, str(page))


def can_play(run: Run) -> bool:
    """Return whether a run has what is played back."""
    return run.drops > 0 and all(table in run.tables for table in NEEDED)


def as_json(data: Mapping[str, Any]) -> str:
    """Return JSON that may stand within a script element of a page."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def play_data(run: Run, drop: int | None = None) -> dict[str, Any]:
    """Return what the player shows of a drop: places in cm, arrays as base64 of little-endian numbers."""
    if not can_play(run):
        raise ConfigError("recording.level", run.scenario.recording.level,
                          "\"full\": a drop is played back from tables of that level")
    stations = run.table("positions/stations")
    drops = np.unique(stations["drop"])
    chosen = int(drops[0]) if drop is None else drop
    if chosen not in drops:
        raise ConfigError("--drop", chosen, f"one of the drops of the run, {drops[0]} to {drops[-1]}")
    frames = run.frames
    tables = {name: _of_drop(run, name, chosen) for name in run.tables if name.startswith((
        "positions/", "paths/", "links/", "requests", "stations"))}
    data = {"drop": chosen, "frames": frames, "frame_duration": run.scenario.simulation.frame_duration,
            "stations": _stations(tables["positions/stations"]),
            "users": _paths(tables["paths/users"], "user", frames),
            "targets": _paths(tables["paths/targets"], "target", frames) if "paths/targets" in tables else None,
            "tracks": _tracks(tables["paths/tracks"], frames) if "paths/tracks" in tables else None,
            "serves": _links(tables["links/communication"], "user", frames),
            "looks": _links(tables["links/sensing"], "target", frames),
            "nulls": _nulls(tables["requests"], frames),
            "asleep": _asleep(tables["stations"], frames) if "stations" in tables else None,
            "resting": "asleep" if "asleep" in tables.get("stations", {}) else "with nothing to send"}
    side = _side(run, chosen)
    data["side"], data["box"] = side, _box(data) if side is None else [0, 0, *side]
    return data


def _of_drop(run: Run, name: str, drop: int) -> Table:
    table = run.table(name)
    mine = table["drop"] == drop
    return {column: values[mine] for column, values in table.items()}


def _packed(values: npt.ArrayLike, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode()


def _centimetres(values: Array) -> Index:
    return np.round(np.asarray(values) * CENTIMETRES).astype(np.int64)


def _stations(table: Table) -> dict[str, Any]:
    sites, sectors = np.unique(table.get("site", table["station"]), return_counts=True)
    return {"x": _centimetres(table["x"]).tolist(), "y": _centimetres(table["y"]).tolist(),
            "boresight": [round(float(b), 1) for b in table.get("boresight", np.zeros(len(table["x"])))],
            "sectors": bool(len(sites) and sectors.max() > 1)}


def _paths(table: Table, who: str, frames: int) -> dict[str, Any]:
    """Return places [frame, member, 2] in cm."""
    count = int(table[who].max(initial=-1)) + 1
    place = np.full((frames, count, 2), ABSENT, np.int64)
    place[table["frame"], table[who]] = np.stack([_centimetres(table["x"]), _centimetres(table["y"])], axis=-1)
    return {"count": count, "places": _packed(place, "<i4")}


def _by_frame(table: Table, frames: int, columns: Mapping[str, tuple[npt.ArrayLike, str]]) -> dict[str, Any]:
    """Return rows in order of frames: where each frame begins, and columns."""
    order = np.argsort(table["frame"], kind="stable")
    first = np.searchsorted(table["frame"][order], np.arange(frames + 1))
    return {"first": first.tolist(), **{name: _packed(np.asarray(values)[order], kind)
                                        for name, (values, kind) in columns.items()}}


def _tracks(table: Table, frames: int) -> dict[str, Any]:
    """Return tracks: place in cm, semi-axes in cm of the ellipse that holds 95 %, and its angle in degrees."""
    xx, xy, yy = table["variance_x"], table["covariance_xy"], table["variance_y"]
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    scale = 100 * np.sqrt(-2 * np.log(0.05))  # quantile of the chi-squared law of two degrees of freedom
    return _by_frame(table, frames, {
        "target": (table["target"], "<i4"), "x": (_centimetres(table["x"]), "<i4"),
        "y": (_centimetres(table["y"]), "<i4"), "major": (scale * np.sqrt(middle + half), "<f4"),
        "minor": (scale * np.sqrt(np.maximum(middle - half, 0)), "<f4"),
        "angle": (np.degrees(np.arctan2(2 * xy, xx - yy) / 2), "<f4")})


def _links(table: Table, who: str, frames: int) -> dict[str, Any]:
    rate = np.clip(table["rate"] / LARGEST_RATE * 255, 0, 255)
    return _by_frame(table, frames, {"station": (table["station"], "<u2"), "member": (table[who], "<i4"),
                                     "rate": (rate, "<u1")})


def _nulls(table: Table, frames: int) -> dict[str, Any]:
    granted = table["granted"] > 0
    mine = {name: values[granted] for name, values in table.items()}
    return _by_frame(mine, frames, {"asked": (mine["asked"], "<u2"), "kind": (mine["kind"], "<u1"),
                                    "member": (mine["receiver"], "<i4")})


def _asleep(table: Table, frames: int) -> dict[str, Any]:
    sleeps = table["asleep"] > 0 if "asleep" in table else table["transmitting"] == 0
    mine = {name: values[sleeps] for name, values in table.items()}
    return _by_frame(mine, frames, {"station": (mine["station"], "<u2")})


def _side(run: Run, drop: int) -> list[int] | None:
    """Return the sides of a torus, cm; None where the network ends."""
    network = run.scenario.network
    if network.boundary == "open":
        return None
    area = _of_drop(run, "frames", drop)["area"]
    side = hexagonal_side(network)[2] if network.layout == "hexagonal" else np.full(2, np.sqrt(area[0]))
    return [int(value) for value in _centimetres(side)]


def _box(data: Mapping[str, Any]) -> list[float]:
    """Return left, bottom, right and top of everything, cm."""
    x, y = list(data["stations"]["x"]), list(data["stations"]["y"])
    for name in ("users", "targets"):
        if data[name]:
            place = np.frombuffer(base64.b64decode(data[name]["places"]), "<i4").reshape(-1, 2)
            place = place[place[:, 0] != ABSENT]
            if len(place):
                x += [int(place[:, 0].min()), int(place[:, 0].max())]
                y += [int(place[:, 1].min()), int(place[:, 1].max())]
    return [min(x), min(y), max(x), max(y)]
