"""What a plug-in offers is asked, or refused in one line; never left out in silence."""

import warnings

import numpy as np
import pytest

import isacsys
from isacsys import Combiner, Scenario, Scheduler
from isacsys.core.errors import ConfigError
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.scheduling.schedulers import MaxRate, Random, RoundRobin, SemiOrthogonal
from isacsys.sensing.track_manager import Rules, TrackManager
from isacsys.sensing.tracks import Beliefs, ExtendedKalman, Measured, predicted
from isacsys.simulation import simulate_drop

SMALL = {"network.area": 9.0, "network.users_per_cell": 8.0, "network.targets_per_cell": 8.0,
         "allocation.users_per_bs": 2, "allocation.targets_per_bs": 2, "antennas.transmit": 6, "simulation.frames": 2,
         "recording.level": "full"}


def tables(changes, **options):
    recorder = MemoryRecorder("full")
    simulate_drop(Scenario().replace({**SMALL, **changes}), 0, recorder, **options)
    return recorder


class ChoosesTargets(Scheduler):
    def select_users(self, station, count, rng):
        return station.users.nearest(count)

    def select_targets(self, station, count, rng):
        return station.targets.ids[-count:]


class ChoosesAllTargets(RoundRobin):
    def select_all_targets(self, network, counts, rng):
        return super().select_all_targets(network, counts, rng)


class ChoosesUsers(Scheduler):
    def select_users(self, station, count, rng):
        return station.users.nearest(count)


@pytest.mark.parametrize(("scheduler", "method"), [(ChoosesTargets(), "select_targets"),
                                                   (ChoosesAllTargets(), "select_all_targets")])
def test_a_scheduler_that_chooses_targets_excludes_another_that_does(scheduler, method):
    with pytest.raises(ConfigError, match=f"{type(scheduler).__name__}.{method} would never be called") as caught:
        tables({"scheduling.target_policy": "nearest"}, scheduler=scheduler)
    assert caught.value.key == "scheduling.target_policy"
    with pytest.raises(ConfigError, match="would never be called"):
        isacsys.run(Scenario().replace({**SMALL, "scheduling.target_policy": "nearest"}), drops=1, executor="serial",
                    scheduler=scheduler)


def test_the_same_where_a_scenario_names_both(tmp_path):
    (tmp_path / "choosing.py").write_text(
        "import isacsys\nclass Choosing(isacsys.Scheduler):\n"
        "    def select_users(self, station, count, rng):\n        return station.users.nearest(count)\n"
        "    def select_targets(self, station, count, rng):\n        return station.targets.nearest(count)\n")
    text = "[scheduling]\npolicy = \"choosing:Choosing\"\ntarget_policy = \"{}\"\n"
    for name, fine in (("deadline", False), ("choosing:Choosing", True), ("", True)):
        (tmp_path / "s.toml").write_text(text.format(name))
        scenario = Scenario.load(tmp_path / "s.toml")
        if fine:
            isacsys.simulation.check(scenario)
        else:
            with pytest.raises(ConfigError, match="would never be called"):
                isacsys.simulation.check(scenario)


@pytest.mark.parametrize("scheduler", [ChoosesUsers(), RoundRobin(), MaxRate()])
def test_who_does_not_choose_targets_itself_leaves_them_to_the_target_policy(scheduler):
    sensed = tables({"scheduling.target_policy": "nearest"}, scheduler=scheduler).read("links/sensing")
    nearest = tables({"scheduling.policy": "nearest"}).read("links/sensing")
    assert np.array_equal(sensed["target"], nearest["target"])


def own(base, method, body):
    return type(f"Own{base.__name__}", (base,), {method: body, "__module__": __name__})()


