"""From a `FrameRecord` to the rows of a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.arrays import Array
from isacsys.metrics import FrameRecord, LinkTerms
from isacsys.metrics.links import FREEDOM
from isacsys.network.kinds import Kind
from isacsys.network.state import NetworkState
from isacsys.recording.base import Recorder
from isacsys.recording.schema import LEVELS


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
    if "pairs" in tables and record.pairs is not None:
        pairs = dict(record.pairs)
        target = record.situation.selection.targets.ids[pairs.pop("link")]
        recorder.append("pairs", {**name, "target": target, **pairs})
    if "streams" in tables and record.situation.scenario.joint:
        recorder.append("streams", {**name, **_stream_columns(record)})


def record_positions(recorder: Recorder, drop: int, state: NetworkState) -> None:
    """Write where everybody is."""
    stations = state.deployment.stations
    number, sectors = np.arange(len(stations)), state.deployment.sectors
    recorder.append("positions/stations", {"drop": drop, "station": number, **_places(stations),
                                           "site": number // sectors, "boresight": 360 / sectors * (number % sectors)})
    for kind in Kind:
        members = state.population(kind)
        recorder.append(f"positions/{kind.words}", {"drop": drop, kind.word: np.arange(len(members)),
                                                    "station": members.station, **_places(members.position)})


def _link_columns(kind: Kind, record: FrameRecord, terms: LinkTerms) -> Mapping[str, npt.NDArray[Any]]:
    freedom = {FREEDOM.name: record.degrees_of_freedom} if kind == Kind.USER else {}
    return {**terms.columns(kind), **freedom}


def _request_columns(record: FrameRecord) -> Mapping[str, npt.NDArray[Any]]:
    requests = record.situation.requests
    names = ("kind", "receiver", "station", "asked", "strength")
    situation = record.situation
    return {**{name: getattr(requests, name) for name in names}, "granted": situation.grants.granted,
            "travel": situation.travel, "late": ~situation.arrived}


def _stream_columns(record: FrameRecord) -> Mapping[str, npt.NDArray[Any]]:
    streams = record.situation.streams
    users = record.situation.selection.users.ids
    return {"station": streams.station, "user": users[streams.link], "slot": streams.slot,
            "power": record.power[streams.station, streams.slot]}


def _places(position: Array) -> Mapping[str, Array]:
    return {"x": position[:, 0], "y": position[:, 1]}
