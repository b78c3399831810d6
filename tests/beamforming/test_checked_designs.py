"""Designs that are handed in: good ones work, faulty ones end a run with one line that says whose fault it is."""

import numpy as np
import pytest

import isacsys
from isacsys import Beams
from isacsys.beamforming import COMBINER, PRECODER
from isacsys.core.errors import DesignError, PluginError
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.simulation import simulate_drop
from isacsys.testing import check_combiner, check_precoder

SMALL = isacsys.Scenario().replace({
    "network.area": 12, "network.users_per_cell": 6, "network.targets_per_cell": 4, "antennas.transmit": 8,
    "antennas.receive": 4, "allocation.users_per_bs": 3, "allocation.communication_cluster": 2})


class Good(isacsys.Precoder):
    def design(self, known):
        return known.beams(known.own.swapaxes(1, 2))


class GoodCombiner(isacsys.Combiner):
    def filters(self, bearings, covariance):
        return 7 * bearings


@pytest.mark.parametrize("name", PRECODER.built_in)
def test_built_in_precoders_obey_the_invariants(name):
    check_precoder(PRECODER.built_in[name])


@pytest.mark.parametrize("name", COMBINER.built_in)
def test_built_in_combiners_obey_the_invariants(name):
    check_combiner(COMBINER.built_in[name])


def test_designs_of_ones_own_obey_them_too():
    check_precoder(Good())
    check_combiner(GoodCombiner)


def frame(engine="short", **handed):
    recorder = MemoryRecorder("links")
    simulate_drop(SMALL.replace({"simulation.engine": engine}), 3, recorder, **handed)
    return {kind: recorder.read(f"links/{kind}")["sir"] for kind in ("communication", "sensing")}


def test_a_matched_filter_of_ones_own_is_maximum_ratio():
    recorder = MemoryRecorder("links")
    simulate_drop(SMALL.replace({"precoding.policy": "maximum_ratio"}), 3, recorder)
    assert frame(precoder=Good())["communication"] == pytest.approx(recorder.read("links/communication")["sir"])
    assert frame("vectors", combiner=GoodCombiner())["sensing"] == pytest.approx(frame("vectors")["sensing"])


class Short(Good):
    def design(self, known):
        return known.beams(known.own.swapaxes(1, 2)[:, :-1])


class Unchecked(Good):
    def design(self, known):
        made = super().design(known)
        return Beams(made.power, made.spectrum, None, made.vectors[..., :-1])


class NotANumber(Good):
    def design(self, known):
        return known.beams(known.own.swapaxes(1, 2) * np.nan)


class Loud(Good):
    def design(self, known):
        return known.beams(known.own.swapaxes(1, 2), np.full((len(known.streams), 3), 0.5))


class Negative(Good):
    def design(self, known):
        return known.beams(known.own.swapaxes(1, 2), np.full((len(known.streams), 3), -0.1))


class Bare(Good):
    def design(self, known):
        return known.own.swapaxes(1, 2)


class Nothing(Good):
    def design(self, known):
        return None


class Raises(Good):
    def design(self, known):
        return {}["beams"]


@pytest.mark.parametrize("engine", ["short", "vectors"])
@pytest.mark.parametrize(("faulty", "fault"), [
    (Short, r"directions of shape \(\d+, 7, 3\), not \(\d+, 8, 3\)"), (Unchecked, "vectors of shape"),
    (NotANumber, "no finite numbers"), (Loud, r"power 1.5 at station \d+, at most 1"), (Negative, "or negative"),
    (Bare, "returned an array of shape"), (Nothing, "returned None, not beams"), (Raises, "KeyError: 'beams'")])
def test_faulty_precoders(faulty, fault, engine):
    with pytest.raises(DesignError, match=fault) as error:
        frame(engine, precoder=faulty())
    said = str(error.value)
    assert "\n" not in said and said.startswith(f"precoder {faulty.__name__} ") and "(drop 3, frame 0, seed 1)" in said


class Generous(Good):
    def budget(self, antennas, streams):
        return -streams


class Vague(Good):
    def budget(self, antennas, streams):
        return 0.5 * streams


class Lost(Good):
    def budget(self, antennas, streams):
        raise ValueError("how many?")


