"""From a `FrameRecord` to the rows of a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.core.units import METRES_PER_KM
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState
from isacsys.network.trajectories import floating_cars, roles
from isacsys.recording.base import Recorder
from isacsys.recording.schema import LEVELS
from isacsys.services import FrameRecord, ServiceRecord


def record_frame(recorder: Recorder, drop: int, record: FrameRecord, level: str) -> None:
    """Write one frame's rows, as many as the level has; links of users later where their bits are not known yet."""
    for service in record.services:
        if service != "communication" or not record.bits_come_later:
            record_service(recorder, drop, record, level, service)
    if "requests" in LEVELS[level]:
        recorder.append("requests", {"drop": drop, "frame": record.frame_state.name.frame, **_request_columns(record)})


def record_service(recorder: Recorder, drop: int, record: FrameRecord, level: str, service: str) -> None:
    """Write the rows of a service in one frame."""
    name = {"drop": drop, "frame": record.frame_state.name.frame}
    _record_links(recorder, LEVELS[level], name, service, record.services[service])


def _record_links(recorder: Recorder, tables: tuple[str, ...], name: Mapping[str, int], service: str,
                  found: ServiceRecord) -> None:
    """Write the links of a service, and the rows of its further tables."""
    word, links = found.receiver.word, found.links
    if not len(links):
        return
    who = {word: links.ids, "station": links.station}
    if f"links/{service}" in tables:
        recorder.append(f"links/{service}", {**name, **who, **found.terms.columns(found.receiver), **found.columns})
    if f"selections/{service}" in tables:
        recorder.append(f"selections/{service}", {**name, **who})
    for table, rows in found.tables.items():
        if table in tables:
            own = dict(rows)
            chosen = {word: links.ids[own.pop("link")]} if "link" in own else {}
            recorder.append(table, {**name, **chosen, **own})


def record_ids(recorder: Recorder, drop: int, scenario: Scenario) -> None:
    """Write what a file calls users and targets; nothing where they have no names."""
    for kind in roles(scenario):
        ids = floating_cars(scenario)[0].ids
        recorder.append("ids", {"drop": drop, "kind": int(kind), "number": np.arange(len(ids)),
                                "id": np.array([name.encode() for name in ids])})


def record_positions(recorder: Recorder, drop: int, state: NetworkState) -> None:
    """Write the positions of stations, users and targets."""
    d, scenario = state.deployment, state.scenario
    c, power = d.cells, scenario.radio.transmit_power_dbm
    number = np.arange(len(c))
    recorder.append("positions/stations", {
        "drop": drop, "station": number, **_places(d.stations), "site": c.site, "boresight": c.boresight_degrees,
        "azimuth": c.azimuth, "height": np.broadcast_to(d.masts.height_of(c.mast), len(c)),
        "downtilt": np.broadcast_to(c.downtilt, len(c)) - 90, "mechanical_tilt": c.mechanical_tilt,
        "power_dbm": power + c.power})
    for kind in ReceiverType:
        members = state.population(kind)
        recorder.append(f"positions/{kind.words}", {"drop": drop, kind.word: np.arange(len(members)),
                                                    "station": members.station, **_places(members.position)})


def record_paths(recorder: Recorder, drop: int, record: FrameRecord, state: NetworkState) -> None:
    """Write positions in a frame, tracks at its end, and the states of stations."""
    frame = record.frame_state.name.frame
    name = {"drop": drop, "frame": frame}
    asleep = {"asleep": record.stations["asleep"]} if "asleep" in record.stations else {}
    recorder.append("stations", {**name, "station": np.arange(state.stations), "transmitting": record.transmitting,
                                 **asleep})
    kinds = ReceiverType if state.scenario.allocation.targets_per_bs else (ReceiverType.USER,)
    for kind in kinds:
        members = state.population(kind)
        there = np.flatnonzero(members.station >= 0)
        recorder.append(f"paths/{kind.words}", {**name, kind.word: there, "station": members.station[there],
                                                **_places(members.position[there])})
    if state.beliefs is not None:
        time = frame * state.scenario.simulation.frame_duration
        live = np.flatnonzero(state.beliefs.live)
        place = np.mod(state.beliefs.position(time, live), state.beliefs.side) / METRES_PER_KM
        xx, xy, yy = state.beliefs.spread(time, live)
        recorder.append("paths/tracks", {**name, "target": live, **_places(place), "variance_x": xx,
                                         "covariance_xy": xy, "variance_y": yy})


def _request_columns(record: FrameRecord) -> Mapping[str, npt.NDArray[Any]]:
    requests = record.frame_state.requests
    names = ("kind", "receiver", "station", "asked", "strength")
    frame_state = record.frame_state
    return {**{name: getattr(requests, name) for name in names}, "granted": frame_state.grants.granted,
            "travel": frame_state.travel, "late": ~frame_state.arrived}


def _places(position: Array) -> Mapping[str, Array]:
    return {"x": position[:, 0], "y": position[:, 1]}
