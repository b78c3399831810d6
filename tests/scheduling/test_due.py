"""The target policy that looks only at targets whose revisit period is over."""

import numpy as np
import pytest

from isacsys import Metric, Scenario
from isacsys.core.columns import count
from isacsys.core.errors import ConfigError
from isacsys.network import BaseStation, NetworkState, deploy
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.scheduling import find_scheduler
from isacsys.simulation import simulate_drop

CHANGES = {"network.area": 30, "network.users_per_cell": 3, "network.targets_per_cell": 4,
           "allocation.users_per_bs": 2, "allocation.targets_per_bs": 2, "targets.revisit_period": 0.05,
           "scheduling.target_policy": "due"}


class Looks(Metric):
    """When each target was looked at."""

    columns = (count("looked", "looks"),)

    def sums(self, record):
        Looks.seen.append(record.frame_state.selection.targets.ids.copy())
        return {"looked": 0}


def looks(**changes):
    Looks.seen = []
    recorder = MemoryRecorder()
    simulate_drop(Scenario().replace({**CHANGES, "simulation.frames": 60, **changes}), 0, recorder, metrics=[Looks()])
    return Looks.seen, {name: column[0] for name, column in recorder.read("drops").items()}


@pytest.mark.parametrize("changes", [{}, {"targets.revisit_spread": 0.4}, {"allocation.targets_per_bs": 10}])
def test_no_target_is_looked_at_before_its_period_is_over(changes):
    seen, row = looks(**changes)
    last, least = {}, 5 * (1 - changes.get("targets.revisit_spread", 0.0))
    for frame, ids in enumerate(seen):
        for target in ids.tolist():
            assert frame - last.get(target, -1) >= least
            last[target] = frame
    assert row["sensing_gap"] / row["sensing_gaps"] == pytest.approx(0.05, rel=0.15)


def test_who_is_due_is_looked_at():
    """With room for all, every target every fifth frame, and none is missed; stations without users look, too."""
    seen, row = looks(**{"allocation.targets_per_bs": 16, "allocation.max_targets_per_bs": 16,
                          "precoding.sensing_power": 0.3})
    numbers = np.array([len(ids) for ids in seen])
    assert np.all(numbers[np.arange(60) % 5 != 4] == 0)
    assert np.all(numbers[4::5] == numbers[4])
    assert row["revisits_missed"] == 0


def test_the_longest_overdue_first():
    scenario = Scenario().replace(CHANGES)
    network = NetworkState(scenario, deploy(scenario, 0))
    network.frame = 20
    rng = np.random.default_rng(1)
    targets = network.targets
    targets.last_served[:] = rng.integers(0, 20, len(targets))
    targets.period[:] = rng.integers(5, 12, len(targets))
    counts = np.full(network.stations, 2)
    chosen = find_scheduler("due").select_all_targets(network, counts, rng)
    overdue = 20 - targets.last_served - targets.period
    for station in range(network.stations):
        own = targets.of(station)
        due = own[overdue[own] >= 0]
        best = due[np.argsort(-overdue[due], kind="stable")][:2]
        assert sorted(overdue[chosen[targets.station[chosen] == station]]) == sorted(overdue[best])
        alone = find_scheduler("due").select_targets(BaseStation(network, station), 2, rng)
        assert sorted(alone) == sorted(chosen[targets.station[chosen] == station])


def test_it_needs_a_period():
    with pytest.raises(ConfigError, match=r"targets\.revisit_period"):
        Scenario().replace({"scheduling.target_policy": "due"})
