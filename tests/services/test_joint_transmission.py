"""Joint transmission: what it leaves alone, what it conserves, and when it is no different from keeping quiet."""

import dataclasses

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.beamforming import checked_designs
from isacsys.network import NetworkState, deploy
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.services import joint_transmission
from isacsys.simulation import find_policies, simulate_drop
from isacsys.simulation.frame import settle

SMALL = {"network.area": 16.0, "network.near_stations": 8, "network.users_per_cell": 8, "network.targets_per_cell": 4,
         "antennas.transmit": 12, "allocation.users_per_bs": 3, "allocation.communication_cluster": 2,
         "recording.level": "full"}
MODES = ("joint", "joint_coherent")


def tables(changes, drop=0):
    recorder = MemoryRecorder("full")
    simulate_drop(Scenario().replace({**SMALL, **changes}), drop, recorder)
    names = "drops", "frames", "links/communication", "links/sensing", "streams"
    return {name: recorder.read(name) for name in names}


def transmitted(changes):
    """A frame up to its beams, and what these come to."""
    scenario = Scenario().replace({**SMALL, **changes})
    policies = find_policies(scenario)
    frame_state = settle(NetworkState(scenario, deploy(scenario, 0)), 0, policies)
    known = policies.engine.know(frame_state, policies.precoder)
    beams = checked_designs.design(policies.precoder, known, scenario.precoding.sensing_power)
    return frame_state, beams, policies.engine.couple(frame_state, known, beams, policies.combiner)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("changes", [
    {}, {"allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2}, {"precoding.policy": "regularized"},
    {"mobility.user_speed": 9.0, "csi.own_age": 0.004, "simulation.frames": 3}, {"simulation.engine": "vectors"},
    {"precoding.sensing_power": 0.3}, {"csi.feedback_bits": 8}])
def test_alone_it_is_what_it_was_bit_for_bit(mode, changes):
    alone = {**changes, "allocation.communication_cluster": 1}
    one, other = tables(alone), tables({**alone, "cooperation.communication": mode})
    for name in one.keys() - {"streams"}:
        for column, values in one[name].items():
            assert np.array_equal(values, other[name][column], equal_nan=True), (name, column)


@pytest.mark.parametrize("changes", [{}, {"antennas.transmit": 6}, {"network.users_per_cell": 1.0},
                                     {"allocation.communication_cluster": 4, "allocation.sensing_cluster": 2},
                                     {"precoding.policy": "slnr"}, {"precoding.sensing_power": 0.4}])
@pytest.mark.parametrize("mode", MODES)
def test_power_is_shared_and_every_stream_is_meant_for_one(changes, mode):
    frame_state, beams, gains = transmitted({**changes, "cooperation.communication": mode})
    streams, users = frame_state.streams, frame_state.selection.users
    assert np.all(beams.power.sum(-1) <= 1 + 1e-12)
    assert beams.power.sum(-1)[streams.count > 0] == pytest.approx(1)
    assert len(streams.station) == len(users) + frame_state.grants.user_granted.sum() == len(gains.wanted)
    assert len(set(zip(streams.station, streams.slot, strict=True))) == len(streams.station)
    assert np.array_equal(np.bincount(streams.station, minlength=users.stations), streams.count)
    # a receiver hears each of a station's beams once: as wanted, or as interference
    _, own, power = joint_transmission.received(frame_state, gains)
    heard = frame_state.around_users.path_gain[streams.link, streams.column] * gains.own
    assert own == pytest.approx(heard[:len(users)]) and np.array_equal(
        power[streams.link[len(users):], streams.column[len(users):]], heard[len(users):])


class Turned(isacsys.Precoder):
    """Beams along the channels, each turned by a phase of its own: no receiver minds."""

    def __init__(self, turn=0.0):
        self.turn = turn

    def design(self, known):
        phase = np.exp(1j * self.turn * np.arange(known.padded) * np.arange(1, len(known.streams) + 1)[:, None])
        return known.beams(known.own.swapaxes(1, 2) * phase[:, None, :])


def test_amplitudes_add_whatever_phases_beams_have():
    """A station turns its beams so that what it believes to arrive is real."""
    scenario = Scenario().replace({**SMALL, "cooperation.communication": "joint_coherent"})
    plain, turned = (isacsys.run(scenario, drops=2, executor="serial", precoder=Turned(turn))["communication_rate"].mean
                     for turn in (0.0, 1.3))
    assert turned == pytest.approx(plain, rel=1e-9)


def test_members_know_how_they_themselves_are_heard():
    """The mean SIR that a design weighs is that of the station that sends, not of the serving one."""
    frame_state, _, _ = transmitted({"cooperation.communication": "joint", "precoding.policy": "slnr"})
    streams, around = frame_state.streams, frame_state.around_users
    sir = find_policies(frame_state.scenario).engine.know(frame_state, find_policies(frame_state.scenario).precoder).sir
    total = around.path_gain[:, 1:].sum(axis=1) + around.far_field + frame_state.scenario.user_noise
    expected = around.path_gain[streams.link, streams.column] / total[streams.link]
    assert sir[streams.station, streams.slot] == pytest.approx(expected)
    assert np.any(expected[len(total):] < 0.9 * expected[streams.link[len(total):]])


def test_the_log_says_who_sends_to_whom():
    rows = tables({"cooperation.communication": "joint"})
    streams, links = rows["streams"], rows["links/communication"]
    assert len(streams["user"]) > len(links["user"]) and set(streams["user"]) == set(links["user"])
    total = np.bincount(streams["station"], streams["power"])
    assert total[np.unique(streams["station"])] == pytest.approx(1)
    assert not len(tables({})["streams"]["user"])


def test_amplitudes_of_random_phases_add_as_powers_do():
    """On average over phases, user by user; and aligned ones are never less than powers."""
    frame_state, _, gains = transmitted({"cooperation.communication": "joint_coherent",
                                       "allocation.communication_cluster": 3})
    rng, rounds = np.random.default_rng(1), 4000
    powers = joint_transmission.received(transmitted({"cooperation.communication": "joint",
                                               "allocation.communication_cluster": 3})[0], gains)[0]
    aligned = joint_transmission.received(frame_state, gains)[0]
    assert np.all(aligned >= powers * (1 - 1e-12)) and np.any(aligned > 1.2 * powers)
    found = np.array([joint_transmission.received(frame_state, dataclasses.replace(
        gains, phase=np.exp(2j * np.pi * rng.random(len(gains.wanted)))))[0] for _ in range(rounds)])
    error = found.std(axis=0) / np.sqrt(rounds)
    assert np.all(np.abs(found.mean(axis=0) - powers) < 5.2 * error + 1e-12)  # of some 50 users; 1e-5 in all


def test_requests_that_come_too_late_are_no_streams():
    late = {"backhaul.latency": 0.02, "backhaul.lead": 0.01, "mobility.user_speed": 1.0, "simulation.frames": 3,
            "nulling.policy": "random"}
    rows = tables({**late, "cooperation.communication": "joint"})
    assert len(rows["streams"]["user"]) == len(rows["links/communication"]["user"])
    assert rows["links/communication"]["interference_refused"].any()


def test_coherence_is_lost_as_channels_age():
    """Members' channels are as old as the backhaul makes them: amplitudes align less, then not at all."""
    moving = {"allocation.targets_per_bs": 0, "mobility.user_speed": 3.0, "network.area": 36.0, "simulation.frames": 2,
              "antennas.transmit": 16, "simulation.frame_duration": 0.001}
    rates = {}
    for latency in (0.0, 0.002, 0.006):
        for mode in MODES:
            scenario = Scenario().replace({**SMALL, **moving, "backhaul.latency": latency, "recording.level": "summary",
                                           "cooperation.communication": mode})
            rates[mode, latency] = isacsys.run(scenario, drops=12, executor="serial")["communication_rate"].mean
    gains = [rates["joint_coherent", t] - rates["joint", t] for t in (0.0, 0.002, 0.006)]
    assert gains[0] > gains[1] > gains[2] and gains[0] > 0.2


def test_nulling_and_joint_transmission_compare_on_common_drops():
    scenario = Scenario().replace({"network.area": 36.0, "allocation.targets_per_bs": 0, "allocation.users_per_bs": 4,
                                   "allocation.communication_cluster": 3})
    null, joint = (isacsys.run(scenario.replace({"cooperation.communication": mode}), drops=15, executor="serial")
                   for mode in ("nulling", "joint"))
    found = isacsys.compare(null, joint)["communication_rate"]
    assert found.difference + found.half_width < 0
    assert found.half_width < 0.5 * np.hypot(null["communication_rate"].half_width,
                                             joint["communication_rate"].half_width)


@pytest.mark.parametrize("mode", ["joint", pytest.param("joint_coherent", marks=pytest.mark.slow)])
def test_the_third_rung_knows_the_law_of_members(mode):
    scenario = Scenario().replace({
        "network.area": 49.0, "allocation.targets_per_bs": 0, "nulling.policy": "random", "antennas.transmit": 14,
        "allocation.users_per_bs": 3, "allocation.communication_cluster": 3, "cooperation.communication": mode})
    (rate,) = isacsys.validate(scenario, drops=60, executor="serial", metric="communication_rate").findings
    assert rate.agrees and rate.paper is None
    assert rate.exact_measured > 1.003 * rate.exact_nominal  # more than few refused requests take off again


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "antennas", "K", "L", "expected", "error"), [
    ("joint", 12, 3, 2, 2.445, 0.009), ("joint", 20, 4, 2, None, 0), ("joint", 20, 4, 3, None, 0),
    ("joint_coherent", 20, 4, 2, None, 0), ("joint_coherent", 20, 4, 3, None, 0)])
def test_typical_rates(mode, antennas, K, L, expected, error):
    """Against full vectors simulated elsewhere, and against the analysis at the measured laws."""
    scenario = Scenario().replace({
        "network.area": 49.0, "allocation.targets_per_bs": 0, "nulling.policy": "random",
        "antennas.transmit": antennas, "allocation.users_per_bs": K, "allocation.communication_cluster": L,
        "cooperation.communication": mode})
    (rate,) = isacsys.validate(scenario, drops=400, executor="serial", metric="communication_rate").findings
    mine = rate.half_width / 1.96
    assert abs(rate.simulation - rate.exact_measured) < max(4 * mine, 0.01 * rate.exact_measured)
    if expected:
        assert abs(rate.simulation * np.log(2) - expected) < 4 * np.hypot(mine * np.log(2), error)