class Stingy(Good):
    def budget(self, antennas, streams):
        return np.zeros_like(streams)


@pytest.mark.parametrize(("faulty", "fault"), [
    (Generous, "whole numbers from 0 on"), (Vague, "whole numbers from 0 on"), (Lost, "raised ValueError: how many")])
def test_faulty_budgets(faulty, fault):
    with pytest.raises(DesignError, match=f"precoder {faulty.__name__} .*{fault}.*drop 3, frame 0, seed 1"):
        frame(precoder=faulty())


def test_feasibility_is_the_precoders_to_say():
    recorder = MemoryRecorder("full")
    simulate_drop(SMALL.replace({"recording.level": "full"}), 3, recorder, precoder=Stingy())
    requests = recorder.read("requests")
    assert len(requests["granted"]) > 20 and not requests["granted"].any()


class Unprepared(Good):
    def prepare(self, scenario):
        raise KeyError("no such thing")


def test_a_precoder_that_cannot_read_the_scenario_is_named():
    with pytest.raises(PluginError, match=r"precoder Unprepared raised KeyError: .*reading the scenario"):
        frame(precoder=Unprepared())


class Flat(GoodCombiner):
    def filters(self, bearings, covariance):
        return bearings[:, 0]


class Zero(GoodCombiner):
    def filters(self, bearings, covariance):
        return 0 * bearings


class Infinite(GoodCombiner):
    def filters(self, bearings, covariance):
        return np.full(bearings.shape, np.inf)


class Exits(GoodCombiner):
    def filters(self, bearings, covariance):
        raise SystemExit


@pytest.mark.parametrize("engine", ["short", "vectors"])
@pytest.mark.parametrize("blind", [True, False])
@pytest.mark.parametrize(("faulty", "fault"), [
    (Flat, "returned an array of shape"), (Zero, "a filter of zeros"), (Infinite, "no finite numbers"),
    (Exits, "raised SystemExit")])
def test_faulty_combiners(faulty, fault, blind, engine):
    combiner = faulty()
    combiner.needs_covariance = not blind
    with pytest.raises(DesignError, match=fault) as error:
        frame(engine, combiner=combiner)
    said = str(error.value)
    assert "\n" not in said and said.startswith(f"combiner {faulty.__name__} ") and "(drop 3, frame 0, seed 1)" in said


class Wasteful(Good):
    def design(self, known):
        return known.beams(known.own.swapaxes(1, 2), np.full((len(known.streams), 3), 0.1))


class Spoiler(Good):
    def design(self, known):
        known.own[:] = 1
        return super().design(known)


class Whimsical(Good):
    def design(self, known):
        noise = np.random.default_rng().normal(size=known.own.shape)
        return known.beams((known.own + noise).swapaxes(1, 2))


class Telepathic(Good):
    def design(self, known):
        return known.beams(known.own.swapaxes(1, 2) + known.own.sum())


@pytest.mark.parametrize(("faulty", "fault"), [
    (Wasteful, "streams that are not used"), (Spoiler, "changes what it is given"),
    (Whimsical, "something else of the same"), (Telepathic, "depend on what other stations know")])
def test_precoders_that_break_an_invariant_are_told_which(faulty, fault):
    with pytest.raises(AssertionError, match=f"precoder {faulty.__name__} in .*{fault}"):
        check_precoder(faulty)


def test_names_from_settings_and_modules(tmp_path, monkeypatch):
    for key, value in (("precoding.policy", "regularised"), ("combining.policy", "mvrd")):
        with pytest.raises(isacsys.core.errors.ConfigError, match="did you mean"):
            isacsys.run(SMALL.replace({key: value}), drops=1, executor="serial")
    named = SMALL.replace({"precoding.policy": f"{__name__}:Good", "combining.policy": f"{__name__}:GoodCombiner"})
    recorder = MemoryRecorder("links")
    simulate_drop(named, 3, recorder)
    handed = frame(precoder=Good(), combiner=GoodCombiner())
    assert np.array_equal(recorder.read("links/communication")["sir"], handed["communication"])
    assert np.array_equal(recorder.read("links/sensing")["sir"], handed["sensing"])
