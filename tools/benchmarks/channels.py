"""Channels of clusters and rays: against drawing as many normal numbers, and whole frames against those of vectors."""

import numpy as np

from isacsys import Scenario
from isacsys.channel.gaussian import complex_normal
from isacsys.core.random_streams import Purpose, stream
from isacsys.network import NetworkState, deploy
from isacsys.simulation.frame import run_frame
from isacsys.simulation.policies import find_policies
from tools.benchmarks.timing import in_turn

UMA = {"network.layout": "hexagonal", "network.inter_site_distance": 500.0, "network.area": 4.33, "network.sectors": 3,
       "network.users_per_cell": 10.0, "network.targets_per_cell": 0.0, "network.minimum_distance": 35.0,
       "network.indoor_share": 0.8, "antennas.pattern": "tr38901", "antennas.vertical_elements": 8,
       "antennas.downtilt": 102.0, "antennas.transmit": 16, "allocation.users_per_bs": 10,
       "allocation.targets_per_bs": 0, "propagation.model": "uma", "simulation.frames": 100}
BLOCK = 8  # frames timed together: as many as are summed at once at most


def scenario(**changes):
    """Some 60 cells of UMa."""
    return Scenario().replace({**UMA, **changes})


def links_of(state):
    """Everybody, and the stations around."""
    users = np.arange(len(state.users))
    return users, state.around_users(users).station


def ratios(subbands, rounds):
    """Channels of a frame (in order, or between frames: each for itself), a whole frame, and the set-up of a drop."""
    rays = scenario(**{"fading.model": "tr38901", "fading.subbands": subbands, "fading.doppler_speed": 1.0})
    plain = scenario(**{"simulation.engine": "vectors", "fading.subbands": subbands})
    state, other = (NetworkState(some, deploy(some, 0)) for some in (rays, plain))
    users, station = links_of(state)
    rng = stream(1, 0, 0, Purpose.LINK_CHANNELS)
    shape = (*station.shape, subbands, rays.antennas.transmit)
    policies = [find_policies(some) for some in (rays, plain)]

    def channels():
        state.frame += 1
        return state.fading.users(users, station, 0.0, rng)

    age = 0.3 * rays.simulation.frame_duration

    def between():
        return state.fading.users(users, station, age, rng)

    def frame(one, chosen):
        one.frame += 1
        return run_frame(one, 0, chosen)

    numbers = iter(range(1, 10**6))

    def fresh(chosen):
        drop = next(numbers)
        made = NetworkState(chosen, deploy(chosen, drop))
        if made.fading is not None and chosen is rays:
            made.fading.users(*links_of(made), age, rng)
        else:
            links_of(made)

    seconds = in_turn({"channels": channels, "draws": lambda: complex_normal(rng, shape), "between": between}, rounds,
                      BLOCK)
    whole = in_turn({"rays": lambda: frame(state, policies[0]), "vectors": lambda: frame(other, policies[1])},
                    max(rounds // 4, 3), BLOCK)
    begin = in_turn({"rays": lambda: fresh(rays), "plain": lambda: fresh(plain)}, max(rounds // 8, 2))
    kept = state.fading.model.kept
    return {"links": station.size, "million_rays": kept[1] / 1e6, "bytes_per_ray": kept[0] / kept[1],
            "channels_ms": 1e3 * seconds["channels"], "times_draws": seconds.ratio("channels", "draws"),
            "one_by_one_times_draws": seconds.ratio("between", "draws"),
            "times_frame_of_vectors": whole.ratio("rays", "vectors"),
            "set_up_in_draws": (begin["rays"] - begin["plain"] - seconds["between"]) / seconds["draws"]}
