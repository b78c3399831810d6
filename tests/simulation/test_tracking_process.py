"""Looks, tracks and the loop between them, in drops."""

from __future__ import annotations

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.beamforming import filter_spans as combining
from isacsys.core.errors import ConfigError, TrackerError
from isacsys.network import NetworkState, deploy
from isacsys.recording.schema import EVENTS
from isacsys.sensing import Beliefs, ExtendedKalman, Measured, TrackManager, accuracy, detection
from isacsys.sensing.track_manager import DETECTED, FALSE_ALARM, MISSED, LookResults, Rules
from isacsys.simulation import find_policies
from isacsys.simulation.frame import settle, transmit
from tests.simulation.test_laws import run
from tests.statistics import has_mean

LOOKING = {"sensing.coherent_time": 0.005, "sensing.rcs": 2e-5, "sensing.fluctuation": "swerling1",
           "sensing.false_alarm": 1e-3, "antennas.receive": 8, "allocation.targets_per_bs": 3,
           "network.targets_per_cell": 6, "allocation.users_per_bs": 4}
FOLLOWING = {**LOOKING, "tracking.enabled": True, "tracking.acceleration": 40.0, "mobility.target_speed": 40.0,
             "simulation.frames": 40, "network.area": 16, "scheduling.target_policy": "stalest_first"}


def follow(changes=None, **more):
    return run({**FOLLOWING, "recording.level": "full", **(changes or {})}, **more)


def count(tables, event):
    return int(np.sum(tables.table("events")["event"] == EVENTS.index(event)))


@pytest.fixture(scope="module")
def followed():
    return follow({"targets.lifetime": 1.0, "backhaul.lead": 0.02})


def test_every_look_is_an_event_and_they_agree_one_by_one(followed):
    frames, links, events = (followed.table(t) for t in ("frames", "links/sensing", "events"))
    for name, event, result in (("detections", "target_detected", 1), ("misses", "target_missed", 0),
                                ("false_alarms", "false_alarm", -1)):
        mine = events["event"] == EVENTS.index(event)
        rows = links["outcome"] == result
        noted = sorted(zip(np.rint(events["time"][mine] / 0.01).astype(int), events["subject"][mine], strict=True))
        assert noted == sorted(zip(links["frame"][rows], links["target"][rows], strict=True)), event
        assert frames[name].sum() == len(noted) and np.array_equal(
            np.bincount(links["frame"][rows], minlength=40), frames[name]), name
    assert frames["looks"].sum() == len(links["outcome"]) > 1000
    assert frames["detections"].sum() > 0 and frames["misses"].sum() > 0


def test_beginnings_and_ends_of_tracks_are_events(followed):
    frames = followed.table("frames")
    for name, event in (("tracks_started", "track_started"), ("tracks_lost", "track_lost"),
                        ("tracks_found", "track_found")):
        late = np.rint(followed.table("events")["time"] / 0.01) < 40  # what coasts at the end is lost after all frames
        mine = (followed.table("events")["event"] == EVENTS.index(event)) & late
        assert frames[name].sum() == mine.sum() > 0, name


def test_false_alarms_need_an_empty_place():
    links = follow({"sensing.false_alarm": 0.3, "tracking.gate": 0.5, "targets.lifetime": 0.1,
                    "backhaul.lead": 0.05}).table("links/sensing")
    assert np.sum(links["outcome"] == -1) > 5
    gone = links["echo"] == 0
    assert gone.any() and not np.any(links["outcome"][gone] == 1)


def test_handovers_of_tracks_are_handovers_of_targets():
    tables = follow({"mobility.target_speed": 300.0, "tracking.acceleration": 4000.0, "tracking.speed": 300.0,
                     "tracking.maximum_error": 2000.0})
    events = tables.table("events")
    assert count(tables, "track_handover") > 0
    targets, tracks = ({(t, s) for t, s, e in zip(events["time"], events["subject"], events["event"], strict=True)
                        if e == EVENTS.index(name)} for name in ("target_handover", "track_handover"))
    assert tracks < targets


