"""A network that is built against one under the power law: 102 cells each, in one run."""

from isacsys import Scenario
from isacsys.network import NetworkState, deploy
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.simulation.drop import Drop
from tools.benchmarks.frames import Frames
from tools.benchmarks.timing import in_turn

CELLS, DENSITY = 102, 13.856406460551018  # 34 sites, 500 m apart
COMMON = {"allocation.users_per_bs": 10, "allocation.targets_per_bs": 0, "network.layout": "fixed_count",
          "network.bs_density": DENSITY, "network.area": CELLS / DENSITY, "recording.level": "links"}
UMA = {"propagation.model": "uma", "network.sectors": 3, "antennas.pattern": "tr38901",
       "antennas.vertical_elements": 10, "antennas.downtilt": 102.0, "network.indoor_share": 0.8,
       "network.minimum_distance": 35}


def scenario(frames=10**6, **changes):
    """The power law on as many cells; with ``UMA``, that."""
    return Scenario().replace({**COMMON, "simulation.frames": frames, **changes})


def warm(chosen):
    """Frames of a drop in which everybody has been looked up."""
    frames = Frames(chosen, recorder=MemoryRecorder("links"))
    for _ in range(100):
        frames()
        frames.recorder = frames.drop.stage.recorder
    return frames


def set_up(chosen, numbers):
    """A fresh drop up to its first frame, targets left out."""
    return lambda: NetworkState(chosen, deploy(chosen, next(numbers))).users


def ratios(rounds, moving=30):
    """A frame over a power-law frame, set-up in frames, and moving frames over static ones at two speeds."""
    plain, uma, numbers = scenario(), scenario(**UMA), iter(range(1, 10**6))
    seconds = in_turn({"power_law": warm(plain), "uma": warm(uma)}, rounds, block=10)
    fresh = in_turn({"set_up": set_up(uma, numbers), "uma": warm(uma)}, max(rounds // 3, 3))
    drops = {str(speed): scenario(moving, **UMA, **({"mobility.user_speed": speed} if speed else {}))
             for speed in (0, 3.0, 30.0)}
    runs = in_turn({name: lambda chosen=chosen: Drop(chosen, 0, MemoryRecorder("links")).run()
                    for name, chosen in drops.items()}, max(rounds // 5, 3))
    begin = fresh["set_up"]
    still = runs["0"] - begin
    return {"power_law_ms": 1e3 * seconds["power_law"], "uma_ms": 1e3 * seconds["uma"],
            "times_power_law": seconds.ratio("uma", "power_law"), "set_up_in_frames": fresh.ratio("set_up", "uma"),
            "moving_3_m_s": (runs["3.0"] - begin) / still, "moving_30_m_s": (runs["30.0"] - begin) / still}
