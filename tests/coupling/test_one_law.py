"""Short forms and channel vectors are one law: whole drops of both, by Kolmogorov-Smirnov."""

import numpy as np
import pytest
from scipy import stats

from isacsys import Scenario
from isacsys.core.errors import IsacError
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.simulation import simulate_drop
from tests import random_settings
from tests.statistics import same_law

DROPS = 130
SMALL = {"network.area": 14, "network.near_stations": 6, "network.users_per_cell": 6, "network.targets_per_cell": 6,
         "recording.level": "links", "propagation.path_loss_exponent": 3.5, "propagation.echo_exponent": 2.2}
MOVING = {"mobility.user_speed": 20.0, "mobility.target_speed": 40.0, "simulation.frames": 2}
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


def links(changes, engine):
    """One link of each kind and independent drop, in its last frame."""
    scenario = Scenario().replace({**SMALL, **changes, "simulation.engine": engine})
    picked = {"communication": [], "sensing": []}
    for drop in range(DROPS):
        recorder = MemoryRecorder("links")
        simulate_drop(scenario, drop, recorder)
        for kind, rows in picked.items():
            table = recorder.read(f"links/{kind}")
            last = np.flatnonzero(table["frame"] == scenario.simulation.frames - 1)
            if len(last):
                rows.append([column[last[drop % len(last)]] for name, column in sorted(table.items())
                             if name not in ("drop", "frame", "user", "target", "station")])
    names = {kind: sorted(set(recorder.read(f"links/{kind}")) - {"drop", "frame", "user", "target", "station"})
             for kind in picked}
    return {(kind, name): np.array(rows)[:, i] for kind, rows in picked.items() if rows
            for i, name in enumerate(names[kind])}


def rounding(found, kind):
    """What rounding may leave of a null."""
    return 1e-12 * found[kind, "signal" if kind == "communication" else "echo"]


@pytest.mark.parametrize("setting", SETTINGS)
def test_whole_drops_are_of_one_law(setting):
    short, vectors = links(SETTINGS[setting], "short"), links(SETTINGS[setting], "vectors")
    assert short.keys() == vectors.keys() and len(short) > 10
    for kind, name in short:
        same_law(*(np.where(found[kind, name] < rounding(found, kind), 0, found[kind, name])
                   for found in (short, vectors)))
    assert np.array_equal(short["communication", "distance"], vectors["communication", "distance"])


def test_the_settings_do_what_they_are_called():
    assert np.any(links(SETTINGS["refusals"], "vectors")["communication", "interference_refused"] > 0)
    aged = links(SETTINGS["aged nulls"], "vectors")
    assert np.any(aged["communication", "leakage_granted"] > 1e-6 * aged["communication", "signal"])
    assert np.any(aged["sensing", "leakage_granted"] > 0)


@pytest.mark.slow
def test_whole_drops_of_random_settings_are_of_one_law():
    """A hundred settings, some thirty columns each: one p below 3e-8 is what chance does once in 10^4."""
    compared = 0
    for seed in range(100):
        changes = random_settings.draw(seed, random_settings.SMALL_FRAMES, 4, 14) | (MOVING if seed % 3 == 0 else {})
        try:
            short, vectors = links(changes, "short"), links(changes, "vectors")
        except IsacError:
            continue
        compared += 1
        assert short.keys() == vectors.keys(), changes
        for kind, name in short:
            one, other = (np.where(found[kind, name] < rounding(found, kind), 0, found[kind, name])
                          for found in (short, vectors))
            assert stats.ks_2samp(one, other, method="asymp").pvalue > 3e-8, (kind, name, changes)
    assert compared > 60
