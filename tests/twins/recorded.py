"""One frame of the package with its random numbers overheard, and the channels that the model makes of these."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isacsys.beamforming import Bundle
from isacsys.channel import feedback
from isacsys.core.random_streams import FrameName, Purpose
from isacsys.network import NetworkState, deploy
from isacsys.simulation import find_policies
from isacsys.simulation.frame import coordinate, schedule, transmit
from tests import naive
from tests.simulation.harness import layout, parameters
from tests.twins.believed import Aged, Pairs, Rician, believed_frame


class Overheard(np.random.Generator):
    """A generator that keeps its normal and uniform numbers, each array as it was drawn."""

    def __init__(self, other: np.random.Generator):
        super().__init__(other.bit_generator)
        self.normals: list[np.ndarray] = []
        self.angles: list[np.ndarray] = []

    def standard_normal(self, *args: Any, **more: Any) -> Any:
        """Draw and keep; the caller may change what it gets."""
        found = super().standard_normal(*args, **more)
        self.normals.append((found[..., 0] + 1j * found[..., 1]) / np.sqrt(2))
        return found

    def uniform(self, *args: Any, **more: Any) -> Any:
        """Draw and keep."""
        found = super().uniform(*args, **more)
        self.angles.append(np.array(found))
        return found


NOTHING = Overheard(np.random.default_rng(0))


@dataclass
class Frame:
    """What the package did: its record, where all were when it was scheduled and when it was sent, what was drawn."""

    scenario: Any
    then: naive.Layout
    now: naive.Layout
    speed: np.ndarray
    frame_state: Any
    policies: Any
    record: Any = None
    heard: dict[Purpose, Overheard] = field(default_factory=dict)
    told: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)  # channels, and what feedback makes of them


def settled(scenario, seed, moving_users=False, late=0.0):
    """Schedule a frame, let targets (and users) move, and grant the requests that are not late."""
    rng, positions = np.random.default_rng(seed), layout(scenario, seed)
    state, policies = NetworkState(scenario, deploy(scenario, 0, positions)), find_policies(scenario)
    then = naive.Layout(*(np.array(p, float) for p in (positions.stations, positions.users, positions.targets)))
    planned = schedule(state, 0, policies)
    side = np.sqrt(scenario.network.area)
    if scenario.moving:
        angle = rng.uniform(0, 2 * np.pi, len(then.users))
        speed = scenario.mobility.user_speed * rng.uniform(0.2, 1.8, len(then.users)) / 1e3
        state.users.velocity[:] = (speed * [np.cos(angle), np.sin(angle)]).T
    if scenario.moving and scenario.lead_frames:
        for members, moves in (state.targets, True), (state.users, moving_users):
            members.position[:] = (members.position + moves * rng.normal(0, 0.02, members.position.shape)) % side
    arrived = rng.random(len(planned.requests)) >= late
    frame_state = coordinate(state, 0, planned, policies, Bundle(0, np.zeros(len(arrived)), arrived))
    now = naive.Layout(then.stations, state.users.position.copy(), state.targets.position.copy())
    return Frame(scenario, then, now, state.users.speed_of(np.arange(len(then.users))), frame_state, policies)


def send(frame, monkeypatch):
    """Send it, and listen."""
    opened, quantised = FrameName.stream, feedback.quantised

    def stream(name, purpose):
        frame.heard[purpose] = Overheard(opened(name, purpose))
        return frame.heard[purpose]

    def tell(rng, channels, bits):
        assert bits == frame.scenario.csi.feedback_bits
        frame.told.append((np.array(channels), quantised(rng, channels, bits)))
        return np.array(frame.told[-1][1])

    with monkeypatch.context() as patch:
        patch.setattr(FrameName, "stream", stream)
        patch.setattr(feedback, "quantised", tell)
        frame.record = transmit(frame.frame_state, frame.policies)
    return frame


# What was drawn, by the names of pairs.


def named(frame, link, column, rows):
    """Name rows [row, ...] of scheduled users ``link`` and stations in ``column`` around them."""
    ids, around = frame.frame_state.selection.users.ids, frame.frame_state.around_users.station
    return {(int(ids[n]), int(around[n, c])): row for n, c, row in zip(link, column, rows, strict=True)}


def between(frame, sensor, column, rows):
    """Name G^T [row, M_r, M_t] of sensing stations and stations in ``column`` around them: G^H [M_t, M_r] by pairs."""
    sensors = frame.frame_state.sensors
    return {(int(sensors.station[n]), int(sensors.around.station[n, c])): row.T
            for n, c, row in zip(sensor, column, rows, strict=True)}


def places(frame):
    """Link and column of the pairs that stations know: own users, and those that were granted a null."""
    served = len(frame.frame_state.selection.users)
    return (np.arange(served), np.zeros(served, int)), np.nonzero(frame.frame_state.grants.user_granted)


def of_all(frame):
    """What the engine of vectors draws: scattered channels and phases, known and fresh."""
    count, heard = frame.frame_state.stations, frame.heard
    sensor, column = np.nonzero(frame.frame_state.sensors.around.station < count)
    stations = between(frame, sensor, column, heard[Purpose.STATION_CHANNELS].normals[0][sensor, column])
    found = []
    for purpose in (Purpose.LINK_CHANNELS, Purpose.AGEING):
        drawn = heard.get(purpose, NOTHING)
        for rows in (drawn.normals[:1], drawn.angles[:1]):
            width = rows[0].shape[1] if rows else 0
            place = np.nonzero(frame.frame_state.around_users.station[:, :width] < count)
            found.append(named(frame, *place, rows[0][place]) if rows else {})
    return stations, found


def of_known(frame):
    """What the engine of short forms draws: likewise of the pairs that stations know; the rest is silence."""
    heard, antennas, scenario = frame.heard, frame.scenario.antennas, frame.scenario
    stations = defaultdict(lambda: np.zeros((antennas.transmit, antennas.receive)))
    stations.update(between(frame, *frame.frame_state.grants.pairs, heard[Purpose.NULLS_HELD].normals[1]))
    known = heard[Purpose.OWN_CHANNELS], heard[Purpose.NULLS_HELD]
    fresh = heard.get(Purpose.AGEING, NOTHING)
    ages = scenario.csi.own_age, scenario.lead_frames
    aged = [place for place, age in zip(places(frame), ages, strict=True) if age > 0]
    found = []
    for where, rows, zero in ((places(frame), [it.normals[0] for it in known], np.zeros(antennas.transmit)),
                              (places(frame), [it.angles[0] for it in known if it.angles], 0.0),
                              (aged, fresh.normals, np.zeros(antennas.transmit)), (aged, fresh.angles, 0.0)):
        table = defaultdict(lambda zero=zero: zero)
        for place, drawn in zip(where, rows, strict=bool(rows)):
            table.update(named(frame, *place, drawn))
        found.append(table)
    return stations, found


def channels(frame):
    """Return the channels as they are, and as stations believe them to be."""
    scenario, size = frame.scenario, parameters(frame.scenario, len(frame.then.stations))
    stations, found = of_all(frame) if scenario.simulation.engine == "vectors" else of_known(frame)
    known, fresh = Pairs(found[0], stations), Pairs(found[2], stations)
    factor = scenario.propagation.rician_factor_db
    if factor != "none":  # without power in it, a line of sight has no phase
        known, fresh = (Rician(size, frame.now, factor, it, defaultdict(float, psi))
                        for it, psi in ((known, found[1]), (fresh, found[3])))
    ids, around = frame.frame_state.selection.users.ids, frame.frame_state.around_users.station
    clusters = {int(user): row[:size.L].tolist() for user, row in zip(ids, around, strict=True)}
    lead = scenario.lead_frames * scenario.simulation.frame_duration
    true = Aged(known, fresh, clusters, frame.speed, scenario.propagation.carrier_frequency, scenario.csi.own_age, lead)
    return (true if scenario.moving else known), (told(frame, known) if scenario.csi.feedback_bits else known)


def told(frame, known):
    """Return what feedback told of channels that were known; all of them, own and granted, must have been fed back."""
    believed = {}
    for place, (channel, answer) in zip(places(frame), frame.told, strict=True):
        for (user, station), h in named(frame, *place, channel).items():
            assert np.allclose(h, known.user(user, station), rtol=1e-12, atol=1e-12)
        believed |= named(frame, *place, answer)
    return Pairs(believed, StationsOf(known))


class StationsOf(dict):
    """Channels between stations, which are known whatever feedback tells."""

    def __init__(self, known):
        super().__init__()
        self.known = known

    def __missing__(self, pair):
        return self.known.station(*pair)


def twin(frame, design):
    """Return the frame that somebody makes of the same channels who has not seen the package."""
    size = parameters(frame.scenario, len(frame.then.stations))
    chosen, requests = frame.frame_state.selection, frame.frame_state.requests
    late = {(("user", "target")[kind], int(receiver), int(asked)) for kind, receiver, asked, there in zip(
        requests.kind, requests.receiver, requests.asked, frame.frame_state.arrived, strict=True) if not there}
    choice = naive.Choice(chosen.users.ids, chosen.targets.ids)
    return believed_frame(size, design, frame.now, choice, *channels(frame), then=frame.then, late=late)
