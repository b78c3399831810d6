"""Short forms and channel vectors are one law: whole drops of both, link by link."""

from contextlib import contextmanager

import numpy as np
import pytest

from isacsys import Scenario
from isacsys.core.errors import IsacError
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.simulation import simulate_drop
from tests import random_settings
from tests.statistics import LEVEL, same_law_by_drop

DROPS = 26
SMALL = {"network.area": 14, "network.near_stations": 6, "network.users_per_cell": 6, "network.targets_per_cell": 6,
         "recording.level": "links", "propagation.path_loss_exponent": 3.5, "propagation.echo_exponent": 2.2}
MOVING = {"mobility.user_speed": 3.0, "mobility.target_speed": 6.0, "simulation.frames": 2}  # they forget a third
SETTINGS = {
    "users alone": {"allocation.users_per_bs": 4, "allocation.targets_per_bs": 0, "antennas.transmit": 8},
    "all antennas for users": {"allocation.users_per_bs": 3, "antennas.transmit": 3},
    "refusals": {"allocation.users_per_bs": 3, "allocation.communication_cluster": 4, "antennas.transmit": 8,
                 "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 3},
    "shared filters": {"allocation.users_per_bs": 1, "allocation.targets_per_bs": 4, "allocation.sensing_cluster": 3,
                       "antennas.transmit": 12, "antennas.receive": 5},
    "refused shared filters": {"allocation.users_per_bs": 2, "allocation.targets_per_bs": 4, "antennas.receive": 4,
                               "allocation.sensing_cluster": 4, "antennas.transmit": 8},
    "around the target": {"allocation.users_per_bs": 2, "allocation.targets_per_bs": 3, "antennas.transmit": 12,
                          "allocation.sensing_cluster": 3, "sensing.cluster_center": "target"},
    "silent stations": {"network.users_per_cell": 1.0, "allocation.users_per_bs": 2, "antennas.transmit": 6,
                        "allocation.communication_cluster": 2, "allocation.sensing_cluster": 2},
    "aged nulls": {**MOVING, "allocation.users_per_bs": 2, "allocation.communication_cluster": 3,
                   "antennas.transmit": 10, "backhaul.lead": 0.004, "simulation.frame_duration": 0.004,
                   "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2},
    "aged own channels": {**MOVING, "allocation.users_per_bs": 3, "antennas.transmit": 6, "csi.own_age": 0.003},
    "late and lost": {**MOVING, "allocation.users_per_bs": 2, "allocation.communication_cluster": 3,
                      "antennas.transmit": 10, "backhaul.latency": 0.008, "backhaul.latency_law": "exponential",
                      "backhaul.loss": 0.2},
    "joint transmission, some refused": {
        "cooperation.communication": "joint", "allocation.users_per_bs": 3, "allocation.communication_cluster": 3,
        "antennas.transmit": 8, "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2},
    "joint and coherent, aged": {
        **MOVING, "cooperation.communication": "joint_coherent", "allocation.users_per_bs": 2, "antennas.transmit": 10,
        "allocation.communication_cluster": 3, "backhaul.lead": 0.004, "simulation.frame_duration": 0.004,
        "csi.own_age": 0.003},
    "joint, channels that a scheduler looks at": {
        "cooperation.communication": "joint", "scheduling.policy": "semi_orthogonal", "allocation.users_per_bs": 3,
        "antennas.transmit": 9, "allocation.communication_cluster": 2},
    "channels that a scheduler looks at": {"scheduling.policy": "semi_orthogonal", "allocation.users_per_bs": 3,
                                           "antennas.transmit": 6, "allocation.communication_cluster": 2},
}


def _refuse(found):
    assert np.any(found["communication", "interference_refused"] > 0)


def _leak(found):
    assert np.any(found["communication", "leakage_granted"] > 1e-6 * found["communication", "signal"])
    assert np.any(found["sensing", "leakage_granted"] > 0)


DOES = {"refusals": _refuse, "aged nulls": _leak}  # settings do what they are called


def links(changes, engine, drops=DROPS):
    """Links of the last frame of independent drops: from kind and column to a list of arrays, one a drop."""
    scenario, found = Scenario().replace({**SMALL, **changes, "simulation.engine": engine}), {}
    for drop in range(drops):
        recorder = MemoryRecorder("links")
        simulate_drop(scenario, drop, recorder)
        for kind in ("communication", "sensing"):
            table = recorder.read(f"links/{kind}")
            last = table["frame"] == scenario.simulation.frames - 1
            wanted = table["signal" if kind == "communication" else "echo"][last]
            for name in sorted(set(table) - {"drop", "frame", "user", "target", "station"}):
                values = table[name][last]  # rounding may leave something of a null
                found.setdefault((kind, name), []).append(np.where(values < 1e-12 * wanted, 0, values))
    return {key: rows for key, rows in found.items() if any(map(len, rows))}


def are_of_one_law(changes, drops=DROPS, level=LEVEL):
    """Compare both engines in all columns, and return what was found."""
    short, vectors = links(changes, "short", drops), links(changes, "vectors", drops)
    assert short.keys() == vectors.keys(), changes
    for key in short:
        with named(key, changes):
            same_law_by_drop(short[key], vectors[key], level)
    return short, vectors


@contextmanager
def named(*what):
    """Say of what a check failed."""
    try:
        yield
    except AssertionError as error:
        error.add_note(str(what))
        raise


SLOW = ("users alone", "all antennas for users", "shared filters", "aged own channels",
        "joint, channels that a scheduler looks at")  # parts of what the others do at once


@pytest.mark.parametrize("setting", [pytest.param(s, marks=[pytest.mark.slow] * (s in SLOW)) for s in SETTINGS])
def test_whole_drops_are_of_one_law(setting):
    short, vectors = are_of_one_law(SETTINGS[setting])
    assert len(short) > 10
    for one, other in zip(short["communication", "distance"], vectors["communication", "distance"], strict=True):
        assert np.array_equal(one, other)
    DOES.get(setting, lambda found: None)({key: np.concatenate(rows) for key, rows in vectors.items()})


@pytest.mark.slow
def test_whole_drops_of_random_settings_are_of_one_law():
    """A hundred settings, some thirty columns each: one p below 3e-8 is what chance does once in 10^4."""
    compared = 0
    for seed in range(100):
        changes = random_settings.draw(seed, random_settings.SMALL_FRAMES, 4, 14) | (MOVING if seed % 3 == 0 else {})
        try:
            are_of_one_law(changes, 60, 3e-8)
        except IsacError:
            continue
        compared += 1
    assert compared > 60