def test_detection_over_drawn_rcs_is_the_closed_form():
    """The columns of the log: drawn RCS, then P_d of this look; on average the Swerling-1 form of the mean SIR."""
    fixed = run({**LOOKING, "sensing.fluctuation": "none", "recording.level": "links"})
    drawn = run({**LOOKING, "recording.level": "links"})
    one, other = fixed.table("links/sensing"), drawn.table("links/sensing")
    assert np.array_equal(one["target"], other["target"])
    has_mean(other["sir"] / one["sir"], 1.0)
    has_mean(other["detection_probability"] - detection.swerling1(one["sir"], 1e-3), 0.0)
    assert np.allclose(one["detection_probability"], detection.known_rcs(one["sir"], 1e-3))


def test_bounds_of_links_are_those_of_their_sir():
    tables = run({**LOOKING, "recording.level": "links"})
    links = tables.table("links/sensing")
    assert np.allclose(links["range_error"], accuracy.distance(links["sir"], 10e6))
    assert np.allclose(links["velocity_error"], accuracy.speed(links["sir"], 0.005, 3.5e9))
    assert np.allclose(links["position_error"],
                       np.hypot(links["range_error"], 1e3 * links["distance"] * links["bearing_error"]))
    cosine = accuracy.cosine(links["sir"], 8)
    assert np.all(links["bearing_error"] >= cosine * (1 - 1e-12))
    drop = tables.table("drops")
    for bound in ("range", "bearing", "velocity", "position"):
        percentiles = np.percentile(links[f"{bound}_error"], [50, 90])
        assert [drop[f"{bound}_error{more}"][0] for more in ("", "_90")] == pytest.approx(percentiles), bound


def test_trackers_are_told_the_variance_of_what_is_measured(monkeypatch):
    """That of every look is the square of its bounds in the log, and the range is off by as much."""
    told, look = [], TrackManager.look
    monkeypatch.setattr(TrackManager, "look", lambda book, looks, time: told.append(looks) or look(book, looks, time))
    links = follow({"simulation.frames": 8, "sensing.rcs": 2e-3}).table("links/sensing")
    assert np.array_equal(np.concatenate([looks.ids for looks in told]), links["target"])
    value, variance = (np.concatenate([getattr(looks.measured, name) for looks in told])
                       for name in ("value", "variance"))
    bounds = np.stack([links[f"{bound}_error"] for bound in ("range", "bearing", "velocity")], axis=1)
    sure = links["bearing_error"] < 1  # beyond, the bound of a uniform bearing takes its place
    assert variance[sure] == pytest.approx(bounds[sure] ** 2) and sure.sum() > 300
    off = (value[:, 0] - 1e3 * links["distance"]) / np.sqrt(variance[:, 0])
    has_mean(off, 0.0)
    has_mean(off**2, 1.0)


def test_coherent_time_is_a_matched_filter_of_as_many_samples():
    one = run({"sensing.coherent_time": 1e-3, "recording.level": "links"})
    other = run({"sensing.matched_filter_gain": 1e4, "recording.level": "links"})
    assert np.array_equal(one.table("links/sensing")["sir"], other.table("links/sensing")["sir"])


@pytest.mark.parametrize("receiver", ["mrc", "mvdr"])
def test_filters_point_where_the_track_says_and_the_echo_comes_from_where_the_target_is(receiver):
    scenario = Scenario().replace({**LOOKING, "combining.policy": receiver, "tracking.enabled": True,
                                   "allocation.targets_per_bs": 1, "sensing.fluctuation": "none"})
    policies = find_policies(scenario)

    def looked(beliefs):
        state = NetworkState(scenario, deploy(scenario, 0))
        if beliefs is not None:
            state.beliefs = TrackManager(ExtendedKalman(), Rules(1.0, 3, 1e3), 1e3 * state.deployment.side,
                                      len(state.targets))
            place = 1e3 * np.mod(state.targets.position + beliefs, state.deployment.side)
            state.beliefs._mean[:, :2], state.beliefs.live[:] = place, True
        return state, transmit(settle(state, 0, policies), policies)

    _, plain = looked(None)
    _, right = looked(np.zeros(2))
    assert np.allclose(right.targets.sir, plain.targets.sir, rtol=1e-9)
    shift = np.array([0.08, 0.11])
    state, wrong = looked(shift)
    links = wrong.frame_state.selection.targets
    way = state.from_station(links.station, state.targets, links.ids)
    towards, pointed = way[:, 0] / np.hypot(*way.T), (way + shift)[:, 0] / np.hypot(*(way + shift).T)
    assert np.allclose(wrong.frame_state.sensors.aimed[wrong.frame_state.sensors.row, links.slot], pointed)
    if receiver == "mrc":
        b, v = (combining.steering(u, 8) for u in (towards, pointed))
        lost = np.abs(np.sum(v.conj() * b, axis=1)) ** 2 / 64
        assert np.allclose(wrong.targets.signal, plain.targets.signal * lost, rtol=1e-9)
    assert wrong.targets.sir.mean() < plain.targets.sir.mean()


