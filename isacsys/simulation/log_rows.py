"""From a `FrameRecord` to the rows of a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState
from isacsys.recording.base import Recorder
from isacsys.recording.schema import LEVELS
from isacsys.services import FrameRecord, LinkTerms
from isacsys.services.link_terms import FREEDOM


def record_frame(recorder: Recorder, drop: int, record: FrameRecord, level: str) -> None:
    """Write one frame's rows, as many as the level wants."""
    tables = LEVELS[level]
    name = {"drop": drop, "frame": record.frame_state.name.frame}
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
        target = record.frame_state.selection.targets.ids[pairs.pop("link")]
        recorder.append("pairs", {**name, "target": target, **pairs})
    if "streams" in tables and record.frame_state.scenario.joint:
        recorder.append("streams", {**name, **_stream_columns(record)})


def record_positions(recorder: Recorder, drop: int, state: NetworkState) -> None:
    """Write where everybody is."""
    stations = state.deployment.stations
    number, sectors = np.arange(len(stations)), state.deployment.sectors
    recorder.append("positions/stations", {"drop": drop, "station": number, **_places(stations),
                                           "site": number // sectors, "boresight": 360 / sectors * (number % sectors)})
    for kind in ReceiverType:
        members = state.population(kind)
        recorder.append(f"positions/{kind.words}", {"drop": drop, kind.word: np.arange(len(members)),
                                                    "station": members.station, **_places(members.position)})


def _link_columns(kind: ReceiverType, record: FrameRecord, terms: LinkTerms) -> Mapping[str, npt.NDArray[Any]]:
    freedom = {FREEDOM.name: record.degrees_of_freedom} if kind == ReceiverType.USER else {}
    return {**terms.columns(kind), **freedom}


def _request_columns(record: FrameRecord) -> Mapping[str, npt.NDArray[Any]]:
    requests = record.frame_state.requests
    names = ("kind", "receiver", "station", "asked", "strength")
    frame_state = record.frame_state
    return {**{name: getattr(requests, name) for name in names}, "granted": frame_state.grants.granted,
            "travel": frame_state.travel, "late": ~frame_state.arrived}


def _stream_columns(record: FrameRecord) -> Mapping[str, npt.NDArray[Any]]:
    streams = record.frame_state.streams
    users = record.frame_state.selection.users.ids
    return {"station": streams.station, "user": users[streams.link], "slot": streams.slot,
            "power": record.power[streams.station, streams.slot]}


def _places(position: Array) -> Mapping[str, Array]:
    return {"x": position[:, 0], "y": position[:, 1]}
