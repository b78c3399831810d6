"""Frames designed on believed channels: few bits of feedback, age, lines of sight, term by term against a naive twin.

The package runs as it is, its random numbers are overheard, and the twin makes of them the channels that the model says
(of feedback: takes what was told, whose law is tested apart). With the engine of vectors everything has a vector, and
all terms of all links are compared. The engine of short forms draws `interference_refused` and `interference_other` by
their law (so `sir` and `rate`, and filters of MVDR, hang on a law too), and zero forcing as a whole where nothing but
age is between it and its channels; all else is compared, and that interference by its mean given the beams.
"""

import dataclasses

import numpy as np
import pytest
from scipy import special, stats

from isacsys.beamforming import checked_designs
from isacsys.core.random_streams import FrameName, Purpose
from tests.simulation.harness import parameters, small
from tests.statistics import has_law, has_mean
from tests.twins.believed import Rician
from tests.twins.designs import Design
from tests.twins.recorded import send, settled, twin
from tests.twins.test_designs import NETWORKS as FIXED
from tests.twins.test_designs import agree, settings

NETWORKS = {
    "one cell each": FIXED["one cell each"],
    "refusals": FIXED["refusals"],
    "few users, noise": FIXED["few users, noise"],
    # all stations are near, so users may move and leave no far field behind
    "a finite torus": {**FIXED["a finite torus"], "network.near_stations": 14, "allocation.communication_cluster": 3},
}
DESIGNS = {
    "zero forcing": Design(),
    "regularised by itself": Design("regularized", sensing_power=0.3, combiner="mvdr"),
    "maximum ratio": Design("maximum_ratio", combiner="zero_forcing"),
    "slnr": Design("slnr", sensing_power=0.3),
}
MOVING = {"mobility.user_speed": 4.0, "simulation.frame_duration": 0.004}
CHANNELS = {
    "three bits": {"csi.feedback_bits": 3},
    "eight bits": {"csi.feedback_bits": 8},
    "scattered": {"propagation.rician_factor_db": -np.inf},
    "some line of sight": {"propagation.rician_factor_db": 6.0},
    "hardly anything else": {"propagation.rician_factor_db": 40.0},
    "aged": {**MOVING, "backhaul.lead": 0.004, "csi.own_age": 0.003},
    "own channels aged": {**MOVING, "csi.own_age": 0.006},
    "nulls aged": {**MOVING, "backhaul.lead": 0.008},
    "everything": {**MOVING, "backhaul.lead": 0.004, "csi.own_age": 0.003, "csi.feedback_bits": 6,
                   "propagation.rician_factor_db": 3.0},
}
BY_LAW = "scattered", "aged", "own channels aged", "nulls aged"  # with short forms, zero forcing is drawn as a whole
LAWS = ("interference_refused", "interference_other", "sir", "rate")


def sent(kind, network, design, monkeypatch, engine="vectors", seed=1):
    """A frame of the package; of every five null requests, one comes too late.

    The seed puts no user some metres from its station: the twin's plain form of SLNR then loses a digit too many.
    """
    scenario = small({**NETWORKS[network], **CHANNELS[kind], **settings(design), "simulation.seed": seed,
                      "simulation.engine": engine})
    frame = send(settled(scenario, seed, network == "a finite torus", late=0.2), monkeypatch)
    assert len(frame.record.users.sir) > 10 and len(frame.record.targets.sir) > 5
    if network != "one cell each":  # where nobody asks for nulls
        assert frame.frame_state.grants.granted.any() and not frame.frame_state.arrived.all()
    return frame


PAIRS = [(kind, design) for k, kind in enumerate(CHANNELS) for design in list(DESIGNS)[k % 4:] + list(DESIGNS)[:k % 4]]


def quarter(kinds_and_designs):
    """One network of four by default for each kind and design, in turn, so that each network meets all designs."""
    return pytest.mark.parametrize(("kind", "design", "network"), [
        pytest.param(kind, design, network, marks=[pytest.mark.slow] * ((i + n) % 4 > 0))
        for i, (kind, design) in enumerate(kinds_and_designs) for n, network in enumerate(NETWORKS)])


@quarter(PAIRS)
def test_every_term_with_vectors_for_everything(kind, design, network, monkeypatch):
    """Both tables, requests and degrees of freedom."""
    frame = sent(kind, network, DESIGNS[design], monkeypatch)
    agree(frame.record, twin(frame, DESIGNS[design]))
    if design == "zero forcing":
        assert_leaks(frame)


def assert_leaks(frame):
    """Zeros and nulls leak where, and only where, their channels have aged or were told in a few bits."""
    scenario, users, targets = frame.scenario, frame.record.users, frame.record.targets
    bits, asked = scenario.csi.feedback_bits > 0, frame.frame_state.grants.granted.any()
    own, nulls = bits or scenario.csi.own_age > 0, asked and (bits or scenario.lead_frames > 0)
    for leaked, wanted, expected in ((users.own, users.signal, own), (users.leakage_granted, users.signal, nulls),
                                     (targets.leakage_granted, targets.signal, asked and scenario.lead_frames > 0)):
        assert np.any(leaked > 1e-6 * wanted) == expected