def test_null_requests_and_sensing_beams_go_by_beliefs():
    scenario = Scenario().replace({**LOOKING, "tracking.enabled": True, "allocation.sensing_cluster": 3,
                                   "precoding.sensing_power": 0.5, "allocation.targets_per_bs": 1})
    policies = find_policies(scenario)
    gains = []
    for shift in (0.0, 0.25):
        state = NetworkState(scenario, deploy(scenario, 0))
        state.beliefs = TrackManager(
            ExtendedKalman(), Rules(1.0, 3, 1e3), 1e3 * state.deployment.side, len(state.targets)
        )
        state.beliefs._mean[:, :2] = 1e3 * np.mod(state.targets.position + shift, state.deployment.side)
        state.beliefs.live[:] = True
        frame_state = settle(state, 0, policies)
        sensors = frame_state.sensors
        assert np.allclose(sensors.receive, combining.mrc_filters(sensors.aimed, 8) * sensors.active[..., None])
        gains.append(transmit(frame_state, policies).targets.signal.mean())
    assert gains[1] < 0.7 * gains[0]


def test_without_noise_to_speak_of_tracks_are_where_targets_are():
    tables = follow({"sensing.rcs": 1e3, "propagation.echo_exponent": 1.0, "mobility.target_speed": 10.0,
                     "mobility.turn_rate": 0.0, "sensing.fluctuation": "none"})
    drops = tables.table("drops")
    assert drops["track_square_error"] / drops["track_frames"] < 0.5**2
    assert drops["track_frames"] > 0.5 * drops["target_frames"] and drops["tracks_lost"] == 0


def test_nothing_is_drawn_for_tracks_where_nobody_follows():
    """Looks change no number of the network, and steering by the truth none of users."""
    base = {**FOLLOWING, "sensing.fluctuation": "none", "recording.level": "links"}
    off = run({**base, "tracking.enabled": False})
    for steering in ("truth", "belief"):
        on = run({**base, "tracking.steering": steering})
        for name in ("sir", "signal", "user"):
            assert np.array_equal(off.table("links/communication")[name], on.table("links/communication")[name])
        assert np.array_equal(off.table("links/sensing")["target"], on.table("links/sensing")["target"])
    assert "tracks_lost" not in off.table("drops") and "outcome" not in off.table("links/sensing")
    plain = run({"recording.level": "links"})
    assert "looks" not in plain.table("drops") and "range_error" not in plain.table("links/sensing")


def test_runs_do_not_depend_on_who_simulates_them():
    scenario = Scenario().replace({**FOLLOWING, "simulation.drops": 3, "simulation.frames": 8})
    one, other = (isacsys.run(scenario, executor=e, workers=w) for e, w in (("serial", 1), ("process", 1)))
    for name in ("detection_probability", "track_availability", "track_lost_fraction", "category_1_share"):
        assert one[name] == other[name] and one[name].half_width is not None, name


def looks(ids, value, deviation, *, present=True, detected=True, alarmed=False):
    n = len(ids)
    flags = [np.full(n, x) for x in (present, detected, alarmed)]
    measured = Measured(np.zeros((n, 2)), np.asarray(value, float), np.tile(np.square(deviation), (n, 1)))
    return LookResults(np.asarray(ids), flags[0], measured, flags[1], flags[2], np.full((n, 3), 0.5))