@pytest.mark.parametrize("base", [Random, RoundRobin, MaxRate, SemiOrthogonal])
def test_one_method_over_a_built_in_policy_is_asked(base):
    """Built-in policies answer for all stations at once, and never asked what a user wrote for one of them."""
    mine = own(base, "select_users", lambda self, station, count, rng: station.users.nearest(count))
    chosen = tables({}, scheduler=mine).read("links/communication")
    assert np.array_equal(chosen["user"], tables({"scheduling.policy": "nearest"}).read("links/communication")["user"])
    mine = own(base, "select_targets", lambda self, station, count, rng: station.targets.nearest(count))
    chosen = tables({}, scheduler=mine).read("links/sensing")
    assert np.array_equal(chosen["target"], tables({"scheduling.policy": "nearest"}).read("links/sensing")["target"])


@pytest.mark.parametrize("base", [Random, RoundRobin, MaxRate])
def test_a_score_over_a_built_in_policy_is_asked(base):
    mine = own(base, "score", lambda self, members, rng: members.distance)
    chosen = tables({}, scheduler=mine).read("links/communication")
    assert np.array_equal(chosen["user"], tables({"scheduling.policy": "nearest"}).read("links/communication")["user"])


class Standing(ExtendedKalman):
    """Targets stand still, and the longer nobody looked the less is known."""

    def predict(self, beliefs, seconds):
        covariance = beliefs.covariance.copy()
        covariance[:, [0, 1], [0, 1]] += 100 * np.asarray(seconds)[:, None]
        return Beliefs(beliefs.mean.copy(), covariance)


@pytest.mark.parametrize("tracker", [Standing(1.0, 20.0), ExtendedKalman(1.0, 20.0)])
def test_tracks_are_where_the_tracker_says_between_looks_too(tracker):
    """Filters, sensing beams, errors and what schedulers see; constant velocity stood there, whatever the tracker."""
    manager = TrackManager(tracker, Rules(0.999, 3, 1e9), np.array([1e4, 1e4]), 3)
    begun = tracker.start(Measured(np.full((2, 2), 3e3), np.array([[500.0, 0.3, 20.0], [900, 2.0, -10]]),
                                   np.tile([9.0, 1e-4, 1.0], (2, 1))))
    manager._keep(np.array([0, 2]), begun, 0.0)
    manager.live[[0, 2]] = True
    right = tracker.predict(begun, np.full(2, 1.5))
    live = np.array([0, 2])
    assert manager.position(1.5, live) == pytest.approx(right.mean[:, :2])
    assert manager.position(1.5)[live] == pytest.approx(right.mean[:, :2])
    xx, xy, yy = manager.spread(1.5)[:, live]
    assert np.stack([xx, xy, yy], 1) == pytest.approx(right.covariance[:, [0, 0, 1], [0, 1, 1]], rel=1e-9)
    assert manager.uncertainty(1.5)[live] == pytest.approx(np.sqrt(xx + yy)) and manager.uncertainty(1.5)[1] == np.inf
    assert manager.error(np.zeros((3, 2)), 1.5).shape == (3,)
    assert isinstance(tracker, Standing) or predicted(begun, np.full(2, 1.5), 1.0).mean == pytest.approx(right.mean)


class Sideways(Combiner):
    needs_covariance = False

    def filters(self, bearings, covariance):
        return bearings[..., ::-1]


def test_a_combiner_that_stations_that_sense_together_do_not_use_is_refused():
    together = {"cooperation.sensing": "multistatic", "allocation.sensing_cluster": 2}
    with pytest.raises(ConfigError, match="multistatic"):
        tables(together, combiner=Sideways())
    assert len(tables(together, combiner=isacsys.beamforming.combiners.Mrc()).read("links/sensing")["rate"])


@pytest.mark.parametrize("enabled", [False, True])
def test_a_tracker_without_tracks_is_told(enabled):
    scenario = Scenario().replace({**SMALL, "tracking.enabled": enabled})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        isacsys.run(scenario, drops=1, executor="serial", tracker=Standing(1.0, 20.0))
    assert any("is not used" in str(line.message) for line in said) != enabled