@quarter([(kind, design) for kind, design in PAIRS if design != "zero forcing" or kind not in BY_LAW])
def test_every_term_of_what_stations_know_with_short_forms(kind, design, network, monkeypatch):
    """All but `LAWS`, which the engine draws by their law; filters that look at these are replaced by others."""
    chosen = DESIGNS[design]
    chosen = dataclasses.replace(chosen, combiner="zero_forcing" if chosen.combiner == "mvdr" else chosen.combiner)
    frame = sent(kind, network, chosen, monkeypatch, "short")
    agree(frame.record, twin(frame, chosen), without=LAWS)


@pytest.mark.parametrize("kind", ["three bits", "some line of sight", "hardly anything else", "everything"])
def test_the_rest_by_its_law(kind, monkeypatch):
    """Given the beams, gains of stations that know nothing of a receiver have the mean that the twin computes."""
    design, count = DESIGNS["slnr"], 300
    frame = sent(kind, "refusals", design, monkeypatch, "short")
    frame_state, policies, streams = frame.frame_state, frame.policies, twin(frame, design)["streams"]
    known = policies.engine.know(frame_state, policies.precoder)
    beams = checked_designs.design(policies.precoder, known, design.sensing_power)
    couplings = [policies.engine.couple(dataclasses.replace(frame_state, name=FrameName(7, drop, 0)), known, beams,
                                        policies.combiner) for drop in range(count)]
    factor = frame.scenario.propagation.rician_factor_db
    sight = Rician(parameters(frame.scenario, frame_state.stations), frame.now,
                   -np.inf if factor == "none" else factor, None, {})
    around, ids = frame_state.around_users.station, frame_state.selection.users.ids
    unknown = around < frame_state.stations
    unknown[:, 0] = unknown[frame_state.grants.user_granted.nonzero()] = False
    means = [sight.mean_power(ids[n], around[n, c], streams[around[n, c]]) for n, c in np.argwhere(unknown)]
    close([it.to_users[unknown] for it in couplings], means)
    around = frame_state.sensors.around.station
    unknown = around < frame_state.stations
    unknown[frame_state.grants.pairs] = False
    means = [sum(it.power for it in streams[station]) for station in around[unknown]]
    gains = [it.to_filters[unknown] for it in couplings]  # [draw, pair, J]: filters that are not there hear nothing
    there = frame_state.sensors.active[np.nonzero(unknown)[0]]
    close([it[there] for it in gains], np.repeat(means, there.sum(-1)))


def close(drawn, means):
    """Means over draws, all pairs together and each by itself."""
    drawn, means = np.array(drawn), np.array(means)
    sends = means > 0
    assert not drawn[:, ~sends].any() and sends.sum() > 50
    relative = drawn[:, sends] / means[sends]
    has_mean(relative.mean(1), 1.0)
    scores = (relative.mean(0) - 1) / (relative.std(0, ddof=1) / np.sqrt(len(drawn)))
    assert np.abs(scores).max() < 5.5  # gains are skewed, and there are hundreds of pairs
    assert scores.std() == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("engine", ["vectors", "short"])
@pytest.mark.parametrize(("kind", "bits"), [("three bits", 3), ("eight bits", 8)])
def test_what_feedback_tells_by_its_law(kind, bits, engine, monkeypatch):
    """The norm, and a direction off by the law of the best of 2^B, isotropic across h; of own and granted alike."""
    told = [send(settled(small({**NETWORKS["refusals"], **CHANNELS[kind], "simulation.seed": seed,
                                "simulation.engine": engine}), seed), monkeypatch).told for seed in range(12)]
    for part in 0, 1:
        h, believed = (np.concatenate([it[part][column] for it in told]) for column in (0, 1))
        count, antennas = h.shape
        assert count > 100 and np.linalg.norm(believed, axis=1) == pytest.approx(np.linalg.norm(h, axis=1), rel=1e-12)
        h, believed = (rows / np.linalg.norm(rows, axis=1)[:, None] for rows in (h, believed))
        overlap = np.sum(h.conj() * believed, axis=1)
        sine2 = 1 - np.abs(overlap) ** 2
        has_mean(sine2, 2**bits * special.beta(2**bits, antennas / (antennas - 1)))
        has_law(sine2, lambda x, n=antennas: 1 - (1 - x ** (n - 1)) ** 2**bits)
        across = (believed - overlap[:, None] * h) / np.sqrt(sine2)[:, None]
        has_mean(np.abs(across[:, 0]) ** 2 - (1 - np.abs(h[:, 0]) ** 2) / (antennas - 1), 0.0)


def test_phases_of_lines_of_sight_are_uniform(monkeypatch):
    """One for every pair of a user and a station."""
    for engine, purposes in (("vectors", [Purpose.LINK_CHANNELS]),
                             ("short", [Purpose.OWN_CHANNELS, Purpose.NULLS_HELD])):
        frame = sent("some line of sight", "refusals", Design(), monkeypatch, engine)
        for purpose in purposes:
            psi = frame.heard[purpose].angles[0]
            has_law(psi, stats.uniform(0, 2 * np.pi).cdf)
            assert len(np.unique(psi)) == psi.size > 10