def test_the_life_of_a_track():
    book = TrackManager(ExtendedKalman(0.0, 10.0), Rules(0.999, 2, 50.0), np.array([1e4, 1e4]), 2)
    see = [[1000.0, 0.5, 0.0]]
    assert not book.live.any() and np.isinf(book.uncertainty(0.0)).all()
    out = book.look(looks([1], see, [1.0, 0.001, 1.0]), 0.0)
    assert out.result.tolist() == [DETECTED] and out.started.tolist() == [1] and not len(out.found)
    assert book.live.tolist() == [False, True] and book.uncertainty(0.0)[1] == pytest.approx(np.sqrt(2.0), rel=0.01)
    assert book.look(looks([1], see, [1.0, 0.001, 1.0], detected=False), 0.1).result.tolist() == [MISSED]
    out = book.look(looks([1], see, [1.0, 0.001, 1.0], detected=False), 0.2)
    assert out.lost.tolist() == [1] and not book.live.any()
    out = book.look(looks([1], see, [1.0, 0.001, 1.0]), 0.3)
    assert out.found.tolist() == [1] and book.live[1]
    assert book.look(looks([1], [[1500.0, 0.5, 0.0]], [1.0, 0.001, 1.0]), 0.4).result.tolist() == [MISSED]
    out = book.look(looks([1], [[1500.0, 0.5, 0.0]], [1.0, 0.001, 1.0], alarmed=True), 0.4)
    assert out.result.tolist() == [FALSE_ALARM]  # strayed, and something else took the track along
    assert len(book.coast(0.5)) == 0 and book.coast(20.0).tolist() == [1]
    assert book.look(looks([0], see, [1.0, 0.001, 1.0], present=False), 21.0).result.tolist() == [MISSED]
    book.grow(5)
    assert len(book) == 5 and len(book.uncertainty(0.0)) == 5


def test_tracks_go_on_across_the_edge_of_the_torus():
    book = TrackManager(ExtendedKalman(1.0, 30.0), Rules(0.999, 3, 500.0), np.array([1000.0, 1000.0]), 1)
    for step in range(30):
        place = np.array([[970.0 + 3.0 * step, 500.0]])
        origin, time = np.array([[900.0, 480.0]]), 0.1 * step
        way = place - origin
        value = np.array([[np.hypot(*way[0]), np.arctan2(way[0, 1], way[0, 0]), 30 * way[0, 0] / np.hypot(*way[0])]])
        one = looks([0], value, [0.5, 0.001, 0.5])
        here = Measured(origin, value, one.measured.variance)
        assert book.look(LookResults(one.ids, one.present, here, one.detected, one.alarmed, one.stray), time
                         ).result.tolist() == [DETECTED]
        assert book.error(np.mod(place, 1000.0), time)[0] < 2.0


def test_bad_input_is_named():
    for changes, words in (({"tracking.policy": "extendedkalman"}, "extended_kalman"),
                           ({"tracking.enabled": True, "allocation.targets_per_bs": 0}, "targets_per_bs"),
                           ({"sensing.coherent_time": 1.0}, "frame_duration"),
                           ({"sensing.false_alarm": 0.0}, "greater than 0"),
                           ({"sensing.false_alarm": "auto"}, "automatic"),
                           ({"tracking.parameters": {"colour": 1}}, "colour")):
        with pytest.raises(ConfigError, match=words):
            isacsys.run(Scenario().replace(changes), drops=1, executor="serial")


class Broken(isacsys.Tracker):
    def update(self, beliefs: Beliefs, measured: Measured) -> Beliefs:
        return Beliefs(beliefs.mean, beliefs.covariance * np.nan)


def test_a_faulty_filter_is_named():
    with pytest.raises(TrackerError, match=r"tracker Broken\.update .*finite.*drop 0"):
        isacsys.run(Scenario().replace(FOLLOWING), drops=1, executor="serial", tracker=Broken())
