"""A drop that is stepped frame by frame is the drop that runs through."""

import pytest

from isacsys import Scenario
from isacsys.core.errors import DropError
from isacsys.recording import MemoryRecorder
from isacsys.simulation.drop import Drop

SMALL = Scenario().replace({"network.area": 6, "network.users_per_cell": 6, "network.targets_per_cell": 4,
                            "antennas.transmit": 8, "allocation.users_per_bs": 2, "allocation.targets_per_bs": 2,
                            "allocation.communication_cluster": 2, "allocation.sensing_cluster": 2,
                            "simulation.frames": 5, "recording.level": "full"})
TIME = {"traffic.model": "poisson", "traffic.arrival_rate": 20.0, "mobility.user_speed": 30.0,
        "mobility.target_speed": 30.0, "targets.lifetime": 0.1, "targets.revisit_period": 0.05,
        "backhaul.latency": 0.02, "scheduling.policy": "proportional_fair", "tracking.enabled": True}


@pytest.mark.parametrize("changes", [{}, TIME])
def test_steps_are_the_run(changes):
    scenario = SMALL.replace(changes)
    whole, stepped = MemoryRecorder("full"), MemoryRecorder("full")
    Drop(scenario, 3, whole).run()
    drop, frames = Drop(scenario, 3, stepped), []
    drop.begin()
    while not drop.ended:
        record = drop.step()
        frames.append(None if record is None else record.frame_state.name.frame)
    drop.finish()
    assert frames == [None] * scenario.lead_frames + list(range(5))
    assert whole.tables() == stepped.tables()
    for table in whole.tables():
        one, other = whole.read(table), stepped.read(table)
        assert one.keys() == other.keys()
        for name in one:
            assert one[name].tobytes() == other[name].tobytes(), (table, name)
    with pytest.raises(DropError, match="every frame is simulated"):
        drop.step()
