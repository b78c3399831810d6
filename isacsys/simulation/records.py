"""From a `FrameRecord` to the rows of a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.arrays import Array
from isacsys.network.kinds import Kind
from isacsys.network.state import NetworkState
from isacsys.recording.base import Recorder
from isacsys.recording.schema import LEVELS, SUMS
from isacsys.simulation.values import FrameRecord, LinkTerms

CALLED = {Kind.USER: {"own": "intra_cell"}, Kind.TARGET: {"signal": "echo", "own": "inter_target"}}
_TERMS = {kind: [called.get(f.name, f.name) for f in fields(LinkTerms)] for kind, called in CALLED.items()}

Sums = dict[str, float]


def frame_sums(record: FrameRecord) -> Sums:
    """Return the sums over one frame from which every estimate is made (`schema.SUMS`)."""
    situation = record.situation
    selection = situation.selection
    transmitting = ~selection.silent
    nulling = transmitting[situation.requests.asked] & situation.grants.granted  # by those that transmit
    sums: Sums = {
        "stations": situation.stations, "transmitting": int(np.count_nonzero(transmitting)),
        "area": situation.area,
        "null_requests": len(situation.grants.granted), "null_refused": int(np.count_nonzero(situation.refused)),
        "null_late": int(np.count_nonzero(situation.late)), "null_lost": int(np.count_nonzero(situation.lost)),
        "constraints": len(selection.users) + int(np.count_nonzero(nulling)),
    }
    for kind, links, terms in record.links:
        rate, weight = terms.rate, terms.weight
        sums[f"{kind.service}_links"] = len(links)
        sums[f"{kind.service}_rate"], sums[f"{kind.service}_weight"] = float(rate.sum()), float(weight.sum())
        sums[f"{kind.service}_weighted_rate"] = float((weight * rate).sum())
    return sums


def add(total: Sums, sums: Sums) -> Sums:
    """Add up the sums of frames."""
    return {column.name: total.get(column.name, 0) + sums[column.name] for column in SUMS}


def record_frame(recorder: Recorder, drop: int, record: FrameRecord, level: str) -> None:
    """Write one frame's rows, as many as the level wants."""
    tables = LEVELS[level]
    name = {"drop": drop, "frame": record.situation.name.frame}
    for kind, links, terms in record.links:
        if not len(links):
            continue
        who = {kind.word: links.ids, "station": links.station}
        if f"links/{kind.service}" in tables:
            recorder.append(f"links/{kind.service}", {**name, **who, **_link_columns(kind, record, terms)})
        if f"selections/{kind.service}" in tables:
            recorder.append(f"selections/{kind.service}", {**name, **who})
    if "requests" in tables:
        recorder.append("requests", {**name, **_request_columns(record)})


def record_positions(recorder: Recorder, drop: int, state: NetworkState) -> None:
    """Write where everybody is."""
    stations = state.deployment.stations
    recorder.append("positions/stations", {"drop": drop, "station": np.arange(len(stations)), **_places(stations)})
    for kind in Kind:
        members = state.population(kind)
        recorder.append(f"positions/{kind.words}", {"drop": drop, kind.word: np.arange(len(members)),
                                                    "station": members.station, **_places(members.position)})


def _link_columns(kind: Kind, record: FrameRecord, terms: LinkTerms) -> Mapping[str, npt.NDArray[Any]]:
    columns = dict(zip(_TERMS[kind], vars(terms).values(), strict=True))
    if kind == Kind.USER:
        columns["degrees_of_freedom"] = record.degrees_of_freedom
    return columns


def _request_columns(record: FrameRecord) -> Mapping[str, npt.NDArray[Any]]:
    requests = record.situation.requests
    names = ("kind", "receiver", "station", "asked", "strength")
    situation = record.situation
    return {**{name: getattr(requests, name) for name in names}, "granted": situation.grants.granted,
            "travel": situation.travel, "late": ~situation.arrived}


def _places(position: Array) -> Mapping[str, Array]:
    return {"x": position[:, 0], "y": position[:, 1]}
